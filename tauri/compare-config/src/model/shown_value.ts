/**
 * How a value stands in a cell: as it is, cut only with its `…`, and never two pictures that look
 * the same without a word where the values differ.
 */

import { canonicalText, ExactNumber, type ExactValue } from "oracle-sidecar-client";
import { hexOfBase64, sizeOfBase64 } from "./bytes";
import { isEmptyMark, valueKind, type ValueKind } from "./exact_rows";
import { count, fileSize, plural } from "./formats";
import { differingPaths, type PathDifference } from "./json_difference";
import { asJsonNote } from "./json_in_text";
import { lookAlikeNote } from "./look_alikes";
import {
  blanksAround,
  characterCount,
  ellipsis,
  piecesOf,
  plain,
  type Look,
  type Part,
  type Piece,
} from "./pieces";
import { hitsIn, withHits, type Needle } from "./search";
import { isSameInstant } from "./sorting";
import { commonStart, commonStretches, partsOf, type Stretch } from "./stretches";
import type { SideKey, Sides } from "./types";
import { windowOf, windowsOf, type Window } from "./windows";

export { sourceOf, type Piece, type PieceKind } from "./pieces";

export interface ShownValue {
  pieces: Piece[];
  /** Words behind the value that are never cut: "3,999 chars", "3 blanks", "text", "+2 paths". */
  tag?: string;
  /** Numbers, in the grid only. */
  alignRight: boolean;
}

/** A differing cell: the first side's line above the second one's. */
export interface ShownPair extends Sides<ShownValue> {
  /** A word where the pictures do not say how the values differ. */
  note?: string;
}

export interface ShowOptions {
  /** How many characters of the monospace font have room, the tag's among them. */
  width: number;
  /** Every blank has a dot. */
  showBlanks?: boolean;
  /** Of counts in tags. */
  locale?: string;
  /** What a search looks for: it is marked, and a cut value that does not differ shows it. */
  needle?: Needle;
}

/** Letters of a tag are smaller, and proportional. */
const TAG_LETTER = 0.75;
const TAG_MARGIN = 1;
const LEAST_WIDTH = 6;

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
  if (isBytes(kind)) return shownBytes(bytesIn(value, kind), kind, 0, null, options);
  const text = textOf(value, kind);
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
  if (isBytes(kinds.left) && isBytes(kinds.right)) {
    return pairOfBytes({ left, right }, kinds, options);
  }
  if (isNested(kinds.left) && isNested(kinds.right)) return pairOfJson({ left, right }, options);
  const texts = { left: textOf(left, kinds.left), right: textOf(right, kinds.right) };
  return pairOfTexts(texts, kinds, options);
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

function word(text: string, kind: "null" | "empty"): Piece {
  return { text, mark: false, kind, source: "" };
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

/** A line of text, cut where it is longer than its cell. */
function fitted(
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
function tagAndWidth(
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

function widthBeside(tag: string, width: number): number {
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
function textTag(text: string, kind: ValueKind, locale: string | undefined): string {
  if (kind !== "text") return "";
  if (/^(null|empty)$/i.test(text)) return "text";
  const { start, end } = blanksAround(text);
  const blanks = (number: number): string => plural(number, "blank", "blanks", locale);
  if (start === text.length) return start > 0 ? blanks(start) : "";
  if (start === 0) return end > 0 ? `${blanks(end)} at the end` : "";
  const others = end > 0 ? `, ${count(end, locale)} at the end` : "";
  return `${blanks(start)} at the start${others}`;
}

function clipped(
  text: string,
  parts: readonly Part[],
  window: Window,
  look: Look,
): Piece[] {
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

function pairOfTexts(
  texts: Sides<string>,
  kinds: Sides<ValueKind>,
  options: ShowOptions,
): ShownPair {
  const pair = markedTexts(texts, kinds, options);
  const note = noteOfTexts(texts, kinds, pair);
  return note === null ? pair : { ...pair, note };
}

/** What is behind this many characters from the first difference is in no cell. */
const HORIZON = 200;

function markedTexts(
  texts: Sides<string>,
  kinds: Sides<ValueKind>,
  options: ShowOptions,
): ShownPair {
  const stretches = commonStretches(texts.left, texts.right, HORIZON);
  const [blanks, others] = [blanksAround(texts.left), blanksAround(texts.right)];
  const doEndsDiffer = blanks.start !== others.start || blanks.end !== others.end;
  const lines = {
    left: tagAndWidth(texts.left, kinds.left, options, doEndsDiffer),
    right: tagAndWidth(texts.right, kinds.right, options, doEndsDiffer),
  };
  const widths = { left: lines.left.width, right: lines.right.width };
  const windows = windowsOf(texts, firstDifference(stretches), widths);
  const shown = (side: SideKey): ShownValue => {
    const parts = partsOf(texts[side].length, stretches, side);
    const pieces = clipped(texts[side], parts, windows[side], options);
    const { tag } = lines[side];
    return { pieces, ...(tag !== "" && { tag }), alignRight: kinds[side] === "number" };
  };
  return { left: shown("left"), right: shown("right") };
}

function firstDifference([first]: readonly Stretch[]): number {
  return first?.left === 0 && first.right === 0 ? first.length : 0;
}

function noteOfTexts(
  texts: Sides<string>,
  kinds: Sides<ValueKind>,
  pair: ShownPair,
): string | null {
  if (texts.left === texts.right) return ALIKE_NOTE;
  if (kinds.left === "zoned") {
    return isSameInstant(texts.left, texts.right) ? "the same instant, other zone" : null;
  }
  if (kinds.left !== "text") return null;
  return asJsonNote(texts.left, texts.right) ?? lookAlikes(texts, pair);
}

const ALIKE_NOTE = "Both are written alike here. In the databases they differ.";

function lookAlikes(texts: Sides<string>, pair: ShownPair): string | null {
  const pictures = { left: pictureOf(pair.left), right: pictureOf(pair.right) };
  return lookAlikeNote(texts.left, texts.right, pictures);
}

function pictureOf(shown: ShownValue): string {
  return shown.pieces.map((piece) => piece.text).join("");
}

function isNested(kind: ValueKind): boolean {
  return kind === "json" || kind === "structure";
}

/** The first path that differs, and how many others do. */
function pairOfJson(values: Sides<ExactValue>, options: ShowOptions): ShownPair {
  const { paths, more } = differingPaths(values.left, values.right);
  const [first, ...others] = paths;
  if (!first) {
    const shown = (value: ExactValue): ShownValue => shownJson(value, options);
    return { left: shown(values.left), right: shown(values.right), note: ALIKE_NOTE };
  }
  return pairAtPath(first, pathsTag(others.length, more, options.locale), options);
}

function pathsTag(others: number, more: boolean, locale: string | undefined): string {
  if (others === 0) return "";
  const number = count(others, locale);
  return more ? `+${number} or more paths` : `+${number} ${others === 1 ? "path" : "paths"}`;
}

function shownJson(value: ExactValue, options: ShowOptions): ShownValue {
  const text = canonicalText(value);
  const parts = [{ from: 0, to: text.length, mark: false }];
  return { ...fitted(text, parts, 0, "json", options), alignRight: false };
}

/** Of a cell, how much a path may take at most. */
const PATH_SHARE = 0.5;

function pairAtPath(first: PathDifference, tag: string, options: ShowOptions): ShownPair {
  const room = widthBeside(tag, options.width);
  const path = pathPieces(first.path, Math.max(LEAST_WIDTH, Math.floor(room * PATH_SHARE)));
  const taken = path.reduce((sum, piece) => sum + piece.text.length, 0);
  const pair = pairOfLeaves(first, { ...options, width: Math.max(LEAST_WIDTH, room - taken) });
  const shown = (side: SideKey): ShownValue => {
    const tags = [pair[side].tag, tag].filter(Boolean).join(", ");
    return {
      pieces: [...path, ...pair[side].pieces],
      ...(tags !== "" && { tag: tags }),
      alignRight: false,
    };
  };
  return { ...pair, left: shown("left"), right: shown("right") };
}

/** A path is no part of the value. Its end says more than its beginning. */
function pathPieces(path: string, width: number): Piece[] {
  const from = path.length > width ? path.length - width + 1 : 0;
  const text = { ...plain(`${path.slice(from)} `), source: "" };
  return from > 0 ? [ellipsis(), text] : [text];
}

function pairOfLeaves({ left, right }: PathDifference, options: ShowOptions): ShownPair {
  const special = { left: specialLeaf(left), right: specialLeaf(right) };
  const texts = {
    left: left === undefined ? "" : canonicalText(left),
    right: right === undefined ? "" : canonicalText(right),
  };
  if (!special.left && !special.right && areAlike(left, right)) {
    const pair = markedTexts(texts, JSON_KINDS, options);
    const areTexts = typeof left === "string" && typeof right === "string";
    const note = areTexts ? lookAlikes({ left, right }, pair) : null;
    return note === null ? pair : { ...pair, note };
  }
  const shown = (side: SideKey): ShownValue => {
    const parts = [{ from: 0, to: texts[side].length, mark: true }];
    const line = special[side] ?? fitted(texts[side], parts, 0, "json", options);
    return { ...line, alignRight: false };
  };
  return { left: shown("left"), right: shown("right") };
}

const JSON_KINDS = { left: "json", right: "json" } as const;

function specialLeaf(value: ExactValue | undefined): { pieces: Piece[] } | null {
  if (value === undefined) return { pieces: [word("not there", "empty")] };
  return value === "" ? { pieces: [word("empty", "empty")] } : null;
}

/** Whether single characters of both can be compared with sense. */
function areAlike(left: ExactValue | undefined, right: ExactValue | undefined): boolean {
  if (typeof left === "string") return typeof right === "string";
  return left instanceof ExactNumber && right instanceof ExactNumber;
}

function isBytes(kind: ValueKind): boolean {
  return kind === "hex" || kind === "base64";
}

/** Bytes as digits, of which no more are made than are shown. */
interface Bytes {
  size: number;
  hex(from: number, to: number): string;
}

function bytesIn(value: ExactValue, kind: ValueKind): Bytes {
  const text = textOf(value, kind);
  if (kind === "hex") {
    return { size: text.length / 2, hex: (from, to) => text.slice(from * 2, to * 2) };
  }
  return { size: sizeOfBase64(text), hex: (from, to) => hexOfBase64(text, from, to) };
}

function pairOfBytes(
  values: Sides<ExactValue>,
  kinds: Sides<ValueKind>,
  options: ShowOptions,
): ShownPair {
  const bytes = {
    left: bytesIn(values.left, kinds.left),
    right: bytesIn(values.right, kinds.right),
  };
  const at = firstByte(values, kinds, bytes);
  return {
    left: shownBytes(bytes.left, kinds.left, at, bytes.right, options),
    right: shownBytes(bytes.right, kinds.right, at, bytes.left, options),
  };
}

/** The place of the first byte that differs, or of one or two before it. */
function firstByte(
  values: Sides<ExactValue>,
  kinds: Sides<ValueKind>,
  bytes: Sides<Bytes>,
): number {
  if (kinds.left !== kinds.right) {
    const [left, right] = [bytes.left, bytes.right].map((side) => side.hex(0, side.size));
    return Math.floor(commonStart(left ?? "", right ?? "") / 2);
  }
  const equal = commonStart(textOf(values.left, kinds.left), textOf(values.right, kinds.right));
  if (kinds.left === "hex") return Math.floor(equal / 2);
  // Four letters of base64 are three bytes, of which the first may still be the same.
  return Math.floor(equal / 4) * 3;
}

/** Bytes that are shown in front of the first one that differs. */
const BYTES_IN_FRONT = 4;

/** @param other the other side's, of which bytes at the same place differ or not */
function shownBytes(
  bytes: Bytes,
  kind: ValueKind,
  at: number,
  other: Bytes | null,
  options: ShowOptions,
): ShownValue {
  const size = fileSize(bytes.size, options.locale);
  const isWhole = bytes.size * 2 <= options.width;
  const tag = kind === "hex" && isWhole && (!other || other.size === bytes.size) ? "" : size;
  const room = Math.floor((widthBeside(tag, options.width) - 2) / 2);
  const fitsAll = bytes.size <= room + 1;
  const from = fitsAll ? 0 : Math.max(0, at - BYTES_IN_FRONT);
  const to = fitsAll ? bytes.size : Math.min(bytes.size, from + room);
  const pieces = [
    ...(from > 0 ? [ellipsis()] : []),
    ...bytePieces(bytes.hex(from, to), other?.hex(from, to) ?? null),
    ...(to < bytes.size ? [ellipsis()] : []),
  ];
  return { pieces, ...(tag !== "" && { tag }), alignRight: false };
}

/** @param other digits at the same places; null: nothing to differ from */
function bytePieces(hex: string, other: string | null): Piece[] {
  const pieces: Piece[] = [];
  for (let at = 0; at < hex.length; at += 2) {
    const byte = hex.slice(at, at + 2);
    const mark = other !== null && byte !== other.slice(at, at + 2);
    const last = pieces[pieces.length - 1];
    if (last?.mark === mark) last.text += byte;
    else pieces.push(plain(byte, mark));
  }
  return pieces;
}
