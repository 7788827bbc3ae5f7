/** HTML that is put together from texts, each of them escaped. */

/** Markup. A plain text is never one by mistake: `html` makes them apart. */
export class Html {
  constructor(readonly markup: string) {}
}

type Part = Html | string | number | null | readonly Html[];

/** A template whose values are escaped, unless they are markup themselves. Null is nothing. */
export function html(texts: TemplateStringsArray, ...parts: Part[]): Html {
  return new Html(texts.reduce((made, text, at) => made + markupOf(parts[at - 1] ?? null) + text));
}

function markupOf(part: Part): string {
  if (part === null) return "";
  if (part instanceof Html) return part.markup;
  if (typeof part === "object") return part.map(({ markup }) => markup).join("");
  return escaped(String(part));
}

/** For elements and for attributes in double quotes. */
export function escaped(text: string): string {
  // No file holds NUL or half of a surrogate pair: parsers would put other characters there.
  return text.replace(/[&<>"'\0]|\p{Surrogate}/gu, (character) => {
    return ESCAPES[character] ?? "\ufffd";
  });
}

const ESCAPES: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
