import { cellOf, type DifferenceRow } from "../model/rows/exact_rows";
import { valueText } from "../model/shown/shown_value";
import type { SideKey, SideName, Sides } from "../model/types";
import { NOT_LOADED } from "./grid/cell_view";
import type { GridColumn } from "./grid/grid_columns";

/** What goes onto the clipboard, whole, and the sentence that says so; null: there is nothing. */
export interface Copy {
  text: string | null;
  sentence: string;
}

export function copyOfSide(
  row: DifferenceRow,
  column: GridColumn,
  side: SideKey,
  names: Sides<SideName>,
): Copy {
  const { label } = names[side];
  const cell = cellOf(row, column.name);
  if (row[side] === null) return { text: null, sentence: `There is no row in ${label}.` };
  const value = cell[side];
  if (value === undefined) return { text: null, sentence: `Nothing copied: ${NOT_LOADED}.` };
  const text = valueText(value, column.types[side]);
  if (text === null) return { text: "NULL", sentence: `Copied the word NULL: ${label} has none.` };
  return { text, sentence: `Copied ${column.name} of ${label}.` };
}

export function copyOfBoth(row: DifferenceRow, column: GridColumn, names: Sides<SideName>): Copy {
  const texts = sideTexts(row, column);
  if (texts.left === undefined && texts.right === undefined) {
    return { text: null, sentence: `Nothing copied: ${NOT_LOADED}.` };
  }
  if (cellOf(row, column.name).state === "same") {
    const text = texts.left ?? texts.right ?? "";
    return { text, sentence: `Copied ${column.name}, the same on both sides.` };
  }
  const text = lines(names, [texts.left ?? "no row"], [texts.right ?? "no row"]);
  return { text, sentence: `Copied both values of ${column.name}.` };
}

/** Tab-separated: the column names, then a line for each side. */
export function copyOfRow(
  row: DifferenceRow,
  columns: readonly GridColumn[],
  names: Sides<SideName>,
): Copy {
  const texts = columns.map((column) => sideTexts(row, column));
  const cells = (side: SideKey): string[] =>
    texts.map((text) => text[side] ?? (row[side] === null ? "no row" : `(${NOT_LOADED})`));
  const head = ["", ...columns.map(({ name }) => name)].map(quoted).join("\t");
  const text = `${head}\n${lines(names, cells("left"), cells("right"))}`;
  return { text, sentence: "Copied the row, both sides." };
}

function sideTexts(row: DifferenceRow, column: GridColumn): Sides<string | undefined> {
  const cell = cellOf(row, column.name);
  const textOf = (side: SideKey): string | undefined => {
    const value = cell[side];
    return value === undefined ? undefined : (valueText(value, column.types[side]) ?? "NULL");
  };
  return { left: textOf("left"), right: textOf("right") };
}

function lines(names: Sides<SideName>, left: string[], right: string[]): string {
  const line = (name: SideName, cells: string[]): string =>
    [name.label, ...cells].map(quoted).join("\t");
  return `${line(names.left, left)}\n${line(names.right, right)}`;
}

/** As spreadsheets paste it: a text with a tab or a line end stays one cell. */
function quoted(text: string): string {
  return /["\t\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
