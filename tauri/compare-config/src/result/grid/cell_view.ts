import { cellOf, type DifferenceRow } from "../../model/rows/exact_rows";
import type { Needle } from "../../model/rows/search";
import { shownPair, shownValue, spoken, type ShownValue } from "../../model/shown/shown_value";
import type { SideName, Sides } from "../../model/types";
import type { GridColumn } from "./grid_columns";

export const NOT_LOADED = "the same on both sides, not loaded";

/** What a cell of the grid says, before it is drawn. `label`: in words, for screen readers. */
export type CellView =
  | { kind: "differs"; left: ShownValue; right: ShownValue; note?: string; label: string }
  | { kind: "same"; value: ShownValue }
  | { kind: "left_only" | "right_only"; value: ShownValue }
  | { kind: "not_sent"; label: string };

export interface CellOptions {
  names: Sides<SideName>;
  /** Characters that fit. */
  width: number;
  showBlanks: boolean;
  /** What is searched for: its hits are marked. */
  needle?: Needle;
}

export function cellView(row: DifferenceRow, column: GridColumn, options: CellOptions): CellView {
  const { names } = options;
  const cell = cellOf(row, column.name);
  const { left = null, right = null } = cell;
  switch (cell.state) {
    case "differs": {
      const pair = shownPair(left, right, column.types, options);
      return { kind: "differs", ...pair, label: differsLabel(column.name, pair, names) };
    }
    case "same": {
      const isLeft = cell.left !== undefined;
      const value = shownValue(isLeft ? left : right, column.types.left, options);
      return { kind: "same", value };
    }
    case "not_sent":
      return { kind: "not_sent", label: `${column.name}: ${NOT_LOADED}` };
    case "left_only":
    case "right_only": {
      const side = cell.state === "left_only" ? "left" : "right";
      return {
        kind: cell.state,
        value: shownValue(cell[side] ?? null, column.types[side], options),
      };
    }
  }
}

function differsLabel(
  column: string,
  { left, right, note }: { left: ShownValue; right: ShownValue; note?: string },
  names: Sides<SideName>,
): string {
  const first = `${names.left.label} ${spoken(left)}`;
  const both = `${first}. ${names.right.label} ${spoken(right)}.`;
  return `${column} differs. ${both}${note === undefined ? "" : ` ${note}`}`;
}
