/** What files of a result are made from. */

import type { Differences } from "../rows/differences";
import type { DifferenceRow } from "../rows/exact_rows";
import type { RunFacts, SideName, Sides } from "../types";

export interface TakeAway {
  facts: RunFacts;
  differences: Differences;
  /** The rows that go along, in their order. */
  view: Int32Array;
  verdict: { sentence: string; line: string };
  locale?: string;
}

/** A column of a file. */
export interface TakenColumn {
  name: string;
  /** Of the values on each side; "" where it was shown without being compared. */
  types: Sides<string>;
  isKey: boolean;
}

/** Key columns, then those that are compared, then those that only came along. */
export function takenColumns(
  { facts, differences }: Pick<TakeAway, "facts" | "differences">,
  view: Int32Array,
): TakenColumn[] {
  const { head } = facts;
  const key = head && head.key !== "row" ? head.key : [];
  const names = new Set([...key, ...(head?.columns ?? [])]);
  // What comes along stands in every line, so the first row has all of it.
  const [first] = view;
  if (first !== undefined) {
    const row = differences.row(first);
    for (const name of namesIn(row)) names.add(name);
  }
  return [...names].map((name) => {
    const place = head?.columns.indexOf(name) ?? -1;
    const types = { left: head?.left_types[place] ?? "", right: head?.right_types[place] ?? "" };
    return { name, types, isKey: key.includes(name) };
  });
}

function namesIn({ key, left, right }: DifferenceRow): string[] {
  return [key, left, right].flatMap((row) => [...(row?.keys() ?? [])]);
}

/** "changed", "only in DEV" */
export function kindWords(row: DifferenceRow, names: Sides<SideName>): string {
  if (row.kind === "changed") return "changed";
  return `only in ${row.kind === "left_only" ? names.left.label : names.right.label}`;
}

/** Some of what was found is no result, and is in no file that looks like one. */
export function requireFinal(facts: RunFacts): void {
  if (facts.state.phase !== "done") throw new Error("a result that is not final is not taken away");
}

/** "APP_CONFIG DEV-PROD 2026-11-28 1403.csv" */
export function fileName(
  title: string,
  names: Sides<SideName>,
  at: Date,
  extension: string,
): string {
  const two = (number: number): string => String(number).padStart(2, "0");
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const sides = `${names.left.label}-${names.right.label}`;
  return `${title} ${sides} ${date} ${two(at.getHours())}${two(at.getMinutes())}.${extension}`;
}
