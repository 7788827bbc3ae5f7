import { bytesOf, type ExactValue } from "oracle-sidecar-client";

import {
  cellOf,
  isEmptyMark,
  isObject,
  valueKind,
  type Cell,
  type DifferenceRow,
} from "../../model/rows/exact_rows";
import { valueText } from "../../model/shown/shown_value";
import { SIDES } from "../../model/sides";
import type { SideName, Sides } from "../../model/types";
import { saveFile, type Saved } from "../../state/save_file";
import { copyText } from "../../ui/clipboard";
import type { MenuItem } from "../../ui/Menu.svelte";
import type { GridColumn } from "../grid/grid_columns";

const LONG_CHARACTERS = 200;

/** Whether a value is one that people want as a file, or cannot see as a whole. */
export function isLarge(cell: Cell, types: Sides<string>): boolean {
  return SIDES.some((side) => {
    const value = cell[side];
    if (typeof value === "string") return isBytes(types[side]) || value.length > LONG_CHARACTERS;
    return Array.isArray(value) || (isObject(value) && !isEmptyMark(value));
  });
}

/** Copy and save, each value in full. */
export function valueItems(
  row: DifferenceRow,
  column: GridColumn,
  names: Sides<SideName>,
): MenuItem[] {
  const cell = cellOf(row, column.name);
  return SIDES.flatMap((side) => {
    const value = cell[side];
    const type = column.types[side];
    if (value === undefined || value === null || isEmptyMark(value)) return [];
    const { label } = names[side];
    const name = `${column.name} ${label}`;
    return [
      { label: `Copy the value of ${label}`, onselect: () => void copy(value, type, name) },
      { label: `Save the value of ${label}`, onselect: () => save(value, type, name) },
    ];
  });
}

function copy(value: ExactValue, type: string, name: string): Promise<void> {
  return copyText(valueText(value, type) ?? "", `Copied ${name}.`);
}

function save(value: ExactValue, type: string, name: string): Promise<Saved> {
  if (isBytes(type)) {
    const bytes = new Uint8Array(bytesOf(value, type));
    return saveFile(`${name}.bin`, [bytes], "application/octet-stream");
  }
  const text = valueText(value, type) ?? "";
  const isDocument = valueKind(type) === "json";
  return isDocument
    ? saveFile(`${name}.json`, [text], "application/json")
    : saveFile(`${name}.txt`, [text], "text/plain;charset=utf-8");
}

function isBytes(type: string): boolean {
  const kind = valueKind(type);
  return kind === "hex" || kind === "base64";
}
