/** Differences as CSV: UTF-8, a line for each side of a row. */

import type { ExactValue } from "oracle-sidecar-client";
import { cellOf, type DifferenceRow } from "../rows/exact_rows";
import { valueText } from "../shown/shown_value";
import {
  kindWords,
  requireFinal,
  takenColumns,
  type TakeAway,
  type TakenColumn,
} from "./take_away";
import type { SideKey } from "../types";

export type { TakeAway } from "./take_away";

/** What the menu says of it. */
export const CSV_NOTE =
  "In CSV, text that begins with = + - @ gets a ' before it, " +
  "so that no program takes it for a formula. JSON is exact.";

/** In the place of a value that is the same on both sides and was not loaded. */
const NOT_SENT = "(same)";

const BYTE_ORDER_MARK = "\ufeff";

/** The parts of the file, one for each row of the result. Throws where it is not final. */
export function* toCsv(takeAway: TakeAway): Generator<string> {
  const { facts, differences, view } = takeAway;
  requireFinal(facts);
  const columns = takenColumns(takeAway, view);
  const names = columns.map(({ name }) => quoted(safe(name)));
  // The mark, since spreadsheets take a file without it for one of another character set.
  yield BYTE_ORDER_MARK + line(["row", "kind", "side", "differs", ...names]);
  for (const [place, index] of view.entries()) {
    yield* linesOf(differences.row(index), place + 1, columns, takeAway);
  }
}

function* linesOf(
  row: DifferenceRow,
  place: number,
  columns: readonly TakenColumn[],
  { facts }: TakeAway,
): Generator<string> {
  const kind = quoted(kindWords(row, facts.names));
  const differing = quoted(safe([...row.columns].join(", ")));
  for (const side of ["left", "right"] as const) {
    if (row[side] === null) continue;
    const label = quoted(safe(facts.names[side].label));
    const cells = columns.map((column) => cell(row, column, side));
    yield line([String(place), kind, label, differing, ...cells]);
  }
}

function cell(row: DifferenceRow, { name, types }: TakenColumn, side: SideKey): string {
  const value = cellOf(row, name)[side];
  if (value === undefined) return quoted(NOT_SENT);
  return field(value, types[side]);
}

/** NULL is an empty field; what is empty and not NULL, a pair of quotes. */
function field(value: ExactValue, type: string): string {
  const text = valueText(value, type);
  if (text === null) return "";
  return text === "" ? '""' : quoted(isPlainNumber(text) ? text : safe(text));
}

/** Digits, and nothing that a spreadsheet would calculate. */
function isPlainNumber(text: string): boolean {
  return /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text);
}

/**
 * Spreadsheets calculate what begins with one of these, some of them behind blanks, tabs or line
 * ends, too, and in full width.
 */
const FORMULA = /^[\s\p{C}]*[=+\-@＝＋－＠]|^[\t\r]/u;

function safe(text: string): string {
  return FORMULA.test(text) ? `'${text}` : text;
}

function quoted(text: string): string {
  return /[",;\r\n\t]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function line(fields: readonly string[]): string {
  return `${fields.join(",")}\r\n`;
}
