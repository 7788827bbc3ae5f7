import { SvelteSet } from "svelte/reactivity";

import type { DifferenceKind, DifferenceRow } from "../model/rows/exact_rows";
import type { ComparisonRun } from "../state/comparison.svelte";
import { remembered, type TableLayout } from "../state/remembered.svelte";

export interface Sort {
  column: string;
  descending: boolean;
}

/** A row that was read again, with all its columns. */
export interface WholeRow {
  /** Which difference it was. */
  index: number;
  /** Null: it is no difference any more. */
  row: DifferenceRow | null;
  /** When, and what has become of it. */
  sentence: string;
}

/** How somebody looks at one run: it is there again when they come back to it. */
export class ResultView {
  kind = $state<DifferenceKind | null>(null);
  /** Only rows that differ in this column. */
  column = $state<string | null>(null);
  search = $state("");
  /** null: in the order of the key. */
  sort = $state.raw<Sort | null>(null);
  /** Index of the chosen difference, -1 where none is. */
  selected = $state(-1);
  /** Name of the column that the chosen cell is in; null: the gutter. */
  activeColumn = $state<string | null>(null);
  detailOpen = $state(false);
  detailFull = $state(false);
  detailAll = $state(false);
  showBlanks = $state(false);
  differingFirst = $state(false);
  /** Somebody has moved, sorted or filtered: nothing is arranged by itself any more. */
  touched = $state(false);
  readonly hidden = new SvelteSet<string>();
  /** The column whose width is being changed, as far as it is. */
  dragged = $state.raw<{ column: string; width: number } | null>(null);
  whole = $state.raw<WholeRow | null>(null);
  scroll = { top: 0, left: 0 };

  readonly #title: string;
  readonly #pins: readonly string[];

  constructor(run: ComparisonRun) {
    this.#title = run.input.title;
    // Those that were pinned by hand are among the run's, too; they can be let go by hand.
    const { pinned } = remembered.layout(this.#title);
    this.#pins = (run.input.pins ?? []).filter((column) => !pinned.includes(column));
  }

  // No $derived: a view outlives the component that makes it.
  get #layout(): TableLayout {
    return remembered.layout(this.#title);
  }

  get pinned(): readonly string[] {
    return [...this.#pins, ...this.#layout.pinned];
  }

  get widths(): Readonly<Record<string, number>> {
    const { widths } = this.#layout;
    return this.dragged === null
      ? widths
      : { ...widths, [this.dragged.column]: this.dragged.width };
  }

  /** A column that the page has pinned by itself stays where it is. */
  isPinnedByPage(column: string): boolean {
    return this.#pins.includes(column);
  }

  togglePin(column: string): void {
    const { pinned } = this.#layout;
    const isPinned = pinned.includes(column);
    const others = pinned.filter((name) => name !== column);
    this.#keep({ pinned: isPinned ? others : [...pinned, column] });
  }

  setWidth(column: string, width: number): void {
    this.dragged = null;
    this.#keep({ widths: { ...this.#layout.widths, [column]: width } });
  }

  get isFiltered(): boolean {
    return this.kind !== null || this.column !== null || this.search !== "";
  }

  showAll(): void {
    this.kind = null;
    this.column = null;
    this.search = "";
  }

  /** Up, down, and back to the order of the key. */
  sortBy(column: string): void {
    this.touched = true;
    if (this.sort?.column !== column) this.sort = { column, descending: false };
    else this.sort = this.sort.descending ? null : { column, descending: true };
  }

  #keep(part: Partial<TableLayout>): void {
    remembered.keepLayout(this.#title, { ...this.#layout, ...part });
  }
}

const views = new WeakMap<ComparisonRun, ResultView>();

export function viewOf(run: ComparisonRun): ResultView {
  const known = views.get(run);
  if (known !== undefined) return known;
  const view = new ResultView(run);
  views.set(run, view);
  return view;
}
