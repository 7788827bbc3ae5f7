import { expect, test } from "vitest";

import { sameSetup, sqlOf, tableSetup, whereOf } from "../src/model/asking/setups";
import type { ManySetup } from "../src/model/types";
import { setup } from "./samples";

test("a condition is one for both sides until each has its own", () => {
  const both = setup({ sameWhere: true }, { where: " A = 1 " }, { where: "B = 2" });

  expect(whereOf(both, "right")).toBe("A = 1");
  expect(whereOf({ ...both, sameWhere: false }, "right")).toBe("B = 2");
});

test("a WHERE that somebody typed in front of the condition is not sent twice", () => {
  expect(whereOf(setup({}, { where: "where A = 1" }), "left")).toBe("A = 1");
  expect(whereOf(setup({}, { where: "WHEREABOUTS = 1" }), "left")).toBe("WHEREABOUTS = 1");
});

test("each mode has its own source", () => {
  const sql = setup({ mode: "sql" }, { sql: "SELECT 1", where: "A = 1" });

  expect([sqlOf(sql, "right"), whereOf(sql, "right")]).toEqual(["SELECT 1", ""]);
  expect(sqlOf({ ...sql, mode: "table" }, "left")).toBe("");
});

test("what is not used makes no difference between setups", () => {
  const one = setup({ leftOut: ["A", "B"] }, { where: "A = 1" }, { where: "unused" });
  const two = setup({ leftOut: ["B", "A"] }, { where: " A = 1", sql: "SELECT 1" });

  expect(sameSetup(one, two)).toBe(true);
});

test.each([
  setup({ leftOut: ["A"] }),
  setup({ leftOutPatterns: ["A%"] }),
  setup({ key: { kind: "row" } }),
  setup({ key: { kind: "columns", columns: ["A"] } }),
  setup({ mode: "sql" }),
  setup({}, { where: "A = 1" }),
  setup({}, { schema: "CFG" }),
  setup({}, {}, { table: "OTHER" }),
  setup({ binds: [{ name: "A", type: "text", value: "1" }] }),
])("what is asked otherwise makes another setup", (other) => {
  expect(sameSetup(setup(), other)).toBe(false);
});

test("one table of many is compared as it is remembered", () => {
  const many: ManySetup = {
    sides: {
      left: { connectionId: "1", schema: "CFG" },
      right: { connectionId: "2", schema: "CFG_LIVE" },
    },
    patterns: ["%"],
    perTable: {
      RATE: {
        where: "A = 1",
        key: { kind: "columns", columns: ["CODE"] },
        leftOut: ["UPDATED_AT"],
        leftOutPatterns: ["TMP%"],
      },
    },
  };
  const one = tableSetup(many, "RATE");

  expect(one.sides.right).toMatchObject({
    connectionId: "2",
    schema: "CFG_LIVE",
    table: "RATE",
    where: "A = 1",
  });
  expect(one).toMatchObject({
    mode: "table",
    key: { kind: "columns", columns: ["CODE"] },
    leftOut: ["UPDATED_AT"],
    leftOutPatterns: ["TMP%"],
  });
  expect(tableSetup(many, "OTHER")).toMatchObject({ key: { kind: "found" }, leftOut: [] });
});
