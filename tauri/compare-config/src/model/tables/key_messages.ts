/**
 * What the sidecar says of keys, read back into its parts: compare/keys.py writes values of keys as
 * Python does, cut at 200 characters. Null where a message is none of these.
 */

export interface KeyPart {
  /** As it is shown: a text without its quotes, NULL, digits. */
  text: string;
  /** A text's value stands in quotes, others do not. */
  isText: boolean;
}

/** “two rows have the key CONFIG_KEY = 'pay.gateway.url'” */
export function readDuplicateKey(message: string): { columns: string[]; key: KeyPart[] } | null {
  const found = /two rows have the key (.*?) = ([^]*)$/.exec(message);
  if (found === null) return null;
  const columns = (found[1] ?? "").split(", ");
  const key = readParts(found[2] ?? "").parts;
  return key.length === columns.length ? { columns, key } : null;
}

/** “… at column NAME: 'Z3' comes behind 'Ä12'”: the first place where both keys differ. */
export function readOrder(message: string): { earlier: KeyPart; later: KeyPart } | null {
  const found = /the order of their key at column [^:]*: ([^]*)$/.exec(message);
  if (found === null) return null;
  const later = readParts(found[1] ?? "");
  const behind = /^ comes behind ([^]*)$/.exec(later.rest);
  const earlier = readParts(behind?.[1] ?? "");
  const at = later.parts.findIndex((part, place) => part.text !== earlier.parts[place]?.text);
  const pair = { earlier: earlier.parts[at], later: later.parts[at] };
  return pair.earlier === undefined || pair.later === undefined
    ? null
    : { earlier: pair.earlier, later: pair.later };
}

/** “no key is common to both sides: the left has (A), (B, C), the right none” */
export function readKeys(message: string): { left: string[][]; right: string[][] } | null {
  const found = /: the left has (.*), the right (.*)$/.exec(message);
  if (found === null) return null;
  return { left: readSets(found[1] ?? ""), right: readSets(found[2] ?? "") };
}

function readSets(text: string): string[][] {
  return [...text.matchAll(/\(([^)]*)\)/g)].map(([, names = ""]) => names.split(", "));
}

/** “CONFIG_ID cannot be a key: it is VARCHAR2(40) on the left and NUMBER(10) on the right” */
export function readKeyType(
  message: string,
): { column: string; left: string; right: string } | null {
  const found =
    /(?:^|: )([^:]*) cannot be a key: it is (.*) on the left and (.*) on the right$/.exec(message);
  if (found === null) return null;
  const [, column = "", left = "", right = ""] = found;
  return { column, left, right };
}

const TEXT = /^(?:'((?:[^'\\]|\\[^])*)'|"((?:[^"\\]|\\[^])*)")/;
// One that was cut has no quote at its end.
const CUT_TEXT = /^['"]((?:[^\\]|\\[^])*?)\.\.\.(?=, | comes behind |$)/;
const OTHER = /^[^,\s'"]+(?: [^,\s'"]+)*?(?=, | comes behind |$)/;

/** Values with a comma and a blank between them, and what stands behind the last one. */
function readParts(text: string): { parts: KeyPart[]; rest: string } {
  const parts: KeyPart[] = [];
  let rest = text;
  for (;;) {
    const whole = TEXT.exec(rest);
    const cut = whole === null ? CUT_TEXT.exec(rest) : null;
    const other = whole === null && cut === null ? OTHER.exec(rest) : null;
    if (whole !== null) parts.push({ text: unescaped(whole[1] ?? whole[2] ?? ""), isText: true });
    else if (cut !== null) parts.push({ text: `${unescaped(cut[1] ?? "")}…`, isText: true });
    else if (other !== null) parts.push({ text: other[0], isText: false });
    else return { parts, rest };
    rest = rest.slice((whole ?? cut ?? other)?.[0].length);
    if (!rest.startsWith(", ")) return { parts, rest };
    rest = rest.slice(2);
  }
}

const ESCAPES: Record<string, string> = { n: "\n", r: "\r", t: "\t" };

function unescaped(text: string): string {
  return text.replace(
    /\\(?:x([\da-f]{2})|u([\da-f]{4})|U([\da-f]{8})|([^]))/g,
    (_, byte?: string, short?: string, long?: string, other?: string) => {
      const code = byte ?? short ?? long;
      if (code !== undefined) return String.fromCodePoint(Number.parseInt(code, 16));
      return ESCAPES[other ?? ""] ?? other ?? "";
    },
  );
}
