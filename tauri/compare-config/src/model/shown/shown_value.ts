/**
 * How a value stands in a cell: as it is, cut only with its `…`, and never two pictures that look
 * the same without a word where the values differ.
 */

import { canonicalText, ExactNumber, type ExactValue } from "oracle-sidecar-client";
import { hexOfBase64 } from "./bytes";
import { isEmptyMark, valueKind, type ValueKind } from "../rows/exact_rows";
import { fitted, textTag } from "./fitted_text";
import { fileSize } from "../formats";
import { pairOfJson } from "../pairs/json_pairs";
import { piecesOf, type Piece } from "./pieces";
import { hitsIn, withHits, type Needle } from "../rows/search";
import { word, type ShowOptions, type ShownPair, type ShownValue } from "./shown";
import { bytesAlone, isBytes, pairOfBytes } from "./shown_bytes";
import { pairOfTexts } from "../pairs/text_pairs";
import type { SideKey, Sides } from "../types";

export { sourceOf, type Piece, type PieceKind } from "./pieces";
export type { ShowOptions, ShownPair, ShownValue } from "./shown";

/** A value that does not differ, or has none to differ from. */
export function shownValue(value: ExactValue, type: string, options: ShowOptions): ShownValue {
  return searched(shownAlone(value, type, options), options.needle);
}

function searched(shown: ShownValue, needle: Needle | undefined): ShownValue {
  return needle ? { ...shown, pieces: withHits(shown.pieces, needle) } : shown;
}

function shownAlone(value: ExactValue, type: string, options: ShowOptions): ShownValue {
  const kind = valueKind(type);
  const special = specialValue(value, kind);
  if (special) return special;
  const text = textOf(value, kind);
  if (isBytes(kind)) return bytesAlone(text, kind, options);
  const found = options.needle ? hitsIn(text, options.needle)[0] : undefined;
  const parts = [{ from: 0, to: text.length, mark: false }];
  const alignRight = kind === "number";
  return { ...fitted(text, parts, found?.[0] ?? 0, kind, options), alignRight };
}

/**
 * Two values that differ, what differs marked in both.
 *
 * @param types of the column on both sides: a RAW differs from a BLOB by its bytes
 */
export function shownPair(
  left: ExactValue,
  right: ExactValue,
  types: Sides<string>,
  options: ShowOptions,
): ShownPair {
  const pair = pairOf(left, right, types, options);
  if (!options.needle) return pair;
  const { left: first, right: second } = pair;
  return {
    ...pair,
    left: searched(first, options.needle),
    right: searched(second, options.needle),
  };
}

function pairOf(
  left: ExactValue,
  right: ExactValue,
  types: Sides<string>,
  options: ShowOptions,
): ShownPair {
  const kinds = { left: valueKind(types.left), right: valueKind(types.right) };
  const special = {
    left: specialValue(left, kinds.left),
    right: specialValue(right, kinds.right),
  };
  if (special.left || special.right) {
    return pairWithSpecial({ left, right }, special, types, options);
  }
  if (isNested(kinds.left) && isNested(kinds.right)) return pairOfJson({ left, right }, options);
  const texts = { left: textOf(left, kinds.left), right: textOf(right, kinds.right) };
  const areBytes = isBytes(kinds.left) && isBytes(kinds.right);
  return areBytes ? pairOfBytes(texts, kinds, options) : pairOfTexts(texts, kinds, options);
}

/** The whole value, for the detail: line ends stay line ends. Bytes are all of their digits. */
export function shownWhole(
  value: ExactValue,
  type: string,
  options: { showBlanks?: boolean; locale?: string } = {},
): ShownValue {
  const kind = valueKind(type);
  const special = specialValue(value, kind);
  if (special) return special;
  const text = wholeText(value, kind);
  const parts = [{ from: 0, to: text.length, mark: false }];
  const pieces = piecesOf(text, parts, { ...options, keepsLines: true });
  const tag = isBytes(kind)
    ? fileSize(text.length / 2, options.locale)
    : textTag(text, kind, options.locale);
  return { pieces, ...(tag && { tag }), alignRight: false };
}

/**
 * All of a value as text, for copies and files: digits as received, bytes as hexadecimal digits,
 * JSON in its canonical form. Null: NULL. What is empty is "", a JSON null is "null".
 */
export function valueText(value: ExactValue, type: string): string | null {
  if (value === null) return null;
  const kind = valueKind(type);
  if (isEmptyMark(value)) return kind === "json" ? "null" : "";
  return wholeText(value, kind);
}

/** What a screen reader says of it: "NULL", "INFO, 2 blanks at the end". */
export function spoken(shown: ShownValue): string {
  const words = shown.pieces.map((piece) => SPOKEN.get(piece.text) ?? spokenPiece(piece)).join("");
  return [words, ...(shown.tag === undefined ? [] : [shown.tag])].filter(Boolean).join(", ");
}

const SPOKEN = new Map([
  ["⇥", " tab "],
  ["↵", " line end "],
  ["⍽", " no-break blank "],
]);

function spokenPiece(piece: Piece): string {
  if (piece.kind === "blank") return piece.source ?? "";
  return piece.kind === "control" ? ` ${piece.text} ` : piece.text;
}

/** A text of JSON has its quotes: 5 and "5" are not the same. */
function textOf(value: ExactValue, kind: ValueKind): string {
  if (typeof value === "string" && kind !== "json") return value;
  return value instanceof ExactNumber ? value.digits : canonicalText(value);
}

function wholeText(value: ExactValue, kind: ValueKind): string {
  const text = textOf(value, kind);
  return kind === "base64" ? hexOfBase64(text) : text;
}

/** NULL, and what has no text; null for all others. */
function specialValue(value: ExactValue, kind: ValueKind): ShownValue | null {
  const alignRight = kind === "number";
  if (value === null) return { pieces: [word("NULL", "null")], alignRight };
  if (value === "") return { pieces: [word("empty", "empty")], alignRight };
  if (!isEmptyMark(value)) return null;
  if (kind === "json") {
    const tag = 'or the document {"empty":true}';
    return { pieces: [word("JSON null", "null")], tag, alignRight };
  }
  if (kind === "structure") return null;
  return { pieces: [word("empty", "empty")], alignRight };
}

function pairWithSpecial(
  values: Sides<ExactValue>,
  special: Sides<ShownValue | null>,
  types: Sides<string>,
  options: ShowOptions,
): ShownPair {
  const shown = (side: SideKey): ShownValue =>
    special[side] ?? marked(shownAlone(values[side], types[side], withoutSearch(options)));
  const pair: ShownPair = { left: shown("left"), right: shown("right") };
  if (isEmptyMark(values.left) && isEmptyMark(values.right)) {
    pair.note = 'One is a JSON null, the other the document {"empty":true}.';
  }
  return pair;
}

/** A differing cell shows its beginning, wherever a search finds something. */
function withoutSearch({ width, showBlanks = false, locale }: ShowOptions): ShowOptions {
  return { width, showBlanks, ...(locale !== undefined && { locale }) };
}

function marked(shown: ShownValue): ShownValue {
  const mark = (piece: Piece): Piece =>
    piece.kind === "ellipsis" ? piece : { ...piece, mark: true };
  return { ...shown, pieces: shown.pieces.map(mark) };
}

function isNested(kind: ValueKind): boolean {
  return kind === "json" || kind === "structure";
}
