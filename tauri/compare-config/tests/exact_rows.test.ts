import { ExactNumber } from "oracle-sidecar-client";
import { expect, test } from "vitest";
import {
  cellOf,
  isEmptyMark,
  kindOfLine,
  parseDifference,
  sortText,
  valueKind,
} from "../src/model/rows/exact_rows";

const CHANGED =
  '{"diff":"changed","key":{"ID":101},"columns":["QTY"],' +
  '"left":{"QTY":1.50,"NAME":null},"right":{"QTY":2,"NAME":null}}';

test("a changed row has its key, the columns that differ, and every digit", () => {
  const row = parseDifference(CHANGED);
  expect(row.kind).toBe("changed");
  expect(row.key?.get("ID")).toEqual(new ExactNumber("101"));
  expect([...row.columns]).toEqual(["QTY"]);
  expect(row.left?.get("QTY")).toEqual(new ExactNumber("1.50"));
  expect(row.right?.get("QTY")).toEqual(new ExactNumber("2"));
});

test("a row on one side only has no row on the other", () => {
  const row = parseDifference('{"diff":"right_only","key":{"ID":9},"right":{"ID":9,"A":"b"}}');
  expect(row.left).toBeNull();
  expect(row.right?.get("A")).toBe("b");
  expect(row.columns.size).toBe(0);
});

test("a row that is its own key has none", () => {
  expect(parseDifference('{"diff":"left_only","left":{"A":"b"}}').key).toBeNull();
});

test("a column may be called __proto__ or constructor", () => {
  const line =
    '{"diff":"changed","key":{"__proto__":"k"},"columns":["constructor"],' +
    '"left":{"constructor":"a"},"right":{"constructor":"b"}}';
  const row = parseDifference(line);
  expect(row.key?.get("__proto__")).toBe("k");
  expect(cellOf(row, "constructor")).toEqual({ left: "a", right: "b", state: "differs" });
  expect(cellOf(row, "toString").state).toBe("not_sent");
});

test("a cell is told apart: it differs, is the same, is the key's, or was not sent", () => {
  const row = parseDifference(CHANGED);
  expect(cellOf(row, "QTY").state).toBe("differs");
  expect(cellOf(row, "NAME")).toEqual({ left: null, right: null, state: "same" });
  expect(cellOf(row, "ID").left).toEqual(new ExactNumber("101"));
  expect(cellOf(row, "ID").state).toBe("same");
  expect(cellOf(row, "OTHER")).toEqual({ left: undefined, right: undefined, state: "not_sent" });
});

test("what is no difference line is refused or skipped, never taken for one", () => {
  expect(kindOfLine('{"diff":"moved","left":{}}')).toBeNull();
  expect(kindOfLine('{"progress":{}}')).toBeNull();
  expect(kindOfLine('{"diff":"changed_more","left":{}}')).toBeNull();
  expect(kindOfLine('{"left":{"A":1}, "diff":"left_only"}')).toBe("left_only");
  expect(kindOfLine(CHANGED)).toBe("changed");
  expect(() => parseDifference('{"progress":{}}')).toThrow(TypeError);
  expect(() => parseDifference('{"diff":"left_only","left":[]}')).toThrow(TypeError);
  expect(() => parseDifference("{")).toThrow(SyntaxError);
});

test.each([
  ["NUMBER(10)", "number"],
  ["FLOAT(126)", "number"],
  ["BINARY_DOUBLE", "number"],
  ["VARCHAR2(40)", "text"],
  ["CHAR(1)", "text"],
  ["NCLOB", "text"],
  ["LONG", "text"],
  ["ROWID", "text"],
  ["DATE", "moment"],
  ["TIMESTAMP(6)", "moment"],
  ["TIMESTAMP(6) WITH TIME ZONE", "zoned"],
  ["TIMESTAMP(6) WITH LOCAL TIME ZONE", "zoned"],
  ["INTERVAL DAY(2) TO SECOND(6)", "days"],
  ["INTERVAL YEAR(2) TO MONTH", "months"],
  ["RAW(16)", "hex"],
  ["LONG RAW", "hex"],
  ["BLOB", "base64"],
  ["BOOLEAN", "boolean"],
  ["JSON", "json"],
  ["VECTOR(3, FLOAT32)", "structure"],
  ["CFG.ADDRESS_T", "structure"],
  ["DATE_RANGE_T", "structure"],
])("values of %s are of kind %s", (type, kind) => {
  expect(valueKind(type)).toBe(kind);
});

test("only the mark of an empty value is one", () => {
  const value = (json: string) => parseDifference(`{"diff":"left_only","left":{"A":${json}}}`);
  const isMark = (json: string): boolean => isEmptyMark(value(json).left?.get("A"));
  expect(isMark('{"empty":true}')).toBe(true);
  for (const json of ['{"empty":false}', '{"empty":true,"a":1}', "{}", "[]", "null", '"empty"']) {
    expect(isMark(json), json).toBe(false);
  }
});

test("values are sorted by their digits, their text, and their JSON with sorted keys", () => {
  expect(sortText(new ExactNumber("1.50"))).toBe("1.50");
  expect(sortText("a")).toBe("a");
  expect(sortText(null)).toBeNull();
  expect(sortText(undefined)).toBeUndefined();
  expect(sortText({ b: new ExactNumber("1.0"), a: true })).toBe('{"a":true,"b":1.0}');
  expect(sortText({ empty: true })).toBe("");
});
