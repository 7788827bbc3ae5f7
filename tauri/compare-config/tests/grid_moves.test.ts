import { describe, expect, test } from "vitest";

import { Differences } from "../src/model/rows/differences";
import { gridColumns } from "../src/result/grid/grid_columns";
import { GUTTER, HEADER, movedCell, nextDifference } from "../src/result/grid/grid_moves";

const SIZE = { rows: 100, columns: 5, page: 10 };

function moved(key: string, position: number, column: number, ctrlKey = false): unknown {
  return movedCell({ key, ctrlKey, metaKey: false }, { position, column }, SIZE);
}

describe("a key in the grid", () => {
  test.each([
    ["ArrowDown", 3, 2, 4, 2],
    ["ArrowDown", 99, 2, 99, 2],
    ["ArrowUp", 0, 2, HEADER, 2],
    ["ArrowUp", HEADER, 2, HEADER, 2],
    ["ArrowLeft", 3, 0, 3, GUTTER],
    ["ArrowLeft", 3, GUTTER, 3, GUTTER],
    ["ArrowRight", 3, 4, 3, 4],
    ["Home", 3, 4, 3, GUTTER],
    ["End", 3, 0, 3, 4],
    ["PageDown", 3, 2, 13, 2],
    ["PageDown", 95, 2, 99, 2],
    ["PageUp", 13, 2, 3, 2],
    ["PageUp", 3, 2, 0, 2],
  ])("%s leads from row %i, column %i to row %i, column %i", (key, ...places) => {
    const [fromRow, fromColumn, position, column] = places;
    expect(moved(key, fromRow, fromColumn)).toEqual({ position, column });
  });

  test("with Ctrl leads to the first and to the last cell", () => {
    expect(moved("Home", 50, 2, true)).toEqual({ position: 0, column: GUTTER });
    expect(moved("End", 50, 2, true)).toEqual({ position: 99, column: 4 });
  });

  test("that is a letter moves nothing", () => {
    expect(moved("n", 3, 2)).toBeNull();
  });

  test("stays in the header where there is no row", () => {
    const none = { ...SIZE, rows: 0 };
    const down = { key: "ArrowDown", ctrlKey: false, metaKey: false };
    expect(movedCell(down, { position: HEADER, column: 1 }, none)?.position).toBe(HEADER);
  });
});

describe("the next difference", () => {
  const columns = gridColumns(
    {
      key: ["A"],
      columns: ["A", "B", "C"],
      left_types: ["NUMBER", "NUMBER", "NUMBER"],
      right_types: ["NUMBER", "NUMBER", "NUMBER"],
      left_only_columns: [],
      right_only_columns: [],
      types_differ: [],
      ignored: [],
      empty_is_null: [],
      left_sql: "",
      right_sql: "",
      left_started: "",
      right_started: "",
    },
    new Map(),
    { pinned: [], widths: {} },
  );
  const differences = new Differences();
  differences.append([
    '{"diff":"changed","key":{"A":1},"columns":["B","C"],"left":{"B":1,"C":1},"right":{"B":2,"C":2}}',
    '{"diff":"left_only","key":{"A":2},"left":{"A":2,"B":1,"C":1}}',
    '{"diff":"changed","key":{"A":3},"columns":["C"],"left":{"C":1},"right":{"C":2}}',
  ]);
  const rows = differences.view();

  test("is met cell by cell, and at the gutter of a row that one side lacks", () => {
    const met = [];
    let at: { position: number; column: number } | null = { position: 0, column: GUTTER };
    while ((at = nextDifference(at, 1, rows, columns, differences)) !== null) met.push(at);

    expect(met).toEqual([
      { position: 0, column: 1 },
      { position: 0, column: 2 },
      { position: 1, column: GUTTER },
      { position: 2, column: 2 },
    ]);
  });

  test("is met backwards in the opposite order", () => {
    const met = [];
    let at: { position: number; column: number } | null = { position: 2, column: 2 };
    while ((at = nextDifference(at, -1, rows, columns, differences)) !== null) met.push(at);

    expect(met).toEqual([
      { position: 1, column: GUTTER },
      { position: 0, column: 2 },
      { position: 0, column: 1 },
    ]);
  });
});
