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
    // What is drawn around them is decided by `drawnRange`, which knows the direction.
    overscan: 0,
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

/** Items drawn outside of the view, so that they are there before they are seen. */
const AROUND = 3;
const AHEAD = 5;
const BEHIND = 1;

/**
 * The indexes to draw: what is in view, and more in the direction of a scroll. After a leap the
 * rest is drawn when the scrolling has ended: a frame has no time for what is not seen.
 *
 * @param before the indexes that are drawn now
 */
export function drawnRange(list: List, before: readonly number[]): number[] {
  list.getVirtualItems();
  const { range, isScrolling, scrollDirection } = list;
  if (range === null) return [];
  const { startIndex, endIndex } = range;
  const isLeap = isScrolling && !before.some((index) => index >= startIndex && index <= endIndex);
  const isForward = scrollDirection === "forward";
  const [behind, ahead] = isScrolling
    ? isForward
      ? [BEHIND, AHEAD]
      : [AHEAD, BEHIND]
    : [AROUND, AROUND];
  const first = Math.max(0, startIndex - (isLeap ? 0 : behind));
  const last = Math.min(list.options.count - 1, endIndex + (isLeap ? 0 : ahead));
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
}
