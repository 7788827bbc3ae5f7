import { parseExact } from "oracle-sidecar-client";
import { expect, test } from "vitest";
import { toCsv } from "../src/model/take_away/csv";
import { Differences } from "../src/model/rows/differences";
import { toJson } from "../src/model/take_away/json_file";
import { fileName, type TakeAway } from "../src/model/take_away/take_away";
import { done, facts, head, NAMES } from "./samples";

const TYPES: Record<string, string> = {
  ID: "NUMBER(10)",
  NAME: "VARCHAR2(40)",
  QTY: "NUMBER",
  DOC: "JSON",
  TEXT: "CLOB",
  BIN: "BLOB",
};

/** A final result with these lines. */
function result(lines: readonly string[], columns = ["ID", "NAME", "QTY"]): TakeAway {
  const types = columns.map((name) => TYPES[name] ?? "VARCHAR2(40)");
  const compared = head({ key: ["ID"], columns, left_types: types, right_types: types });
  const differences = new Differences();
  differences.append(lines);
  return {
    facts: done({ changed: lines.length }, { head: compared }),
    differences,
    view: differences.view(),
    verdict: { sentence: "1 row differs.", line: "Read at 14:03:07." },
    locale: "en",
  };
}

/** The lines of the file, without its head. */
function csv(lines: readonly string[], columns?: string[]): string[] {
  return [...toCsv(result(lines, columns))].join("").split("\r\n").slice(1, -1);
}

function changed(left: object, right: object): string {
  const columns = Object.keys(left);
  return JSON.stringify({ diff: "changed", key: { ID: 7 }, columns, left, right });
}

function onlyLeft(row: object): string {
  return JSON.stringify({ diff: "left_only", key: { ID: 7 }, left: row });
}

test("a changed row has a line for each side, what was not loaded is said to be the same", () => {
  expect([...toCsv(result([changed({ QTY: 5 }, { QTY: 3 })]))].join("")).toBe(
    "\ufeffrow,kind,side,differs,ID,NAME,QTY\r\n" +
      "1,changed,DEV,QTY,7,(same),5\r\n" +
      "1,changed,PROD,QTY,7,(same),3\r\n",
  );
});

test("a row on one side has one line", () => {
  expect(csv([onlyLeft({ ID: 7, NAME: "a", QTY: null })])).toEqual(["1,only in DEV,DEV,,7,a,"]);
  const right = '{"diff":"right_only","key":{"ID":9},"right":{"ID":9,"NAME":"b","QTY":1}}';
  expect(csv([right])).toEqual(["1,only in PROD,PROD,,9,b,1"]);
});

test("rows go along as they are filtered and sorted", () => {
  const takeAway = result([onlyLeft({ ID: 1 }), onlyLeft({ ID: 2 }), onlyLeft({ ID: 3 })]);
  const parts = [...toCsv({ ...takeAway, view: Int32Array.from([2, 0]) })].slice(1);
  expect(parts.map((part) => part.split(",")[4])).toEqual(["3", "1"]);
});

test.each([
  ["=1+1", "'=1+1"],
  ["+1", "'+1"],
  ["-1", "-1"],
  ["-1+2", "'-1+2"],
  ["@SUM(A1)", "'@SUM(A1)"],
  [" =1+1", "' =1+1"],
  ["\t=1", '"\'\t=1"'],
  ["\r=1", '"\'\r=1"'],
  ["＝1", "'＝1"],
  ["-P1Y2M", "'-P1Y2M"],
  ["=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"],
  ["a=1", "a=1"],
])("no program takes %j for a formula", (text, expected) => {
  const [written] = csv([onlyLeft({ ID: 7, NAME: text, QTY: null })]);
  expect(written).toBe(`1,only in DEV,DEV,,7,${expected},`);
});

test("names of columns and of sides are no formula either", () => {
  const takeAway = result([onlyLeft({ ID: 7, "=A": "x" })], ["ID", "=A"]);
  takeAway.facts.names = {
    left: { label: "=DEV", isProduction: false },
    right: { label: "PROD", isProduction: true },
  };
  expect([...toCsv(takeAway)].join("")).toBe(
    "\ufeffrow,kind,side,differs,ID,'=A\r\n1,only in =DEV,'=DEV,,7,x\r\n",
  );
});

test("quotes, commas and line ends stay inside their field", () => {
  expect(csv([onlyLeft({ ID: 7, NAME: 'a "b", c', QTY: null })])).toEqual([
    '1,only in DEV,DEV,,7,"a ""b"", c",',
  ]);
  const parts = [...toCsv(result([onlyLeft({ ID: 7, NAME: "a\nb ", QTY: null })]))];
  expect(parts[1]).toBe('1,only in DEV,DEV,,7,"a\nb ",\r\n');
});

test("NULL, what is empty, and the text NULL are told apart", () => {
  const row = { ID: 7, NAME: null, TEXT: { empty: true }, DOC: { empty: true } };
  expect(csv([onlyLeft(row)], ["ID", "NAME", "TEXT", "DOC"])).toEqual([
    '1,only in DEV,DEV,,7,,"",null',
  ]);
  expect(csv([onlyLeft({ ID: 7, NAME: "NULL" })], ["ID", "NAME"])).toEqual([
    "1,only in DEV,DEV,,7,NULL",
  ]);
});

test("digits, JSON and bytes are written in full", () => {
  const row = '{"ID":7,"QTY":"12345678901234567890.5","DOC":{"b":1.50,"a":"x"},"BIN":"AQL/"}';
  const line = `{"diff":"left_only","key":{"ID":7},"left":${row}}`;
  expect(csv([line], ["ID", "QTY", "DOC", "BIN"])).toEqual([
    '1,only in DEV,DEV,,7,12345678901234567890.5,"{""a"":""x"",""b"":1.50}",0102FF',
  ]);
});

test("a column that only came along is in the file, too", () => {
  const line = changed({ QTY: 5 }, { QTY: 3 }).replace('{"QTY":5', '{"PIN":"p","QTY":5');
  const [first] = [...toCsv(result([line]))];
  expect(first).toBe("\ufeffrow,kind,side,differs,ID,NAME,QTY,PIN\r\n");
});

test("JSON has the lines with every digit as received", () => {
  const lines = [
    '{"diff":"left_only","key":{"ID":7},"left":{"ID":7,"QTY":1.50,"NAME":"ä"}}',
    '{"diff":"left_only","key":{"ID":8},"left":{"ID":8,"QTY":12345678901234567890123}}',
  ];
  const text = [...toJson(result(lines))].join("");
  for (const line of lines) expect(text).toContain(line);
  const file = parseExact(text);
  expect(file).toMatchObject({
    title: "APP_CONFIG",
    left: { name: "DEV", is_production: false, schema: "CFG", user: "APP_READ" },
    verdict: "1 row differs.",
    comparison: { key: ["ID"], left_sql: "SELECT 1" },
    totals: { changed: { digits: "2" }, complete: true },
    differences: [{ left: { QTY: { digits: "1.50" } } }, {}],
  });
});

test("JSON without a difference is JSON", () => {
  expect(parseExact([...toJson(result([]))].join(""))).toMatchObject({ differences: [] });
});

test("no password and no bind stands in a file", () => {
  const takeAway = result([]);
  takeAway.facts.setup.binds = [{ name: "b", type: "text", value: "SECRET" }];
  expect([...toJson(takeAway), ...toCsv(takeAway)].join("")).not.toContain("SECRET");
});

test("a result that is not final is not taken away", () => {
  const running = { ...result([]), facts: facts({ phase: "running", progress: null }) };
  expect(() => [...toCsv(running)]).toThrow("not final");
  expect(() => [...toJson(running)]).toThrow("not final");
});

test("a file is named by what it holds", () => {
  const at = new Date(2026, 10, 28, 14, 3, 7);
  expect(fileName("APP_CONFIG", NAMES, at, "csv")).toBe("APP_CONFIG DEV-PROD 2026-11-28 1403.csv");
});
