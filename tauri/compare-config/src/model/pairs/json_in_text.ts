/** JSON that is kept in columns of text, where it is text. */

import { parseExact, type ExactValue } from "oracle-sidecar-client";
import { isObject } from "../rows/exact_rows";
import { sameJson } from "./json_difference";

/** Cells are drawn again and again: longer texts are not parsed for a word in a cell. */
const MOST_CHARACTERS = 20_000;

/**
 * "The text differs. As JSON both are the same.", where both texts are objects or lists of JSON and
 * say the same; otherwise null.
 */
export function asJsonNote(left: string, right: string, most = MOST_CHARACTERS): string | null {
  if (left.length > most || right.length > most) return null;
  const [a, b] = [documentIn(left), documentIn(right)];
  if (a === null || b === null || !sameJson(a, b)) return null;
  return "The text differs. As JSON both are the same.";
}

/** Null for what is no object or list, and for one with a repeated key: it has no one meaning. */
export function documentIn(text: string): ExactValue {
  if (!/^\s*[{[]/.test(text)) return null;
  try {
    const value = parseExact(text);
    return memberCount(value) === colonCount(text) ? value : null;
  } catch (error) {
    // No JSON, or nested so deeply that it cannot be walked through.
    if (error instanceof SyntaxError || error instanceof RangeError) return null;
    throw error;
  }
}

/** Of all objects in it. */
function memberCount(value: ExactValue): number {
  if (Array.isArray(value)) {
    return value.reduce<number>((sum, item) => sum + memberCount(item), 0);
  }
  if (!isObject(value)) return 0;
  return Object.values(value).reduce<number>((sum, item) => sum + 1 + memberCount(item), 0);
}

/** One for each member, repeated ones among them: a parsed object keeps only the last. */
function colonCount(json: string): number {
  const outside = json.replace(/"(?:[^"\\]|\\.)*"/gs, "");
  return outside.split(":").length - 1;
}
