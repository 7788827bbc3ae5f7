/** Parts of sentences. */

import { list } from "./formats";

/** "A, B and C"; past `most`, "A, B and 7 more". */
export function listOf(names: readonly string[], most = names.length): string {
  if (names.length <= most) return list(names);
  return list([...names.slice(0, most), `${names.length - most} more`]);
}

export function quote(text: string): string {
  return `“${text}”`;
}
