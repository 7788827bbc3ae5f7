/** Which part of a long text a cell shows: the one that differs. */

import { isJoined } from "./pieces";

/** From `from` up to, but without, `to`. */
export interface Window {
  from: number;
  to: number;
}

/** Of a window, how much is left for what stands in front of the difference. */
const IN_FRONT = 0.36;

/**
 * The window of a text that is shown in `width` places, the ellipsis of each cut end among them. It
 * begins a little before `focus`, and where the text ends soon behind it, further back.
 */
export function windowOf(text: string, focus: number, width: number): Window {
  if (fits(text, width)) return { from: 0, to: text.length };
  const start = backward(text, focus, Math.floor(width * IN_FRONT));
  const end = forward(text, start, width - ends(start, 0));
  if (end < text.length) return { from: start, to: forward(text, start, width - ends(start, 1)) };
  return { from: backward(text, text.length, width - 1), to: text.length };
}

/** The same for two texts that are alike up to `focus`, so that they stand above each other. */
export function windowsOf(
  texts: { left: string; right: string },
  focus: number,
  widths: { left: number; right: number },
): { left: Window; right: Window } {
  const left = windowOf(texts.left, focus, widths.left);
  const right = windowOf(texts.right, focus, widths.right);
  const areBothCut = !fits(texts.left, widths.left) && !fits(texts.right, widths.right);
  if (!areBothCut) return { left, right };
  const from = Math.max(left.from, right.from);
  return {
    left: { from, to: endFrom(texts.left, from, widths.left) },
    right: { from, to: endFrom(texts.right, from, widths.right) },
  };
}

function endFrom(text: string, from: number, width: number): number {
  const end = forward(text, from, width - ends(from, 0));
  return end === text.length ? end : forward(text, from, width - ends(from, 1));
}

/** The places that ellipses take. */
function ends(from: number, atEnd: number): number {
  return (from > 0 ? 1 : 0) + atEnd;
}

function fits(text: string, width: number): boolean {
  // Not even accents take no place here, so a longer text never fits.
  if (text.length > width * MOST_JOINED) return false;
  if (text.length <= width && ASCII.test(text)) return true;
  return forward(text, 0, width) === text.length;
}

const ASCII = /^[ -~]*$/;

/** Where `width` places behind `from` end; at least one character. */
function forward(text: string, from: number, width: number): number {
  let at = from;
  let used = 0;
  while (at < text.length) {
    const next = endOfCluster(text, at);
    used += placesOf(text, at);
    if (used > width && at > from) break;
    at = next;
  }
  return at;
}

function backward(text: string, from: number, width: number): number {
  let at = from;
  let used = 0;
  while (at > 0) {
    const before = startOfCluster(text, at - 1);
    used += placesOf(text, before);
    if (used > width) break;
    at = before;
  }
  return at;
}

/** Accents on one letter that are still taken as one: hostile texts have thousands. */
const MOST_JOINED = 16;

function endOfCluster(text: string, at: number): number {
  let end = at + 1;
  while (end - at < MOST_JOINED && end < text.length && isJoined(text, end)) end++;
  return end;
}

function startOfCluster(text: string, at: number): number {
  let start = at;
  while (at - start < MOST_JOINED && isJoined(text, start)) start--;
  return start;
}

/** Places in a monospace font: 2 for CJK and pictures, 7 for a framed code. */
function placesOf(text: string, at: number): number {
  const code = text.codePointAt(at) ?? 0;
  if (code >= 0x20 && code < 0x7f) return 1;
  if (code === 9 || code === 10 || code === 0xa0) return 1;
  if (code < 0xa0 || code === 0xad) return CODE_PLACES;
  if (code < 0x300) return 1;
  const character = String.fromCodePoint(code);
  if (FRAMED.test(character)) return CODE_PLACES;
  return WIDE.test(character) ? 2 : 1;
}

const CODE_PLACES = 7;
const FRAMED = /^[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]$/u;
/** Wide and fullwidth by Unicode's EastAsianWidth.txt, in blocks. */
const WIDE = new RegExp(
  "^[\\u1100-\\u115f\\u2e80-\\ua4cf\\uac00-\\ud7a3\\uf900-\\ufaff\\ufe30-\\ufe6f" +
    "\\uff01-\\uff60\\uffe0-\\uffe6\\u{1f000}-\\u{1faff}\\u{20000}-\\u{3fffd}]$",
  "u",
);
