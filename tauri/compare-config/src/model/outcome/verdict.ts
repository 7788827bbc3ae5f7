/** What is true of a comparison, in one sentence, one plain line and one button: PAGE.md, 6. */

import type { CompareHead, CompareProgress, CompareTotals } from "oracle-sidecar-client";
import { familyWord, leaveOutLabel } from "../tables/columns";
import { errorSentence, type ErrorContext, type ErrorSentence } from "./error_sentences";
import { clock, count, list, plural } from "../formats";
import { whereOf } from "../asking/setups";
import { SIDES } from "../sides";
import type { Outcome, RunFacts, SideKey, Sides } from "../types";
import { listOf } from "../wording";

export type VerdictIcon =
  | "check"
  | "equal"
  | "differs"
  | "partial"
  | "zero"
  | "first"
  | "second"
  | "stop"
  | "alert"
  | "key"
  | "spinner";

/** A stretch of the line. opens: pressing it shows MOMENT_SENTENCE. */
export interface Piece {
  text: string;
  strong?: true;
  opens?: "moment";
}

export interface VerdictAction {
  kind:
    | "again"
    | "setup"
    | "where"
    | "key"
    | "leave_out"
    | "read_all"
    | "restart"
    | "password"
    | "connection";
  label: string;
  /** Of leave_out. */
  columns?: string[];
}

export interface Verdict {
  icon: VerdictIcon;
  tone: "chg" | "ok" | "err" | "part" | "run";
  sentence: string;
  line: Piece[];
  action: VerdictAction | null;
}

export const MOMENT_SENTENCE =
  "Rows that changed while they were read may show as different. " +
  "Compare again and see whether they stay.";
const NOTHING_FINAL =
  "Nothing below is final until both sides are read to the end. You can look at it already.";

const AGAIN: VerdictAction = { kind: "again", label: "Compare again" };
const SETUP: VerdictAction = { kind: "setup", label: "Back to the setup" };
const NOT_FINAL = "What was found until then stays below, as not final.";

/** locale: of the page's own numbers and times; absent: the browser's. */
export function verdictOf(facts: RunFacts, locale?: string): Verdict {
  const { state } = facts;
  switch (state.phase) {
    case "running":
      return running(facts, state.progress, locale);
    case "stopping":
      return {
        ...running(facts, state.progress, locale),
        sentence: "Stopping both databases…",
        line: [],
      };
    case "cancelled":
      return cancelled(facts, state.progress, state.stopped, locale);
    case "failed":
      return failed(facts, locale);
    case "done":
      return done(new Result(facts, state.totals, locale));
  }
}

export function lineText(pieces: readonly Piece[]): string {
  return pieces.map(({ text }) => text).join("");
}

// While it runs, and where it ended early.

function running(facts: RunFacts, progress: CompareProgress | null, locale?: string): Verdict {
  const found = foundSoFar(facts, progress);
  const soFar =
    found === 0
      ? "No difference so far."
      : `${plural(found, "difference", "differences", locale)} so far.`;
  const isReading = progress !== null && progress.left_rows + progress.right_rows > 0;
  return {
    icon: "spinner",
    tone: "run",
    sentence: isReading || found > 0 ? `Comparing. ${soFar}` : "Comparing.",
    line: [{ text: NOTHING_FINAL }],
    action: null,
  };
}

function foundSoFar({ found = 0 }: RunFacts, progress: CompareProgress | null): number {
  if (progress === null) return found;
  return Math.max(found, progress.changed + progress.left_only + progress.right_only);
}

function cancelled(
  facts: RunFacts,
  progress: CompareProgress | null,
  stopped: Sides<boolean> | null,
  locale?: string,
): Verdict {
  const { left, right } = facts.names;
  const rows = { left: progress?.left_rows ?? 0, right: progress?.right_rows ?? 0 };
  const onLeft = `${plural(rows.left, "row", "rows", locale)} in ${left.label}`;
  const onRight = `${count(rows.right, locale)} in ${right.label}`;
  const hasFound = foundSoFar(facts, progress) > 0;
  // Rows are counted once a second, and may have come before that.
  const uncounted = hasFound ? "after the first rows" : "before the first row";
  const after = rows.left + rows.right === 0 ? uncounted : `after ${onLeft} and ${onRight}`;
  const line = ["There is no result."];
  if (hasFound) line.push(NOT_FINAL);
  line.push(...stoppedSentence(facts, stopped));
  return {
    icon: "stop",
    tone: "part",
    sentence: `Cancelled ${after}.`,
    line: [{ text: line.join(" ") }],
    action: AGAIN,
  };
}

/** Never claimed before it is known. */
function stoppedSentence(facts: RunFacts, stopped: Sides<boolean> | null): string[] {
  if (stopped === null) return [];
  const open = SIDES.filter((side) => !stopped[side]).map((side) => facts.names[side].label);
  if (open.length === 0) return ["Both databases are free."];
  return open.length === 1
    ? [`${open[0]} has not confirmed yet. Its query may still run.`]
    : [`${list(open)} have not confirmed yet. Their queries may still run.`];
}

/** What is known around an error of this run. */
export function errorContext(facts: RunFacts): ErrorContext {
  const { setup, users, connectStrings } = facts;
  return {
    where: { left: whereOf(setup, "left"), right: whereOf(setup, "right") },
    ...(users === undefined ? {} : { users }),
    ...(connectStrings === undefined ? {} : { connectStrings }),
  };
}

function failed(facts: RunFacts, locale?: string): Verdict {
  const told = failureOf(facts);
  if (told === null) throw new TypeError("only a run that failed has a failure");
  const { error, progress, sentence } = told;
  const rows = error.side === undefined ? 0 : (progress?.[`${error.side}_rows`] ?? 0);
  const keeps = foundSoFar(facts, progress) > 0 ? ` ${NOT_FINAL}` : "";
  // How far it came says more than what ended it, where nothing is to be done about that.
  if (error.side === undefined || rows === 0 || (sentence.isKnown && !sentence.isLost)) {
    return {
      icon: sentence.field === "key" ? "key" : "alert",
      tone: "err",
      sentence: sentence.sentence,
      line: [{ text: `${sentence.what}${keeps}`.trim() }].filter(({ text }) => text !== ""),
      action: actionOf(sentence),
    };
  }
  const { label } = facts.names[error.side];
  const read = plural(rows, "row", "rows", locale);
  const reason = sentence.isLost
    ? `The connection was lost (${sentence.code}).`
    : `${sentence.sentence} ${sentence.what}`.trim();
  return {
    icon: "alert",
    tone: "err",
    sentence: `${label} failed after ${read}, so there is no result.`,
    line: [{ text: `${reason}${keeps}` }],
    action: AGAIN,
  };
}

function failureOf(facts: RunFacts): {
  error: Extract<RunFacts["state"], { phase: "failed" }>["error"];
  progress: CompareProgress | null;
  sentence: ErrorSentence;
} | null {
  const { state } = facts;
  if (state.phase !== "failed") return null;
  const { error, progress } = state;
  return { error, progress, sentence: errorSentence(error, facts.names, errorContext(facts)) };
}

function actionOf({ action }: ErrorSentence): VerdictAction {
  if (action === null || action.kind === "retry") return AGAIN;
  return { kind: action.kind, label: action.label };
}

// Where both sides were read.

/** A run that ended, with what its verdicts say of it. */
class Result {
  readonly head: CompareHead;
  readonly left: NotCompared[];

  constructor(
    readonly facts: RunFacts,
    readonly totals: CompareTotals,
    readonly locale?: string,
  ) {
    if (facts.head === null) throw new TypeError("a run that ended has a head");
    this.head = facts.head;
    this.left = notCompared(facts);
  }

  get differing(): number {
    return this.totals.changed + this.totals.left_only + this.totals.right_only;
  }

  get columns(): number {
    return this.head.columns.length;
  }

  get allColumns(): number {
    return this.columns + this.left.reduce((sum, { columns }) => sum + columns.length, 0);
  }

  /** Not compared though nobody left it out: that is what makes a result not "the same". */
  get open(): string[] {
    return this.left.filter(({ isChosen }) => !isChosen).flatMap(({ columns }) => columns);
  }

  /** Everything is compared, in every respect. */
  get isWhole(): boolean {
    return this.left.length === 0 && this.head.empty_is_null.length === 0;
  }

  count(number: number): string {
    return count(number, this.locale);
  }

  rows(number: number, rest = ""): string {
    return plural(number, `row${rest}`, `rows${rest}`, this.locale);
  }

  label(side: SideKey): string {
    return this.facts.names[side].label;
  }
}

function done(result: Result): Verdict {
  const { totals } = result;
  if (!totals.complete) return stoppedAtLimit(result);
  if (totals.left_rows === 0 && totals.right_rows === 0) return noRows(result);
  if (totals.left_rows === 0) return oneHasNoRows(result, "left");
  if (totals.right_rows === 0) return oneHasNoRows(result, "right");
  if (result.differing > 0) return differs(result);
  return noDifference(result);
}

/** “At least 1,000 rows differ”: there is at least one more than those that were found. */
function atLeast({ differing, locale }: Result): string {
  return `At least ${plural(Math.max(differing, 1), "row differs", "rows differ", locale)}`;
}

function stoppedAtLimit(result: Result): Verdict {
  return {
    icon: "differs",
    tone: "chg",
    sentence: `${atLeast(result)}. The rest was not read.`,
    line: lineOf(result, []),
    action: { kind: "read_all", label: "Read to the end" },
  };
}

/** “the schema, the WHERE condition, and what APP_READ may see” */
function toCheck({ facts }: Result, side?: SideKey): string {
  const sides = side === undefined ? SIDES : [side];
  const users = new Set(sides.map((each) => facts.users?.[each].trim() ?? ""));
  users.delete("");
  const who = users.size === 0 ? "the account" : list([...users]);
  const what = facts.setup.mode === "sql" ? "the statement" : "the schema, the WHERE condition,";
  return `${what} and what ${who} may see`;
}

function noRows(result: Result): Verdict {
  return {
    icon: "zero",
    tone: "part",
    sentence: "Both sides gave 0 rows, so nothing was compared.",
    line: [{ text: `Check ${toCheck(result)}.` }],
    action: SETUP,
  };
}

function oneHasNoRows(result: Result, side: SideKey): Verdict {
  const other = side === "left" ? "right" : "left";
  const rows = result.totals[`${other}_rows`];
  const all = rows === 1 ? "The one row is" : `All ${result.rows(rows)} are`;
  const label = result.label(side);
  return {
    icon: other === "left" ? "first" : "second",
    tone: "chg",
    sentence: `${label} gave 0 rows. ${all} only in ${result.label(other)}.`,
    line: lineOf(result, [
      { text: `If ${label} should have rows, check ${toCheck(result, side)}.` },
    ]),
    action: SETUP,
  };
}

/** Of a run that ended: whether there are more differences than can be shown. */
export function isCut({ state, kept }: RunFacts): boolean {
  if (state.phase !== "done") return false;
  const { changed, left_only, right_only } = state.totals;
  return changed + left_only + right_only > kept;
}

function differs(result: Result): Verdict {
  const { differing } = result;
  const isByRow = result.head.key === "row";
  const what = isByRow
    ? `${differing === 1 ? "has" : "have"} no equal row on the other side.`
    : `${differing === 1 ? "differs" : "differ"}.`;
  const before: Piece[] = [];
  if (isByRow) before.push({ text: "A changed row stands twice here, once for each side." });
  const cut = isCut(result.facts);
  if (cut) {
    before.push({ text: "The counts are complete. Narrow the rows with WHERE to see the others." });
  }
  const rest = cut
    ? ` The first ${result.count(result.facts.kept)} are shown.`
    : isByRow
      ? ""
      : ` ${sameRows(result)}`;
  return {
    icon: "differs",
    tone: "chg",
    sentence: `${result.rows(differing)} ${what}${rest}`,
    line: lineOf(result, before),
    action: cut ? { kind: "where", label: "Change WHERE" } : null,
  };
}

/** “12,453 are the same in the 12 columns compared.” */
function sameRows(result: Result): string {
  const { equal } = result.totals;
  if (equal === 0) return "None is the same.";
  const columns = columnWords(result.columns, result.isWhole);
  return `${result.count(equal)} ${equal === 1 ? "is" : "are"} the same in ${columns}.`;
}

function columnWords(columns: number, isWhole: boolean): string {
  if (isWhole) return columns === 1 ? "the one column" : `all ${columns} columns`;
  return columns === 1 ? "the one column compared" : `the ${columns} columns compared`;
}

function noDifference(result: Result): Verdict {
  if (result.open.length > 0 || result.head.empty_is_null.length > 0) return notFully(result);
  const { columns, allColumns } = result;
  const isWhole = columns === allColumns;
  const inColumns = isWhole ? columnWords(columns, true) : `${columns} of ${allColumns} columns`;
  const { left_rows } = result.totals;
  const where = isWhole ? whereWords(result) : "";
  const all =
    left_rows === 1 ? `The one row${where} is` : `All ${result.rows(left_rows, where)} are`;
  return {
    icon: isWhole ? "check" : "equal",
    tone: "ok",
    sentence: `${all} the same in ${inColumns}.`,
    line: lineOf(result, [], where.startsWith(" where ")),
    action: null,
  };
}

function notFully(result: Result): Verdict {
  const { open } = result;
  return {
    icon: "partial",
    tone: "part",
    sentence: "No row differs in what was compared. That is not “the same”.",
    line: lineOf(result, []),
    action:
      open.length === 0
        ? null
        : { kind: "leave_out", label: leaveOutLabel(open), columns: [...open] },
  };
}

/** Most characters of a condition that stand in the sentence itself. */
const MOST_WHERE_CHARACTERS = 60;

/** “ where MODULE <> 'SANDBOX'”: in the sentence, where both sides have one short condition. */
function whereWords({ facts }: Result): string {
  const [left, right] = SIDES.map((side) => whereOf(facts.setup, side));
  if (left === undefined || right === undefined || left + right === "") return "";
  const isShort = left === right && left.length <= MOST_WHERE_CHARACTERS && !left.includes("\n");
  return isShort ? ` where ${left}` : " that WHERE chooses";
}

// The line.

/** Columns that were not compared, for one reason. isChosen: somebody left them out. */
export interface NotCompared {
  columns: string[];
  /** “you left it out”, “only in PROD”, “text in DEV, number in PROD” */
  reason: string;
  isChosen: boolean;
}

export function notCompared({ head, names }: Pick<RunFacts, "head" | "names">): NotCompared[] {
  if (head === null) return [];
  const found: NotCompared[] = [];
  const add = (columns: readonly string[], reason: string, isChosen = false): void => {
    if (columns.length > 0) found.push({ columns: [...columns], reason, isChosen });
  };
  add(head.ignored, head.ignored.length === 1 ? "you left it out" : "you left them out", true);
  add(head.left_only_columns, `only in ${names.left.label}`);
  add(head.right_only_columns, `only in ${names.right.label}`);
  for (const { column, left, right } of head.types_differ) {
    const [first, second] = [familyWord(left), familyWord(right)];
    const reason = `${first} in ${names.left.label}, ${second} in ${names.right.label}`;
    add([column], first === second ? `${first}, made otherwise on each side` : reason);
  }
  return found;
}

/** Most columns of one reason that are named in the line; all of them stand in the Columns menu. */
const MOST_NAMED_COLUMNS = 12;

/** isWhereTold: the sentence says which rows were compared. */
function lineOf(result: Result, before: Piece[], isWhereTold = false): Piece[] {
  const parts: Piece[][] = before.map((piece) => [piece]);
  if (result.left.length > 0) {
    const told = result.left.map(({ columns, reason }) => `${columnsInLine(columns)} (${reason})`);
    parts.push([{ text: "Not compared:", strong: true }, { text: ` ${told.join(", ")}.` }]);
  }
  const unclear = result.head.empty_is_null;
  if (unclear.length > 0) {
    parts.push([
      { text: "Not told apart:", strong: true },
      { text: ` an empty value and NULL in ${listOf(unclear, MOST_NAMED_COLUMNS)}.` },
    ]);
  }
  parts.push(...whereParts(result, isWhereTold), momentPart(result));
  return parts.flatMap((part, at) => (at === 0 ? part : [{ text: " " }, ...part]));
}

function columnsInLine(columns: readonly string[]): string {
  if (columns.length <= MOST_NAMED_COLUMNS) return columns.join(", ");
  return listOf(columns, MOST_NAMED_COLUMNS);
}

function whereParts({ facts }: Result, isTold: boolean): Piece[][] {
  if (isTold) return [];
  const where = { left: whereOf(facts.setup, "left"), right: whereOf(facts.setup, "right") };
  if (where.left === "" && where.right === "") return [];
  const told =
    where.left === where.right
      ? `where ${where.left}`
      : SIDES.map((side) => {
          const { label } = facts.names[side];
          return where[side] === "" ? `all rows in ${label}` : `in ${label} where ${where[side]}`;
        }).join("; ");
  return [[{ text: "Only rows", strong: true }, { text: ` ${told}.` }]];
}

/** “Read at 14:03:07, each side at its own moment.” */
function momentPart({ head, locale }: Result): Piece[] {
  const [left, right] = [head.left_started, head.right_started].map((time) =>
    clock(new Date(time), locale),
  );
  const when = left === right ? left : `${left} and ${right}`;
  return [
    { text: `Read at ${when}, ` },
    { text: "each side at its own moment", opens: "moment" },
    { text: "." },
  ];
}

// Without any value: for lists, and for what is remembered.

export function outcomeOf(facts: RunFacts): Outcome {
  const { state } = facts;
  switch (state.phase) {
    case "running":
    case "stopping":
      return "running";
    case "cancelled":
      return "cancelled";
    case "failed":
      return state.error.fullCode === "NO_KEY" ? "no_key" : "failed";
    case "done": {
      const result = new Result(facts, state.totals);
      const { complete, left_rows, right_rows } = state.totals;
      if (!complete || result.differing > 0) return "differs";
      if (left_rows + right_rows === 0) return "zero_rows";
      if (result.open.length > 0 || result.head.empty_is_null.length > 0) return "not_fully";
      return result.left.length > 0 ? "same_left_out" : "same";
    }
  }
}

/** For Last runs and Saved comparisons. No key, no condition, no text of an error. */
export function summaryOf(facts: RunFacts, locale?: string): string {
  const { state } = facts;
  switch (state.phase) {
    case "running":
    case "stopping":
      return "Comparing";
    case "cancelled": {
      const rows = Math.max(state.progress?.left_rows ?? 0, state.progress?.right_rows ?? 0);
      return rows === 0 ? "Cancelled" : `Cancelled after ${plural(rows, "row", "rows", locale)}`;
    }
    case "failed":
      return failureOf(facts)?.sentence.summary ?? "Failed";
    case "done":
      return resultSummary(new Result(facts, state.totals, locale));
  }
}

function resultSummary(result: Result): string {
  const { totals, differing, open } = result;
  if (!totals.complete) return atLeast(result);
  if (totals.left_rows + totals.right_rows === 0) return "Both sides gave 0 rows";
  if (totals.left_rows === 0) return `${result.label("left")} gave 0 rows`;
  if (totals.right_rows === 0) return `${result.label("right")} gave 0 rows`;
  if (differing > 0) return plural(differing, "row differs", "rows differ", result.locale);
  const unclear = new Set([...open, ...result.head.empty_is_null]).size;
  const columns = (number: number): string => plural(number, "column", "columns", result.locale);
  if (unclear > 0) return `No difference, ${columns(unclear)} not fully compared`;
  const where = whereWords(result) === "" ? "" : ", with WHERE";
  const leftOut = result.left.reduce((sum, each) => sum + each.columns.length, 0);
  return leftOut > 0 ? `Same, ${columns(leftOut)} left out${where}` : `All the same${where}`;
}
