/** One difference line of `/compare`, with every digit of its numbers. */

import { canonicalText, ExactNumber, parseExact, type ExactValue } from "oracle-sidecar-client";
import type { SortText } from "./sorting";

/** By column name: a Map, since one may be called `__proto__`. What is missing was not sent. */
export type ExactRow = ReadonlyMap<string, ExactValue>;

export type DifferenceKind = "changed" | "left_only" | "right_only";

export interface DifferenceRow {
  kind: DifferenceKind;
  /** Null where a row is its own key. */
  key: ExactRow | null;
  /** The columns that differ; of a row on one side only: none. */
  columns: ReadonlySet<string>;
  /** Null: no row there. */
  left: ExactRow | null;
  right: ExactRow | null;
}

/** Throws a SyntaxError or a TypeError for what is no difference line. */
export function parseDifference(line: string): DifferenceRow {
  const members = rowOf(parseExact(line), "a difference");
  const kind = members.get("diff");
  if (!isDifferenceKind(kind)) throw new TypeError("a line that is no difference");
  const row = (name: string): ExactRow | null => {
    const value = members.get(name);
    return value === undefined ? null : rowOf(value, name);
  };
  return {
    kind,
    key: row("key"),
    columns: new Set(namesOf(members.get("columns"))),
    left: row("left"),
    right: row("right"),
  };
}

function rowOf(value: ExactValue, what: string): ExactRow {
  if (!isObject(value)) throw new TypeError(`${what} that is no object`);
  return new Map(Object.entries(value));
}

function namesOf(value: ExactValue | undefined): string[] {
  if (!Array.isArray(value)) return [];
  return value.filter((name) => typeof name === "string");
}

function isDifferenceKind(value: ExactValue | undefined): value is DifferenceKind {
  return value === "changed" || value === "left_only" || value === "right_only";
}

/** Whether it is an object of JSON: no list, no number, not null. */
export function isObject(value: ExactValue | undefined): value is { [name: string]: ExactValue } {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof ExactNumber)
  );
}

const KINDS: readonly DifferenceKind[] = ["changed", "left_only", "right_only"];

/** Null for a line of another kind, which is to be skipped. */
export function kindOfLine(line: string): DifferenceKind | null {
  // The server begins a line with its kind; a reader of the contract does not count on it.
  if (line.startsWith(BEGINNING)) {
    const from = BEGINNING.length;
    return KINDS.find((kind) => line.startsWith(`${kind}"`, from)) ?? null;
  }
  const value: unknown = JSON.parse(line);
  const named = typeof value === "object" && value !== null && "diff" in value ? value.diff : null;
  return KINDS.find((kind) => kind === named) ?? null;
}

const BEGINNING = '{"diff":"';

export interface Cell {
  /** `undefined`: not sent, or no row there. */
  left: ExactValue | undefined;
  right: ExactValue | undefined;
  state: "differs" | "same" | "not_sent" | "left_only" | "right_only";
}

/** What a row has in a column, a key column or any other. */
export function cellOf(row: DifferenceRow, column: string): Cell {
  const left = valueIn(row.left, row.key, column);
  const right = valueIn(row.right, row.key, column);
  return { left, right, state: cellState(row, column, left, right) };
}

/** The values of a changed row do not repeat those of the key. */
function valueIn(side: ExactRow | null, key: ExactRow | null, column: string) {
  if (!side) return undefined;
  const value = side.get(column);
  return value === undefined ? key?.get(column) : value;
}

function cellState(
  row: DifferenceRow,
  column: string,
  left: ExactValue | undefined,
  right: ExactValue | undefined,
): Cell["state"] {
  if (row.kind !== "changed") return row.kind;
  if (row.columns.has(column)) return "differs";
  return left === undefined && right === undefined ? "not_sent" : "same";
}

/**
 * How the values of a column are written: `hex` and `base64` are bytes, `structure` is a vector, an
 * object, a collection or a cursor.
 */
export type ValueKind =
  | "number"
  | "text"
  | "moment"
  | "zoned"
  | "days"
  | "months"
  | "hex"
  | "base64"
  | "boolean"
  | "json"
  | "structure";

const TYPES: readonly [RegExp, ValueKind][] = [
  [/^(NUMBER|FLOAT|BINARY_FLOAT|BINARY_DOUBLE|BINARY_INTEGER)\b/, "number"],
  [/^(N?CHAR|N?VARCHAR2?|N?CLOB|XMLTYPE|U?ROWID|LONG NVARCHAR|LONG VARCHAR|LONG$)/, "text"],
  [/^TIMESTAMP\b.* TIME ZONE/, "zoned"],
  [/^(DATE|TIMESTAMP)\b/, "moment"],
  [/^INTERVAL DAY\b/, "days"],
  [/^INTERVAL YEAR\b/, "months"],
  [/^(LONG )?RAW\b/, "hex"],
  [/^BLOB$/, "base64"],
  [/^BOOLEAN$/, "boolean"],
  [/^JSON$/, "json"],
];

/** @param type as `/compare` names it: `VARCHAR2(40)` */
export function valueKind(type: string): ValueKind {
  let kind = kindsOfTypes.get(type);
  if (kind === undefined) {
    kind = TYPES.find(([pattern]) => pattern.test(type))?.[1] ?? "structure";
    if (kindsOfTypes.size === MOST_TYPES) kindsOfTypes.clear();
    kindsOfTypes.set(type, kind);
  }
  return kind;
}

// Asked for every cell that is drawn.
const kindsOfTypes = new Map<string, ValueKind>();
const MOST_TYPES = 1000;

/** An empty LOB, or a JSON null: neither is NULL. */
export function isEmptyMark(value: ExactValue | undefined): boolean {
  return isObject(value) && value["empty"] === true && Object.keys(value).length === 1;
}

/** A value as plain text to sort by: a number's digits, JSON with sorted keys. */
export function sortText(value: ExactValue | undefined): SortText {
  if (value === null || value === undefined || typeof value === "string") return value;
  if (value instanceof ExactNumber) return value.digits;
  // Nothing is shorter than an empty LOB.
  return isEmptyMark(value) ? "" : canonicalText(value);
}
