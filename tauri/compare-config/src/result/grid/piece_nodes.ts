import type { Piece, ShownValue } from "../../model/shown/shown_value";

/** A value as the grid draws it: what is cut has its own …, what follows it is never cut. */
export function valueLine(value: ShownValue, note?: string): HTMLElement {
  const pieces = pieceNodes(value.pieces);
  // One element less for the many that have nothing behind them.
  if (value.tag === undefined && note === undefined) {
    const alone = element("div", "v1");
    alone.append(...pieces);
    return alone;
  }
  const line = element("div", "v");
  const text = element("span", "t");
  text.append(...pieces);
  line.append(text);
  if (value.tag !== undefined) line.append(element("span", "tag", value.tag));
  if (note !== undefined) line.append(element("span", "tag note", note));
  return line;
}

/** Class of a piece beside its mark, where it has one. */
const CLASSES: Record<Exclude<Piece["kind"], "text">, string> = {
  blank: "blank",
  control: "control",
  null: "null",
  empty: "null",
  ellipsis: "ell",
  tag: "tag",
};

export function pieceClass(piece: Piece): string | undefined {
  return piece.kind === "text" ? undefined : CLASSES[piece.kind];
}

/** NULL and empty have a frame where they differ, and need no mark. */
export function isFramed({ kind }: Piece): boolean {
  return kind === "null" || kind === "empty";
}

function pieceNodes(pieces: readonly Piece[]): (Node | string)[] {
  return pieces.map((piece) => {
    const name = pieceClass(piece);
    if (piece.hit) return element("mark", "hit", piece.text);
    if (piece.mark && !isFramed(piece)) return element("mark", name, piece.text);
    return name === undefined ? piece.text : element("span", name, piece.text);
  });
}

export function element(tag: string, className?: string, text?: string): HTMLElement {
  const made = document.createElement(tag);
  if (className !== undefined) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}
