/** Two JSON values that differ, in two lines of a cell. */

import { canonicalText, ExactNumber, type ExactValue } from "oracle-sidecar-client";
import { fitted, LEAST_WIDTH, widthBeside } from "../shown/fitted_text";
import { count } from "../formats";
import { differingPaths, type PathDifference } from "./json_difference";
import { ellipsis, plain, type Piece } from "../shown/pieces";
import { word, type ShowOptions, type ShownPair, type ShownValue } from "../shown/shown";
import { ALIKE_NOTE, lookAlikes, markedTexts } from "./text_pairs";
import type { SideKey, Sides } from "../types";

/** The first path that differs, and how many others do. */
export function pairOfJson(values: Sides<ExactValue>, options: ShowOptions): ShownPair {
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
