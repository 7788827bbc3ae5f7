import { expect, test } from "vitest";
import { Differences } from "../src/model/rows/differences";
import { parseDifference } from "../src/model/rows/exact_rows";
import { searchSentence } from "../src/model/rows/search";
import { sortedOrder } from "../src/model/rows/sorting";

const COLUMNS = [
  { name: "ID", type: "NUMBER(10)" },
  { name: "NAME", type: "VARCHAR2(40)" },
  { name: "QTY", type: "NUMBER" },
];

function changed(id: number | string, left: object, right: object, columns?: string[]): string {
  return JSON.stringify({
    diff: "changed",
    key: { ID: id },
    columns: columns ?? Object.keys(left),
    left,
    right,
  });
}

function only(side: "left" | "right", row: object): string {
  return JSON.stringify({ diff: `${side}_only`, key: {}, [side]: row });
}

function five(): Differences {
  const differences = new Differences(COLUMNS);
  differences.append([
    changed(1, { QTY: 5 }, { QTY: 3 }),
    only("left", { ID: 2, NAME: "Größe", QTY: null }),
    changed(3, { QTY: 1, NAME: "a" }, { QTY: 2, NAME: "b" }),
  ]);
  differences.append([
    only("right", { ID: 4, NAME: "name", QTY: 12 }),
    changed(5, { NAME: "x" }, { NAME: "y" }),
  ]);
  return differences;
}

test("each line is kept as it was received", () => {
  const lines = [
    changed(1, { NAME: 'ä漢😀\\"\u0001' }, { NAME: "\u2028" }),
    '{"diff":"left_only","left":{"QTY":1.50000000000000000000000001}}',
    only("right", { NAME: "x".repeat(3_000_000) }),
    only("right", { NAME: "after the long one" }),
  ];
  const differences = new Differences(COLUMNS);
  expect(differences.append(lines)).toBe(4);
  expect(lines.map((_, i) => differences.line(i))).toEqual(lines);
  expect(differences.row(1)).toEqual(parseDifference(lines[1] ?? ""));
  expect(() => differences.line(4)).toThrow(RangeError);
  expect(() => differences.kind(4)).toThrow(RangeError);
});

test("kinds, and columns that differ, are counted as lines come", () => {
  const differences = five();
  expect(differences.length).toBe(5);
  expect(differences.counts).toEqual({ changed: 3, left_only: 1, right_only: 1 });
  expect(Object.fromEntries(differences.columnCounts)).toEqual({ QTY: 2, NAME: 2 });
  expect(differences.kind(3)).toBe("right_only");
  expect(differences.differsIn(0, "QTY")).toBe(true);
  expect(differences.differsIn(0, "NAME")).toBe(false);
  expect(differences.differsIn(1, "QTY")).toBe(false);
});

test("lines of an unknown kind are left out, blanks and another order are not", () => {
  const differences = new Differences(COLUMNS);
  const line = '{ "columns": ["A B"], "left": {"A B": "x  y"}, "right": {}, "diff": "changed" }';
  expect(differences.append(['{"diff":"moved"}', line])).toBe(1);
  expect(differences.row(0).left?.get("A B")).toBe("x  y");
  expect(differences.columnCounts.get("A B")).toBe(1);
});

test("columns are known by names that have to be escaped, and that sound like members", () => {
  const differences = new Differences();
  const names = ['A"B', "A\\", "columns", "]", "\u2028", "__proto__"];
  for (const name of names) {
    differences.append([changed(1, { left: "]" }, { right: "}" }, [name])]);
  }
  const escaped = changed(1, {}, {}, ["\u2028"]).replace("\u2028", "\\u2028");
  differences.append([escaped]);
  expect([...differences.columnCounts]).toEqual([
    ['A"B', 1],
    ["A\\", 1],
    ["columns", 1],
    ["]", 1],
    ["\u2028", 2],
    ["__proto__", 1],
  ]);
});

test("a view holds the rows of a kind, those that differ in a column, and hits", () => {
  const differences = five();
  const view = (filter: Parameters<Differences["view"]>[0]) => [...differences.view(filter)];
  expect(view({})).toEqual([0, 1, 2, 3, 4]);
  expect(view({ kind: "changed" })).toEqual([0, 2, 4]);
  expect(view({ column: "QTY" })).toEqual([0, 2]);
  expect(view({ kind: "left_only", column: "QTY" })).toEqual([]);
  expect(view({ kind: "changed", among: Int32Array.from([1, 2, 3]) })).toEqual([2]);
  expect(view({ column: "UNKNOWN" })).toEqual([]);
});

test("no more lines are kept than asked for, and what is refused is counted", () => {
  const differences = new Differences(COLUMNS, 2);
  const lines = [1, 2, 3].map((id) => only("left", { ID: id }));
  expect(differences.append(lines)).toBe(2);
  expect(differences.append(lines)).toBe(0);
  expect(differences.length).toBe(2);
  expect(differences.refused).toBe(4);
});

test("lines past the bytes that a page has room for are refused and counted", () => {
  const differences = new Differences(COLUMNS, 100, 1000);
  const large = only("left", { NAME: "x".repeat(600) });
  expect(differences.append([large, large, large])).toBe(2);
  expect(differences.refused).toBe(1);
});

test("a search looks at values, not at the names of columns", async () => {
  const differences = five();
  const hits = async (text: string) => [...(await differences.search(text)).hits];
  expect(await hits("NAME")).toEqual([3]);
  expect(await hits("größe")).toEqual([1]);
  expect(await hits("GRÖSSE")).toEqual([]);
  expect(await hits("12")).toEqual([3]);
  expect(await hits("null")).toEqual([]);
  expect(await hits("left")).toEqual([]);
  expect(await hits("changed")).toEqual([]);
  expect(await hits('","')).toEqual([]);
});

test("a search finds keys, what is escaped, JSON as it is shown, and bytes as digits", async () => {
  const differences = new Differences([
    { name: "ID", type: "VARCHAR2(20)" },
    { name: "DOC", type: "JSON" },
    { name: "BIN", type: "BLOB" },
    { name: "TEXT", type: "CLOB" },
  ]);
  differences.append([
    changed("pay.url", { DOC: { b: 1, a: "Two" } }, { DOC: { b: 2, a: "Two" } }),
    only("right", { BIN: Buffer.from([0xde, 0xad, 0xbe, 0xef]).toString("base64") }),
    only("left", { TEXT: 'tab\t"quoted"' }),
    only("left", { TEXT: { empty: true }, DOC: { empty: true } }),
  ]);
  const hits = async (text: string) => [...(await differences.search(text)).hits];
  expect(await hits("PAY.")).toEqual([0]);
  expect(await hits('"a":"two","b"')).toEqual([0]);
  expect(await hits("two")).toEqual([0]);
  expect(await hits("adbe")).toEqual([1]);
  expect(await hits("b\t")).toEqual([2]);
  expect(await hits('"quoted"')).toEqual([2]);
  expect(await hits("empty")).toEqual([]);
  expect(await hits("true")).toEqual([]);
});

test("a search of many rows leaves the page responsive, and can be stopped", async () => {
  const differences = new Differences(COLUMNS);
  const text = "x".repeat(400);
  const line = only("left", { NAME: text });
  differences.append(Array.from({ length: 50_000 }, () => line));
  const stop = new AbortController();
  const seen: number[] = [];
  const searching = differences.search("xy", {
    signal: stop.signal,
    onProgress: (searched) => {
      seen.push(searched);
      if (seen.length === 2) stop.abort(new Error("typed on"));
    },
  });
  await expect(searching).rejects.toThrow("typed on");
  expect(seen.length).toBe(2);
  expect(seen[1]).toBeLessThan(50_000);
});

test("rows that come while a search runs are not said to be searched", async () => {
  const differences = five();
  const searching = differences.search("x");
  differences.append([only("left", { NAME: "x" })]);
  const found = await searching;
  expect(found.searched).toBe(5);
  expect([...found.hits]).toEqual([4]);
});

test("the sentence of a search says what was not searched", () => {
  expect(searchSentence(7, 100_000, 100_000, "en")).toBe("7 of 100,000 shown differences");
  expect(searchSentence(7, 100_000, 312_440, "en")).toBe(
    "7 of 100,000 shown differences. Searched in the 100,000 shown, " +
      "not in the 212,440 others.",
  );
});

test("rows are sorted by the first side, and by the only side that they have", async () => {
  const differences = five();
  const order = async (column: string, descending = false) => [
    ...sortedOrder(await differences.sortKeys(column, differences.view()), descending),
  ];
  // QTY: 5, NULL, 1, 12, not sent
  expect(await order("QTY")).toEqual([2, 0, 3, 1, 4]);
  expect(await order("QTY", true)).toEqual([3, 0, 2, 1, 4]);
  expect(await order("ID", true)).toEqual([4, 3, 2, 1, 0]);
});

test("sort keys can be posted to a worker", async () => {
  const differences = new Differences([{ name: "DOC", type: "JSON" }]);
  differences.append([
    '{"diff":"left_only","left":{"DOC":{"b":1.0,"a":12345678901234567890123}}}',
    '{"diff":"right_only","right":{"DOC":12345678901234567890.50}}',
  ]);
  const keys = await differences.sortKeys("DOC", differences.view());
  expect(structuredClone(keys)).toEqual({
    kind: "json",
    view: Int32Array.from([0, 1]),
    first: ['{"a":12345678901234567890123,"b":1.0}', "12345678901234567890.50"],
    second: [undefined, undefined],
  });
});
