import type { Differences } from "../../model/rows/differences";
import type { GridColumn } from "./grid_columns";
import type { ActiveCell } from "./row_painter";

export interface GridSize {
  rows: number;
  /** Without the gutter. */
  columns: number;
  /** Rows in view. */
  page: number;
}

/** Where the header is, for the position of a row. */
export const HEADER = -1;
export const GUTTER = -1;

/** The cell that a key leads to; null where the key moves nothing. */
export function movedCell(
  { key, ctrlKey, metaKey }: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey">,
  { position, column }: ActiveCell,
  { rows, columns, page }: GridSize,
): ActiveCell | null {
  const last: ActiveCell = { position: rows - 1, column: columns - 1 };
  const toRow = (to: number): ActiveCell => ({ position: clamp(to, HEADER, rows - 1), column });
  const toColumn = (to: number): ActiveCell => ({
    position,
    column: clamp(to, GUTTER, columns - 1),
  });
  const withControl = ctrlKey || metaKey;
  switch (key) {
    case "ArrowUp":
      return toRow(position - 1);
    case "ArrowDown":
      return toRow(position + 1);
    case "ArrowLeft":
      return toColumn(column - 1);
    case "ArrowRight":
      return toColumn(column + 1);
    case "Home":
      return withControl ? { position: Math.min(0, rows - 1), column: GUTTER } : toColumn(GUTTER);
    case "End":
      return withControl ? last : toColumn(columns - 1);
    case "PageUp":
      return toRow(Math.max(position - page, Math.min(position, 0)));
    case "PageDown":
      return toRow(position + page);
    default:
      return null;
  }
}

/**
 * The next differing cell in reading order, or the gutter of a row that one side lacks, so that no
 * difference is passed over. Null: there is none in that direction.
 */
export function nextDifference(
  from: ActiveCell,
  step: 1 | -1,
  rows: Int32Array,
  columns: readonly GridColumn[],
  differences: Pick<Differences, "kind" | "columnsOf">,
): ActiveCell | null {
  for (let position = from.position; position < rows.length && position >= 0; position += step) {
    const index = rows[position];
    if (index === undefined) break;
    const differing =
      differences.kind(index) === "changed" ? differences.columnsOf(index) : WHOLE_ROW;
    const edge = step > 0 ? GUTTER : columns.length - 1;
    const start = position === from.position ? from.column + step : edge;
    const column = differenceInRow(differing, start, step, columns);
    if (column !== null) return { position, column };
  }
  return null;
}

const WHOLE_ROW = Symbol("a row that one side lacks");

function differenceInRow(
  differing: ReadonlySet<string> | typeof WHOLE_ROW,
  start: number,
  step: 1 | -1,
  columns: readonly GridColumn[],
): number | null {
  for (let column = start; column >= GUTTER && column < columns.length; column += step) {
    if (differing === WHOLE_ROW ? column === GUTTER : differing.has(columns[column]?.name ?? "")) {
      return column;
    }
  }
  return null;
}

function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(most, value));
}
