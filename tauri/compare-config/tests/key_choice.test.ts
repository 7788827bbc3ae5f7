import { expect, test } from "vitest";

import { keyCandidates, keyState, uniqueSentence } from "../src/model/tables/key_choice";
import type { KeyChoice, TableShape } from "../src/model/types";
import { NAMES, shape } from "./samples";

const FOUND: KeyChoice = { kind: "found" };
const ROW: KeyChoice = { kind: "row" };
const chosen = (...columns: string[]): KeyChoice => ({ kind: "columns", columns });

const COLUMNS = { ID: "NUMBER(10)", CODE: "VARCHAR2(8)", REGION: "VARCHAR2(8)", BODY: "CLOB" };

function unique(name: string, ...columns: string[]): TableShape["keys"][number] {
  return { name, isPrimary: false, columns };
}

const withKeys = (...keys: TableShape["keys"]): TableShape => ({ ...shape(COLUMNS), keys });

test("a primary key that both sides have is the key", () => {
  const state = keyState(
    { left: shape(COLUMNS, ["ID"]), right: shape(COLUMNS, ["ID"]) },
    FOUND,
    NAMES,
  );

  expect(state).toMatchObject({
    sentence: "The primary key on both sides.",
    columns: ["ID"],
    problem: null,
  });
});

test("a set of columns is the same key in whatever order, and stands in the first side's", () => {
  const left = shape(COLUMNS, ["REGION", "CODE"]);
  const right = shape(COLUMNS, ["CODE", "REGION"]);

  expect(keyState({ left, right }, FOUND, NAMES).columns).toEqual(["REGION", "CODE"]);
});

test("a unique key is named", () => {
  const both = withKeys(unique("APP_CONFIG_UK", "CODE"));

  expect(keyState({ left: both, right: both }, FOUND, NAMES).sentence).toBe(
    "The unique key APP_CONFIG_UK on both sides.",
  );
});

test("keys of two kinds are told by side", () => {
  const left = shape(COLUMNS, ["CODE"]);
  const right = withKeys(unique("UK2", "CODE"));

  expect(keyState({ left, right }, FOUND, NAMES).sentence).toBe(
    "The primary key in DEV, the unique key UK2 in PROD.",
  );
});

test("where the primary keys differ a unique key of both is found", () => {
  const left: TableShape = { ...shape(COLUMNS, ["ID"], ["CODE"]) };
  const right: TableShape = { ...shape(COLUMNS, ["REGION"], ["CODE"]) };

  expect(keyState({ left, right }, FOUND, NAMES)).toMatchObject({
    columns: ["CODE"],
    sentence: "The unique key T_UK1 on both sides.",
  });
});

test("without any key nothing is guessed", () => {
  const none = shape(COLUMNS);

  expect(keyState({ left: none, right: none }, FOUND, NAMES)).toEqual({
    sentence: "No key found. Choose the columns that tell the rows apart, or compare whole rows.",
    columns: null,
    problem: "none",
    choices: [],
  });
});

test("keys that differ are told, and offered to choose from", () => {
  const left = shape(COLUMNS, ["ID"]);
  const right = shape(COLUMNS, ["ID", "REGION"]);

  expect(keyState({ left, right }, FOUND, NAMES)).toEqual({
    sentence: "The keys differ: ID in DEV, ID and REGION in PROD. Choose one.",
    columns: null,
    problem: "differ",
    choices: [["ID"], ["ID", "REGION"]],
  });
});

test("a key of one side alone is offered only where the other side has its columns", () => {
  const left = shape({ ...COLUMNS, SEQ: "NUMBER" }, ["SEQ"]);

  expect(keyState({ left, right: shape(COLUMNS) }, FOUND, NAMES)).toMatchObject({
    sentence: "The keys differ: SEQ in DEV, none in PROD. Choose one.",
    choices: [],
  });
});

test("a key of two families cannot pair rows", () => {
  const left = shape({ ID: "VARCHAR2(10)" }, ["ID"]);
  const right = shape({ ID: "NUMBER(10)" }, ["ID"]);

  expect(keyState({ left, right }, FOUND, NAMES)).toMatchObject({
    sentence: "ID is text in DEV and a number in PROD. Cast one of them in SQL.",
    columns: null,
    problem: "types",
  });
});

test("CHARs of two lengths cannot pair rows, since blanks count", () => {
  const left = shape({ CODE: "CHAR(3)" }, ["CODE"]);
  const right = shape({ CODE: "CHAR(5)" }, ["CODE"]);

  expect(keyState({ left, right }, FOUND, NAMES).sentence).toBe(
    "CODE is CHAR(3) in DEV and CHAR(5) in PROD: the blanks behind it would part every pair. " +
      "Use RTRIM in SQL.",
  );
});

test.each(["CLOB", "JSON", "TIMESTAMP(6) WITH TIME ZONE", "BINARY_DOUBLE", "BLOB"])(
  "a %s cannot be a key",
  (type) => {
    const both = shape({ A: type });

    expect(keyState({ left: both, right: both }, chosen("A"), NAMES)).toMatchObject({
      sentence: `A is ${type}, which cannot be a key. Choose another column, or cast it in SQL.`,
      problem: "types",
    });
  },
);

test("columns that somebody chose are the key", () => {
  const both = shape(COLUMNS, ["ID"]);
  const state = keyState({ left: both, right: both }, chosen("CODE", "REGION"), NAMES);

  expect(state).toMatchObject({ columns: ["CODE", "REGION"], problem: null });
});

test("a column that a side lacks cannot be chosen", () => {
  const shapes = { left: shape(COLUMNS), right: shape({ ID: "NUMBER" }) };

  expect(keyState(shapes, chosen("CODE", "REGION"), NAMES)).toMatchObject({
    sentence: "CODE and REGION are not in PROD. Choose columns that both sides have.",
    problem: "missing",
  });
});

test("whole rows need columns that can be a key, unless they are left out", () => {
  const shapes = { left: shape(COLUMNS), right: shape(COLUMNS) };
  const leftOut = { leftOut: ["BODY"], leftOutPatterns: [] };

  expect(keyState(shapes, ROW, NAMES)).toMatchObject({
    sentence: "BODY is CLOB, which cannot be a key. Leave it out, or choose key columns.",
    problem: "types",
  });
  expect(keyState(shapes, ROW, NAMES, leftOut)).toMatchObject({ columns: "row", problem: null });
});

test.each([
  [undefined, undefined, "Choose the tables to see the key and the columns."],
  [shape(COLUMNS), undefined, "Choose the table in PROD to see the key and the columns."],
  [
    shape(COLUMNS),
    null,
    "The dictionary of PROD does not list this table. " +
      "If it is a synonym, its key is found when it runs.",
  ],
])("while a table is not known that is said", (left, right, sentence) => {
  expect(keyState({ left, right }, FOUND, NAMES)).toEqual({
    sentence,
    columns: null,
    problem: "unknown",
    choices: [],
  });
});

test("only columns of both sides that may be in a key are offered", () => {
  const right = shape({ ...COLUMNS, REGION: "NUMBER" });

  expect(keyCandidates({ left: shape(COLUMNS), right })).toEqual(["ID", "CODE"]);
});

test("whether a key is unique is told with its counts", () => {
  expect(uniqueSentence(["ID"], "DEV", { rows: 12480, keys: 12480 }, "en")).toBe(
    "ID is unique in DEV: 12,480 rows.",
  );
  expect(uniqueSentence(["CODE", "REGION"], "DEV", { rows: 12480, keys: 1 }, "en")).toBe(
    "CODE and REGION are not unique in DEV: 12,480 rows, 1 different key.",
  );
});
