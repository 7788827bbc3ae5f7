import { describe, expect, test } from "vitest";

import { parseDifference } from "../src/model/rows/exact_rows";
import { copyOfBoth, copyOfRow, copyOfSide } from "../src/result/copying";
import type { GridColumn } from "../src/result/grid/grid_columns";

const names = {
  left: { label: "DEV", isProduction: false },
  right: { label: "PROD", isProduction: true },
};

function column(name: string, type = "VARCHAR2(40)"): GridColumn {
  return {
    name,
    types: { left: type, right: type },
    isKey: name === "ID",
    isPinned: false,
    isNumber: false,
    differing: 0,
    width: 100,
  };
}

const changed = parseDifference(
  '{"diff":"changed","key":{"ID":7},"columns":["V"],"left":{"ID":7,"V":"a\\tb","S":"x"},"right":{"ID":7,"V":null,"S":"x"}}',
);
const leftOnly = parseDifference('{"diff":"left_only","key":{"ID":8},"left":{"ID":8,"V":"=1+1"}}');

describe("a copy", () => {
  test("of one side is the value alone, and as it is", () => {
    expect(copyOfSide(changed, column("V"), "left", names).text).toBe("a\tb");
    expect(copyOfSide(leftOnly, column("V"), "left", names).text).toBe("=1+1");
    expect(copyOfSide(changed, column("ID", "NUMBER"), "right", names).text).toBe("7");
  });

  test("of NULL is a word, and says that it is none of the value's", () => {
    const copy = copyOfSide(changed, column("V"), "right", names);

    expect(copy.text).toBe("NULL");
    expect(copy.sentence).toBe("Copied the word NULL: PROD has none.");
  });

  test("of what is not there is none", () => {
    expect(copyOfSide(leftOnly, column("V"), "right", names)).toEqual({
      text: null,
      sentence: "There is no row in PROD.",
    });
    expect(copyOfSide(changed, column("OTHER"), "left", names).text).toBeNull();
    expect(copyOfBoth(changed, column("OTHER"), names).text).toBeNull();
  });

  test("of both sides names them, and keeps a value with a tab in one cell", () => {
    expect(copyOfBoth(changed, column("V"), names).text).toBe('DEV\t"a\tb"\nPROD\tNULL');
    expect(copyOfBoth(leftOnly, column("V"), names).text).toBe("DEV\t=1+1\nPROD\tno row");
  });

  test("of what is the same is said once", () => {
    expect(copyOfBoth(changed, column("S"), names).text).toBe("x");
  });

  test("of a row has a line for the names and one for each side", () => {
    const { text } = copyOfRow(
      changed,
      [column("ID", "NUMBER"), column("S"), column("OTHER")],
      names,
    );

    expect(text?.split("\n")).toEqual([
      "\tID\tS\tOTHER",
      "DEV\t7\tx\t(the same on both sides, not loaded)",
      "PROD\t7\tx\t(the same on both sides, not loaded)",
    ]);
  });
});
