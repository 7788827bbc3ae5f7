import { expect, test } from "vitest";

import { chooseNames, likeMatches, parsePatterns } from "../src/model/tables/patterns";

test.each([
  ["%CONFIG%", "APP_CONFIG"],
  ["%config%", "APP_CONFIG_2"],
  ["APP_CONFIG", "APP_CONFIG"],
  ["APP_C_NFIG", "APP_CONFIG"],
  ["%", ""],
  ["%%", "X"],
  ["A%B%C", "A1B1BC"],
  ["UPDATED\\_%", "UPDATED_AT"],
  ["A.B", "A.B"],
  ["T$_1", "T$X1"],
  ["_%", "X"],
])("%s takes %s", (pattern, name) => {
  expect(likeMatches(pattern, name)).toBe(true);
});

test.each([
  ["CONFIG", "APP_CONFIG"],
  ["UPDATED\\_%", "UPDATEDXAT"],
  ["A.B", "AXB"],
  ["_", ""],
  ["A%B", "A1C"],
  ["A%", "BA"],
])("%s does not take %s", (pattern, name) => {
  expect(likeMatches(pattern, name)).toBe(false);
});

test("a pattern of many % ends", () => {
  expect(likeMatches(`${"%A".repeat(60)}B`, "A".repeat(128))).toBe(false);
});

test("tables are chosen by patterns, minus those that begin with -, in their own order", () => {
  const names = ["APP_CONFIG", "APP_LOG", "RATE", "RATE_CONFIG_TMP"];

  expect(chooseNames(["rate", "%CONFIG%", "-%TMP"], names)).toEqual(["APP_CONFIG", "RATE"]);
  expect(chooseNames([], names)).toEqual([]);
  expect(chooseNames(["-%TMP"], names)).toEqual([]);
});

test("patterns are typed into one field, however they are separated", () => {
  expect(parsePatterns(" %CONFIG%, RATE;\n-TMP% RATE ")).toEqual(["%CONFIG%", "RATE", "-TMP%"]);
});
