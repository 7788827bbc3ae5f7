import { canonicalText, type ExactValue } from "oracle-sidecar-client";

import { cellOf, isEmptyMark, valueKind, type DifferenceRow } from "../../model/rows/exact_rows";
import {
  differingPaths,
  jsonSummary,
  sortedLines,
  type JsonLinePair,
} from "../../model/pairs/json_difference";
import { shownPair, shownWhole, type ShownValue } from "../../model/shown/shown_value";
import {
  textDifference,
  textSummary,
  type TextDifference,
} from "../../model/pairs/text_difference";
import type { SideKey, Sides } from "../../model/types";
import type { GridColumn } from "../grid/grid_columns";

/** Bytes are shown around the first ones that differ: all of them are for a file. */
const SHOWN_BYTES = 96;

/** Characters that are seen at a glance, without a word on how many they are. */
const SHORT = 60;

export type DetailView =
  | { kind: "texts"; difference: TextDifference; summary: string }
  /** cut: there are more lines than these. */
  | { kind: "lines"; lines: JsonLinePair[]; cut: boolean; summary: string }
  | { kind: "pair"; values: Sides<ShownValue>; summary: string }
  | { kind: "same"; value: ShownValue }
  | { kind: "one"; side: SideKey; value: ShownValue }
  | { kind: "not_sent" };

/** A column of a row as the detail shows it: in full, never cut. */
export function detailView(
  row: DifferenceRow,
  column: GridColumn,
  showBlanks: boolean,
): DetailView {
  const { left, right, state } = cellOf(row, column.name);
  switch (state) {
    case "not_sent":
      return { kind: "not_sent" };
    case "same": {
      const side = left === undefined ? "right" : "left";
      const value = whole(left ?? right ?? null, column.types[side], showBlanks);
      return { kind: "same", value };
    }
    case "left_only":
    case "right_only": {
      const side = state === "left_only" ? "left" : "right";
      const value = whole((side === "left" ? left : right) ?? null, column.types[side], showBlanks);
      return { kind: "one", side, value };
    }
    case "differs":
      return differing({ left: left ?? null, right: right ?? null }, column, showBlanks);
  }
}

function differing(
  values: Sides<ExactValue>,
  { types }: GridColumn,
  showBlanks: boolean,
): DetailView {
  const { left, right } = values;
  const kinds = { left: valueKind(types.left), right: valueKind(types.right) };
  if (kinds.left === "text" && typeof left === "string" && typeof right === "string") {
    const difference = textDifference(left, right, { showBlanks });
    const isPlain = difference.places < 2 && difference.note === null;
    const isShort = Math.max(left.length, right.length) <= SHORT && isPlain;
    return { kind: "texts", difference, summary: isShort ? "" : textSummary(difference) };
  }
  if (kinds.left === "json" && isDocument(left) && isDocument(right)) {
    const { lines, cut } = sortedLines(left, right, { showBlanks });
    return { kind: "lines", lines, cut, summary: jsonSummary(differingPaths(left, right)) };
  }
  const isBytes = kinds.left === "hex" || kinds.left === "base64";
  const width = isBytes ? SHOWN_BYTES : Number.MAX_SAFE_INTEGER;
  const { note = "", ...pair } = shownPair(left, right, types, { width, showBlanks });
  return { kind: "pair", values: pair, summary: note };
}

function isDocument(value: ExactValue): boolean {
  return value !== null && !isEmptyMark(value);
}

function whole(value: ExactValue, type: string, showBlanks: boolean): ShownValue {
  return shownWhole(value, type, { showBlanks });
}

/** CONFIG_ID 1063, REGION EU: the whole key, never cut. */
export function keyText(row: DifferenceRow): string {
  const parts = [...(row.key ?? [])].map(([name, value]) => `${name} ${keyValue(value)}`);
  return parts.join(", ");
}

function keyValue(value: ExactValue): string {
  if (value === null) return "NULL";
  return typeof value === "string" ? value : canonicalText(value);
}
