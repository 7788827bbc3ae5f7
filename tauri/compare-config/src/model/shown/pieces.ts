/** Text as pieces that can be drawn: what is invisible has a picture, what differs a mark. */

export type PieceKind = "text" | "blank" | "control" | "null" | "empty" | "ellipsis" | "tag";

export interface Piece {
  /** The picture. */
  text: string;
  /** It differs from the other side. */
  mark: boolean;
  /**
   * `control`: ⇥ ↵ ⍽ or a code such as U+200B, in a frame; `empty`: a word for what is not NULL and
   * has no text; `tag`: words that are no part of the value.
   */
  kind: PieceKind;
  /** What it stands for in the value, where that is not `text`. */
  source?: string;
  /** A search found it. */
  hit?: true;
}

/** The text that the pieces stand for: the whole value, where nothing was cut. */
export function sourceOf(pieces: readonly Piece[]): string {
  return pieces.map((piece) => piece.source ?? (piece.kind === "text" ? piece.text : "")).join("");
}

export interface Look {
  /** Every blank has its dot, every line end its arrow. */
  showBlanks?: boolean;
  /** Line ends stay line ends; otherwise all is one line. */
  keepsLines?: boolean;
}

/** A part of a text, from `from` up to, but without, `to`. */
export interface Part {
  from: number;
  to: number;
  mark: boolean;
}

/** The pieces of some parts of a text. Blanks at the ends of the text, or of a mark, have dots. */
export function piecesOf(text: string, parts: Iterable<Part>, look: Look = {}): Piece[] {
  const pieces: Piece[] = [];
  const blanks = blanksAround(text);
  for (const part of parts) addPart(pieces, text, part, blanks, look);
  return pieces;
}

export function plain(text: string, mark = false): Piece {
  return { text, mark, kind: "text" };
}

export function ellipsis(): Piece {
  return { text: "…", mark: false, kind: "ellipsis", source: "" };
}

export interface Blanks {
  /** How many blanks a text begins with; all of it, where it is nothing but blanks. */
  start: number;
  /** How many it ends with; none, where it is nothing but blanks. */
  end: number;
}

export function blanksAround(text: string): Blanks {
  let start = 0;
  while (start < text.length && text.charCodeAt(start) === BLANK) start++;
  let end = text.length;
  while (end > start && text.charCodeAt(end - 1) === BLANK) end--;
  return { start, end: text.length - end };
}

const BLANK = 32;
// Cc, Cf, Cs (half a pair), Co and Cn, which no font has; all blanks; what is drawn as nothing.
const INVISIBLE = / +|[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/gu;

/** Letters of ASCII with single or more blanks between them, none at an end. */
const SEEN = /^[!-~]*(?: +[!-~]+)*$/;

function addPart(pieces: Piece[], text: string, part: Part, blanks: Blanks, look: Look): void {
  const inside = text.slice(part.from, part.to);
  // Most parts have nothing to be found: a few times as quick.
  if (!look.showBlanks && SEEN.test(inside)) {
    addText(pieces, inside, part.mark);
    return;
  }
  let done = 0;
  for (const match of inside.matchAll(INVISIBLE)) {
    const [invisible] = match;
    const from = part.from + match.index;
    const piece = invisible.startsWith(" ")
      ? dots(invisible, from, text.length, part, blanks, look)
      : picture(invisible, part.mark, look);
    if (!piece) continue;
    addText(pieces, inside.slice(done, match.index), part.mark);
    addMerged(pieces, piece);
    done = match.index + invisible.length;
  }
  addText(pieces, inside.slice(done), part.mark);
}

function addText(pieces: Piece[], text: string, mark: boolean): void {
  if (text !== "") pieces.push(plain(text, mark));
}

/** Runs of one picture are one piece, codes in their frames are not. */
function addMerged(pieces: Piece[], piece: Piece): void {
  const last = pieces[pieces.length - 1];
  const isRun = last?.kind === piece.kind && last.mark === piece.mark && last.source !== undefined;
  if (isRun && piece.source !== undefined && ARROWS.has(piece.text) && ARROWS.has(last.text[0])) {
    last.text += piece.text;
    last.source += piece.source;
    return;
  }
  pieces.push(piece);
}

const ARROWS = new Set<string | undefined>(["⇥", "↵", "⍽"]);

/** Blanks that have to be seen; null: they stay blanks. */
function dots(
  run: string,
  from: number,
  length: number,
  part: Part,
  blanks: Blanks,
  look: Look,
): Piece | null {
  const to = from + run.length;
  const isAtEnd = from < blanks.start || to > length - blanks.end;
  const isMarksEnd = part.mark && (from === part.from || to === part.to);
  if (!isAtEnd && !isMarksEnd && !look.showBlanks) return null;
  return { text: "·".repeat(run.length), mark: part.mark, kind: "blank", source: run };
}

function picture(character: string, mark: boolean, look: Look): Piece | null {
  if (character === "\n" && look.keepsLines) {
    // A line that ends is seen, unless its end is what differs.
    return mark || look.showBlanks ? control("↵\n", mark, character) : null;
  }
  if (character === "\t") return control(look.keepsLines ? "⇥\t" : "⇥", mark, character);
  if (character === "\n") return control("↵", mark, character);
  if (character === "\u00a0") return control("⍽", mark, character);
  return control(codeOf(character.codePointAt(0) ?? 0), mark, character);
}

function control(text: string, mark: boolean, source: string): Piece {
  return { text, mark, kind: "control", source };
}

/** "U+0430" */
export function codeOf(codePoint: number): string {
  return `U+${codePoint.toString(16).toUpperCase().padStart(4, "0")}`;
}

/** How many characters, as the database counts them: half of a pair is one, a pair is one. */
export function characterCount(text: string): number {
  let pairs = 0;
  for (let at = 0; at < text.length; at++) {
    if (isHigh(text.charCodeAt(at)) && isLow(text.charCodeAt(at + 1))) {
      pairs++;
      at++;
    }
  }
  return text.length - pairs;
}

function isHigh(code: number): boolean {
  return code >= 0xd800 && code < 0xdc00;
}

function isLow(code: number): boolean {
  return code >= 0xdc00 && code < 0xe000;
}

const JOINED = /^[\p{M}\p{Emoji_Modifier}\u200d]/u;

/** Whether a text must not be parted in front of this place: inside a pair, before an accent. */
export function isJoined(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  if (at === 0 || !(code >= 0x300)) return false;
  if (isLow(code)) return isHigh(text.charCodeAt(at - 1));
  return JOINED.test(text.slice(at, at + 2));
}
