/** Which columns two tables have in common, and what becomes of each: see COMPARE.md. */

import { list } from "../formats";
import { likeMatches } from "./patterns";
import type { SideName, Sides, TableShape } from "../types";

/** Values of one family are compared by value; those of two are never the same. */
export type Family =
  | "number"
  | "float"
  | "text"
  | "moment"
  | "zoned"
  | "days"
  | "months"
  | "bytes"
  | "boolean"
  | "JSON"
  | "vector"
  | "rows"
  /** Objects and collections: whether their parts fit is known when they are read. */
  | "structure";

const FAMILIES: readonly [RegExp, Family][] = [
  [/^(?:NUMBER|FLOAT|INTEGER|INT|SMALLINT|DECIMAL|NUMERIC|REAL)\b/, "number"],
  [/^BINARY_(?:FLOAT|DOUBLE)\b/, "float"],
  [/^(?:LONG RAW|RAW|BLOB)\b/, "bytes"],
  [/^N?(?:CHAR|VARCHAR2?|CLOB)\b|^(?:LONG|U?ROWID|XMLTYPE|(?:SYS\.|PUBLIC\.)XMLTYPE)\b/, "text"],
  [/^TIMESTAMP.*TIME ZONE$/, "zoned"],
  [/^(?:DATE|TIMESTAMP)\b/, "moment"],
  [/^INTERVAL DAY\b/, "days"],
  [/^INTERVAL YEAR\b/, "months"],
  [/^BOOLEAN\b/, "boolean"],
  [/^JSON\b/, "JSON"],
  [/^VECTOR\b/, "vector"],
  [/^CURSOR\b/, "rows"],
];

/** type: as `/query` and the dictionary name it, VARCHAR2(40). */
export function family(type: string): Family {
  return FAMILIES.find(([pattern]) => pattern.test(type))?.[1] ?? "structure";
}

/** The family in a word, without an article: “NOTES (text in DEV, number in PROD)”. */
export function familyWord(type: string): string {
  const found = family(type);
  switch (found) {
    case "moment":
      return type.startsWith("DATE") ? "date" : "timestamp";
    case "zoned":
      return "timestamp with a zone";
    case "days":
      return "interval of days";
    case "months":
      return "interval of months";
    case "rows":
      return "rows of a cursor";
    case "structure":
      return type;
    default:
      return found;
  }
}

/** The same within a sentence: "text", "a number". */
export function familyPhrase(type: string): string {
  const word = familyWord(type);
  if (["text", "bytes", "JSON", "rows"].includes(family(type))) return word;
  return /^[aeiou]/i.test(word) ? `an ${word}` : `a ${word}`;
}

export type ColumnState =
  "key" | "compared" | "left_out" | "only_left" | "only_right" | "types_differ";

export interface ColumnLine {
  name: string;
  /** Types; null where that side lacks the column. */
  left: string | null;
  right: string | null;
  state: ColumnState;
  /** "key", "other length", "you left it out", "types differ", "only in PROD", or "". */
  note: string;
  /** The pattern that leaves it out; null where its own name does, or nothing. */
  leftOutBy: string | null;
}

/** A choice of columns that are not compared: names, and patterns for them. */
export interface LeftOut {
  leftOut: readonly string[];
  leftOutPatterns: readonly string[];
}

export const NOTHING_LEFT_OUT: LeftOut = { leftOut: [], leftOutPatterns: [] };

/** What leaves a column out: its name (then null), a pattern, or nothing (then undefined). */
export function leftOutBy(name: string, choice: LeftOut): string | null | undefined {
  if (choice.leftOut.includes(name)) return null;
  return choice.leftOutPatterns.find((pattern) => likeMatches(pattern, name));
}

/** All columns of both, in the first side's order, then those of the second alone. */
export function compareColumns(
  shapes: Sides<TableShape | null>,
  key: readonly string[] | "row" | null,
  choice: LeftOut,
  names: Sides<SideName>,
): ColumnLine[] {
  const left = typesOf(shapes.left);
  const right = typesOf(shapes.right);
  return [...new Set([...left.keys(), ...right.keys()])].map((name) =>
    line(
      name,
      { left: left.get(name) ?? null, right: right.get(name) ?? null },
      key,
      choice,
      names,
    ),
  );
}

function typesOf(shape: TableShape | null): Map<string, string> {
  return new Map((shape?.columns ?? []).map((column) => [column.name, column.type]));
}

function line(
  name: string,
  types: Sides<string | null>,
  key: readonly string[] | "row" | null,
  choice: LeftOut,
  names: Sides<SideName>,
): ColumnLine {
  const is = (state: ColumnState, note: string, pattern: string | null = null): ColumnLine => ({
    name,
    ...types,
    state,
    note,
    leftOutBy: pattern,
  });
  // A key is never left out: the rows could not be paired.
  if (Array.isArray(key) && key.includes(name)) return is("key", "key");
  const pattern = leftOutBy(name, choice);
  if (pattern !== undefined) return is("left_out", "you left it out", pattern);
  if (types.right === null) return is("only_left", `only in ${names.left.label}`);
  if (types.left === null) return is("only_right", `only in ${names.right.label}`);
  if (family(types.left) !== family(types.right)) return is("types_differ", "types differ");
  return is("compared", otherType(types.left, types.right));
}

/** What tells apart two types whose values are compared nevertheless; "" where they are alike. */
function otherType(left: string, right: string): string {
  if (left === right) return "";
  const [leftWord, rightWord] = [left, right].map((type) => type.replace(/\([^)]*\)/g, ""));
  if (leftWord !== rightWord) return "other type";
  return ["text", "bytes"].includes(family(left)) ? "other length" : "other precision";
}

export function isCompared(line: ColumnLine): boolean {
  return line.state === "key" || line.state === "compared";
}

/** "12 of 15 are compared" */
export function columnsHeading(lines: readonly ColumnLine[]): string {
  const compared = lines.filter(isCompared).length;
  if (compared === lines.length) return `all ${lines.length} are compared`;
  return `${compared} of ${lines.length} are compared`;
}

export interface CannotBeCompared {
  columns: string[];
  sentence: string;
  /** Of the button that leaves them out. */
  label: string;
}

/** Columns that are not compared although nobody left them out; null where there are none. */
export function cannotBeCompared(lines: readonly ColumnLine[]): CannotBeCompared | null {
  const columns = lines
    .filter(({ state }) => ["only_left", "only_right", "types_differ"].includes(state))
    .map(({ name }) => name);
  if (columns.length === 0) return null;
  return {
    columns,
    sentence: `${list(columns)} cannot be compared, so the result cannot be “the same”.`,
    label: leaveOutLabel(columns),
  };
}

/** "Leave NOTES out", "Leave both out", "Leave all 3 out" */
export function leaveOutLabel(columns: readonly string[]): string {
  if (columns.length === 1) return `Leave ${columns[0]} out`;
  return columns.length === 2 ? "Leave both out" : `Leave all ${columns.length} out`;
}

/** Most columns that pin themselves: more would leave no room for what differs. */
const MOST_PINNED = 2;

/** Text columns that are unique by themselves, such as CONFIG_KEY beside a key CONFIG_ID. */
export function pinnedColumns(
  shapes: Sides<TableShape | null>,
  lines: readonly ColumnLine[],
): string[] {
  const unique = (shapes.left?.keys ?? []).flatMap(({ columns }) =>
    columns.length === 1 ? columns : [],
  );
  return lines
    .filter(
      ({ name, state, left }) =>
        state === "compared" && left !== null && family(left) === "text" && unique.includes(name),
    )
    .map(({ name }) => name)
    .slice(0, MOST_PINNED);
}
