import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  Virtualizer,
} from "@tanstack/virtual-core";

export type List = Virtualizer<HTMLElement, HTMLElement>;

export interface ListOptions {
  count: number;
  size: (index: number) => number;
  /** CSS pixels in front of the first item, which stay covered while it scrolls. */
  paddingStart: number;
}

/**
 * A list of items of known sizes in a scrolling element, of which only those in view are drawn.
 *
 * Its length is arithmetic, so its element is as high as all rows: 100,000 rows of 41 px are 4.1
 * million px. The engines cap an element at 33.5 million px (Chromium, WebKit: 2^31/64) and at
 * 17.9 million px (Firefox: 2^30/60), at any zoom of up to 400 %, so no position is ever scaled.
 */
export function virtualList(
  element: HTMLElement,
  direction: "rows" | "columns",
  options: ListOptions,
  onChange: () => void,
): { list: List; set: (options: ListOptions) => void; destroy: () => void } {
  const all = (one: ListOptions) => ({
    count: one.count,
    estimateSize: one.size,
    paddingStart: one.paddingStart,
    getScrollElement: () => element,
    scrollToFn: elementScroll,
    observeElementRect,
    observeElementOffset,
    horizontal: direction === "columns",
    overscan: direction === "columns" ? 1 : 4,
    onChange,
  });
  const list: List = new Virtualizer(all(options));
  const unmount = list._didMount();
  list._willUpdate();
  return {
    list,
    set: (next) => {
      list.setOptions(all(next));
      list._willUpdate();
      list.measure();
    },
    destroy: unmount,
  };
}
