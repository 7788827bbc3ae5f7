import { expect, test } from "vitest";

import { wireConnection } from "../src/model/connecting/connections";
import {
  checkSetup,
  compareRequest,
  MOST_KEPT_MANY,
  MOST_KEPT_ONE,
  statementText,
  TIMEOUT_MS,
  type SetupSurroundings,
} from "../src/model/asking/requests";
import type { Setup } from "../src/model/types";
import { columns, connection, DEV, NAMES, PROD, setup, shape } from "./samples";

const SECRETS = { password: "pw", walletPassword: "" };
const WIRE = {
  left: wireConnection(DEV, SECRETS, "DEV"),
  right: wireConnection(PROD, SECRETS, "PROD"),
};
const TABLE = shape(
  { ID: "NUMBER(10)", CODE: "VARCHAR2(8)", UPDATED_AT: "DATE", UPDATED_BY: "VARCHAR2(30)" },
  ["ID"],
);
const BOTH = { left: TABLE, right: TABLE };
const UNKNOWN = { left: undefined, right: undefined };
const ONE = { shapes: BOTH, mostKept: MOST_KEPT_ONE };

test("a table is asked for by its name on each side, the sides by their plates", () => {
  const asked = compareRequest(setup({}, { schema: "CFG" }, { schema: "Cfg_Live" }), WIRE, ONE);

  expect(asked).toEqual({
    left: { connection: WIRE.left, table: "CFG.APP_CONFIG" },
    right: { connection: WIRE.right, table: '"Cfg_Live".APP_CONFIG' },
    rows: "whole",
    numbers: "auto",
    max_differences: 100_000,
    timeoutMs: TIMEOUT_MS,
  });
  expect([asked.left.connection.name, asked.right.connection.name]).toEqual(["DEV", "PROD"]);
});

test("each side gets its own condition and its own binds", () => {
  const asked = compareRequest(
    setup(
      {
        sameWhere: false,
        binds: [
          { name: "A", type: "number", value: "1" },
          { name: "B", type: "text", value: "b" },
        ],
      },
      { where: "X = :a" },
      { where: "X = :b" },
    ),
    WIRE,
    ONE,
  );

  expect(asked.left).toMatchObject({ where: "X = :a", binds: { A: { digits: "1" } } });
  expect(asked.right).toMatchObject({ where: "X = :b", binds: { B: "b" } });
});

test("a statement is sent as it was typed, with the key that was chosen", () => {
  const asked = compareRequest(
    setup({ mode: "sql", key: { kind: "columns", columns: ["ID"] } }, { sql: "SELECT 1 AS id;" }),
    WIRE,
    { shapes: UNKNOWN, mostKept: MOST_KEPT_ONE },
  );

  expect(asked.left).toEqual({ connection: WIRE.left, sql: "SELECT 1 AS id;" });
  expect(asked.right).toEqual({ connection: WIRE.right, sql: "SELECT 1 AS id;" });
  expect(asked.key).toEqual(["ID"]);
});

test("whole rows are their own key", () => {
  expect(compareRequest(setup({ key: { kind: "row" } }), WIRE, ONE).key).toBe("row");
});

test("what is left out is named, by patterns too, but never the key or what is not there", () => {
  const asked = compareRequest(
    setup({ leftOut: ["CODE", "GONE", "ID"], leftOutPatterns: ["updated_%"] }),
    WIRE,
    ONE,
  );

  expect(asked.ignore).toEqual(["CODE", "UPDATED_AT", "UPDATED_BY"]);
});

test("a column of one side alone can be left out", () => {
  const right = shape({ ID: "NUMBER(10)", REGION: "VARCHAR2(8)" }, ["ID"]);
  const asked = compareRequest(setup({ leftOut: ["REGION"] }), WIRE, {
    ...ONE,
    shapes: { left: TABLE, right },
  });

  expect(asked.ignore).toEqual(["REGION"]);
});

test("names that were left out are sent as they are where the columns are not known", () => {
  const asked = compareRequest(setup({ leftOut: ["UPDATED_AT"] }), WIRE, {
    shapes: UNKNOWN,
    mostKept: MOST_KEPT_MANY,
  });

  expect(asked).toMatchObject({ ignore: ["UPDATED_AT"], rows: "whole", max_differences: 1000 });
});

const wide = (count: number) =>
  shape(Object.fromEntries(columns(count).map((name) => [name, "NUMBER"])), ["C1"]);

test.each([
  [60, "whole", undefined],
  [61, "changed", ["C2"]],
])(
  "of %s compared columns changed rows come %s, with pinned columns where they do not",
  (count, rows, show) => {
    const shapes = { left: wide(count), right: wide(count) };
    const asked = compareRequest(setup(), WIRE, { ...ONE, shapes, pins: ["C2", "GONE"] });

    expect([asked.rows, asked.show]).toEqual([rows, show]);
  },
);

test("only columns that are compared count as wide", () => {
  const shapes = { left: wide(61), right: wide(61) };

  expect(compareRequest(setup({ leftOut: ["C2"] }), WIRE, { ...ONE, shapes }).rows).toBe("whole");
});

test("a comparison may end at the first difference that is not kept", () => {
  expect(compareRequest(setup(), WIRE, { ...ONE, stopAtMax: true }).stop_at_max).toBe(true);
});

// What will run.

test("the statement of a side is shown with its schema, its condition and its order", () => {
  const one = setup({}, { schema: "CFG", where: "MODULE <> 'SANDBOX'" }, { schema: "CFG_LIVE" });

  expect(statementText(one, "right", BOTH)).toBe(
    "SELECT * FROM CFG_LIVE.APP_CONFIG\n WHERE MODULE <> 'SANDBOX'\n ORDER BY ID",
  );
});

test("a statement that leaves columns out names the others", () => {
  expect(statementText(setup({ leftOutPatterns: ["UPDATED_%"] }), "left", BOTH)).toBe(
    "SELECT ID, CODE FROM APP_CONFIG\n ORDER BY ID",
  );
});

test("a text key is sorted by its characters, whatever the session's language", () => {
  const byCode = setup({ key: { kind: "columns", columns: ["CODE"] } });

  expect(statementText(byCode, "left", BOTH)).toContain(
    "ORDER BY NLSSORT(CODE, 'NLS_SORT=BINARY')",
  );
});

test("a statement of one's own is shown with what is put around it", () => {
  const sql = setup(
    { mode: "sql", key: { kind: "columns", columns: ["ID"] } },
    { sql: "SELECT * FROM t;" },
  );

  expect(statementText(sql, "left", BOTH)).toBe("SELECT * FROM (\nSELECT * FROM t\n)\nORDER BY ID");
  expect(statementText({ ...sql, key: { kind: "found" } }, "left", UNKNOWN)).toBe(
    "SELECT * FROM t",
  );
});

test("before a table is chosen there is no statement", () => {
  expect(statementText(setup({}, { table: "" }), "left", UNKNOWN)).toBe("");
});

// Why it cannot run.

const AROUND: SetupSurroundings = {
  connections: [DEV, PROD],
  secretsOf: () => SECRETS,
  shapes: BOTH,
  names: NAMES,
};

test("a setup that can run has no problem", () => {
  expect(checkSetup(setup(), AROUND)).toBeNull();
});

test.each<[string, Setup, Partial<SetupSurroundings>, string, string]>([
  [
    "no connection",
    setup({}, {}, { connectionId: "" }),
    {},
    "right.connection",
    "Choose the connection of the second side.",
  ],
  [
    "a password in a connect string",
    setup(),
    { connections: [connection({ connectString: "a/b@c:1/d" }), PROD] },
    "left.connection",
    "DEV: A password stands in the connect string. " +
      "Put it into its own field, or it would be saved.",
  ],
  [
    "no user",
    setup(),
    { connections: [connection({ username: "" }), PROD] },
    "left.connection",
    "DEV has no user.",
  ],
  ["no table", setup({}, {}, { table: "" }), {}, "right.table", "Choose the table in PROD."],
  [
    "no password",
    setup(),
    { secretsOf: (id) => (id === "2" ? null : SECRETS) },
    "right.password",
    "Type the password for PROD.",
  ],
  [
    "the same table twice",
    setup({}, { schema: "APP_READ" }, { connectionId: "1" }),
    {},
    "right.table",
    "Both sides are the same table of the same database.",
  ],
  [
    "the same statement twice",
    setup(
      { mode: "sql", key: { kind: "row" } },
      { sql: "SELECT 1" },
      { connectionId: "1", sql: "SELECT 2" },
    ),
    {},
    "right.connection",
    "Both sides are the same statement on the same database.",
  ],
  ["no statement", setup({ mode: "sql" }), {}, "left.sql", "Type the statement."],
  [
    "no statement of its own",
    setup({ mode: "sql", sameSql: false }, { sql: "SELECT 1" }),
    {},
    "right.sql",
    "Type the statement for PROD.",
  ],
  [
    "a bind without a value",
    setup({ binds: [{ name: "A", type: "number", value: "" }] }, { where: "X = :a" }),
    {},
    "bind.A",
    ":A is a number: type one.",
  ],
  [
    "no key",
    setup(),
    { shapes: { left: shape({ A: "DATE" }), right: shape({ A: "DATE" }) } },
    "key",
    "No key found. Choose the columns that tell the rows apart, or compare whole rows.",
  ],
  [
    "a statement without a key",
    setup({ mode: "sql" }, { sql: "SELECT 1" }),
    { shapes: UNKNOWN },
    "key",
    "Choose the columns that tell the rows apart, or compare whole rows.",
  ],
  [
    "a pattern for columns that are not known",
    setup({ leftOutPatterns: ["UPDATED_%"] }),
    { shapes: UNKNOWN },
    "columns",
    "The columns are not known yet, so UPDATED_% cannot leave any out.",
  ],
  [
    "no column left",
    setup({ key: { kind: "row" }, leftOutPatterns: ["%"] }),
    {},
    "columns",
    "No column is left to compare.",
  ],
])("with %s it says so, and where", (_, one, around, field, sentence) => {
  expect(checkSetup(one, { ...AROUND, ...around })).toEqual({ field, sentence });
});

test("the same table with two conditions is worth comparing", () => {
  const parts = setup(
    { sameWhere: false },
    { where: "A = 1" },
    { connectionId: "1", where: "A = 2" },
  );

  expect(checkSetup(parts, AROUND)).toBeNull();
});

test("two schemas of one connection are worth comparing", () => {
  const schemas = setup({}, { schema: "CFG" }, { connectionId: "1", schema: "CFG_OLD" });

  expect(checkSetup(schemas, AROUND)).toBeNull();
});

test("a table that the dictionary does not list may be a synonym, and runs", () => {
  expect(checkSetup(setup(), { ...AROUND, shapes: { left: TABLE, right: null } })).toBeNull();
});
