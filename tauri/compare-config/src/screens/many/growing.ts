/**
 * A list that only grows at its end while somebody looks at it: what was in it stays in its place,
 * whether it still belongs there or not.
 */
export function grown<T>(before: readonly T[], matching: readonly T[]): readonly T[] {
  const known = new Set(before);
  const added = matching.filter((item) => !known.has(item));
  return added.length === 0 ? before : [...before, ...added];
}
