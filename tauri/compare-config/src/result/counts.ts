import type { DifferenceKind } from "../model/rows/exact_rows";
import type { RunFacts } from "../model/types";

export type KnownCounts = Record<DifferenceKind, number> & {
  equal: number;
  /** How many rows differ in each column. */
  columns: ReadonlyMap<string, number>;
};

interface Kept {
  readonly counts: Readonly<Record<DifferenceKind, number>>;
  readonly columnCounts: ReadonlyMap<string, number>;
}

/**
 * What is counted so far: at the end by the server, which counts what is not kept, too. Before,
 * whichever is ahead of the other: progress comes once a second, differences as they are found.
 */
export function knownCounts({ state }: RunFacts, kept: Kept): KnownCounts {
  if (state.phase === "done") {
    const { changed, left_only, right_only, equal, changed_columns } = state.totals;
    return {
      changed,
      left_only,
      right_only,
      equal,
      columns: new Map(Object.entries(changed_columns)),
    };
  }
  const { progress } = state;
  const ahead = (kind: DifferenceKind): number =>
    Math.max(kept.counts[kind], progress?.[kind] ?? 0);
  return {
    changed: ahead("changed"),
    left_only: ahead("left_only"),
    right_only: ahead("right_only"),
    equal: progress?.equal ?? 0,
    // A copy: the one that is kept grows in place, and would be taken for unchanged.
    columns: new Map(kept.columnCounts),
  };
}

export function allDifferences(counts: KnownCounts): number {
  return counts.changed + counts.left_only + counts.right_only;
}
