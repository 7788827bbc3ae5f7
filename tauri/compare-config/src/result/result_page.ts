import type { ComparisonRun } from "../state/comparison.svelte";

export interface ResultPageProps {
  run: ComparisonRun;
  /** Label of the first button: "Setup", "All tables". Escape goes there, too, at the last. */
  back: { label: string; go: () => void };
  /** The same setup in a new run. Absent: no button. */
  oncompareagain?: (() => void) | undefined;
  /** Buttons of the verdict, by the kinds of model/verdict.ts; "again" is `oncompareagain`. */
  onaction?: ((kind: string, columns?: string[]) => void) | undefined;
  /** The setup has changed since: the verdict turns grey. */
  setupChanged?: boolean | undefined;
  /** Many tables only; null where there is none. */
  previous?: (() => void) | null | undefined;
  next?: (() => void) | null | undefined;
  lookedAt?: { checked: boolean; toggle: () => void } | undefined;
  notice?: Notice | undefined;
}

/** "The first 1,000 of 8,412 are kept.", and its button where there is something to do. */
export interface Notice {
  sentence: string;
  action?: { label: string; act: () => void };
}
