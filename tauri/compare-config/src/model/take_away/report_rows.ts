/** The differences of a report: of each row two lines, the upper one the first side's. */

import type { Differences } from "../rows/differences";
import { cellOf, valueKind, type DifferenceRow } from "../rows/exact_rows";
import { Html, html } from "./html";
import {
  shownPair,
  shownValue,
  type Piece,
  type ShowOptions,
  type ShownValue,
} from "../shown/shown_value";
import { kindWords, takenColumns, type TakenColumn } from "./take_away";
import type { RunFacts, SideKey, SideName, Sides } from "../types";

/** More columns are no table on paper: each row then has a box for each column that it shows. */
const MOST_IN_TABLE = 8;
/** Characters of a value in a table, and in a box. */
const TABLE_WIDTH = 160;
const BOX_WIDTH = 600;

/** The parts of the markup, in order. */
export function* rowParts(
  facts: RunFacts,
  differences: Differences,
  view: Int32Array,
  locale: string | undefined,
): Generator<string> {
  const columns = takenColumns({ facts, differences }, view);
  const isTable = columns.length <= MOST_IN_TABLE;
  const options = {
    width: isTable ? TABLE_WIDTH : BOX_WIDTH,
    ...(locale !== undefined && { locale }),
  };
  yield (isTable ? tableHead(columns) : BOXES_HEAD).markup;
  for (const [place, index] of view.entries()) {
    const row = { row: differences.row(index), place: place + 1, names: facts.names, options };
    yield (isTable ? tableRow(row, columns) : boxesOf(row, columns)).markup;
  }
  yield isTable ? "</table>\n" : "</div>\n";
}

const BOXES_HEAD = html`<p class="q">Of changed rows, the key and the columns that differ.</p>
<div class="rows">
`;

interface ReportRow {
  row: DifferenceRow;
  /** From 1. */
  place: number;
  names: Sides<SideName>;
  options: ShowOptions;
}

function tableHead(columns: readonly TakenColumn[]): Html {
  return html`<table class="g"><thead><tr><th>Row</th><th>Side</th>${columns.map(
    ({ name, types, isKey }) =>
      html`<th>${isKey ? "Key: " : ""}${name}<i>${typesOf(types)}</i></th>`,
  )}</tr></thead>
`;
}

function typesOf({ left, right }: Sides<string>): string {
  return left === right ? left : `${left}, ${right}`;
}

function tableRow(report: ReportRow, columns: readonly TakenColumn[]): Html {
  const { row, place, names } = report;
  const cells = columns.map((column) => cellsOf(report, column));
  const line = (side: SideKey): Html =>
    row[side] === null
      ? html`<td class="none" colspan="${columns.length}">no row in ${names[side].label}</td>`
      : html`${cells.map((cell) => cell[side])}`;
  return html`<tbody><tr><td class="n" rowspan="2">${place} ${kindWords(row, names)}</td>
<td class="side">${sideName(names.left)}</td>${line("left")}</tr>
<tr><td class="side">${sideName(names.right)}</td>${line("right")}</tr></tbody>
`;
}

function sideName({ label, isProduction }: SideName): Html {
  return html`<span class="${isProduction ? "prodname" : ""}">${label}</span>`;
}

/** The cells of a column in both lines; one over both lines where they are the same. */
function cellsOf({ row, options }: ReportRow, column: TakenColumn): Sides<Html> {
  const { left, right, state } = cellOf(row, column.name);
  const { types } = column;
  const align = valueKind(types.left) === "number" ? "num" : "";
  switch (state) {
    case "not_sent":
      return merged(html`<td rowspan="2" class="same2">= the same</td>`);
    case "same": {
      const isLeft = left !== undefined;
      const value = (isLeft ? left : right) ?? null;
      const shown = shownValue(value, isLeft ? types.left : types.right, options);
      return merged(html`<td rowspan="2" class="same ${align}">${valueOf(shown)}</td>`);
    }
    case "differs": {
      const pair = shownPair(left ?? null, right ?? null, types, options);
      const note = pair.note === undefined ? null : html`<span class="note">${pair.note}</span>`;
      return {
        left: html`<td class="d ${align}">${valueOf(pair.left)}</td>`,
        right: html`<td class="d ${align}">${valueOf(pair.right)}${note}</td>`,
      };
    }
    case "left_only":
      return { left: alone(left ?? null, types.left, "lo"), right: html`` };
    case "right_only":
      return { left: html``, right: alone(right ?? null, types.right, "ro") };
  }

  function alone(value: Parameters<typeof shownValue>[0], type: string, tint: string): Html {
    return html`<td class="${tint} ${align}">${valueOf(shownValue(value, type, options))}</td>`;
  }
}

function merged(cell: Html): Sides<Html> {
  return { left: cell, right: html`` };
}

/** A row with more columns than a page is wide: its key, then a box for each column. */
function boxesOf(report: ReportRow, columns: readonly TakenColumn[]): Html {
  const { row, place, names } = report;
  const missing = row.left === null ? names.left : row.right === null ? names.right : null;
  const shown = columns.filter((column) => isShown(row, column));
  return html`<div class="row"><p class="kind"><b>${place} ${kindWords(row, names)}</b>
${missing === null ? null : html`<span class="none">no row in ${missing.label}</span>`}</p>
<div class="boxes">${shown.map((column) => boxOf(report, column))}</div></div>
`;
}

/** Of a changed row what is the same is left out, but for its key. */
function isShown(row: DifferenceRow, { name, isKey }: TakenColumn): boolean {
  return isKey || row.kind !== "changed" || row.columns.has(name);
}

function boxOf({ row, names, options }: ReportRow, { name, types, isKey }: TakenColumn): Html {
  const { left, right, state } = cellOf(row, name);
  const label = html`<b>${isKey ? "Key: " : ""}${name}</b>`;
  if (state === "differs") {
    const pair = shownPair(left ?? null, right ?? null, types, options);
    const line = (side: SideKey): Html =>
      html`<div class="v">${sideName(names[side])} ${piecesOf(pair[side])}</div>`;
    const note = pair.note === undefined ? null : html`<span class="note">${pair.note}</span>`;
    return html`<div class="box d">${label}${line("left")}${line("right")}${note}</div>`;
  }
  const side = left === undefined ? "right" : "left";
  const value = shownValue((side === "left" ? left : right) ?? null, types[side], options);
  const tint = state === "left_only" ? "lo" : state === "right_only" ? "ro" : "same";
  return html`<div class="box ${tint}">${label}${valueOf(value)}</div>`;
}

function valueOf(shown: ShownValue): Html {
  return html`<div class="v">${piecesOf(shown)}</div>`;
}

function piecesOf({ pieces, tag }: ShownValue): Html {
  const behind = tag === undefined ? null : html`<span class="tag">${tag}</span>`;
  return html`${pieces.map(pieceOf)}${behind}`;
}

function pieceOf({ text, mark, kind }: Piece): Html {
  const name = kind === "empty" ? "null" : kind;
  const inside = kind === "text" ? html`${text}` : html`<span class="${name}">${text}</span>`;
  return mark ? html`<mark>${inside}</mark>` : inside;
}
