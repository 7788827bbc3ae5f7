/** The lines of a body. */

import { localError } from "./errors.js";

/** What `getReader()` of a body gives: WebKit has no `for await` over a body. */
export type ByteReader = ReadableStreamDefaultReader<Uint8Array>;

/**
 * Whole lines, in batches as they arrive. Characters and lines may be split anywhere between two
 * chunks; what follows the last line feed is no line, and is left out.
 *
 * @throws OracleSidecarError BAD_ANSWER where the bytes are not UTF-8.
 */
export async function* readLines(
  read: () => Promise<Awaited<ReturnType<ByteReader["read"]>>>,
): AsyncGenerator<string[], void, undefined> {
  // A byte order mark in a value is that value's.
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  // In pieces until its end comes: a line of many megabytes is put together once.
  let begun: string[] = [];
  for (let chunk = await read(); !chunk.done; chunk = await read()) {
    const lines = decoded(decoder, chunk.value).split("\n");
    const rest = lines.pop() ?? "";
    const [first, ...others] = lines;
    if (first !== undefined) {
      begun.push(first);
      const whole = begun.join("");
      begun = [];
      yield [whole, ...others];
    }
    if (rest !== "") begun.push(rest);
  }
}

function decoded(decoder: TextDecoder, bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes, { stream: true });
  } catch (cause) {
    throw localError("BAD_ANSWER", "the answer is not UTF-8", { cause });
  }
}
