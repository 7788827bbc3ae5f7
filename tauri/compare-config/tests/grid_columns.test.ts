import type { CompareHead } from "oracle-sidecar-client";
import { describe, expect, test } from "vitest";

import {
  arrange,
  countFits,
  GUTTER_WIDTH,
  gridColumns,
  typeLabel,
  type GridColumn,
} from "../src/result/grid/grid_columns";

const NOTHING_HIDDEN = { hidden: new Set<string>(), differingFirst: false };

function headOf(types: Record<string, string>, key: CompareHead["key"]): CompareHead {
  return {
    key,
    columns: Object.keys(types),
    left_types: Object.values(types),
    right_types: Object.values(types),
    left_only_columns: [],
    right_only_columns: [],
    types_differ: [],
    ignored: [],
    empty_is_null: [],
    left_sql: "",
    right_sql: "",
    left_started: "",
    right_started: "",
  };
}

const HEAD = headOf(
  { ID: "NUMBER(10)", NOTE: "CLOB", CODE: "VARCHAR2(40)", PRICE: "NUMBER(12,2)" },
  ["ID"],
);

function columnsOf(
  counts: Record<string, number> = {},
  layout: { pinned?: string[]; widths?: Record<string, number> } = {},
): GridColumn[] {
  const { pinned = [], widths = {} } = layout;
  return gridColumns(HEAD, new Map(Object.entries(counts)), { pinned, widths });
}

describe("columns of the grid", () => {
  test("begin with the key and the pinned ones, which are frozen", () => {
    const placed = arrange(columnsOf({}, { pinned: ["CODE"] }), NOTHING_HIDDEN, 1280);

    expect(placed.map(({ name, isFrozen }) => [name, isFrozen])).toEqual([
      ["ID", true],
      ["CODE", true],
      ["NOTE", false],
      ["PRICE", false],
    ]);
  });

  test("stand side by side behind the gutter", () => {
    const placed = arrange(columnsOf({}, { widths: { ID: 100, NOTE: 200 } }), NOTHING_HIDDEN, 1280);

    expect(placed.map(({ start }) => start).slice(0, 3)).toEqual([
      GUTTER_WIDTH,
      GUTTER_WIDTH + 100,
      GUTTER_WIDTH + 300,
    ]);
  });

  test("are frozen only as far as most of the grid still moves", () => {
    const pinned = columnsOf({}, { pinned: ["CODE", "NOTE"], widths: { NOTE: 600 } });
    const frozenAt = (width: number): string[] =>
      arrange(pinned, NOTHING_HIDDEN, width).flatMap(({ name, isFrozen }) =>
        isFrozen ? [name] : [],
      );

    expect(frozenAt(3000)).toEqual(["ID", "NOTE", "CODE"]);
    expect(frozenAt(1280)).toEqual(["ID"]);
    expect(frozenAt(300)).toEqual([]);
  });

  test("that differ come to the front, behind the frozen ones, where it is asked for", () => {
    const columns = columnsOf({ PRICE: 3 });
    const names = (differingFirst: boolean): string[] =>
      arrange(columns, { ...NOTHING_HIDDEN, differingFirst }, 1280).map(({ name }) => name);

    expect(names(false)).toEqual(["ID", "NOTE", "CODE", "PRICE"]);
    expect(names(true)).toEqual(["ID", "PRICE", "NOTE", "CODE"]);
  });

  test("are hidden by name, except those of the key", () => {
    const hidden = new Set(["ID", "NOTE"]);
    const placed = arrange(columnsOf(), { hidden, differingFirst: false }, 1280);

    expect(placed.map(({ name }) => name)).toEqual(["ID", "CODE", "PRICE"]);
  });

  test("have no key where a row is its own", () => {
    const head = headOf({ ID: "NUMBER(10)" }, "row");
    const [column] = gridColumns(head, new Map(), { pinned: [], widths: {} });

    expect(column?.isKey).toBe(false);
  });
});

describe("a column's header", () => {
  test.each([
    ["VARCHAR2(120)", "VARCHAR2(120)", "VARCHAR2(120)"],
    ["VARCHAR2(120)", "VARCHAR2(200)", "VARCHAR2(120), (200)"],
    ["NUMBER(10)", "NUMBER", "NUMBER(10), NUMBER"],
    ["DATE", "TIMESTAMP(6)", "DATE, TIMESTAMP(6)"],
  ])("says of %s and %s: %s", (left, right, label) => {
    expect(typeLabel({ left, right })).toBe(label);
  });

  test("has its count beside the name only where both have room", () => {
    const [, , code] = columnsOf({}, { widths: { CODE: 120 } });
    if (code === undefined) throw new Error("no column CODE");

    expect(countFits(code, "8")).toBe(true);
    expect(countFits(code, "1,000,000")).toBe(false);
  });
});
