/**
 * Where the values of a JSON text begin and end, without parsing it. Of a line with ten columns one
 * value is found some ten times as quickly as the line is parsed.
 *
 * The text must be valid JSON without blanks between its tokens, as the server writes it; what is
 * found in another text is unspecified, though always found or thrown in finite time.
 */

const QUOTE = 34;
const BACKSLASH = 92;
const COMMA = 44;
const OPEN_LIST = 91;
const CLOSE_LIST = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;

/** The place behind the value that begins at `at`. */
export function endOfValue(text: string, at: number): number {
  const first = text.charCodeAt(at);
  if (first === QUOTE) return endOfString(text, at);
  if (first !== OPEN_OBJECT && first !== OPEN_LIST) return endOfWord(text, at);
  let depth = 0;
  for (let place = at; place < text.length; place++) {
    const code = text.charCodeAt(place);
    if (code === QUOTE) place = endOfString(text, place) - 1;
    else if (code === OPEN_OBJECT || code === OPEN_LIST) depth++;
    else if ((code === CLOSE_OBJECT || code === CLOSE_LIST) && --depth === 0) return place + 1;
  }
  throw new SyntaxError("a JSON value without its end");
}

function endOfString(text: string, at: number): number {
  let close = text.indexOf('"', at + 1);
  while (close !== -1 && isEscaped(text, close)) close = text.indexOf('"', close + 1);
  if (close === -1) throw new SyntaxError("a JSON string without its end");
  return close + 1;
}

function isEscaped(text: string, at: number): boolean {
  let from = at;
  while (text.charCodeAt(from - 1) === BACKSLASH) from--;
  return (at - from) % 2 === 1;
}

/** A number, true, false, null. */
function endOfWord(text: string, at: number): number {
  let end = at;
  while (end < text.length) {
    const code = text.charCodeAt(end);
    if (code === COMMA || code === CLOSE_LIST || code === CLOSE_OBJECT) break;
    end++;
  }
  return end;
}

/**
 * Calls for each member of the object that begins at `at`, until `see` returns true.
 *
 * @param see gets the name as it is written between its quotes, and where the value is
 */
export function eachMember(
  text: string,
  at: number,
  see: (rawName: string, from: number, to: number) => boolean | void,
): void {
  let place = at + 1;
  while (text.charCodeAt(place) === QUOTE) {
    const end = endOfString(text, place);
    const to = endOfValue(text, end + 1);
    if (see(text.slice(place + 1, end - 1), end + 1, to) === true) return;
    place = to + 1;
  }
}

/** Where the value of a member of the object at `at` is; null: it has none of that name. */
export function findMember(text: string, at: number, name: string): [number, number] | null {
  let found: [number, number] | null = null;
  eachMember(text, at, (rawName, from, to) => {
    if (isNamed(rawName, name)) found = [from, to];
    return found !== null;
  });
  return found;
}

/** Whether a name as it is written between quotes is `name`. */
export function isNamed(rawName: string, name: string): boolean {
  return rawName === name || (rawName.includes("\\") && unescaped(rawName) === name);
}

/** What stands between quotes, without its escapes. */
export function unescaped(raw: string): string {
  if (!raw.includes("\\")) return raw;
  const value: unknown = JSON.parse(`"${raw}"`);
  return String(value);
}

/** The same JSON without blanks between its tokens. */
export function withoutBlanks(text: string): string {
  let made = "";
  for (let at = 0; at < text.length;) {
    const end = text.charCodeAt(at) === QUOTE ? endOfString(text, at) : at + 1;
    const part = text.slice(at, end);
    if (part.length > 1 || part.trim() !== "") made += part;
    at = end;
  }
  return made;
}
