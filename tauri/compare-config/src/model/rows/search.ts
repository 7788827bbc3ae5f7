/** What a search finds in values. Small and capital letters are the same to it. */

import { canonicalText, parseExact } from "oracle-sidecar-client";
import { hexOfBase64 } from "../shown/bytes";
import { isEmptyMark, type ValueKind } from "./exact_rows";
import { count, plural } from "../formats";
import { sourceOf, type Piece } from "../shown/pieces";

/** A text to look for, made ready once for many values. */
export interface Needle {
  folded: string;
  /** It may hold what stands between JSON's values, which are sorted by their keys when seen. */
  spansJson: boolean;
}

export function needleOf(text: string): Needle {
  return { folded: folded(text), spansJson: /[{}[\],:"\\]/.test(text) };
}

export function folded(text: string): string {
  return text.toLowerCase();
}

/**
 * Whether a value holds it: a text's characters, a number's digits as they came, bytes as
 * hexadecimal digits, JSON in its canonical form. NULL and what is empty hold nothing.
 *
 * @param raw the value as JSON
 */
export function holds(raw: string, kind: ValueKind, needle: Needle): boolean {
  const first = raw[0];
  if (first === "n") return false;
  if (first === '"') return folded(stringIn(raw, kind)).includes(needle.folded);
  if (first !== "{" && first !== "[") return folded(raw).includes(needle.folded);
  const isAsItCame = !needle.spansJson && !raw.includes("\\");
  if (isAsItCame && !folded(raw).includes(needle.folded)) return false;
  const value = parseExact(raw);
  if (isEmptyMark(value)) return false;
  return isAsItCame || folded(canonicalText(value)).includes(needle.folded);
}

function stringIn(raw: string, kind: ValueKind): string {
  if (kind === "base64") return hexOfBase64(raw.slice(1, -1));
  if (!raw.includes("\\")) return raw.slice(1, -1);
  const text: unknown = JSON.parse(raw);
  return String(text);
}

/** Where a text holds it: [from, to) pairs that do not overlap. */
export function hitsIn(text: string, needle: Needle): [from: number, to: number][] {
  if (needle.folded === "") return [];
  const small = folded(text);
  const hits: [number, number][] = [];
  const places = small.length === text.length ? null : foldedPlaces(text);
  for (let at = small.indexOf(needle.folded); at !== -1;) {
    const end = at + needle.folded.length;
    hits.push(places ? [places[at] ?? 0, places[end] ?? text.length] : [at, end]);
    at = small.indexOf(needle.folded, end);
  }
  return hits;
}

/** The same pieces, those that hold the needle marked as hits and parted from what is beside. */
export function withHits(pieces: readonly Piece[], needle: Needle): Piece[] {
  const hits = hitsIn(sourceOf(pieces), needle);
  if (hits.length === 0) return [...pieces];
  let at = 0;
  return pieces.flatMap((piece) => {
    const from = at;
    at += sourceOf([piece]).length;
    return at === from ? [piece] : partedAt(piece, from, at, hits);
  });
}

function partedAt(
  piece: Piece,
  from: number,
  to: number,
  hits: readonly [from: number, to: number][],
): Piece[] {
  const inside = hits.filter(([start, end]) => start < to && end > from);
  if (inside.length === 0) return [piece];
  // A picture is not parted: it has more or fewer letters than what it stands for.
  if (piece.source !== undefined) return [{ ...piece, hit: true }];
  const parts: Piece[] = [];
  let done = from;
  const add = (end: number, isHit: boolean): void => {
    const text = piece.text.slice(done - from, end - from);
    if (text !== "") parts.push({ ...piece, text, ...(isHit && { hit: true }) });
    done = end;
  };
  for (const [start, end] of inside) {
    add(Math.max(start, from), false);
    add(Math.min(end, to), true);
  }
  add(to, false);
  return parts;
}

/** For each place of the folded text the place in the text: some letters are longer when small. */
function foldedPlaces(text: string): number[] {
  const places: number[] = [];
  let at = 0;
  for (const letter of text) {
    for (let unit = 0; unit < folded(letter).length; unit++) places.push(at);
    at += letter.length;
  }
  return places;
}

/**
 * "7 of 100,000 shown differences", and what was not searched.
 *
 * @param total how many differences there are in all
 */
export function searchSentence(
  hits: number,
  searched: number,
  total: number,
  locale?: string,
): string {
  const shown = plural(searched, "shown difference", "shown differences", locale);
  const found = `${count(hits, locale)} of ${shown}`;
  if (total <= searched) return found;
  const others = count(total - searched, locale);
  return `${found}. Searched in the ${count(searched, locale)} shown, not in the ${others} others.`;
}
