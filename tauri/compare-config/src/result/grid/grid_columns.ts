import type { CompareHead } from "oracle-sidecar-client";

import { valueKind } from "../../model/rows/exact_rows";
import type { Sides } from "../../model/types";

/** CSS pixels, as in app.css. */
export const GUTTER_WIDTH = 88;
export const ROW_HEIGHT = 41;
export const HEAD_HEIGHT = 42;
export const CELL_PADDING = 10;
export const NARROWEST = 64;
export const WIDEST = 1200;
export const WIDTH_STEP = 16;

/** More columns than these, and those that differ come first when the run has ended. */
export const MOST_IN_TABLE_ORDER = 12;

/** The frozen part leaves at least as much of the grid to what moves. */
const MOST_FROZEN = 0.45;
/** Of the key the first column is frozen even where it takes more than that. */
const MOST_FOR_FIRST_KEY = 0.6;

const VALUE_CHARACTER = 7.53;
/** Of a bold capital, on average; a name is not to be cut by the W in it. */
const NAME_CHARACTER = 8.8;
const KEY_ICON = 24;
/** Room for three digits. */
const COUNT_BADGE = 52;
const BADGE_CHARACTER = 6.5;
const BADGE_PADDING = 32;

export interface GridColumn {
  name: string;
  types: Sides<string>;
  isKey: boolean;
  isPinned: boolean;
  /** Right-aligned. */
  isNumber: boolean;
  /** How many rows differ here, of those that have come. */
  differing: number;
  width: number;
}

/** A column where the grid draws it. `index` counts from 0 behind the gutter. */
export interface PlacedColumn extends GridColumn {
  index: number;
  isFrozen: boolean;
  /** CSS pixels from the left edge of the row. */
  start: number;
}

export interface Arrangement {
  pinned: readonly string[];
  hidden: ReadonlySet<string>;
  widths: Readonly<Record<string, number>>;
  differingFirst: boolean;
}

/** All columns that were compared, in the order of the table: what the Columns menu lists. */
export function gridColumns(
  head: CompareHead,
  counts: ReadonlyMap<string, number>,
  { pinned, widths }: Pick<Arrangement, "pinned" | "widths">,
): GridColumn[] {
  const key: ReadonlySet<string> = new Set(head.key === "row" ? [] : head.key);
  return head.columns.map((name, i) => {
    const types = { left: head.left_types[i] ?? "", right: head.right_types[i] ?? "" };
    const differing = counts.get(name) ?? 0;
    const isKey = key.has(name);
    return {
      name,
      types,
      isKey,
      isPinned: pinned.includes(name),
      isNumber: valueKind(types.left) === "number",
      differing,
      width: widths[name] ?? defaultWidth(name, types, isKey),
    };
  });
}

/** Key, pinned ones, then the others; those that fit into the frozen part are frozen. */
export function arrange(
  columns: readonly GridColumn[],
  arrangement: Pick<Arrangement, "hidden" | "differingFirst">,
  viewWidth: number,
): PlacedColumn[] {
  const shown = columns.filter(({ name, isKey }) => isKey || !arrangement.hidden.has(name));
  const key = shown.filter(({ isKey }) => isKey);
  const pinned = shown.filter(({ isKey, isPinned }) => isPinned && !isKey);
  const others = shown.filter(({ isKey, isPinned }) => !isKey && !isPinned);
  const ahead = [...key, ...pinned];
  const frozen = howManyFrozen(ahead, viewWidth);
  const moving = arrangement.differingFirst
    ? [...others.filter(differs), ...others.filter((column) => !differs(column))]
    : others;
  return place([...ahead, ...moving], frozen);
}

export function differs(column: GridColumn): boolean {
  return column.differing > 0;
}

/** `VARCHAR2(120), (200)`: the second side's, where it is another one. */
export function typeLabel({ left, right }: Sides<string>): string {
  if (left === right || right === "") return left;
  const open = left.indexOf("(");
  const isOtherLength = open > 0 && right.startsWith(left.slice(0, open + 1));
  return `${left}, ${isOtherLength ? right.slice(open) : right}`;
}

export function clampWidth(width: number): number {
  return Math.round(Math.min(WIDEST, Math.max(NARROWEST, width)));
}

/** How many characters of a value a cell has room for. */
export function charactersIn(column: GridColumn, characterWidth: number): number {
  return Math.max(4, Math.floor((column.width - 2 * CELL_PADDING) / characterWidth));
}

/** Whether the count of a header has room beside the column's name. */
export function countFits({ name, isKey, width }: GridColumn, countText: string): boolean {
  const badge = countText.length * BADGE_CHARACTER + BADGE_PADDING;
  const icon = isKey ? KEY_ICON : 0;
  return name.length * NAME_CHARACTER + icon + badge + 2 * CELL_PADDING <= width;
}

function howManyFrozen(ahead: readonly GridColumn[], viewWidth: number): number {
  let width = GUTTER_WIDTH;
  for (const [i, column] of ahead.entries()) {
    width += column.width;
    const most = i === 0 && column.isKey ? MOST_FOR_FIRST_KEY : MOST_FROZEN;
    if (width > viewWidth * most) return i;
  }
  return ahead.length;
}

function place(columns: readonly GridColumn[], frozen: number): PlacedColumn[] {
  let start = GUTTER_WIDTH;
  return columns.map((column, index) => {
    const placed = { ...column, index, isFrozen: index < frozen, start };
    start += column.width;
    return placed;
  });
}

function defaultWidth(name: string, types: Sides<string>, isKey: boolean): number {
  const characters = Math.max(valueCharacters(types.left), valueCharacters(types.right));
  const head = name.length * NAME_CHARACTER + (isKey ? KEY_ICON : COUNT_BADGE);
  const label = typeLabel(types).length * 6.7;
  return clampWidth(2 * CELL_PADDING + Math.max(characters * VALUE_CHARACTER, head, label));
}

function valueCharacters(type: string): number {
  const length = Number(/\((\d+)/.exec(type)?.[1] ?? 0);
  switch (valueKind(type)) {
    case "number":
      return length > 0 ? Math.min(length + 2, 20) : 14;
    case "text":
      if (length === 0 || length > 200) return 42;
      return length > 40 ? 25 : Math.max(6, Math.min(length, 20));
    case "moment":
      return type === "DATE" ? 20 : 27;
    case "zoned":
      return 34;
    case "json":
      return 29;
    case "boolean":
      return 8;
    default:
      return 24;
  }
}
