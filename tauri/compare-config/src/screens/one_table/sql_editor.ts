/** CodeMirror as one field of a form. Loaded when such a field is shown, not with the page. */

import { autocompletion, startCompletion } from "@codemirror/autocomplete";
import type { Completion, CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import {
  bracketMatching,
  HighlightStyle,
  syntaxHighlighting,
  syntaxTree,
} from "@codemirror/language";
import { Compartment, EditorState, type Extension } from "@codemirror/state";
import {
  Decoration,
  EditorView,
  keymap,
  MatchDecorator,
  placeholder,
  tooltips,
  ViewPlugin,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";

import { OracleSQL } from "./oracle_dialect";
import type { CompleteNames, SuggestedName } from "./sql_names";

export interface EditorOptions {
  parent: HTMLElement;
  value: string;
  /** A condition: Enter adds no line. Lines that are pasted stay, since they may hold comments. */
  isCondition: boolean;
  placeholder: string;
  attributes: Record<string, string>;
  complete: CompleteNames;
  onchange: (value: string) => void;
}

export interface Editor {
  setValue(value: string): void;
  /** Of the element that takes the focus: names, descriptions, aria-invalid. */
  setAttributes(attributes: Record<string, string>): void;
  /** Underlines a word wherever it stands; "" for none. */
  mark(word: string): void;
  focus(): void;
  destroy(): void;
}

export function openEditor(options: EditorOptions): Editor {
  const attributes = new Compartment();
  const marks = new Compartment();
  const view = new EditorView({
    parent: options.parent,
    state: EditorState.create({
      doc: options.value,
      selection: { anchor: options.value.length },
      extensions: [
        attributes.of(EditorView.contentAttributes.of(options.attributes)),
        marks.of([]),
        field(options),
      ],
    }),
  });
  return {
    setValue(value) {
      if (value === view.state.doc.toString()) return;
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: value } });
    },
    setAttributes(named) {
      view.dispatch({
        effects: attributes.reconfigure(EditorView.contentAttributes.of(named)),
      });
    },
    mark(word) {
      view.dispatch({ effects: marks.reconfigure(word === "" ? [] : marked(word)) });
    },
    focus: () => view.focus(),
    destroy: () => view.destroy(),
  };
}

const WRONG_WORD = Decoration.mark({ class: "cm-wrongWord" });

function marked(word: string): Extension {
  const literal = word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const matcher = new MatchDecorator({
    regexp: new RegExp(`(?<![\\p{L}\\d_$#])${literal}(?![\\p{L}\\d_$#])`, "giu"),
    decorate: (add, from, to, _match, { state }) => {
      if (!isInTextOrComment(state, from + 1)) add(from, to, WRONG_WORD);
    },
  });
  return ViewPlugin.define(
    (view) => ({
      found: matcher.createDeco(view),
      update(update) {
        this.found = matcher.updateDeco(update, this.found);
      },
    }),
    { decorations: ({ found }) => found },
  );
}

function field(options: EditorOptions): Extension {
  return [
    OracleSQL.extension,
    history(),
    bracketMatching(),
    EditorView.lineWrapping,
    syntaxHighlighting(HIGHLIGHTS),
    LOOK,
    EditorView.cspNonce.of(document.querySelector<HTMLElement>("style[nonce]")?.nonce ?? ""),
    placeholder(options.placeholder),
    tooltips({ position: "fixed" }),
    autocompletion({
      override: [(context) => suggest(context, options.complete)],
      icons: false,
      activateOnTypingDelay: 50,
    }),
    keymap.of(KEYS(options.isCondition)),
    EditorView.updateListener.of((update) => {
      if (update.docChanged) options.onchange(update.state.doc.toString());
    }),
  ];
}

/** Tab leaves the field, and Ctrl+Enter is Compare's. */
const KEYS = (isCondition: boolean) => [
  { key: "Alt-ArrowDown", run: startCompletion },
  { key: "Mod-Enter", run: () => true },
  ...(isCondition ? [{ key: "Enter", run: () => true }] : []),
  ...historyKeymap,
  ...defaultKeymap,
];

async function suggest(
  context: CompletionContext,
  complete: CompleteNames,
): Promise<CompletionResult | null> {
  if (isInTextOrComment(context.state, context.pos)) return null;
  const word = context.matchBefore(/"?[\p{L}\d_$#]*/u);
  const from = word?.from ?? context.pos;
  const part = context.state.sliceDoc(from, context.pos).replace('"', "").toUpperCase();
  const isBehindDot = context.state.sliceDoc(from - 1, from) === ".";
  if (part === "" && !context.explicit && !isBehindDot) return null;
  const stop = new AbortController();
  context.addEventListener("abort", () => stop.abort(), { onDocChange: true });
  const names = await complete(context.state.doc.toString(), from, stop.signal);
  if (context.aborted) return null;
  return { from, options: matching(names, part), filter: false, getMatch };
}

function isInTextOrComment(state: EditorState, position: number): boolean {
  return /String|Comment/.test(syntaxTree(state).resolveInner(position, -1).name);
}

interface Match extends Completion {
  match: number[];
}

/** Any part of a name matches; those that begin with it come first, in the order as given. */
function matching(names: readonly SuggestedName[], part: string): Match[] {
  return names
    .map((name) => ({ name, at: name.text.toUpperCase().indexOf(part) }))
    .filter(({ at, name }) => (name.onlyFromStart ? at === 0 : at >= 0))
    .sort((a, b) => Number(a.at > 0) - Number(b.at > 0))
    .slice(0, MOST_SHOWN)
    .map(({ name, at }) => ({
      label: name.text,
      detail: name.note,
      apply: name.insert,
      match: part === "" ? [] : [at, at + part.length],
    }));
}

const MOST_SHOWN = 100;

function getMatch(completion: Completion): readonly number[] {
  return (completion as Match).match;
}

const HIGHLIGHTS = HighlightStyle.define([
  { tag: tags.keyword, color: "var(--accent)", fontWeight: "600" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--okink)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--roink)" },
  { tag: tags.special(tags.name), color: "var(--chgink)", fontWeight: "600" },
  { tag: [tags.comment, tags.lineComment, tags.blockComment], color: "var(--text2)" },
]);

const LOOK = EditorView.theme({
  "&": { flex: "1", minWidth: "0", background: "none", color: "var(--text)" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { font: "inherit", lineHeight: "20px" },
  ".cm-content": { padding: "5px 0", caretColor: "var(--text)", minHeight: "30px" },
  ".cm-line": { padding: "0 10px" },
  ".cm-placeholder": { color: "var(--text2)" },
  ".cm-wrongWord": { textDecoration: "underline wavy var(--errink)", textUnderlineOffset: "3px" },
  "&.cm-focused .cm-matchingBracket": { background: "var(--accentsoft)" },
  "&.cm-focused .cm-nonmatchingBracket": { background: "var(--err)" },
  ".cm-tooltip": {
    border: "1px solid var(--edge)",
    borderRadius: "6px",
    background: "var(--surface)",
    color: "var(--text)",
    boxShadow: "var(--shadow)",
    padding: "4px",
    zIndex: "20",
  },
  ".cm-tooltip-below": { marginTop: "7px" },
  ".cm-tooltip-above": { marginBottom: "7px" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": {
    font: "12.5px/18px var(--mono)",
    maxHeight: "232px",
    minWidth: "260px",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": {
    display: "flex",
    gap: "12px",
    padding: "5px 10px",
    borderRadius: "4px",
    lineHeight: "18px",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": {
    background: "var(--accentsoft)",
    color: "var(--text)",
  },
  ".cm-completionDetail": {
    marginLeft: "auto",
    font: "12px/18px var(--sans)",
    fontStyle: "normal",
    color: "var(--text2)",
  },
  ".cm-completionMatchedText": {
    textDecoration: "none",
    background: "var(--mark)",
    borderBottom: "2px solid var(--chgink)",
  },
});
