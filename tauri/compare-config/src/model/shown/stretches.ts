/** What two texts have in common, as far as it can be told in a few microseconds. */

import { isJoined, type Part } from "./pieces";

/** Equal characters: `length` of them from `left` in the one text and from `right` in the other. */
export interface Stretch {
  left: number;
  right: number;
  length: number;
}

/** Fewer equal characters between two differences are chance more often than sense. */
const LEAST_BETWEEN = 6;
/** How far in both texts together the next equal characters are looked for. */
const FARTHEST = 96;

/** How many characters both texts begin with. */
export function commonStart(left: string, right: string): number {
  const most = Math.min(left.length, right.length);
  let length = 0;
  while (length < most && left.charCodeAt(length) === right.charCodeAt(length)) length++;
  return length;
}

function commonEnd(left: string, right: string, start: number): number {
  const most = Math.min(left.length, right.length) - start;
  let length = 0;
  while (
    length < most &&
    left.charCodeAt(left.length - 1 - length) === right.charCodeAt(right.length - 1 - length)
  ) {
    length++;
  }
  return length;
}

/**
 * The equal stretches of two texts, in order: the common start and end, and between them those that
 * are near to each other within `horizon` characters. Behind the horizon all counts as different.
 */
export function commonStretches(left: string, right: string, horizon: number): Stretch[] {
  const start = commonStart(left, right);
  const end = commonEnd(left, right, start);
  const stretches: Stretch[] = [{ left: 0, right: 0, length: start }];
  const ends = { left: left.length - end, right: right.length - end };
  let from = { left: start, right: start };
  while (from.left - start < horizon) {
    const next = nextStretch(left, right, from, ends);
    if (!next) break;
    stretches.push(next);
    from = { left: next.left + next.length, right: next.right + next.length };
  }
  stretches.push({ ...ends, length: end });
  return stretches.map((stretch) => whole(left, right, stretch)).filter(({ length }) => length > 0);
}

interface Places {
  left: number;
  right: number;
}

/** The nearest place where enough characters are equal again. */
function nextStretch(left: string, right: string, from: Places, ends: Places): Stretch | null {
  for (let both = 1; both <= FARTHEST; both++) {
    for (let more = 0; more <= both; more++) {
      const at = { left: from.left + more, right: from.right + both - more };
      const length = equalFrom(left, right, at, ends);
      if (length >= LEAST_BETWEEN) return { ...at, length };
    }
  }
  return null;
}

function equalFrom(left: string, right: string, at: Places, ends: Places): number {
  const most = Math.min(ends.left - at.left, ends.right - at.right);
  if (most < LEAST_BETWEEN) return 0;
  let length = 0;
  while (
    length < most &&
    left.charCodeAt(at.left + length) === right.charCodeAt(at.right + length)
  ) {
    length++;
  }
  return length;
}

/** Without half a pair, and without a letter whose accent differs. */
function whole(left: string, right: string, stretch: Stretch): Stretch {
  let { left: l, right: r, length } = stretch;
  while (length > 0 && (isJoined(left, l) || isJoined(right, r))) {
    l++;
    r++;
    length--;
  }
  while (length > 0 && (isJoined(left, l + length) || isJoined(right, r + length))) length--;
  return { left: l, right: r, length };
}

/** The parts of one of the texts: what is in no stretch has a mark. */
export function partsOf(
  length: number,
  stretches: readonly Stretch[],
  side: "left" | "right",
): Part[] {
  const parts: Part[] = [];
  let done = 0;
  for (const stretch of stretches) {
    const from = stretch[side];
    if (from > done) parts.push({ from: done, to: from, mark: true });
    done = from + stretch.length;
    parts.push({ from, to: done, mark: false });
  }
  if (length > done) parts.push({ from: done, to: length, mark: true });
  return parts;
}
