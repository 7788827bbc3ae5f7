/** Many tables: which, how far they are, and what came of them. PAGE.md, 12. */

import { errorSentence, type ErrorSentence } from "./error_sentences";
import { count, duration, plural } from "../formats";
import { NO_KEY } from "../tables/key_choice";
import { chooseNames } from "../tables/patterns";
import { hasWhere } from "../asking/setups";
import { SIDES } from "../sides";
import type { Outcome, RunFacts, SideName, Sides } from "../types";
import { errorContext, isCut, notCompared } from "./verdict";
import { listOf } from "../wording";

export interface TablesToCompare {
  both: string[];
  onlyLeft: string[];
  onlyRight: string[];
}

/** Of the tables of both sides those that the patterns choose, by name. */
export function tablesToCompare(
  names: Sides<readonly string[]>,
  patterns: readonly string[],
): TablesToCompare {
  const left = new Set(chooseNames(patterns, names.left));
  const right = new Set(chooseNames(patterns, names.right));
  return {
    both: [...left].filter((name) => right.has(name)),
    onlyLeft: [...left].filter((name) => !right.has(name)),
    onlyRight: [...right].filter((name) => !left.has(name)),
  };
}

/** “212 tables in both, 3 only in DEV, 1 only in PROD” */
export function tablesSentence(
  { both, onlyLeft, onlyRight }: TablesToCompare,
  names: Sides<SideName>,
  locale?: string,
): string {
  const told = [`${plural(both.length, "table", "tables", locale)} in both`];
  if (onlyLeft.length > 0) {
    told.push(`${count(onlyLeft.length, locale)} only in ${names.left.label}`);
  }
  if (onlyRight.length > 0) {
    told.push(`${count(onlyRight.length, locale)} only in ${names.right.label}`);
  }
  return told.join(", ");
}

/** How one table of a run stands. */
export interface TableRun {
  readonly name: string;
  readonly outcome: Outcome;
  /** null: not known, which is shown as – and not as 0. */
  readonly counts: { changed: number; leftOnly: number; rightOnly: number; equal: number } | null;
  readonly note: string;
  readonly error: ErrorSentence | null;
  readonly lookedAt: boolean;
  readonly lookedAtNote: string;
  /** Of the machine's clock, in milliseconds; null: it waits. */
  readonly startedAt: number | null;
  readonly elapsedMs: number;
}

type Counted = Pick<TableRun, "outcome">;

const NEEDS_YOU: ReadonlySet<Outcome> = new Set<Outcome>([
  "differs",
  "not_fully",
  "zero_rows",
  "no_key",
  "failed",
  "only_first",
  "only_second",
]);

/** Whether somebody has to look at it. Of one that was cancelled there is nothing to look at. */
export function needsYou(outcome: Outcome): boolean {
  return NEEDS_YOU.has(outcome);
}

export function isSame(outcome: Outcome): boolean {
  return outcome === "same" || outcome === "same_left_out";
}

/** How a table stands, and with what its comparison ran. */
export type Compared = Counted & { readonly facts: RunFacts | null };

/** Of how many tables that are the same only the rows were compared that a WHERE chose. */
export function filteredCount(tables: readonly Compared[]): number {
  return tables.filter(
    ({ outcome, facts }) => isSame(outcome) && facts !== null && hasWhere(facts.setup),
  ).length;
}

/**
 * Beside a group of tables that are the same: what of them was compared. everywhere: patterns of
 * columns that are left out in every table.
 */
export function sameNote(
  tables: readonly Compared[],
  outcome: "same" | "same_left_out",
  everywhere: readonly string[],
  locale?: string,
): string {
  const filtered = filteredCount(tables.filter((table) => table.outcome === outcome));
  const columns = outcome === "same" ? "every column" : everywhere.join(", ");
  if (filtered === 0) return outcome === "same" ? "every row and every column" : columns;
  const rows = `in ${count(filtered, locale)} of them only the rows that WHERE chooses`;
  return columns === "" ? rows : `${columns}; ${rows}`;
}

/** Of a table that was cancelled nothing is known, as of one that waits. */
export function isDone(outcome: Outcome): boolean {
  return outcome !== "waiting" && outcome !== "running" && outcome !== "cancelled";
}

/** “143 of 212 tables done. 8 need you so far.” */
export function progressSentence(runs: readonly Counted[], locale?: string): string {
  const done = count(numberOf(runs, isDone), locale);
  const all = plural(runs.length, "table", "tables", locale);
  return `${done} of ${all} done. ${needWords(numberOf(runs, needsYou), locale)} so far.`;
}

function needWords(number: number, locale?: string): string {
  if (number === 0) return "None needs you";
  return `${count(number, locale)} ${number === 1 ? "needs" : "need"} you`;
}

function numberOf(runs: readonly Counted[], is: (outcome: Outcome) => boolean): number {
  return runs.reduce((sum, { outcome }) => sum + (is(outcome) ? 1 : 0), 0);
}

export const NOT_COUNTED = "Tables that wait or run are not counted as the same.";

/** “2 min 41 s so far, about 1 min 20 s left. 2 tables at a time. Tables that wait …” */
export function progressLine(
  elapsedMs: number,
  leftMs: number | null,
  atATime: number,
  locale?: string,
): string {
  const left = leftMs === null ? "" : `, about ${duration(leftMs, locale)} left`;
  const pace = `${plural(atATime, "table", "tables", locale)} at a time.`;
  return `${duration(elapsedMs, locale)} so far${left}. ${pace} ${NOT_COUNTED}`;
}

/** How many tables were done after so many milliseconds. One is added with each table that ends. */
export interface TimeSample {
  elapsedMs: number;
  done: number;
}

const STEADY_SAMPLES = 5;
/** The estimates of the whole run's time differ by no more than this, or none is told. */
const MOST_SWING = 1.5;

/** Milliseconds; null before a tenth is done, and while the estimates swing. */
export function timeLeft(samples: readonly TimeSample[], tables: number): number | null {
  const last = samples.slice(-STEADY_SAMPLES);
  const now = last.at(-1);
  if (now === undefined || last.length < STEADY_SAMPLES) return null;
  if (now.done * 10 < tables || now.done >= tables) return null;
  const whole = last.map(({ elapsedMs, done }) => (elapsedMs / done) * tables);
  if (Math.max(...whole) > Math.min(...whole) * MOST_SWING) return null;
  return Math.max(0, (now.elapsedMs / now.done) * (tables - now.done));
}

/**
 * What is true of a run that has ended. filtered: of how many tables a WHERE chose the rows.
 * “All 212 tables are the same, every row and every column.” / “204 of 212 are the same, 3 of them
 * with WHERE, 6 with columns left out. 8 need you.”
 */
export function endSentence(runs: readonly Counted[], filtered = 0, locale?: string): string {
  const open = numberOf(runs, (outcome) => !isDone(outcome));
  const same = numberOf(runs, isSame);
  const before = open > 0 ? `${cancelledSentence(open, locale)} ` : "";
  if (runs.length === 0) return "No table was compared.";
  if (same === runs.length) return `${allSame(runs, filtered, locale)}.`;
  const told = `${count(same, locale)} of ${count(runs.length, locale)}`;
  const verb = same === 1 ? "is" : "are";
  const limited = limits(runs, filtered, same === 1 ? "" : " of them", locale);
  const but = limited === "" ? "" : `, ${limited}`;
  const needs = needWords(numberOf(runs, needsYou), locale);
  return `${before}${told} ${verb} the same${but}. ${needs}.`;
}

/** “All 212 tables are the same, 3 with WHERE, 6 with columns left out” */
export function allSame(runs: readonly Counted[], filtered: number, locale?: string): string {
  const all =
    runs.length === 1
      ? "The one table is the same"
      : `All ${count(runs.length, locale)} tables are the same`;
  return `${all}, ${limits(runs, filtered, "", locale) || "every row and every column"}`;
}

/** Of how many tables that are the same not all was compared; "" where all was of each. */
function limits(
  runs: readonly Counted[],
  filtered: number,
  ofThem: string,
  locale?: string,
): string {
  const leftOut = numberOf(runs, (outcome) => outcome === "same_left_out");
  const kinds: readonly [number, string][] = [
    [filtered, "with WHERE"],
    [leftOut, "with columns left out"],
  ];
  return kinds
    .filter(([number]) => number > 0)
    .map(([number, words], at) => `${count(number, locale)}${at === 0 ? ofThem : ""} ${words}`)
    .join(", ");
}

/** “Cancelled: 69 tables were not compared.” */
export function cancelledSentence(number: number, locale?: string): string {
  return `Cancelled: ${plural(number, "table was", "tables were", locale)} not compared.`;
}

/** For the window's title: “(8) 143/212”. */
export function runTitle(runs: readonly Counted[]): string {
  const needs = numberOf(runs, needsYou);
  return `${needs === 0 ? "" : `(${needs}) `}${numberOf(runs, isDone)}/${runs.length}`;
}

const READING_ORDER: readonly Outcome[] = [
  "failed",
  "no_key",
  "differs",
  "not_fully",
  "zero_rows",
  "only_first",
  "only_second",
  "cancelled",
];

/** Failed first, then most differences; alike in that as they stood. */
export function sortForReading<T extends Pick<TableRun, "outcome" | "counts">>(
  runs: readonly T[],
): T[] {
  return [...runs].sort(
    (a, b) => rank(a.outcome) - rank(b.outcome) || differences(b) - differences(a),
  );
}

function rank(outcome: Outcome): number {
  const place = READING_ORDER.indexOf(outcome);
  return place < 0 ? READING_ORDER.length : place;
}

/** null: not known. */
export function differenceCount({ counts }: Pick<TableRun, "counts">): number | null {
  return counts === null ? null : counts.changed + counts.leftOnly + counts.rightOnly;
}

function differences(run: Pick<TableRun, "counts">): number {
  return differenceCount(run) ?? 0;
}

const NO_KEY_NOTE = "No primary or unique key. Choose the key columns.";

/** Most columns that are named in a line of the list. */
const MOST_NAMED = 3;

/** What stands behind the counts of a table: what its outcome and counts do not say. */
export function tableNote(facts: RunFacts, locale?: string): string {
  const { state, names } = facts;
  if (state.phase === "failed") {
    const { sentence } = errorSentence(state.error, names, errorContext(facts));
    return sentence === NO_KEY ? NO_KEY_NOTE : sentence;
  }
  if (state.phase !== "done" || facts.head === null) return "";
  const { totals } = state;
  const notes: string[] = [];
  if (totals.left_rows + totals.right_rows === 0) {
    notes.push("Both sides gave 0 rows: nothing was compared.");
  } else {
    const empty = SIDES.find((side) => totals[`${side}_rows`] === 0);
    if (empty !== undefined) notes.push(`${names[empty].label} gave 0 rows.`);
  }
  if (isCut(facts)) {
    notes.push(`First ${count(facts.kept, locale)} differences kept. Counts are complete.`);
  }
  if (!totals.complete) notes.push("The rest was not read.");
  notes.push(...columnNotes(facts), ...whereNote(facts));
  return notes.join(" ");
}

function columnNotes(facts: RunFacts): string[] {
  const left = notCompared(facts);
  const columns = left.flatMap((each) => each.columns);
  const unclear = facts.head?.empty_is_null ?? [];
  const notes: string[] = [];
  const first = left[0];
  if (first !== undefined && left.length === 1 && columns.length <= MOST_NAMED) {
    notes.push(`${listOf(columns)} not compared: ${first.reason}.`);
  } else if (columns.length > 0) {
    notes.push(`${columns.length} columns not compared.`);
  }
  if (unclear.length > 0) {
    notes.push(`An empty value and NULL not told apart in ${listOf(unclear, MOST_NAMED)}.`);
  }
  return notes;
}

function whereNote({ setup }: RunFacts): string[] {
  return hasWhere(setup) ? ["Only rows that WHERE chooses."] : [];
}
