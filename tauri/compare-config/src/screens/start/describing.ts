/** What a saved comparison or a past run compares, and when it was. */

import { day, list, plural } from "../../model/formats";
import type { SavedComparison, Setup } from "../../model/types";

type What = SavedComparison["what"];

/** "CFG.APP_CONFIG", "SQL, one for each side", "tables like %CONFIG%" */
export function describe(what: What): string {
  if (what.kind === "one") return describeOne(what.setup);
  const { patterns } = what.setup;
  const taken = patterns.filter((pattern) => !pattern.startsWith("-"));
  const without = patterns.filter((p) => p.startsWith("-")).map((p) => p.slice(1));
  const minus = without.length === 0 ? "" : `, without ${list(without)}`;
  return `${describeTaken(taken)}${minus}`;
}

function describeTaken(patterns: readonly string[]): string {
  if (patterns.some((pattern) => pattern.includes("%"))) return `tables like ${list(patterns)}`;
  if (patterns.length > MOST_NAMED) return plural(patterns.length, "table", "tables");
  return patterns.length === 1 ? `table ${patterns[0]}` : `tables ${list(patterns)}`;
}

const MOST_NAMED = 3;

function describeOne(setup: Setup): string {
  if (setup.mode === "sql") return `SQL, one for ${setup.sameSql ? "both sides" : "each side"}`;
  const [left, right] = [setup.sides.left, setup.sides.right].map(({ schema, table }) =>
    [schema, table].filter((part) => part !== "").join("."),
  );
  return setup.sides.left.table === setup.sides.right.table ? (left ?? "") : `${left} and ${right}`;
}

/** "today 11:20", "yesterday 9:05", "26 Nov 2026": in the form of the locale. */
export function when(at: string, now: Date, locale?: string): string {
  const date = new Date(at);
  const daysAgo = Math.round((midnight(now) - midnight(date)) / DAY_MS);
  if (daysAgo === 0) return `today ${hourAndMinute(date, locale)}`;
  if (daysAgo === 1) return `yesterday ${hourAndMinute(date, locale)}`;
  return day(date, locale);
}

const DAY_MS = 24 * 60 * 60 * 1000;

function midnight(date: Date): number {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}

function hourAndMinute(date: Date, locale?: string): string {
  return date.toLocaleTimeString(locale, { hour: "2-digit", minute: "2-digit" });
}
