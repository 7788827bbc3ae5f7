/** The model's statements and requests against a real sidecar and the stand-in database. */

import { type Connection, OracleSidecarClient, OracleSidecarError } from "oracle-sidecar-client";
import { afterAll, beforeAll, expect, test } from "vitest";

import { compareColumns, isCompared } from "../src/model/tables/columns";
import { wireConnection } from "../src/model/connecting/connections";
import * as dictionary from "../src/model/tables/dictionary";
import { errorSentence } from "../src/model/outcome/error_sentences";
import { keyState } from "../src/model/tables/key_choice";
import { compareRequest, MOST_KEPT_ONE } from "../src/model/asking/requests";
import type { RunFacts, SavedConnection, Setup, TableShape } from "../src/model/types";
import { lineText, outcomeOf, verdictOf } from "../src/model/outcome/verdict";
import { connection, facts, NAMES, setup } from "../tests/samples";
import { Started } from "./processes";

const SECRETS = { password: "compare_pw", walletPassword: "" };
const FOUND = { kind: "found" } as const;

let database: Started;
let sidecar: Started;
let client: OracleSidecarClient;

beforeAll(async () => {
  [database, sidecar] = await Promise.all([
    Started.start("-m", "tests.fake_oracle", "--port", "0"),
    Started.start("sidecar.py", "--port", "0"),
  ]);
  client = new OracleSidecarClient({ baseUrl: `http://127.0.0.1:${sidecar.port}` });
});

afterAll(async () => {
  await client.stop();
  await Promise.all([sidecar.end(), database.end()]);
});

function saved(service: string): SavedConnection {
  return connection({
    id: service,
    name: service,
    connectString: `127.0.0.1:${database.port}/${service}`,
    username: "compare",
  });
}

const wire = (service: string, label = service): Connection =>
  wireConnection(saved(service), SECRETS, label);

async function rowsOf(
  query: dictionary.DictionaryQuery,
  service = "DEV",
): Promise<dictionary.Row[]> {
  return (await client.query({ connection: wire(service), ...query })).rows;
}

async function shapeOf(table: string, schema = "", service = "DEV"): Promise<TableShape | null> {
  const columns = await rowsOf(dictionary.columnsQuery(schema, table), service);
  return dictionary.readShape(columns, await rowsOf(dictionary.keysQuery(schema, table), service));
}

test("schemas are listed, the session's own among them", async () => {
  const current = dictionary.readCurrentSchema(await rowsOf(dictionary.currentSchemaQuery()));

  expect(current).toBe("COMPARE");
  expect(dictionary.readSchemas(await rowsOf(dictionary.schemasQuery()))).toContain(current);
});

test("the tables of the current schema are those of the schema by its name", async () => {
  const current = dictionary.readTables(await rowsOf(dictionary.tablesQuery("")));
  const named = dictionary.readTables(await rowsOf(dictionary.tablesQuery("COMPARE")));

  expect(current).toEqual(named);
  expect(named).toContainEqual({ name: "APP_CONFIG", kind: "table" });
});

test.each(["APP_CONFIG", "EMPLOYEES", "ALL_VALUES_BASIC", "ALL_VALUES_MORE"])(
  "the columns of %s have the types that /query tells",
  async (table) => {
    const answer = await client.query({
      connection: wire("DEV"),
      sql: `SELECT * FROM ${table} WHERE 1 = 0`,
    });
    const told = answer.columns.map((name, at) => ({ name, type: answer.column_types[at] }));

    expect((await shapeOf(table))?.columns).toEqual(told);
  },
);

test("the keys of a table are found as /compare finds them, by either name of the schema", async () => {
  const shape = await shapeOf("APP_CONFIG", "COMPARE");

  expect(shape?.keys).toEqual([
    { name: "APP_CONFIG_PK", isPrimary: true, columns: ["CONFIG_ID"] },
    { name: "APP_CONFIG_KEY_UK", isPrimary: false, columns: ["CONFIG_KEY"] },
  ]);
  expect(await shapeOf("APP_CONFIG")).toEqual(shape);
  expect(keyState({ left: shape, right: shape }, FOUND, NAMES).sentence).toBe(
    "The primary key on both sides.",
  );
});

test("a table that is not there has no shape, and is no synonym", async () => {
  expect(await shapeOf("NOT_THERE")).toBeNull();
  const rows = await rowsOf(dictionary.synonymQuery("", "NOT_THERE"));
  expect(dictionary.readSynonym(rows)).toBeNull();
});

test("all tables of a schema at once are those read one by one", async () => {
  const columns = await rowsOf(dictionary.schemaColumnsQuery(""));
  const shapes = dictionary.readShapes(columns, await rowsOf(dictionary.schemaKeysQuery("")));

  for (const table of ["APP_CONFIG", "EMPLOYEES"]) {
    expect(shapes.get(table)).toEqual(await shapeOf(table));
  }
});

test.each([
  "APP_CONFIG",
  "BANK_ENDPOINT",
  "CARD_LIMIT",
  "EVENT_ROUTE",
  "MAIL_TEMPLATE",
  "MSG_ROUTE_LOG",
  "PRODUCT_GROUP",
])("what is shown of %s before it runs is what runs", async (table) => {
  const shapes = {
    left: await shapeOf(table, "CFG", "DEV"),
    right: await shapeOf(table, "CFG_LIVE", "PROD"),
  };
  const one = setup({}, { schema: "CFG", table }, { schema: "CFG_LIVE", table });
  const key = keyState(shapes, FOUND, NAMES);
  const compared = compareColumns(shapes, key.columns, one, NAMES).filter(isCompared);

  const found = await run(one, shapes, "PROD");

  if (found.state.phase === "failed") {
    expect(verdictOf(found).sentence).toBe(key.sentence);
    expect(key.columns).toBeNull();
    return;
  }
  expect(found.head).toMatchObject({
    key: key.columns,
    columns: compared.map(({ name }) => name),
    left_types: compared.map(({ left }) => left),
    right_types: compared.map(({ right }) => right),
  });
});

test("whether columns are a key is counted, with a condition and its binds, and in SQL", async () => {
  const count = async (query: dictionary.DictionaryQuery) =>
    dictionary.readKeyCount(await rowsOf(query));
  const where = "CONFIG_ID > :since -- only new ones";

  const all = await count(dictionary.keyCountQuery("", "APP_CONFIG", ["CONFIG_ID"], ""));
  expect(all.keys).toBe(all.rows);
  const some = await count(
    dictionary.keyCountQuery("COMPARE", "APP_CONFIG", ["MODULE", "ENABLED"], where, { SINCE: 10 }),
  );
  expect(some.rows).toBeLessThan(all.rows);
  expect(some.keys).toBeLessThan(some.rows);
  const sql = "SELECT * FROM app_config;";
  expect(await count(dictionary.statementKeyCountQuery(sql, ["CONFIG_ID"]))).toEqual(all);
});

// Requests, and what is said of their answers.

async function run(one: Setup, shapes = {}, right = "UAT"): Promise<RunFacts> {
  const request = compareRequest(
    one,
    { left: wire("DEV"), right: wire(right, "PROD") },
    { shapes: { left: undefined, right: undefined, ...shapes }, mostKept: MOST_KEPT_ONE },
  );
  let found = facts({ phase: "running", progress: null }, { setup: one, head: null });
  try {
    for await (const event of client.compareLines(request)) {
      if (event.kind === "head") found = { ...found, head: event };
      if (event.kind === "totals") found = { ...found, state: { phase: "done", totals: event } };
    }
  } catch (error) {
    if (!(error instanceof OracleSidecarError)) throw error;
    return { ...found, state: { phase: "failed", progress: null, error } };
  }
  return found;
}

test("a request is answered, and its verdict tells what was left out", async () => {
  const shapes = { left: await shapeOf("APP_CONFIG"), right: await shapeOf("APP_CONFIG") };
  const found = await run(setup({ leftOutPatterns: ["UPDATED_%"] }), shapes);
  const verdict = verdictOf(found, "en");

  expect(outcomeOf(found)).toBe("differs");
  expect(verdict.sentence).toMatch(/^\d+ rows differ\. 2,9\d\d are the same in the 8 columns/);
  expect(lineText(verdict.line)).toMatch(
    /^Not compared: UPDATED_AT, UPDATED_BY \(you left them out\)\. Read at /,
  );
});

test("a request with a condition, binds and a date is answered", async () => {
  const binds = [
    { name: "MODULE", type: "text", value: "no such module" },
    { name: "DAY", type: "date", value: "2026-01-28T10:38:36" },
  ] as const;
  const one = setup({ binds: [...binds] }, { where: "module = :module AND created_at > :day" });

  expect(verdictOf(await run(one)).sentence).toBe(
    "Both sides gave 0 rows, so nothing was compared.",
  );
});

test.each<[string, Setup, RegExp]>([
  [
    "two rows with one key",
    setup({ key: { kind: "columns", columns: ["MODULE"] } }),
    /^(?:DEV|PROD) has two rows with the same key: MODULE “[^”]+”\.$/,
  ],
  [
    "a column that is not there",
    setup({}, { where: "VAL = 1" }),
    /^(?:DEV|PROD) does not understand the WHERE condition: “VAL” is no column\.$/,
  ],
  [
    "a key that cannot be one",
    setup(
      { mode: "sql", key: { kind: "columns", columns: ["D"] } },
      { sql: "SELECT SYSTIMESTAMP AS d FROM dual" },
    ),
    /^D is TIMESTAMP\(\d\) WITH TIME ZONE, which cannot be a key\./,
  ],
  [
    "keys of two families",
    setup(
      { mode: "sql", sameSql: false, key: { kind: "columns", columns: ["ID"] } },
      { sql: "SELECT config_id AS id, module FROM app_config" },
      { sql: "SELECT config_key AS id, module FROM app_config" },
    ),
    /^ID is a number in DEV and text in PROD\. Cast one of them in SQL\.$/,
  ],
])("%s is told in a sentence", async (_, one, sentence) => {
  expect(verdictOf(await run(one)).sentence).toMatch(sentence);
});

test("a wrong password is told, with what to do", async () => {
  const wrong = wireConnection(saved("DEV"), { ...SECRETS, password: "no" }, "DEV");
  const failure: unknown = await client.testConnection(wrong).catch((error: unknown) => error);

  expect(failure).toBeInstanceOf(OracleSidecarError);
  if (!(failure instanceof OracleSidecarError)) return;
  expect(errorSentence(failure, null)).toMatchObject({
    sentence: "The database refused the user name or the password.",
    action: { kind: "password" },
    code: "ORA-01017",
  });
});

test("a service that is not there is told by its name", async () => {
  const nowhere = { ...saved("DEV"), connectString: `127.0.0.1:${database.port}/NOWHERE` };
  const failure: unknown = await client
    .testConnection(wireConnection(nowhere, SECRETS, "DEV"), { timeoutMs: 20_000 })
    .catch((error: unknown) => error);

  if (!(failure instanceof OracleSidecarError)) throw new Error("it was not refused");
  const context = {
    side: "left",
    connectStrings: { left: nowhere.connectString, right: "" },
  } as const;
  expect(errorSentence(failure, NAMES, context).sentence).toBe(
    "DEV answers, but knows no service “NOWHERE”.",
  );
});
