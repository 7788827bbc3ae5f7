import { expect, test } from "vitest";
import { clock, count, duration, fileSize, list, moment, plural } from "../src/model/formats";

test("counts follow the locale", () => {
  expect(count(12453, "en")).toBe("12,453");
  expect(count(12453, "de")).toBe("12.453");
});

test("one is singular, all others are plural", () => {
  expect(plural(0, "row", "rows", "en")).toBe("0 rows");
  expect(plural(1, "row", "rows", "en")).toBe("1 row");
  expect(plural(1000, "row", "rows", "en")).toBe("1,000 rows");
});

test("a duration has the unit that is read at a glance", () => {
  const told = [0, 182.4, 999.4, 999.6, 4400, 9949, 9960, 41_000, 59_700, 161_000, 3_899_000];
  expect(told.map((ms) => duration(ms, "en"))).toEqual([
    "0 ms",
    "182 ms",
    "999 ms",
    "1 s",
    "4.4 s",
    "9.9 s",
    "10 s",
    "41 s",
    "1 min 0 s",
    "2 min 41 s",
    "1 h 5 min",
  ]);
});

test("times follow the locale, and a moment names its zone", () => {
  const at = new Date(2026, 10, 28, 14, 3, 7);
  expect(clock(at, "de")).toBe("14:03:07");
  expect(clock(at, "en-US")).toMatch(/^0?2:03:07.PM$/);
  expect(moment(at, "de")).toMatch(/28\. Nov.* 2026.*14:03:07 \S+/);
});

test("sizes are told to the byte", () => {
  expect(fileSize(1, "en")).toBe("1 byte");
  expect(fileSize(1204, "en")).toBe("1,204 bytes");
});

test("a list of words ends with and", () => {
  expect(list([])).toBe("");
  expect(list(["A"])).toBe("A");
  expect(list(["A", "B"])).toBe("A and B");
  expect(list(["A", "B", "C"])).toBe("A, B and C");
});
