import type { SearchHits } from "../../model/rows/differences";
import type { ComparisonRun } from "../../state/comparison.svelte";
import type { ResultView } from "../result_view.svelte";
import { sortedRows } from "./sorting_rows";

/** A pause in typing, before the values are searched. */
const TYPING_MS = 150;

const NO_ROWS = new Int32Array(0);

/**
 * Which differences the grid shows, in which order. The old ones stay until the new ones are
 * known. To be made in a component's init: its effects end with the component.
 */
export class ShownRows {
  readonly #run: ComparisonRun;
  readonly #view: ResultView;

  #hits = $state.raw<SearchHits | null>(null);
  /** How many were searched so far; null: no search runs. */
  #searched = $state<number | null>(null);
  #sorted = $state.raw<Int32Array | null>(null);
  #isSorting = $state(false);

  readonly #filtered = $derived.by(() => this.#filter());

  constructor(run: ComparisonRun, view: ResultView) {
    this.#run = run;
    this.#view = view;
    $effect(() => this.#search(this.#view.search.trim()));
    $effect(() => this.#sort());
  }

  get rows(): Int32Array {
    return this.#view.sort === null ? this.#filtered : (this.#sorted ?? this.#filtered);
  }

  get hits(): SearchHits | null {
    return this.#hits;
  }

  get searched(): number | null {
    return this.#searched;
  }

  get isSorting(): boolean {
    return this.#isSorting;
  }

  #filter(): Int32Array {
    void this.#run.version;
    const { kind, column, search } = this.#view;
    if (this.#run.differences.length === 0) return NO_ROWS;
    const among = search.trim() === "" ? null : (this.#hits?.hits ?? null);
    return this.#run.differences.view({ kind, column, among });
  }

  #search(text: string): (() => void) | undefined {
    if (text === "" || this.#run.running) {
      this.#hits = null;
      this.#searched = null;
      return undefined;
    }
    const abort = new AbortController();
    const timer = setTimeout(() => void this.#runSearch(text, abort.signal), TYPING_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }

  async #runSearch(text: string, signal: AbortSignal): Promise<void> {
    this.#searched = 0;
    try {
      this.#hits = await this.#run.differences.search(text, {
        signal,
        onProgress: (searched) => (this.#searched = searched),
      });
      this.#searched = null;
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  #sort(): (() => void) | undefined {
    const { sort } = this.#view;
    const rows = this.#filtered;
    if (sort === null || this.#run.running) {
      this.#sorted = null;
      this.#isSorting = false;
      return undefined;
    }
    const abort = new AbortController();
    this.#isSorting = true;
    sortedRows(this.#run.differences, rows, sort, abort.signal)
      .then((order) => {
        this.#sorted = order;
        this.#isSorting = false;
      })
      .catch((error: unknown) => {
        if (!abort.signal.aborted) throw error;
      });
    return () => abort.abort();
  }
}
