/** Exact values: bytes, numbers with all their digits, and one text for each value. */

/** A number as it was written. A JavaScript number would round it, and drop `.0` and `-0`. */
export class ExactNumber {
  constructor(readonly digits: string) {}

  toString(): string {
    return this.digits;
  }
}

export type ExactValue =
  null | boolean | string | ExactNumber | ExactValue[] | { [name: string]: ExactValue };

/**
 * The bytes of a value, by its `column_types`: BLOB (base64), RAW(n) and LONG RAW (hexadecimal).
 *
 * @throws TypeError for other types, and what is not in the form of its type; NULL has no bytes.
 */
export function bytesOf(value: unknown, columnType: string): Uint8Array {
  const decode = DECODERS.get(columnType.replace(/\(.*/, ""));
  if (decode === undefined) throw new TypeError(`${columnType} does not hold bytes`);
  const bytes = typeof value === "string" ? decode(value) : null;
  if (bytes === null) throw new TypeError(`not a value of type ${columnType}`);
  return bytes;
}

const DECODERS = new Map([
  ["BLOB", fromBase64],
  ["RAW", fromHex],
  ["LONG RAW", fromHex],
]);

function fromBase64(text: string): Uint8Array | null {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return null;
  const bytes = atob(text);
  return Uint8Array.from({ length: bytes.length }, (_, at) => bytes.charCodeAt(at));
}

function fromHex(text: string): Uint8Array | null {
  if (text.length % 2 !== 0 || !/^[0-9A-Fa-f]*$/.test(text)) return null;
  return Uint8Array.from({ length: text.length / 2 }, (_, at) =>
    Number.parseInt(text.slice(2 * at, 2 * at + 2), 16),
  );
}

/**
 * A JSON text that is one and the same for equal values: an object's keys in the order of their
 * code units. Different values have different texts: a string is no number, `-0` not `0`.
 * Of an ExactNumber its digits count as they are written.
 *
 * @throws TypeError for what is no value of JSON.
 */
export function canonicalText(value: unknown): string {
  return written(value, (names) => names.sort());
}

/** A JSON text with the keys in their own order, and each ExactNumber with its digits. */
export function exactText(value: unknown): string {
  return written(value, (names) => names);
}

function written(value: unknown, ordered: (names: string[]) => string[]): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") return numberText(value);
  if (value instanceof ExactNumber) return value.digits;
  if (Array.isArray(value)) {
    return `[${value.map((item) => written(item, ordered)).join(",")}]`;
  }
  if (!isPlainObject(value)) throw new TypeError(`JSON has no ${typeof value} like this`);
  // As JSON.stringify has it, a member that is undefined is none.
  const byName = new Map(Object.entries(value).filter(([, member]) => member !== undefined));
  const texts = ordered([...byName.keys()]).map(
    (name) => `${JSON.stringify(name)}:${written(byName.get(name), ordered)}`,
  );
  return `{${texts.join(",")}}`;
}

/** Of a Date or a Map the entries would be none, and all of them equal. */
function isPlainObject(value: unknown): value is { [name: string]: unknown } {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function numberText(value: number): string {
  if (!Number.isFinite(value)) throw new TypeError(`JSON has no ${value}`);
  return Object.is(value, -0) ? "-0" : String(value);
}
