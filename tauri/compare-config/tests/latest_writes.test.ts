import { expect, test } from "vitest";

import { LatestWrites } from "../src/state/latest_writes";

/** Writes that end when the test says so. */
function slowWrites() {
  const begun: { text: string; end: (failure?: Error) => void }[] = [];
  const told: unknown[] = [];
  const writes = new LatestWrites(
    (text) =>
      new Promise((resolve, reject) => {
        begun.push({ text, end: (failure) => (failure ? reject(failure) : resolve()) });
      }),
    (failure) => told.push(failure),
  );
  const settled = () => new Promise((resolve) => setTimeout(resolve));
  return { writes, begun, told, settled };
}

test("one is written after the other, and of what waits only the latest", async () => {
  const { writes, begun, told, settled } = slowWrites();

  for (const text of ["a", "b", "c"]) writes.put(text);
  expect(begun.map(({ text }) => text)).toEqual(["a"]);
  begun[0]?.end();
  await settled();
  begun[1]?.end();
  await settled();
  writes.put("d");

  expect(begun.map(({ text }) => text)).toEqual(["a", "c", "d"]);
  expect(told).toEqual([null, null]);
});

test("a write that failed is told, and the next one is tried all the same", async () => {
  const { writes, begun, told, settled } = slowWrites();
  const full = new Error("The disk is full.");

  writes.put("a");
  writes.put("b");
  begun[0]?.end(full);
  await settled();
  begun[1]?.end();
  await settled();

  expect(begun.map(({ text }) => text)).toEqual(["a", "b"]);
  expect(told).toEqual([full, null]);
});
