import { expect, test } from "vitest";

import {
  cannotBeCompared,
  columnsHeading,
  compareColumns,
  family,
  familyPhrase,
  familyWord,
  NOTHING_LEFT_OUT,
  pinnedColumns,
} from "../src/model/tables/columns";
import { NAMES, shape } from "./samples";

test.each([
  ["NUMBER", "number"],
  ["NUMBER(18,6)", "number"],
  ["FLOAT(126)", "number"],
  ["BINARY_FLOAT", "float"],
  ["BINARY_DOUBLE", "float"],
  ["CHAR(3)", "text"],
  ["NCHAR(3)", "text"],
  ["VARCHAR2(40)", "text"],
  ["NVARCHAR2(40)", "text"],
  ["CLOB", "text"],
  ["NCLOB", "text"],
  ["LONG", "text"],
  ["ROWID", "text"],
  ["UROWID", "text"],
  ["XMLTYPE", "text"],
  ["LONG RAW", "bytes"],
  ["RAW(16)", "bytes"],
  ["BLOB", "bytes"],
  ["DATE", "moment"],
  ["TIMESTAMP(6)", "moment"],
  ["TIMESTAMP(6) WITH TIME ZONE", "zoned"],
  ["TIMESTAMP(6) WITH LOCAL TIME ZONE", "zoned"],
  ["INTERVAL DAY(2) TO SECOND(6)", "days"],
  ["INTERVAL YEAR(2) TO MONTH", "months"],
  ["BOOLEAN", "boolean"],
  ["JSON", "JSON"],
  ["VECTOR(3, FLOAT32)", "vector"],
  ["ADDRESS_T", "structure"],
  ["NUMBER_LIST", "structure"],
  ["JSON_T", "structure"],
])("%s is of the family %s", (type, expected) => {
  expect(family(type)).toBe(expected);
});

test("a family is told in a word, and within a sentence with its article", () => {
  expect(["DATE", "TIMESTAMP(3)", "CLOB", "INTERVAL DAY(2) TO SECOND(6)"].map(familyWord)).toEqual([
    "date",
    "timestamp",
    "text",
    "interval of days",
  ]);
  expect(["NUMBER", "CLOB", "INTERVAL YEAR(2) TO MONTH", "JSON"].map(familyPhrase)).toEqual([
    "a number",
    "text",
    "an interval of months",
    "JSON",
  ]);
});

const LEFT = shape(
  {
    CONFIG_ID: "NUMBER(10)",
    CONFIG_KEY: "VARCHAR2(120)",
    AMOUNT: "NUMBER(10,2)",
    DAY: "DATE",
    NOTES: "VARCHAR2(400)",
    UPDATED_AT: "DATE",
    OLD: "DATE",
  },
  ["CONFIG_ID"],
  ["CONFIG_KEY"],
);
const RIGHT = shape(
  {
    REGION: "VARCHAR2(8)",
    CONFIG_ID: "NUMBER(10)",
    CONFIG_KEY: "VARCHAR2(200)",
    AMOUNT: "NUMBER(12,2)",
    DAY: "TIMESTAMP(3)",
    NOTES: "NUMBER",
    UPDATED_AT: "DATE",
  },
  ["CONFIG_ID"],
);
const LEFT_OUT = { leftOut: ["OLD"], leftOutPatterns: ["UPDATED_%", "CONFIG_ID"] };

const lines = (choice = NOTHING_LEFT_OUT) =>
  compareColumns({ left: LEFT, right: RIGHT }, ["CONFIG_ID"], choice, NAMES);

test("each column says what becomes of it, in the first side's order", () => {
  expect(lines(LEFT_OUT).map(({ name, state, note }) => [name, state, note])).toEqual([
    ["CONFIG_ID", "key", "key"],
    ["CONFIG_KEY", "compared", "other length"],
    ["AMOUNT", "compared", "other precision"],
    ["DAY", "compared", "other type"],
    ["NOTES", "types_differ", "types differ"],
    ["UPDATED_AT", "left_out", "you left it out"],
    ["OLD", "left_out", "you left it out"],
    ["REGION", "only_right", "only in PROD"],
  ]);
});

test("a column says whether its name or a pattern leaves it out", () => {
  const byName = Object.fromEntries(lines(LEFT_OUT).map((line) => [line.name, line.leftOutBy]));

  expect([byName.UPDATED_AT, byName.OLD]).toEqual(["UPDATED_%", null]);
});

test("the types of both sides stand beside a column, and nothing where it is not there", () => {
  expect(lines().find(({ name }) => name === "REGION")).toMatchObject({
    left: null,
    right: "VARCHAR2(8)",
  });
});

test("the heading counts what is compared, the key included", () => {
  expect(columnsHeading(lines(LEFT_OUT))).toBe("4 of 8 are compared");
  const same = compareColumns({ left: LEFT, right: LEFT }, null, NOTHING_LEFT_OUT, NAMES);
  expect(columnsHeading(same)).toBe("all 7 are compared");
});

test("what cannot be compared is named, with a button that leaves it out", () => {
  expect(cannotBeCompared(lines(LEFT_OUT))).toEqual({
    columns: ["NOTES", "REGION"],
    sentence: "NOTES and REGION cannot be compared, so the result cannot be “the same”.",
    label: "Leave both out",
  });
  expect(cannotBeCompared(lines())?.label).toBe("Leave all 3 out");
  expect(cannotBeCompared(lines({ leftOut: ["NOTES", "OLD"], leftOutPatterns: [] }))?.label).toBe(
    "Leave REGION out",
  );
});

test("nothing is said where all can be compared", () => {
  const same = compareColumns({ left: LEFT, right: LEFT }, null, NOTHING_LEFT_OUT, NAMES);

  expect(cannotBeCompared(same)).toBeNull();
});

test("a unique text column beside the key is pinned", () => {
  expect(pinnedColumns({ left: LEFT, right: RIGHT }, lines())).toEqual(["CONFIG_KEY"]);
});
