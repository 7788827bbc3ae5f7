/** Long work in short slices, between which the page stays responsive. */

/** Half of a frame at 60 Hz: a slice and the page's own work fit into one. */
const SLICE_MS = 8;
/** Steps between two looks at the clock, which costs more than some steps. */
const STEPS_A_LOOK = 64;

/**
 * Calls `step(0)` to `step(steps - 1)` in order. Rejects with the signal's reason once it is
 * aborted, and with what a step throws.
 *
 * @param onSlice is told how many steps were done, after each slice and at the end
 */
export async function inSlices(
  steps: number,
  step: (place: number) => void,
  signal?: AbortSignal,
  onSlice?: (done: number) => void,
): Promise<void> {
  let place = 0;
  while (place < steps) {
    signal?.throwIfAborted();
    const until = performance.now() + SLICE_MS;
    do {
      const next = Math.min(steps, place + STEPS_A_LOOK);
      while (place < next) step(place++);
    } while (place < steps && performance.now() < until);
    onSlice?.(place);
    if (place < steps) await pause();
  }
  signal?.throwIfAborted();
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
