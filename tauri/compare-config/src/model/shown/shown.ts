/** How a value stands in a cell: pieces, and words that are never cut. */

import type { Piece } from "./pieces";
import type { Needle } from "../rows/search";
import type { Sides } from "../types";

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

/** A word of ours in the place of a value. */
export function word(text: string, kind: "null" | "empty"): Piece {
  return { text, mark: false, kind, source: "" };
}
