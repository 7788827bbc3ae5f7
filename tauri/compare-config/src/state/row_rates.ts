import type { CompareProgress } from "oracle-sidecar-client";

import type { DifferenceKind } from "../model/rows/exact_rows";
import type { SideKey, Sides } from "../model/types";

/** A rate is that of the last samples: it follows a database that slows down, and does not jump. */
const SAMPLES = 4;

/** Rows per second of each side, from progress lines in the order they came. */
export class RowRates {
  #samples: CompareProgress[] = [];

  add(progress: CompareProgress): void {
    this.#samples = [...this.#samples, progress].slice(-SAMPLES);
  }

  /** null: not known yet, or the side is not reading rows. */
  get rates(): Sides<number | null> {
    return { left: this.#rate("left"), right: this.#rate("right") };
  }

  #rate(side: SideKey): number | null {
    const reading = this.#samples.filter((sample) => sample[`${side}_step`] === "rows");
    const first = reading[0];
    const last = reading.at(-1);
    if (first === undefined || last === undefined || last !== this.#samples.at(-1)) return null;
    const seconds = (last.elapsed_ms - first.elapsed_ms) / 1000;
    return seconds > 0 ? (last[`${side}_rows`] - first[`${side}_rows`]) / seconds : null;
  }
}

/**
 * How far the sides have come at least: a difference that was found was read, though the next
 * progress line, which would say so, has not come.
 */
export function withFound(
  progress: CompareProgress,
  found: Readonly<Record<DifferenceKind, number>>,
): CompareProgress {
  return {
    ...progress,
    left_rows: Math.max(progress.left_rows, found.changed + found.left_only),
    right_rows: Math.max(progress.right_rows, found.changed + found.right_only),
  };
}

/** Since when each side has been at its step, in milliseconds from the request's arrival. */
export function stepsSince(
  before: { progress: CompareProgress; since: Sides<number> } | null,
  progress: CompareProgress,
): Sides<number> {
  const since = (side: SideKey): number => {
    const isSame = before?.progress[`${side}_step`] === progress[`${side}_step`];
    return before !== null && isSame ? before.since[side] : progress.elapsed_ms;
  };
  return { left: since("left"), right: since("right") };
}
