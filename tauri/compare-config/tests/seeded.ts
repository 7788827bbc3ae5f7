/** Random values that are the same in every run. */

export interface Seeded {
  /** From 0 up to, but without, `end`. */
  integer(end: number): number;
  /** Up to 40 digits, of either sign. */
  bigInteger(): bigint;
  pick<T>(from: readonly T[]): T;
  /** `length` characters of the alphabet. */
  text(length: number, alphabet?: readonly string[]): string;
}

const ALPHABET = [..."abcdefghij XYZ0123456789.,;:-_/\\\"'{}[]<>&é漢😀\t\n\r", "\u00a0", "\u200b"];

/** Mulberry32 (Tommy Ettinger, public domain). */
export function seeded(seed: number): Seeded {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const integer = (end: number): number => Math.floor(next() * end);
  const pick = <T>(from: readonly T[]): T => {
    const picked = from[integer(from.length)];
    if (picked === undefined) throw new RangeError("nothing to pick from");
    return picked;
  };
  const text = (length: number, alphabet: readonly string[] = ALPHABET): string =>
    Array.from({ length }, () => pick(alphabet)).join("");
  const bigInteger = (): bigint => {
    const digits = text(1 + integer(40), [..."0123456789"]);
    return integer(2) ? BigInt(digits) : -BigInt(digits);
  };
  return { integer, bigInteger, pick, text };
}
