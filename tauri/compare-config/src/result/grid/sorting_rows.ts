import type { Differences } from "../../model/rows/differences";
import type { Sort } from "../result_view.svelte";
import type { SortJob } from "./sort_worker";

/**
 * The rows of `view` in the order of a column. The keys are read in short slices, the sorting is a
 * worker's. Rejects with the signal's reason.
 */
export async function sortedRows(
  differences: Differences,
  view: Int32Array,
  { column, descending }: Sort,
  signal: AbortSignal,
): Promise<Int32Array> {
  const keys = await differences.sortKeys(column, view, signal);
  return inWorker({ keys, descending }, signal);
}

function inWorker(job: SortJob, signal: AbortSignal): Promise<Int32Array> {
  const worker = new Worker(new URL("./sort_worker.ts", import.meta.url), { type: "module" });
  return new Promise<Int32Array>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<Int32Array>) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(`The rows could not be sorted: ${message}`));
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    worker.postMessage(job);
  }).finally(() => worker.terminate());
}
