/// <reference lib="webworker" />
import { sortedOrder, type SortKeys } from "../../model/rows/sorting";

export interface SortJob {
  keys: SortKeys;
  descending: boolean;
}

declare const self: DedicatedWorkerGlobalScope;

self.onmessage = ({ data }: MessageEvent<SortJob>) => {
  const order = sortedOrder(data.keys, data.descending);
  self.postMessage(order, [order.buffer]);
};
