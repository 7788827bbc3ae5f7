/** Where two long texts differ, word by word, and which stretches between are the same. */

import { diffArrays } from "diff";
import { count, plural } from "../formats";
import { asJsonNote } from "./json_in_text";
import { lookAlikeNote } from "../shown/look_alikes";
import { characterCount, isJoined, piecesOf, type Look, type Piece } from "../shown/pieces";
import { commonStart, commonStretches } from "../shown/stretches";
import type { Sides } from "../types";

/** A stretch of one side's text; the blocks of both sides go together one by one. */
export type TextBlock =
  | { kind: "same"; pieces: Piece[] }
  /** Also the same, and too long to be of use. */
  | { kind: "fold"; text: string; characters: number }
  /** What differs, numbered from 0 alike on both sides. Empty where the other side has more. */
  | { kind: "place"; place: number; pieces: Piece[] }
  /** Behind the first difference of texts that are too long: it was not looked at. */
  | { kind: "rest"; text: string; characters: number };

export interface TextDifference extends Sides<TextBlock[]> {
  places: number;
  characters: Sides<number>;
  /** Of texts too long to mark every word: the place of the first difference, in characters. */
  tooLong: number | null;
  /** A word where the difference may not be seen, or says less than it seems. */
  note: string | null;
}

/** Longer texts are not looked through: their first difference is shown. */
export const MOST_CHARACTERS = 200_000;
/** Of an equal stretch this much stays visible beside a difference. */
const CONTEXT = 100;
/** Fewer characters are not worth a fold. */
const LEAST_FOLDED = 120;
/** What is shown of texts that are too long, from their first difference on. */
const WINDOW = 600;

/** The blocks of both texts; joined, the sources of their pieces and their texts are the texts. */
export function textDifference(left: string, right: string, look: Look = {}): TextDifference {
  const texts = { left, right };
  const isTooLong = Math.max(left.length, right.length) > MOST_CHARACTERS;
  const runs = isTooLong ? firstWindow(texts) : runsOf(texts);
  const blocks = blocksOf(texts, runs, { ...look, keepsLines: true });
  return {
    ...blocks,
    places: runs.filter((run) => run.kind === "place").length,
    characters: { left: characterCount(left), right: characterCount(right) },
    tooLong: isTooLong ? characterCount(left.slice(0, commonStart(left, right))) + 1 : null,
    note: noteOf(texts),
  };
}

/** "3,999 and 4,000 characters, 2 places differ", or what to know of texts that are too long. */
export function textSummary(difference: TextDifference, locale?: string): string {
  const { left, right } = difference.characters;
  const words = [charactersSentence(left, right, locale)];
  if (difference.tooLong === null) {
    words[0] += `, ${plural(difference.places, "place differs", "places differ", locale)}`;
  } else {
    const place = count(difference.tooLong, locale);
    words.push(`Too long to mark every word. The first difference is at ${place}.`);
  }
  if (difference.note !== null) words.push(difference.note);
  return words.length === 1 ? words.join("") : words.map(asSentence).join(" ");
}

function asSentence(words: string): string {
  return words.endsWith(".") ? words : `${words}.`;
}

function charactersSentence(left: number, right: number, locale?: string): string {
  const last = plural(right, "character", "characters", locale);
  return left === right ? last : `${count(left, locale)} and ${last}`;
}

/** "2,094 characters the same" */
export function foldSentence(block: TextBlock, locale?: string): string {
  if (block.kind !== "fold" && block.kind !== "rest") return "";
  const characters = plural(block.characters, "character", "characters", locale);
  return block.kind === "fold" ? `${characters} the same` : `${characters} not looked at`;
}

/** So many characters of each text. */
interface Run {
  kind: "same" | "place" | "rest";
  left: number;
  right: number;
}

/** Lines first, then the words of those that differ: few words are compared with few. */
function runsOf(texts: Sides<string>): Run[] {
  const work = new Work();
  const runs: Run[] = [];
  const from = { left: 0, right: 0 };
  for (const run of diffOf(texts, linesIn, work)) {
    const part = sliceOf(texts, from, run);
    runs.push(...(run.kind === "same" ? [run] : diffOf(part, wordsIn, work)));
    from.left += run.left;
    from.right += run.right;
  }
  return trimmed(texts, joined(texts, runs));
}

function sliceOf(texts: Sides<string>, from: Sides<number>, run: Run): Sides<string> {
  return {
    left: texts.left.slice(from.left, from.left + run.left),
    right: texts.right.slice(from.right, from.right + run.right),
  };
}

/**
 * How much is left of the time that two texts may take. The steps grow with the square of how many
 * tokens differ, and the clock ends what takes long for another reason.
 */
class Work {
  #steps = 2_000_000;
  readonly #until = performance.now() + 500;

  get mostEdits(): number {
    return Math.floor(Math.sqrt(this.#steps));
  }

  get timeout(): number {
    return Math.max(0, this.#until - performance.now());
  }

  spend(edits: number): void {
    this.#steps = Math.max(0, this.#steps - edits * edits);
  }
}

type Tokens = (text: string) => string[];

function linesIn(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+/g) ?? [];
}

/** Blanks and line ends are tokens like others: they are never left out of a comparison. */
function wordsIn(text: string): string[] {
  return text.match(/[\p{L}\p{M}\p{N}_]+|[^\S\r\n]+|[^]/gu) ?? [];
}

/** Where it would take too long, all of it is one place: more is marked then, never less. */
function diffOf(texts: Sides<string>, tokensIn: Tokens, work: Work): Run[] {
  const maxEditLength = work.mostEdits;
  const changes = diffArrays(tokensIn(texts.left), tokensIn(texts.right), {
    maxEditLength,
    timeout: work.timeout,
  });
  if (!changes) {
    work.spend(maxEditLength);
    return [{ kind: "place", left: texts.left.length, right: texts.right.length }];
  }
  const runs: Run[] = [];
  let edits = 0;
  for (const { added, removed, count: tokens, value } of changes) {
    const length = value.reduce((sum, token) => sum + token.length, 0);
    const isSame = !added && !removed;
    if (!isSame) edits += tokens;
    add(runs, {
      kind: isSame ? "same" : "place",
      left: added ? 0 : length,
      right: removed ? 0 : length,
    });
  }
  work.spend(edits);
  return runs;
}

/** Runs of one kind that follow one another are one, as are places with only blanks between. */
function joined(texts: Sides<string>, runs: readonly Run[]): Run[] {
  const made: Run[] = [];
  let left = 0;
  for (const [at, run] of runs.entries()) {
    const isGap =
      run.kind === "same" &&
      made.at(-1)?.kind === "place" &&
      runs[at + 1]?.kind === "place" &&
      /^[ \t]*$/.test(texts.left.slice(left, left + run.left));
    left += run.left;
    add(made, isGap ? { ...run, kind: "place" } : run);
  }
  return made;
}

function add(runs: Run[], run: Run): void {
  const last = runs.at(-1);
  if (run.left === 0 && run.right === 0) return;
  if (last?.kind === run.kind) {
    last.left += run.left;
    last.right += run.right;
  } else {
    runs.push({ ...run });
  }
}

/** A word as long as this is looked at by its characters: it is no word. */
const LONG_WORD = 40;

function trimmed(texts: Sides<string>, runs: readonly Run[]): Run[] {
  const made: Run[] = [];
  const from = { left: 0, right: 0 };
  for (const run of runs) {
    const isLong = run.kind === "place" && Math.min(run.left, run.right) > LONG_WORD;
    const parts = isLong ? charactersOf(sliceOf(texts, from, run), WINDOW) : [run];
    for (const part of parts) add(made, part);
    from.left += run.left;
    from.right += run.right;
  }
  return made;
}

function charactersOf(texts: Sides<string>, horizon: number): Run[] {
  const runs: Run[] = [];
  const done = { left: 0, right: 0 };
  const end = { left: texts.left.length, right: texts.right.length, length: 0 };
  for (const stretch of [...commonStretches(texts.left, texts.right, horizon), end]) {
    add(runs, {
      kind: "place",
      left: stretch.left - done.left,
      right: stretch.right - done.right,
    });
    add(runs, { kind: "same", left: stretch.length, right: stretch.length });
    done.left = stretch.left + stretch.length;
    done.right = stretch.right + stretch.length;
  }
  return runs;
}

/** The first difference of texts that are too long, and nothing said of what is behind it. */
function firstWindow(texts: Sides<string>): Run[] {
  const [same] = commonStretches(texts.left, texts.right, 0);
  const start = same?.left === 0 && same.right === 0 ? same.length : 0;
  const shown = (text: string): string => {
    let end = Math.min(text.length, start + WINDOW);
    while (end < text.length && isJoined(text, end)) end++;
    return text.slice(start, end);
  };
  const window = { left: shown(texts.left), right: shown(texts.right) };
  const runs: Run[] = [];
  add(runs, { kind: "same", left: start, right: start });
  for (const run of charactersOf(window, WINDOW)) add(runs, run);
  add(runs, {
    kind: "rest",
    left: texts.left.length - start - window.left.length,
    right: texts.right.length - start - window.right.length,
  });
  return runs;
}

function blocksOf(texts: Sides<string>, runs: readonly Run[], look: Look): Sides<TextBlock[]> {
  const blocks: Sides<TextBlock[]> = { left: [], right: [] };
  const from = { left: 0, right: 0 };
  let place = 0;
  for (const [at, run] of runs.entries()) {
    const isFirst = at === 0;
    const isLast = at === runs.length - 1;
    for (const side of SIDES) {
      const span = { from: from[side], to: from[side] + run[side] };
      if (run.kind === "same") {
        blocks[side].push(...sameBlocks(texts[side], span, { isFirst, isLast }, look));
      } else {
        blocks[side].push(otherBlock(run.kind, texts[side], span, place, look));
      }
      from[side] = span.to;
    }
    if (run.kind === "place") place++;
  }
  return blocks;
}

const SIDES = ["left", "right"] as const;

interface Span {
  from: number;
  to: number;
}

function otherBlock(
  kind: "place" | "rest",
  text: string,
  span: Span,
  place: number,
  look: Look,
): TextBlock {
  if (kind === "place") {
    return { kind, place, pieces: piecesOf(text, [{ ...span, mark: true }], look) };
  }
  const rest = text.slice(span.from, span.to);
  return { kind, text: rest, characters: characterCount(rest) };
}

/** An equal stretch, of which only what is near to a difference is shown. */
function sameBlocks(
  text: string,
  { from, to }: Span,
  { isFirst, isLast }: { isFirst: boolean; isLast: boolean },
  look: Look,
): TextBlock[] {
  const shown = (start: number, end: number): TextBlock[] =>
    start < end
      ? [{ kind: "same", pieces: piecesOf(text, [{ from: start, to: end, mark: false }], look) }]
      : [];
  const head = isFirst ? from : wordEnd(text, Math.min(to, from + CONTEXT));
  const tail = isLast ? to : wordStart(text, Math.max(from, to - CONTEXT));
  if (tail - head < LEAST_FOLDED) return shown(from, to);
  const folded = text.slice(head, tail);
  const fold: TextBlock = { kind: "fold", text: folded, characters: characterCount(folded) };
  return [...shown(from, head), fold, ...shown(tail, to)];
}

/** How far away from a place a word may end. */
const NEAR = 20;

function wordEnd(text: string, at: number): number {
  const found = text.slice(at, at + NEAR).search(/\s/);
  return found === -1 ? unjoined(text, at) : at + found;
}

function wordStart(text: string, at: number): number {
  const before = text.slice(Math.max(0, at - NEAR), at);
  const found = before.search(/\S*$/);
  return found === 0 ? unjoined(text, at) : at - before.length + found;
}

function unjoined(text: string, at: number): number {
  let end = at;
  while (end < text.length && isJoined(text, end)) end++;
  return end;
}

function noteOf({ left, right }: Sides<string>): string | null {
  const pictures = { left: drawn(left), right: drawn(right) };
  return asJsonNote(left, right, MOST_CHARACTERS) ?? lookAlikeNote(left, right, pictures);
}

/** Texts of this length are not all drawn to say whether they look alike. */
const MOST_DRAWN = 20_000;

function drawn(text: string): string {
  if (text.length > MOST_DRAWN) return text;
  const pieces = piecesOf(text, [{ from: 0, to: text.length, mark: false }], { keepsLines: true });
  return pieces.map((piece) => piece.text).join("");
}
