/** RAW and BLOB in a cell: the size, and the first bytes that differ. */

import { hexOfBase64, sizeOfBase64 } from "./bytes";
import type { ValueKind } from "../rows/exact_rows";
import { widthBeside } from "./fitted_text";
import { fileSize } from "../formats";
import { ellipsis, plain, type Piece } from "./pieces";
import type { ShowOptions, ShownPair, ShownValue } from "./shown";
import { commonStart } from "./stretches";
import type { Sides } from "../types";

/** Whether values of that kind are bytes. */
export function isBytes(kind: ValueKind): boolean {
  return kind === "hex" || kind === "base64";
}

/** Bytes as digits, of which no more are made than are shown. */
interface Bytes {
  size: number;
  hex(from: number, to: number): string;
}

function bytesIn(text: string, kind: ValueKind): Bytes {
  if (kind === "hex") {
    return { size: text.length / 2, hex: (from, to) => text.slice(from * 2, to * 2) };
  }
  return { size: sizeOfBase64(text), hex: (from, to) => hexOfBase64(text, from, to) };
}

/** @param text as it was received: hexadecimal digits or base64, by its kind */
export function bytesAlone(text: string, kind: ValueKind, options: ShowOptions): ShownValue {
  return shownBytes(bytesIn(text, kind), kind, 0, null, options);
}

/** @param texts each as it was received, by its kind */
export function pairOfBytes(
  texts: Sides<string>,
  kinds: Sides<ValueKind>,
  options: ShowOptions,
): ShownPair {
  const left = bytesIn(texts.left, kinds.left);
  const right = bytesIn(texts.right, kinds.right);
  const at = firstByte(texts, kinds, { left, right });
  return {
    left: shownBytes(left, kinds.left, at, right, options),
    right: shownBytes(right, kinds.right, at, left, options),
  };
}

/** The place of the first byte that differs, or of one or two before it. */
function firstByte(
  texts: Sides<string>,
  kinds: Sides<ValueKind>,
  { left, right }: Sides<Bytes>,
): number {
  if (kinds.left !== kinds.right) {
    return Math.floor(commonStart(left.hex(0, left.size), right.hex(0, right.size)) / 2);
  }
  const equal = commonStart(texts.left, texts.right);
  // Four letters of base64 are three bytes, of which the first may still be the same.
  return kinds.left === "hex" ? Math.floor(equal / 2) : Math.floor(equal / 4) * 3;
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
