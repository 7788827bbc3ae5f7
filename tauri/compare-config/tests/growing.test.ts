import { expect, test } from "vitest";

import { grown } from "../src/screens/many/growing";

test("what comes later stands at the end, and what belongs there no more keeps its place", () => {
  expect(grown(["A", "C"], ["B", "C", "D"])).toEqual(["A", "C", "B", "D"]);
});

test("a list that has not grown is the same object, so that nothing is drawn again", () => {
  const before = ["A", "B"];
  expect(grown(before, ["B"])).toBe(before);
});
