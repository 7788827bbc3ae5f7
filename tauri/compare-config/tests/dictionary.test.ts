import { expect, test } from "vitest";

import {
  columnsQuery,
  keyCountQuery,
  keysQuery,
  readShape,
  readShapes,
  readSynonym,
  readTables,
  schemaColumnsQuery,
  schemaKeysQuery,
  schemasQuery,
  synonymQuery,
  tablesQuery,
} from "../src/model/tables/dictionary";

// What the rows of the dictionary become; the statements themselves run in e2e/dictionary.test.ts.

const column = (name: string, type: string, ...rest: (number | string | null)[]) => {
  const [chars = 0, bytes = 0, precision = null, scale = null, nullable = "N"] = rest;
  return [name, type, chars, bytes, precision, scale, nullable];
};

test.each([
  [column("C", "NUMBER", 0, 22), "NUMBER"],
  [column("C", "NUMBER", 0, 22, 10, 0), "NUMBER(10)"],
  [column("C", "NUMBER", 0, 22, 18, 6), "NUMBER(18,6)"],
  [column("C", "NUMBER", 0, 22, 5, -2), "NUMBER(5,-2)"],
  [column("C", "NUMBER", 0, 22, null, 0), "NUMBER(38)"],
  [column("C", "NUMBER", 0, 22, null, 2), "NUMBER(38,2)"],
  [column("C", "FLOAT", 0, 22, 126), "FLOAT(126)"],
  [column("C", "VARCHAR2", 200, 800), "VARCHAR2(200)"],
  [column("C", "NCHAR", 4, 8), "NCHAR(4)"],
  [column("C", "RAW", 0, 16), "RAW(16)"],
  [column("C", "TIMESTAMP(6) WITH TIME ZONE", 0, 13, null, 6), "TIMESTAMP(6) WITH TIME ZONE"],
  [column("C", "CLOB", 0, 4000), "CLOB"],
])("the dictionary's %j is told as /query tells it", (row, type) => {
  expect(readShape([row], [])?.columns).toEqual([{ name: "C", type }]);
});

test("a table of which nothing is there has no shape", () => {
  expect(readShape([], [])).toBeNull();
});

test("keys stand best first, each set of columns once", () => {
  const columns = ["A", "B", "C", "D"].map((name) => column(name, "NUMBER"));
  const shape = readShape(columns, [
    ["T", 2, "A_IX", 1, "C"],
    ["T", 1, "Z_UK", 1, "B"],
    ["T", 1, "Z_UK", 2, "C"],
    ["T", 1, "Y_UK", 1, "D"],
    ["T", 0, "T_PK", 1, "B"],
    ["T", 0, "T_PK", 2, "A"],
    ["T", 2, "T_PK", 1, "B"],
    ["T", 2, "T_PK", 2, "A"],
  ]);

  expect(shape?.keys).toEqual([
    { name: "T_PK", isPrimary: true, columns: ["B", "A"] },
    { name: "Y_UK", isPrimary: false, columns: ["D"] },
    { name: "Z_UK", isPrimary: false, columns: ["B", "C"] },
    { name: "A_IX", isPrimary: false, columns: ["C"] },
  ]);
});

test("a unique key with a column that may be NULL tells no rows apart", () => {
  const columns = [column("A", "NUMBER"), column("B", "NUMBER", 0, 22, null, null, "Y")];
  const shape = readShape(columns, [
    ["T", 1, "UK", 1, "A"],
    ["T", 1, "UK", 2, "B"],
  ]);

  expect(shape?.keys).toEqual([]);
});

test("all tables of a schema are read at once, each with its keys", () => {
  const shapes = readShapes(
    [
      ["T1", ...column("A", "NUMBER")],
      ["T1", ...column("B", "DATE")],
      ["T2", ...column("A", "NUMBER")],
    ],
    [["T2", 0, "T2_PK", 1, "A"]],
  );

  expect([...shapes.keys()]).toEqual(["T1", "T2"]);
  expect(shapes.get("T1")?.columns.map(({ name }) => name)).toEqual(["A", "B"]);
  expect(shapes.get("T2")?.keys).toEqual([{ name: "T2_PK", isPrimary: true, columns: ["A"] }]);
});

test("tables and views are told apart", () => {
  expect(
    readTables([
      ["A", "TABLE"],
      ["B", "VIEW"],
    ]),
  ).toEqual([
    { name: "A", kind: "table" },
    { name: "B", kind: "view" },
  ]);
});

test("a synonym leads to its table, unless that is in another database", () => {
  expect(
    readSynonym([
      ["CFG", "APP_CONFIG", null],
      ["PUBLIC_ONE", "X", null],
    ]),
  ).toEqual({
    schema: "CFG",
    table: "APP_CONFIG",
  });
  expect(readSynonym([["CFG", "APP_CONFIG", "OTHER.WORLD"]])).toBeNull();
  expect(readSynonym([])).toBeNull();
});

test("names go as binds, and nothing stands around an owner's column", () => {
  const evil = `X' OR 1 = 1 --`;
  const queries = [
    tablesQuery(evil),
    columnsQuery(evil, evil),
    keysQuery(evil, evil),
    schemaColumnsQuery(evil),
    schemaKeysQuery(evil),
    synonymQuery(evil, evil),
  ];
  for (const { sql, binds } of queries) {
    expect(sql).not.toContain(evil);
    expect(sql).toMatch(/owner = :owner/);
    expect(sql).not.toMatch(/\w\([^()]*owner[^()]*\) *=/);
    expect(Object.values(binds)).toContain(evil);
  }
});

test("the current schema needs no bind", () => {
  expect(tablesQuery("").binds).toEqual({});
  expect(keysQuery("", "T").binds).toEqual({ name: "T" });
  expect(tablesQuery("").sql).toContain("owner = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA')");
  expect(schemasQuery().binds).toEqual({});
});

test("a condition stands on lines of its own, so that a comment at its end ends there", () => {
  const { sql } = keyCountQuery("CFG", "Mixed", ["ID", "Code"], "A = 1 -- only those");

  expect(sql).toContain('FROM CFG."Mixed"\n WHERE (\nA = 1 -- only those\n)\n GROUP BY ID, "Code"');
});
