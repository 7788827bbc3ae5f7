import { expect, test } from "vitest";
import {
  compareDecimals,
  compareValues,
  isSameInstant,
  sortedOrder,
  type SortText,
} from "../src/model/rows/sorting";
import type { ValueKind } from "../src/model/rows/exact_rows";
import { seeded } from "./seeded";

/** The texts in the order of `sortedOrder`. */
function sorted(kind: ValueKind, texts: SortText[], descending = false): SortText[] {
  const view = Int32Array.from(texts.keys());
  const second = texts.map(() => undefined);
  return [...sortedOrder({ kind, view, first: texts, second }, descending)].map((i) => texts[i]);
}

test("numbers are ordered by all their digits, which no double holds", () => {
  const digits = [
    "-12345678901234567890124",
    "-12345678901234567890123",
    "-1E-30",
    "0",
    "0.00000000000000000000000000000000000001",
    "1.25",
    "1.250000000000000000001",
    "9007199254740992",
    "9007199254740993",
    "1E+40",
    "10000000000000000000000000000000000000001",
    "1E125",
  ];
  expect(sorted("number", [...digits].reverse())).toEqual(digits);
});

test("a number is its value, however it is written", () => {
  for (const [a, b] of [
    ["1.50", "1.5"],
    ["0.10", "1E-1"],
    ["1E+3", "1000"],
    ["-0", "0.000"],
    ["007", "7"],
    [".5", "0.5"],
  ] as const) {
    expect(compareDecimals(a, b), `${a} ${b}`).toBe(0);
  }
});

test("random numbers are ordered as whole numbers of a thousandth of a million", () => {
  const random = seeded(1);
  for (let round = 0; round < 2000; round++) {
    const [a, b] = [random.bigInteger(), random.bigInteger()];
    const expected = a < b ? -1 : a > b ? 1 : 0;
    expect(Math.sign(compareDecimals(scaled(a), scaled(b))), `${a} ${b}`).toBe(expected);
  }
});

/** An integer divided by a thousand, with trailing zeros left in. */
function scaled(integer: bigint): string {
  const text = (integer < 0n ? -integer : integer).toString().padStart(4, "0");
  return `${integer < 0n ? "-" : ""}${text.slice(0, -3)}.${text.slice(-3)}`;
}

test("infinities stand at the ends, and what is no number behind them", () => {
  const floats = ["-Infinity", "-1E308", "0.1", "1E308", "Infinity", "NaN", null];
  expect(sorted("number", [...floats].reverse())).toEqual(floats);
});

test("NULL stands last and what was not sent behind it, in both directions", () => {
  const texts = ["b", undefined, null, "a"];
  expect(sorted("text", texts)).toEqual(["a", "b", null, undefined]);
  expect(sorted("text", texts, true)).toEqual(["b", "a", null, undefined]);
});

test("text is ordered by code unit and not by a locale", () => {
  expect(sorted("text", ["ä", "a", "Z", "z", "10", "9"])).toEqual(["10", "9", "Z", "a", "z", "ä"]);
});

test("moments are ordered by time, years before 1 first", () => {
  const moments = [
    "-4712-01-01T00:00:00",
    "-0001-12-31T00:00:00",
    "0001-01-01T00:00:00",
    "2026-01-28T10:38:36",
    "2026-01-28T10:38:36.000000001",
    "2026-01-28T10:38:36.5",
    "2026-03-01T00:00:00",
  ];
  expect(sorted("moment", [...moments].reverse())).toEqual(moments);
});

test("moments with a zone are ordered by their instant", () => {
  const moments = [
    "2026-01-28T10:00:00+07:00",
    "2026-01-28T04:00:00+00:00",
    "2026-01-28T00:00:00-05:00",
  ];
  expect(sorted("zoned", [...moments].reverse())).toEqual(moments);
});

test("one instant in two zones is known as one, another fraction is not", () => {
  const jakarta = "2026-01-28T10:38:36.5+07:00[ASIA/JAKARTA]";
  expect(isSameInstant(jakarta, "2026-01-28T03:38:36.5+00:00")).toBe(true);
  expect(isSameInstant(jakarta, "2026-01-28T03:38:36.4+00:00")).toBe(false);
  expect(isSameInstant("2026-01-28T03:38:36", "2026-01-28T03:38:36")).toBe(false);
});

test("intervals are ordered by their length, and -0.5 s is more than -0.7 s", () => {
  const days = ["-P1D", "-PT0.7S", "-PT0.5S", "PT0S", "PT0.5S", "PT59S", "PT1M", "PT25H", "P2D"];
  expect(sorted("days", [...days].reverse())).toEqual(days);
  const months = ["-P1Y2M", "-P2M", "P0M", "P11M", "P1Y", "P1Y1M"];
  expect(sorted("months", [...months].reverse())).toEqual(months);
});

test("base64 is ordered by its bytes", () => {
  const bytes = [[], [0], [0, 0], [26], [62], [65, 0], [65, 16], [250], [255, 255]];
  const texts = bytes.map((list) => Buffer.from(list).toString("base64"));
  expect(sorted("base64", [...texts].reverse())).toEqual(texts);
});

test("equal values keep the order of the view, and the second side decides before it", () => {
  const view = Int32Array.from([7, 3, 9, 1]);
  const first = ["1", "1.0", "1", "0"];
  const second = ["5", "5", "4", null];
  expect([...sortedOrder({ kind: "number", view, first, second }, false)]).toEqual([1, 9, 7, 3]);
  expect([...sortedOrder({ kind: "number", view, first, second }, true)]).toEqual([7, 3, 9, 1]);
});

test("compareValues says the same of two values", () => {
  expect(compareValues("10", "9", "number")).toBeGreaterThan(0);
  expect(compareValues("10", "9", "text")).toBeLessThan(0);
  expect(compareValues(null, "9", "text")).toBeGreaterThan(0);
  expect(compareValues(null, undefined, "text")).toBeLessThan(0);
});
