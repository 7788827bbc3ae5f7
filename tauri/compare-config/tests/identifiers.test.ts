import { expect, test } from "vitest";

import {
  qualified,
  quoteIdentifier,
  typedIdentifier,
  typedTable,
} from "../src/model/tables/identifiers";

test.each([
  ["APP_CONFIG", "APP_CONFIG"],
  ["A$B#1", "A$B#1"],
  ["Mixed", '"Mixed"'],
  ["app_config", '"app_config"'],
  ["1ST", '"1ST"'],
  ["GRÖSSE", '"GRÖSSE"'],
  ["ORDER", '"ORDER"'],
  ["WITH BLANK", '"WITH BLANK"'],
])("the dictionary's %s is %s in SQL", (name, sql) => {
  expect(quoteIdentifier(name)).toBe(sql);
});

test("a table without a schema is the current schema's", () => {
  expect(qualified("", "APP_CONFIG")).toBe("APP_CONFIG");
  expect(qualified("Cfg", "APP_CONFIG")).toBe('"Cfg".APP_CONFIG');
});

test("what is typed means what SQL would take it for", () => {
  expect(typedIdentifier(" app_config ")).toBe("APP_CONFIG");
  expect(typedIdentifier('"Mixed"')).toBe("Mixed");
  expect(typedIdentifier("größe")).toBe("GRößE");
  expect(typedIdentifier("Mixed", ["Mixed"])).toBe("Mixed");
});

test("a schema in front of a table is told apart", () => {
  expect(typedTable("cfg.app_config")).toEqual({ schema: "CFG", table: "APP_CONFIG" });
  expect(typedTable('"My.Schema" . "T"')).toEqual({ schema: "My.Schema", table: "T" });
  expect(typedTable("app_config")).toEqual({ schema: null, table: "APP_CONFIG" });
  expect(typedTable("A.B", ["A.B"])).toEqual({ schema: null, table: "A.B" });
});
