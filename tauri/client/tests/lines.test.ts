/** Lines out of bytes, however those are cut. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { readLines } from "../src/ndjson.js";
import { all } from "./support/waiting.js";

const encoder = new TextEncoder();

function linesOf(bytes: Uint8Array, size: number): Promise<string[]> {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  void (async () => {
    for (let at = 0; at < bytes.length; at += size) await writer.write(bytes.slice(at, at + size));
    await writer.close();
  })();
  const reader = readable.getReader();
  return all(readLines(() => reader.read())).then((batches) => batches.flat());
}

test("characters and lines may be cut anywhere", async () => {
  const lines = ['["äöü 😀 \u2028 \uFEFF"]', "", "\uFEFF[1]", "[2]\r"];
  const bytes = encoder.encode(lines.map((line) => `${line}\n`).join(""));

  for (let size = 1; size <= bytes.length; size += 1) {
    assert.deepEqual(await linesOf(bytes, size), lines, `in pieces of ${size} bytes`);
  }
});

test("what follows the last line feed is no line", async () => {
  assert.deepEqual(await linesOf(encoder.encode("[1]\n[2"), 100), ["[1]"]);
});

test("a line of many megabytes takes as long as many short ones", async () => {
  const line = "x".repeat(32 * 1024 * 1024);
  const from = performance.now();

  const lines = await linesOf(encoder.encode(`${line}\n`), 16 * 1024);

  // 2048 pieces put together one by one would copy 32 GB.
  assert(performance.now() - from < 5000);
  assert.equal(lines[0]?.length, line.length);
});
