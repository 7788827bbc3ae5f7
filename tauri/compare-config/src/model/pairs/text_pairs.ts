/** Two texts that differ, in two lines of a cell. */

import type { ValueKind } from "../rows/exact_rows";
import { clipped, tagAndWidth } from "../shown/fitted_text";
import { asJsonNote } from "./json_in_text";
import { lookAlikeNote } from "../shown/look_alikes";
import { blanksAround } from "../shown/pieces";
import type { ShowOptions, ShownPair, ShownValue } from "../shown/shown";
import { isSameInstant } from "../rows/sorting";
import { commonStretches, partsOf, type Stretch } from "../shown/stretches";
import type { SideKey, Sides } from "../types";
import { windowsOf } from "../shown/windows";

export function pairOfTexts(
  texts: Sides<string>,
  kinds: Sides<ValueKind>,
  options: ShowOptions,
): ShownPair {
  const pair = markedTexts(texts, kinds, options);
  const note = noteOfTexts(texts, kinds, pair);
  return note === null ? pair : { ...pair, note };
}

/** How far behind the first difference others are told apart: what is in no cell need not be. */
const LEAST_HORIZON = 200;
const MOST_HORIZON = 2000;

export function markedTexts(
  texts: Sides<string>,
  kinds: Sides<ValueKind>,
  options: ShowOptions,
): ShownPair {
  const horizon = Math.min(MOST_HORIZON, Math.max(LEAST_HORIZON, options.width));
  const stretches = commonStretches(texts.left, texts.right, horizon);
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

/** Said where two lines would be the same without a word. */
export const ALIKE_NOTE = "Both are written alike here. In the databases they differ.";

/** A word on letters that look alike, where there are some. */
export function lookAlikes(texts: Sides<string>, pair: ShownPair): string | null {
  const pictures = { left: pictureOf(pair.left), right: pictureOf(pair.right) };
  return lookAlikeNote(texts.left, texts.right, pictures);
}

function pictureOf(shown: ShownValue): string {
  return shown.pieces.map((piece) => piece.text).join("");
}
