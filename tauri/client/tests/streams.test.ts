/** Rows and comparisons as they arrive, against the real sidecar. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { OracleSidecarClient, OracleSidecarError, parseExact, ExactNumber } from "../src/index.js";
import type { CompareEvent, CompareRequest, QueryRequest } from "../src/index.js";
import { Database, Sidecar } from "./support/processes.js";
import { all, rejection, until } from "./support/waiting.js";

let database: Database;
let sidecar: Sidecar;
let client: OracleSidecarClient;

before(async () => {
  [database, sidecar] = await Promise.all([Database.start(), Sidecar.start()]);
  client = new OracleSidecarClient({ baseUrl: sidecar.url, healthIntervalMs: 0 });
});

after(() => Promise.all([database.stop(), sidecar.stop()]));

const ENDLESS = "SELECT COUNT(*) AS n FROM dual CONNECT BY LEVEL <= 1000000000";

function endless(more: Partial<QueryRequest> = {}): QueryRequest {
  return { connection: database.connection("DEV"), sql: ENDLESS, ...more };
}

function bench(rows: number): QueryRequest {
  const sql = `SELECT * FROM bench_rows WHERE ROWNUM <= ${rows}`;
  return { connection: database.connection("BENCH"), sql, max_rows: null };
}

function comparison(more: Partial<CompareRequest>): CompareRequest {
  return {
    left: { connection: database.connection("DEV") },
    right: { connection: database.connection("UAT") },
    ...more,
  };
}

const endlessComparison = (more: Partial<CompareRequest> = {}): CompareRequest =>
  comparison({ sql: ENDLESS, key: ["N"], progressMs: 50, ...more });

/** Some session is busy: a statement runs. */
const isBusy = async (): Promise<boolean> => (await client.listPools()).some((pool) => pool.busy);
const isIdle = async (): Promise<boolean> => !(await isBusy());

async function sidecarError(work: Promise<unknown>): Promise<OracleSidecarError> {
  const error = await rejection(work);
  assert(error instanceof OracleSidecarError, String(error));
  return error;
}

test("rows come in batches, the head first and the totals last", async () => {
  const events = await all(client.rows(bench(20_000)));

  const kinds = events.map((event) => event.kind);
  assert.equal(kinds[0], "head");
  assert.equal(kinds.at(-1), "totals");
  const batches = events.flatMap((event) => (event.kind === "rows" ? [event.rows] : []));
  assert(batches.length > 1 && batches.length < 2000, `${batches.length} batches`);
  assert.equal(batches.flat().length, 20_000);
  assert.deepEqual(events.at(-1), { ...events.at(-1), row_count: 20_000, truncated: false });
});

test("a failure behind the first rows is an error with its code", async () => {
  const sql = "SELECT 1 / (30000 - LEVEL) AS n FROM dual CONNECT BY LEVEL <= 50000";
  const request = { connection: database.connection("DEV"), sql, max_rows: null };
  let rows = 0;

  const error = await sidecarError(
    (async () => {
      for await (const event of client.rows(request)) {
        if (event.kind === "rows") rows += event.rows.length;
      }
    })(),
  );

  assert(rows > 0, "no row came before it");
  const { name, code, fullCode, status, message, rawMessage } = error;
  assert.deepEqual(
    { name, code, fullCode, status, message },
    {
      name: "OracleSidecarError",
      code: 1476,
      fullCode: "ORA-01476",
      status: 400,
      message: "A value was divided by zero.",
    },
  );
  assert.match(rawMessage, /^ORA-01476: /);
});

test("an error's status and sentence are those of its answer", async () => {
  const connection = database.connection("DEV", { password: "not this one" });

  const error = await sidecarError(client.testConnection(connection));

  assert.equal(error.status, 403);
  assert.equal(error.message, "The user name or the password was refused.");
  assert.equal(error.hint, "Check the user name and password.");
  assert.equal(error.retryable, false);
});

test("binds, numbers and max_rows are the sidecar's", async () => {
  const connection = database.connection("DEV");
  const request: QueryRequest = {
    connection,
    sql: "SELECT :n AS n FROM dual UNION ALL SELECT 2 FROM dual",
    binds: { n: 1.5 },
    numbers: "string",
    max_rows: 1,
  };

  const { rows, truncated } = await client.query(request);

  assert.deepEqual([rows, truncated], [[["1.5"]], true]);
});

test("a number is bound with all its digits, and what JSON cannot say is not sent", async () => {
  const connection = database.connection("DEV");
  const sql = "SELECT :n AS n FROM dual";
  const digits = "12345678901234567890.123456789";

  const { rows } = await client.query({ connection, sql, binds: { n: new ExactNumber(digits) } });
  const refused = await rejection(client.query({ connection, sql, binds: { n: NaN } }));

  assert.deepEqual(rows, [[digits]]);
  assert(refused instanceof TypeError, String(refused));
});

test("columns called __proto__ and error are columns like others", async () => {
  const sql = 'SELECT 1 AS "__proto__", 2 AS "error" FROM dual';

  const { rows } = await client.queryAsDict({ connection: database.connection("DEV"), sql });

  assert.deepEqual(Object.entries(rows[0] ?? {}), [
    ["__proto__", 1],
    ["error", 2],
  ]);
});

test("leaving the loop stops the statement", async () => {
  for await (const event of client.rows(bench(50_000_000))) {
    if (event.kind === "rows") break;
  }

  await until("the session is free", isIdle);
});

test("leaving the loop at a progress line stops a statement that has no row yet", async () => {
  const queryId = crypto.randomUUID();

  for await (const event of client.rows(endless({ queryId, progressMs: 20 }))) {
    assert.equal(event.kind, "progress");
    break;
  }

  assert.equal(await client.cancel(queryId), false);
  await until("the session is free", isIdle);
});

test("a loop that throws stops the statement", async () => {
  const own = new Error("of the loop's body");

  const error = await rejection(
    (async () => {
      for await (const _ of client.rows(bench(50_000_000))) throw own;
    })(),
  );

  assert.equal(error, own);
  await until("the session is free", isIdle);
});

test("aborting a query stops it in the database and rejects with the reason", async () => {
  const controller = new AbortController();
  const queryId = crypto.randomUUID();
  const failing = rejection(client.query(endless({ queryId, signal: controller.signal })));
  await until("the query runs", isBusy);

  controller.abort();

  const error = await failing;
  assert(error instanceof DOMException && error.name === "AbortError");
  assert.equal(await client.cancel(queryId), false);
  await until("the session is free", isIdle);
});

test("aborting while the reader pauses stops the statement", async () => {
  const controller = new AbortController();
  const rows = client.rows({ ...bench(50_000_000), signal: controller.signal });
  await rows.next();
  await rows.next();

  controller.abort(new Error("of the page"));

  await until("the session is free", isIdle);
  assert.match(String(await rejection(rows.next())), /of the page/);
});

test("a signal that is aborted already lets nothing begin", async () => {
  const reason = new Error("of the page");

  const error = await rejection(client.query(endless({ signal: AbortSignal.abort(reason) })));

  assert.equal(error, reason);
  assert.equal(await isBusy(), false);
});

test("a signal's own time limit is its own reason", async () => {
  const signal = AbortSignal.timeout(100);

  const error = await rejection(client.query(endless({ signal })));

  assert(error instanceof DOMException && error.name === "TimeoutError");
  await until("the session is free", isIdle);
});

test("a signal is left alone by calls that have ended", async () => {
  const { signal } = new AbortController();
  const added: unknown[] = [];
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...args: unknown[]): void => {
    added.push(args[1]);
    Reflect.apply(addEventListener, signal, args);
  };
  signal.removeEventListener = (...args: unknown[]): void => {
    added.splice(added.indexOf(args[1]), 1);
    Reflect.apply(removeEventListener, signal, args);
  };

  await client.query({ connection: database.connection("DEV"), sql: "SELECT 1 FROM dual", signal });

  assert.deepEqual(added, []);
});

for (const progressMs of [0, 20]) {
  const when = progressMs ? "behind a line of progress" : "before the head";
  test(`a time limit that runs out ${when} is 504`, async () => {
    const error = await sidecarError(client.query(endless({ timeoutMs: 300, progressMs })));

    assert.deepEqual([error.status, error.fullCode], [504, "DPY-4024"]);
    await until("the session is free", isIdle);
  });
}

test("a query that is cancelled by its id is 409", async () => {
  const queryId = crypto.randomUUID();
  const failing = sidecarError(client.query(endless({ queryId })));
  await until("it is cancelled", () => client.cancel(queryId));

  const error = await failing;

  assert.deepEqual([error.status, error.fullCode], [409, "ORA-01013"]);
});

test("cancelling what does not run says so", async () => {
  assert.equal(await client.cancel("nothing runs by this name"), false);
});

test("aborting a batch stops its queries", async () => {
  const controller = new AbortController();
  const queries = [0, 1].map(() => ({ connection: database.connection("DEV"), sql: ENDLESS }));
  const failing = rejection(client.queryBatch(queries, { signal: controller.signal }));
  await until("they run", isBusy);

  controller.abort();

  assert.equal(((await failing) as Error).name, "AbortError");
  await until("the sessions are free", isIdle);
});

test("a batch's time limit is each query's", async () => {
  const connection = database.connection("DEV");
  const queries = [
    { connection, sql: ENDLESS },
    { connection, sql: "SELECT 1 AS n FROM dual" },
  ];

  const batch = await client.queryBatch(queries, { timeoutMs: 500 });

  assert.equal("detail" in batch[0]! && batch[0].detail.full_code, "DPY-4024");
  assert.deepEqual("rows" in batch[1]! && batch[1].rows, [[1]]);
  assert.equal(batch.results, batch);
});

const DRIFT: Partial<CompareRequest> = {
  sql: "SELECT config_id, num_value FROM app_config WHERE config_id <= 2000",
  key: ["CONFIG_ID"],
  progressMs: 0,
};

test("a comparison gives a head, each difference, and totals that count them", async () => {
  const events = await all(client.compare(comparison(DRIFT)));

  const [head, ...others] = events;
  const totals = others.pop();
  assert(head?.kind === "head" && totals?.kind === "totals");
  assert.deepEqual(head.key, ["CONFIG_ID"]);
  const { changed, left_only, right_only } = totals;
  assert(others.length > 0 && others.length === changed + left_only + right_only);
  assert(others.every((event) => event.kind === "difference"));
});

test("lines are the differences as they came, for exact digits, too", async () => {
  const left = "SELECT 1 AS id, TO_BINARY_DOUBLE(100) AS v FROM dual";
  const right = "SELECT 1 AS id, TO_BINARY_DOUBLE(2) AS v FROM dual";
  const request = comparison({ key: ["ID"] });
  const sides = { left: { ...request.left, sql: left }, right: { ...request.right, sql: right } };

  const events = await all(client.compareLines({ ...request, ...sides }));

  const lines = events.flatMap((event) => (event.kind === "lines" ? event.lines : []));
  assert.equal(lines.length, 1);
  assert.deepEqual(parseExact(lines[0] ?? ""), {
    diff: "changed",
    key: { ID: new ExactNumber("1") },
    columns: ["V"],
    left: { V: new ExactNumber("100.0") },
    right: { V: new ExactNumber("2.0") },
  });
});

test("progress of a comparison comes before its head", async () => {
  let progress: CompareEvent | undefined;

  for await (const event of client.compare(endlessComparison())) {
    progress = event;
    break;
  }

  assert(progress?.kind === "progress");
  assert.equal(progress.left_rows, 0);
  await until("both sessions are free", isIdle);
});

test("a comparison that is cancelled by its id says which databases have confirmed", async () => {
  const queryId = crypto.randomUUID();
  const failing = sidecarError(all(client.compare(endlessComparison({ queryId }))));
  await until("both run", async () => {
    const busy = (await client.listPools()).filter((pool) => pool.busy);
    return busy.length === 2;
  });
  assert.equal(await client.cancel(queryId), true);

  const { status, fullCode, stopped, side } = await failing;

  assert.deepEqual(
    { status, fullCode, stopped, side },
    {
      status: 409,
      fullCode: "ORA-01013",
      stopped: { left: true, right: true },
      side: undefined,
    },
  );
});

test("aborting a comparison stops both databases", async () => {
  const controller = new AbortController();
  const queryId = crypto.randomUUID();
  const request = endlessComparison({ queryId, signal: controller.signal });
  const failing = rejection(all(client.compare(request)));
  await until("it runs", isBusy);

  controller.abort();

  assert.equal(((await failing) as Error).name, "AbortError");
  assert.equal(await client.cancel(queryId), false);
  await until("both sessions are free", isIdle);
});

test("a comparison whose time runs out is 504", async () => {
  const error = await sidecarError(all(client.compare(endlessComparison({ timeoutMs: 300 }))));

  assert.deepEqual([error.status, error.stopped], [504, { left: true, right: true }]);
});

test("a side's failure is named by its side", async () => {
  const request = comparison({ sql: "SELECT 1 AS id FROM dual", key: ["ID"] });
  const right = { ...request.right, sql: "SELECT id FROM no_such_table" };

  const error = await sidecarError(all(client.compare({ ...request, right })));

  assert.equal(error.side, "right");
  assert.equal(
    error.message,
    "UAT: There is no such table or view, or the account may not read it.",
  );
  assert.match(error.rawMessage, /^UAT: ORA-00942: /);
});
