import type { DifferenceKind, DifferenceRow } from "../../model/rows/exact_rows";
import type { Needle } from "../../model/rows/search";
import type { SideName, Sides } from "../../model/types";
import { ICONS } from "../../ui/icons";
import { iconOf, toneOf, wordOf } from "../../ui/outcomes";
import { cellView, type CellView } from "./cell_view";
import { charactersIn, type PlacedColumn } from "./grid_columns";
import { element, valueLine } from "./piece_nodes";

export interface PaintOptions {
  columns: readonly PlacedColumn[];
  names: Sides<SideName>;
  /** CSS pixels of one character of a value. */
  characterWidth: number;
  frozenWidth: number;
  showBlanks: boolean;
  needle?: Needle;
  row: (index: number) => DifferenceRow;
}

export interface PaintedPosition {
  /** Counts the rows as they are shown, from 0. */
  position: number;
  /** Which difference it is. */
  index: number;
  /** CSS pixels from the top of the rows. */
  start: number;
}

interface PaintedRow {
  index: number;
  element: HTMLElement;
  frozen: HTMLElement;
  row: DifferenceRow;
  /** By column index; -1 is the gutter. */
  cells: Map<number, HTMLElement>;
  /** The moving columns that were drawn last: the very array, which is a new one when they change. */
  moving: readonly number[] | null;
  /** What is not in its cell yet. */
  unsaid: Words[];
}

/** What a screen reader says of a cell that says it by its place, its colour or its picture. */
interface Words {
  cell: HTMLElement;
  words: string;
}

export interface ActiveCell {
  position: number;
  /** -1 is the gutter. */
  column: number;
}

/**
 * Draws the rows that are in view, and only what has changed of them. It makes its elements by
 * hand: on scrolling some 500 cells change within a frame, which took Svelte's blocks three times
 * as long. All texts go in as text, so no value is ever read as markup.
 */
export class RowPainter {
  readonly #container: HTMLElement;
  #options: PaintOptions;
  #gutterPictures: Record<DifferenceKind, HTMLElement>;
  /** The last frozen column: there it is said that a side has no row. */
  #noRowColumn: number;
  readonly #rows = new Map<number, PaintedRow>();
  #active: ActiveCell = { position: 0, column: -1 };
  #selected = -1;
  #activeElement: HTMLElement | null = null;
  #chosen: HTMLElement | undefined;

  constructor(container: HTMLElement, options: PaintOptions) {
    this.#container = container;
    this.#options = options;
    this.#gutterPictures = gutterPictures(options.names);
    this.#noRowColumn = noRowColumn(options.columns);
  }

  /** Everything is drawn anew with the next `paint`. */
  setOptions(options: PaintOptions): void {
    this.#options = options;
    this.#gutterPictures = gutterPictures(options.names);
    this.#noRowColumn = noRowColumn(options.columns);
    this.clear();
  }

  clear(): void {
    this.#rows.clear();
    this.#container.replaceChildren();
  }

  /**
   * While it scrolls, only the active row gets its words for screen readers: they are a fifth of what
   * a frame takes, and nobody reads what passes by. The others come with the paint at its end.
   */
  paint(
    positions: readonly PaintedPosition[],
    moving: readonly number[],
    isScrolling: boolean,
  ): void {
    const wanted = new Map(positions.map((one) => [one.position, one]));
    for (const [position, painted] of this.#rows) {
      const still = wanted.get(position);
      if (still?.index === painted.index) continue;
      painted.element.remove();
      this.#rows.delete(position);
    }
    const inOrder = positions.map((one) => {
      const painted = this.#rows.get(one.position) ?? this.#addRow(one);
      if (painted.moving !== moving) this.#paintCells(painted, moving);
      return painted.element;
    });
    keepOrder(this.#container, inOrder);
    this.#markActive();
    if (!isScrolling) this.#rows.forEach(say);
  }

  /** Which cell the Tab key leads to, and which row is chosen (-1: none). */
  setActive(active: ActiveCell, selected: number): void {
    this.#active = active;
    this.#selected = selected;
    this.#markActive();
  }

  cell({ position, column }: ActiveCell): HTMLElement | undefined {
    return this.#rows.get(position)?.cells.get(column);
  }

  #markActive(): void {
    const chosen = [...this.#rows.values()].find(({ index }) => index === this.#selected)?.element;
    if (chosen !== this.#chosen) {
      markRow(this.#chosen, false);
      markRow(chosen, true);
      this.#chosen = chosen;
    }
    const row = this.#rows.get(this.#active.position);
    if (row !== undefined) say(row);
    const cell = this.cell(this.#active) ?? null;
    if (this.#activeElement !== cell && this.#activeElement !== null) {
      this.#activeElement.tabIndex = -1;
    }
    if (cell !== null) cell.tabIndex = 0;
    this.#activeElement = cell;
  }

  #addRow({ position, index, start }: PaintedPosition): PaintedRow {
    const row = this.#options.row(index);
    const made = element("div", "gr");
    made.role = "row";
    made.ariaRowIndex = String(position + 2);
    made.style.transform = `translateY(${start}px)`;
    made.dataset["position"] = String(position);
    const frozen = element("div", "fz");
    frozen.role = "presentation";
    frozen.style.width = `${this.#options.frozenWidth}px`;
    made.append(frozen);
    markRow(made, false);
    const cells = new Map<number, HTMLElement>();
    const painted: PaintedRow = {
      index,
      element: made,
      frozen,
      row,
      cells,
      moving: null,
      unsaid: [],
    };
    this.#rows.set(position, painted);
    const gutter = this.#gutter(painted, position);
    cells.set(-1, gutter);
    frozen.append(gutter);
    this.#paintFrozen(painted);
    return painted;
  }

  #paintFrozen(painted: PaintedRow): void {
    const { frozen, cells } = painted;
    for (const column of this.#options.columns) {
      if (!column.isFrozen) break;
      const cell = this.#cell(painted, column);
      cells.set(column.index, cell);
      frozen.append(cell);
    }
  }

  #paintCells(painted: PaintedRow, moving: readonly number[]): void {
    const { element: made, frozen, cells } = painted;
    const { columns } = this.#options;
    painted.moving = moving;
    const wanted = new Set(moving);
    for (const [index, cell] of cells) {
      const column = columns[index];
      if (column === undefined || column.isFrozen || wanted.has(index)) continue;
      cell.remove();
      cells.delete(index);
    }
    const inOrder = moving.flatMap((index) => {
      const column = columns[index];
      if (column === undefined) return [];
      const cell = cells.get(index) ?? this.#cell(painted, column);
      cells.set(index, cell);
      return [cell];
    });
    keepOrder(made, [frozen, ...inOrder]);
  }

  #cell({ row, unsaid }: PaintedRow, column: PlacedColumn): HTMLElement {
    const { names, showBlanks, needle, characterWidth } = this.#options;
    const width = charactersIn(column, characterWidth);
    const options = { names, width, showBlanks, ...(needle !== undefined && { needle }) };
    const view = cellView(row, column, options);
    const cell = element("div", `gc ${CELL_CLASSES[view.kind]}${column.isNumber ? " num" : ""}`);
    cell.role = "gridcell";
    cell.ariaColIndex = String(column.index + 2);
    cell.tabIndex = -1;
    cell.dataset["column"] = String(column.index);
    cell.style.cssText = `left:${column.start}px;width:${column.width}px`;
    this.#fill(cell, view, column);
    if ("label" in view) unsaid.push({ cell, words: view.label });
    return cell;
  }

  #fill(cell: HTMLElement, view: CellView, { index }: PlacedColumn): void {
    switch (view.kind) {
      case "differs":
        cell.append(valueLine(view.left), valueLine(view.right, view.note));
        break;
      case "not_sent":
        cell.append(element("span", "", "="));
        break;
      case "same":
        cell.append(valueLine(view.value));
        break;
      case "left_only":
      case "right_only":
        cell.append(valueLine(view.value));
        // Said once a row: the hatching goes on beside it.
        if (index === this.#noRowColumn) cell.append(this.#noRow(view.kind));
        break;
    }
  }

  #noRow(kind: "left_only" | "right_only"): HTMLElement {
    const { left, right } = this.#options.names;
    const { label } = kind === "left_only" ? right : left;
    return element("span", "nl", `no row in ${label}`);
  }

  #gutter({ row: { kind }, unsaid }: PaintedRow, position: number): HTMLElement {
    const kindWords = lowerFirst(wordOf(kind, this.#options.names));
    const cell = element("div", "gc gut");
    cell.role = "rowheader";
    cell.ariaColIndex = "1";
    cell.tabIndex = -1;
    cell.dataset["column"] = "-1";
    cell.append(...this.#gutterPictures[kind].cloneNode(true).childNodes);
    unsaid.push({ cell, words: `row ${position + 1}, ${kindWords}` });
    return cell;
  }
}

const CELL_CLASSES: Record<CellView["kind"], string> = {
  differs: "d",
  same: "same",
  not_sent: "same",
  left_only: "lo1",
  right_only: "ro1",
};

function noRowColumn(columns: readonly PlacedColumn[]): number {
  return Math.max(0, columns.filter(({ isFrozen }) => isFrozen).length - 1);
}

function gutterPictures(names: Sides<SideName>): Record<DifferenceKind, HTMLElement> {
  return {
    changed: gutterPicture("changed", names),
    left_only: gutterPicture("left_only", names),
    right_only: gutterPicture("right_only", names),
  };
}

/** The icon of a kind, and both sides' names beside their lines. */
function gutterPicture(kind: DifferenceKind, { left, right }: Sides<SideName>): HTMLElement {
  const icon = ICONS[iconOf(kind)];
  const square = element("span", `k ${toneOf(kind)}`);
  square.innerHTML = `<svg class="i" viewBox="${icon.viewBox}">${icon.body}</svg>`;
  const sides = element("span", "l");
  sides.append(
    ...[left, right].map(({ label, isProduction }) =>
      element("em", isProduction ? "p" : "", label),
    ),
  );
  const picture = element("div", "");
  picture.append(square, sides);
  return picture;
}

function say({ unsaid }: PaintedRow): void {
  for (const { cell, words } of unsaid.splice(0)) {
    for (const child of cell.children) child.ariaHidden = "true";
    cell.append(element("span", "vh", words));
  }
}

function markRow(row: HTMLElement | undefined, isChosen: boolean): void {
  row?.classList.toggle("sel", isChosen);
  if (row !== undefined) row.ariaSelected = String(isChosen);
}

/** Screen readers follow the order of the elements. What is there already is never moved. */
function keepOrder(parent: HTMLElement, inOrder: readonly HTMLElement[]): void {
  let next = parent.firstElementChild;
  for (const child of inOrder) {
    if (child === next) next = child.nextElementSibling;
    else parent.insertBefore(child, next);
  }
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
