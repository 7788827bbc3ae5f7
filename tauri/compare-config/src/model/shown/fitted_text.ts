/** Text in the width of a cell: cut only with its …, and with words on what cannot be seen. */

import type { ValueKind } from "../rows/exact_rows";
import { count, plural } from "../formats";
import {
  blanksAround,
  characterCount,
  ellipsis,
  piecesOf,
  type Look,
  type Part,
  type Piece,
} from "./pieces";
import type { ShowOptions } from "./shown";
import { windowOf, type Window } from "./windows";

/** Letters of a tag are smaller, and proportional. */
const TAG_LETTER = 0.75;
const TAG_MARGIN = 1;
export const LEAST_WIDTH = 6;

/** A line of text, cut where it is longer than its cell. */
export function fitted(
  text: string,
  parts: readonly Part[],
  focus: number,
  kind: ValueKind,
  options: ShowOptions,
): { pieces: Piece[]; tag?: string } {
  const { tag, width } = tagAndWidth(text, kind, options);
  const pieces = clipped(text, parts, windowOf(text, focus, width), options);
  return { pieces, ...(tag !== "" && { tag }) };
}

/**
 * The tag depends on whether the text is cut, and that on how much the tag takes away.
 *
 * @param isEndOfInterest of a cut text, blanks at an end that is not shown are told only then
 */
export function tagAndWidth(
  text: string,
  kind: ValueKind,
  options: ShowOptions,
  isEndOfInterest = false,
): { tag: string; width: number } {
  const short = textTag(text, kind, options.locale);
  const width = widthBeside(short, options.width);
  const { from, to } = windowOf(text, 0, width);
  if (from === 0 && to === text.length) return { tag: short, width };
  const length = lengthTag(text, kind, options.locale);
  const long = isEndOfInterest && short !== "" ? `${length}, ${short}` : length;
  return { tag: long, width: widthBeside(long, options.width) };
}

export function widthBeside(tag: string, width: number): number {
  const places = tag === "" ? 0 : TAG_MARGIN + Math.ceil(tag.length * TAG_LETTER);
  return Math.max(LEAST_WIDTH, width - places);
}

function lengthTag(text: string, kind: ValueKind, locale: string | undefined): string {
  if (kind === "number") {
    return plural(text.replace(/\D/g, "").length, "digit", "digits", locale);
  }
  return plural(characterCount(text), "char", "chars", locale);
}

/** What cannot be seen of a text: its blanks, and that it is a word of ours. */
export function textTag(text: string, kind: ValueKind, locale: string | undefined): string {
  if (kind !== "text") return "";
  if (/^(null|empty)$/i.test(text)) return "text";
  const { start, end } = blanksAround(text);
  const blanks = (number: number): string => plural(number, "blank", "blanks", locale);
  if (start === text.length) return start > 0 ? blanks(start) : "";
  if (start === 0) return end > 0 ? `${blanks(end)} at the end` : "";
  const others = end > 0 ? `, ${count(end, locale)} at the end` : "";
  return `${blanks(start)} at the start${others}`;
}

export function clipped(text: string, parts: readonly Part[], window: Window, look: Look): Piece[] {
  const inside = parts
    .map(({ from, to, mark }) => ({
      from: Math.max(from, window.from),
      to: Math.min(to, window.to),
      mark,
    }))
    .filter(({ from, to }) => from < to);
  return [
    ...(window.from > 0 ? [ellipsis()] : []),
    ...piecesOf(text, inside, look),
    ...(window.to < text.length ? [ellipsis()] : []),
  ];
}
