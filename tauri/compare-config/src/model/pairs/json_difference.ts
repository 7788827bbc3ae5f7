/** How two JSON values differ. The order of an object's keys is no difference. */

import { canonicalText, ExactNumber, type ExactValue } from "oracle-sidecar-client";
import { isObject } from "../rows/exact_rows";
import { count, plural } from "../formats";
import { piecesOf, plain, type Part, type Piece } from "../shown/pieces";
import { compareDecimals, compareTexts } from "../rows/sorting";
import { commonStretches, partsOf } from "../shown/stretches";

export type JsonPath = readonly (string | number)[];

export interface PathDifference {
  /** `$.limits.daily` */
  path: string;
  /** `undefined`: not there. */
  left: ExactValue | undefined;
  right: ExactValue | undefined;
}

/** `$.a["b c"][0]` */
export function jsonPath(path: JsonPath): string {
  return path.reduce<string>((made, step) => made + stepText(step), "$");
}

function stepText(step: string | number): string {
  if (typeof step === "number") return `[${step}]`;
  return /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
}

/** The first `most` places where they differ, keys in their sorted order; and whether more do. */
export function differingPaths(
  left: ExactValue | undefined,
  right: ExactValue | undefined,
  most = 1000,
): { paths: PathDifference[]; more: boolean } {
  const paths: PathDifference[] = [];
  let more = false;
  const walk = (a: ExactValue | undefined, b: ExactValue | undefined, path: JsonPath): void => {
    if (more) return;
    const steps = stepsOf(a, b);
    if (steps) {
      for (const step of steps) walk(childOf(a, step), childOf(b, step), [...path, step]);
    } else if (!isSameLeaf(a, b)) {
      if (paths.length === most) more = true;
      else paths.push({ path: jsonPath(path), left: a, right: b });
    }
  };
  walk(left, right, []);
  return { paths, more };
}

/** Numbers are the same by value: 1.0 is 1, and -0 is not 0. */
export function sameJson(left: ExactValue, right: ExactValue): boolean {
  return differingPaths(left, right, 0).more === false;
}

/** What both have to be walked through by; null where they are not of one shape. */
function stepsOf(
  left: ExactValue | undefined,
  right: ExactValue | undefined,
): Iterable<string | number> | null {
  if (Array.isArray(left) && Array.isArray(right)) {
    return Array.from({ length: Math.max(left.length, right.length) }, (_, place) => place);
  }
  if (isObject(left) && isObject(right)) return sortedNames(left, right);
  return null;
}

type JsonObject = { [name: string]: ExactValue };

function sortedNames(...objects: JsonObject[]): string[] {
  return [...new Set(objects.flatMap((object) => Object.keys(object)))].sort(compareTexts);
}

function childOf(value: ExactValue | undefined, step: string | number): ExactValue | undefined {
  if (Array.isArray(value)) return typeof step === "number" ? value[step] : undefined;
  // An own key only: every object has a toString and a __proto__ of its class.
  if (!isObject(value) || !Object.hasOwn(value, step)) return undefined;
  return value[step];
}

function isSameLeaf(left: ExactValue | undefined, right: ExactValue | undefined): boolean {
  if (left instanceof ExactNumber && right instanceof ExactNumber) {
    return isSameNumber(left.digits, right.digits);
  }
  return left === right;
}

function isSameNumber(left: string, right: string): boolean {
  if (left === right) return true;
  if (left.startsWith("-") !== right.startsWith("-")) return false;
  return compareDecimals(left, right) === 0;
}

/** "1 path differs: $.limits.daily", "1,000 or more paths differ" */
export function jsonSummary(
  difference: { paths: readonly PathDifference[]; more: boolean },
  locale?: string,
): string {
  const { paths, more } = difference;
  if (more) return `More than ${count(paths.length, locale)} paths differ`;
  const differ = `${plural(paths.length, "path differs", "paths differ", locale)}`;
  const named = paths.slice(0, MOST_NAMED).map(({ path }) => path);
  if (named.length === 0) return differ;
  const others = paths.length - named.length;
  return `${differ}: ${named.join(", ")}${others > 0 ? `, +${count(others, locale)}` : ""}`;
}

const MOST_NAMED = 3;

export interface JsonLine {
  /** The indentation among them. */
  pieces: Piece[];
}

export interface JsonLinePair {
  /** Null: not there on this side, so that lines of the same path stand beside each other. */
  left: JsonLine | null;
  right: JsonLine | null;
  differs: boolean;
  path: string;
}

/** Past this the lines are not all made: a page that draws more is not read, and stands still. */
export const MOST_LINES = 20_000;

/**
 * Both values with sorted keys, a line each, lines of one path beside each other.
 *
 * @returns `cut`: there are more lines than `most`
 */
export function sortedLines(
  left: ExactValue | undefined,
  right: ExactValue | undefined,
  options: { most?: number; showBlanks?: boolean } = {},
): { lines: JsonLinePair[]; cut: boolean } {
  const writer = new LineWriter(options.most ?? MOST_LINES, options.showBlanks ?? false);
  writer.pair(left, right, []);
  return { lines: writer.lines, cut: writer.isFull };
}

/** A line's beginning and end on a side. */
interface Around {
  /** `"daily": `, or nothing in a list. */
  name: string;
  /** A comma, where more follows on that side: never a difference. */
  comma: Record<Side, string>;
}

type Side = "left" | "right";

class LineWriter {
  readonly lines: JsonLinePair[] = [];
  isFull = false;

  constructor(
    private readonly most: number,
    private readonly showBlanks: boolean,
  ) {}

  pair(
    left: ExactValue | undefined,
    right: ExactValue | undefined,
    path: JsonPath,
    around: Around = { name: "", comma: { left: "", right: "" } },
  ): void {
    if (this.isFull) return;
    const steps = [...(stepsOf(left, right) ?? [])];
    if (steps.length > 0) this.#inside(left, right, steps, path, around);
    else if (left !== undefined && right !== undefined && isSameLeaves(left, right)) {
      this.#leaves(path, false, around, [canonicalText(left)], [canonicalText(right)]);
    } else {
      this.#leaves(path, true, around, linesOf(left), linesOf(right));
    }
  }

  #inside(
    left: ExactValue | undefined,
    right: ExactValue | undefined,
    steps: readonly (string | number)[],
    path: JsonPath,
    around: Around,
  ): void {
    const isList = Array.isArray(left);
    const open = isList ? "[" : "{";
    this.#leaves(path, false, { ...around, comma: NO_COMMA }, [open], [open]);
    const last = { left: lastOf(left), right: lastOf(right) };
    for (const step of steps) {
      const comma = {
        left: step === last.left ? "" : ",",
        right: step === last.right ? "" : ",",
      };
      const name = isList ? "" : `${JSON.stringify(step)}: `;
      this.pair(childOf(left, step), childOf(right, step), [...path, step], { name, comma });
    }
    const close = isList ? "]" : "}";
    this.#leaves(path, false, { ...around, name: "" }, [close], [close]);
  }

  /** Lines of a value that is not walked through together with the other side's. */
  #leaves(
    path: JsonPath,
    differs: boolean,
    around: Around,
    left: readonly string[],
    right: readonly string[],
  ): void {
    const margin = "  ".repeat(path.length);
    const areLines = left.length === 1 && right.length === 1;
    const lineOf = (side: Side, at: number): JsonLine | null => {
      const texts = side === "left" ? left : right;
      const others = side === "left" ? right : left;
      const text = texts[at];
      if (text === undefined) return null;
      const other = areLines ? (others[0] ?? null) : null;
      const indented = text.search(/[^ ]/);
      return {
        pieces: [
          plain(margin + text.slice(0, indented) + (at === 0 ? around.name : "")),
          ...this.#pieces(text.slice(indented), differs ? other : text, side),
          plain(at === texts.length - 1 ? around.comma[side] : ""),
        ].filter((piece) => piece.text !== ""),
      };
    };
    for (let at = 0; at < Math.max(left.length, right.length); at++) {
      if (this.lines.length === this.most) {
        this.isFull = true;
        return;
      }
      this.lines.push({
        left: lineOf("left", at),
        right: lineOf("right", at),
        differs,
        path: jsonPath(path),
      });
    }
  }

  /** @param other what it is compared with; null: all of it differs */
  #pieces(text: string, other: string | null, side: Side): Piece[] {
    const whole: Part = { from: 0, to: text.length, mark: other === null };
    const parts =
      other === null || other === text
        ? [whole]
        : partsOf(text.length, stretchesOf(text, other, side), side);
    return piecesOf(text, parts, { showBlanks: this.showBlanks });
  }
}

const NO_COMMA = { left: "", right: "" };
const HORIZON = 2000;

function stretchesOf(text: string, other: string, side: Side) {
  return side === "left"
    ? commonStretches(text, other, HORIZON)
    : commonStretches(other, text, HORIZON);
}

/** Whether nothing differs, an empty list or object on both sides among them. */
function isSameLeaves(left: ExactValue, right: ExactValue): boolean {
  return stepsOf(left, right) !== null || isSameLeaf(left, right);
}

/** Behind the last there is no comma. */
function lastOf(parent: ExactValue | undefined): string | number | undefined {
  if (Array.isArray(parent)) return parent.length - 1;
  return isObject(parent) ? sortedNames(parent).at(-1) : undefined;
}

/** A value alone: indented from its own beginning. Not there: no line. */
function linesOf(value: ExactValue | undefined): string[] {
  if (value === undefined) return [];
  const lines: string[] = [];
  addLines(lines, value, "", "", "");
  return lines;
}

function addLines(
  lines: string[],
  value: ExactValue,
  margin: string,
  name: string,
  comma: string,
): void {
  const steps = [...(stepsOf(value, value) ?? [])];
  if (steps.length === 0) {
    lines.push(margin + name + canonicalText(value) + comma);
    return;
  }
  const isList = Array.isArray(value);
  lines.push(`${margin}${name}${isList ? "[" : "{"}`);
  steps.forEach((step, place) => {
    const child = childOf(value, step) ?? null;
    const label = isList ? "" : `${JSON.stringify(step)}: `;
    addLines(lines, child, `${margin}  `, label, place < steps.length - 1 ? "," : "");
  });
  lines.push(`${margin}${isList ? "]" : "}"}${comma}`);
}
