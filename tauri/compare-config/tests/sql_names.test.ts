import { describe, expect, it } from "vitest";

import { placeAt, tableReferences } from "../src/screens/one_table/sql_names";

describe("the tables of a statement", () => {
  it("are those behind FROM and JOIN, with what their columns are reached by", () => {
    const sql = `SELECT c.x, t.y FROM app_config c
      JOIN cfg.tariff AS t ON t.id = c.id LEFT JOIN "Mixed Case" USING (id)`;
    expect(tableReferences(sql)).toEqual([
      { schema: "", table: "app_config", alias: "c" },
      { schema: "cfg", table: "tariff", alias: "t" },
      { schema: "", table: '"Mixed Case"', alias: '"Mixed Case"' },
    ]);
  });

  it("are all of a list with commas, and none of the columns before it", () => {
    const tables = tableReferences("SELECT a, b, c FROM one o, two, three WHERE a IN (b, c)");
    expect(tables.map(({ table }) => table)).toEqual(["one", "two", "three"]);
  });

  it("are not those of comments and texts", () => {
    const sql = "SELECT 'from x' FROM a -- from b\n/* from c */ WHERE d = 'it''s from e'";
    expect(tableReferences(sql).map(({ table }) => table)).toEqual(["a"]);
  });

  it("are found within brackets, too", () => {
    const sql = "SELECT * FROM (SELECT * FROM inner_one) x JOIN other ON 1 = 1";
    expect(tableReferences(sql).map(({ table }) => table)).toEqual(["inner_one", "other"]);
  });

  it("take no clause for an alias", () => {
    expect(tableReferences("select * from a where b = 1 order by c")).toEqual([
      { schema: "", table: "a", alias: "a" },
    ]);
  });
});

describe("what is completed at a place", () => {
  const at = (statement: string): unknown => placeAt(statement, statement.length);

  it("is a table behind FROM, JOIN, and a comma in their list", () => {
    expect(at("SELECT a FROM ")).toEqual({ kind: "table" });
    expect(at("SELECT a FROM b JOIN ")).toEqual({ kind: "table" });
    expect(at("SELECT a FROM b, ")).toEqual({ kind: "table" });
  });

  it("is a column elsewhere", () => {
    expect(at("SELECT a, ")).toEqual({ kind: "column" });
    expect(at("SELECT a FROM b WHERE ")).toEqual({ kind: "column" });
    expect(at("SELECT a FROM b ORDER BY c, ")).toEqual({ kind: "column" });
  });

  it("belongs to what stands before the dot", () => {
    expect(at("SELECT c.")).toEqual({ kind: "after_dot", name: "c" });
    expect(at('SELECT * FROM "My Schema".')).toEqual({ kind: "after_dot", name: '"My Schema"' });
  });
});
