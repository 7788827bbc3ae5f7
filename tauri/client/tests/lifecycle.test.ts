/** Start, stop, crash and idleness, with real processes. */

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { inspect } from "node:util";

import { getOracleSidecarClient, OracleSidecarClient, OracleSidecarError } from "../src/index.js";
import type { ClientOptions, QueryRequest, SidecarStatus } from "../src/index.js";
import { findManager } from "../src/manager.js";
import { App } from "./support/app.js";
import { Database, Sidecar } from "./support/processes.js";
import { all, rejection, until } from "./support/waiting.js";

let database: Database;
let app: App;

before(async () => {
  database = await Database.start();
});

after(() => database.stop());

beforeEach(() => {
  app = new App();
});

afterEach(() => app.stop());

function managed(options: ClientOptions = {}): OracleSidecarClient {
  return new OracleSidecarClient({ invoke: app.invoke, healthIntervalMs: 0, ...options });
}

function told(client: OracleSidecarClient): SidecarStatus[] {
  const statuses: SidecarStatus[] = [];
  client.onStatusChange((status) => statuses.push(status));
  return statuses;
}

const one = (): QueryRequest => ({
  connection: database.connection("DEV"),
  sql: "SELECT 1 AS n FROM dual",
});

const endless = (): QueryRequest => ({
  connection: database.connection("DEV"),
  sql: "SELECT COUNT(*) AS n FROM dual CONNECT BY LEVEL <= 1000000000",
  progressMs: 20,
});

test("it starts, is ready, and stops, and each new status is told", async () => {
  const client = managed();
  const statuses = told(client);
  assert.equal(client.status, "stopped");

  assert.equal(await client.start(), true);
  assert(client.isReady());
  assert.equal(await client.healthCheck(), true);
  await client.stop();

  assert.deepEqual(statuses, ["starting", "ready", "stopped"]);
  assert.equal(app.sidecar?.process.exitCode, 0);
  assert.equal(await client.healthCheck(), false);
});

test("the token goes with calls, and is nowhere to be seen", async () => {
  const client = managed();

  assert.deepEqual((await client.query(one())).rows, [[1]]);

  const shown = JSON.stringify(await client.getStatus()) + inspect(client, { depth: 9 });
  assert(!shown.includes("secret"), shown);
});

test("getStatus has the status, the address, and what /health says", async () => {
  const client = managed();
  assert.deepEqual(await client.getStatus(), { status: "stopped", ready: false });

  await client.start();

  const { status, ready, url, active_pools, pid } = await client.getStatus();
  const { sidecar } = app;
  assert.deepEqual(
    [status, ready, url, active_pools, pid],
    ["ready", true, sidecar?.url, 0, sidecar?.process.pid],
  );
});

test("callers at the same time share one start", async () => {
  const client = managed();

  const outcomes = await Promise.all([client.start(), client.ensureStarted(), client.query(one())]);

  assert.deepEqual(outcomes.slice(0, 2), [true, true]);
  assert.deepEqual(app.commands, ["start_oracle_sidecar"]);
});

test("a start of what is ready starts nothing", async () => {
  const client = managed();
  await client.start();
  const statuses = told(client);

  assert.equal(await client.start(), true);

  assert.deepEqual([app.commands.length, statuses], [1, []]);
});

test("a restart waits for the start that is under way, and is shared", async () => {
  const client = managed();

  await Promise.all([client.start(), client.restart(), client.restart(), client.start()]);

  assert.deepEqual(app.commands, [
    "start_oracle_sidecar",
    "stop_oracle_sidecar",
    "start_oracle_sidecar",
  ]);
  assert(client.isReady());
});

test("what is asked for last holds: stop, and start again, while it starts", async () => {
  const client = managed();

  const [, , started] = await Promise.all([client.start(), client.stop(), client.start()]);

  assert.equal(started, true);
  assert.equal(app.commands.length, 3);
  assert(client.isReady());
});

test("commands of a plugin have its prefix", async () => {
  const client = managed({ commandPrefix: "plugin:oracle-sidecar|" });

  await client.start();
  await client.stop();

  assert.deepEqual(app.commands, [
    "plugin:oracle-sidecar|start_oracle_sidecar",
    "plugin:oracle-sidecar|stop_oracle_sidecar",
  ]);
});

test("a manager that answers nothing has started one at the default port", async () => {
  for (const answer of [undefined, null, "Sidecar started", true]) {
    const manager = findManager({ invoke: async () => answer });

    assert.deepEqual(await manager.start(), { url: "http://127.0.0.1:21521", token: null });
  }
});

test("without options Tauri's own invoke is asked, wherever it is", async () => {
  for (const globals of [
    { __TAURI__: { core: { invoke: app.invoke } } },
    { __TAURI_INTERNALS__: { invoke: app.invoke } },
  ]) {
    Object.assign(globalThis, globals);
    try {
      await findManager({}).stop();
    } finally {
      for (const name of Object.keys(globals)) Reflect.deleteProperty(globalThis, name);
    }
  }

  assert.deepEqual(app.commands, ["stop_oracle_sidecar", "stop_oracle_sidecar"]);
  assert.deepEqual(findManager({}).fixed, { url: "http://127.0.0.1:21521", token: null });
});

test("a manager that fails is told by the status, and by calls", async () => {
  const client = managed({ invoke: () => Promise.reject("no such file: oracle-sidecar") });
  const statuses = told(client);

  assert.equal(await client.start(), false);

  assert.deepEqual(statuses, ["starting", "error"]);
  const { error } = await client.getStatus();
  assert.equal(error?.fullCode, "SIDECAR_START_FAILED");
  assert.equal(error.rawMessage, "no such file: oracle-sidecar");
  const ofCall = await rejection(client.query(one()));
  assert(ofCall instanceof OracleSidecarError && ofCall.fullCode === "SIDECAR_START_FAILED");
});

test("a start that fails is one failure for all who wait for it", async () => {
  let starts = 0;
  const client = managed({
    invoke: async () => {
      starts += 1;
      throw new Error("no such file");
    },
  });

  const outcomes = await Promise.all([client.start(), client.start(), client.ensureStarted()]);

  assert.deepEqual([outcomes, starts], [[false, false, false], 1]);
});

test("a sidecar that is started but never answers is an error", async () => {
  const dead = await Sidecar.start();
  await dead.stop();
  const client = managed({ invoke: async () => ({ url: dead.url }), startTimeoutMs: 150 });

  assert.equal(await client.start(), false);

  assert.equal((await client.getStatus()).error?.fullCode, "SIDECAR_START_FAILED");
});

test("who has unsubscribed hears no more, and a listener that fails disturbs no other", async (t) => {
  const client = managed();
  const errors = t.mock.method(console, "error", () => undefined);
  const unsubscribe = client.onStatusChange(() => assert.fail("it has unsubscribed"));
  unsubscribe();
  client.onStatusChange(() => {
    throw new Error("of a listener");
  });
  const statuses = told(client);

  await client.start();

  assert.deepEqual(statuses, ["starting", "ready"]);
  assert.equal(errors.mock.callCount(), 2);
});

test("a crash in the middle of a stream is told, and the next call starts it again", async () => {
  const client = managed();
  await client.start();
  const statuses = told(client);
  const rows = client.rows(endless());
  await rows.next();

  await app.sidecar?.kill();

  const error = await rejection(all(rows));
  assert(error instanceof OracleSidecarError);
  assert.deepEqual(
    [error.fullCode, error.retryable, error.message],
    ["SIDECAR_UNREACHABLE", true, "The Oracle sidecar does not answer."],
  );
  assert.deepEqual(statuses, ["error"]);
  assert.equal((await client.getStatus()).error?.fullCode, "SIDECAR_UNREACHABLE");
  assert.deepEqual((await client.query(one())).rows, [[1]]);
  assert.deepEqual(statuses, ["error", "starting", "ready"]);
  assert.equal((await client.getStatus()).error, undefined);
});

test("a crash between two calls is noticed by the next one", async () => {
  const client = managed();
  await client.start();
  await app.sidecar?.kill();

  const error = await rejection(client.listPools());

  assert(error instanceof OracleSidecarError && error.fullCode === "SIDECAR_UNREACHABLE");
  assert.equal(client.status, "error");
});

test("a crash while nothing is asked is noticed as well", async () => {
  const client = managed({ healthIntervalMs: 50 });
  await client.start();

  await app.sidecar?.kill();

  await until("the status says so", () => client.status === "error");
});

test("ensureStarted starts one again that has crashed unnoticed", async () => {
  const client = managed();
  await client.start();
  await app.sidecar?.kill();

  assert.equal(await client.ensureStarted(), true);

  assert.equal(app.commands.length, 2);
  assert.equal(await client.healthCheck(), true);
});

test("stopping it ends a stream with an error, and nothing starts it again", async () => {
  const client = managed();
  const rows = client.rows(endless());
  await rows.next();
  const failing = rejection(all(rows));

  await client.stop();

  const error = await failing;
  assert(error instanceof OracleSidecarError);
  assert.equal(error.fullCode, "SHUTTING_DOWN");
  assert.deepEqual(app.commands, ["start_oracle_sidecar", "stop_oracle_sidecar"]);
  assert.equal(client.status, "stopped");
});

test("one that is idle is stopped, and started by the next call", async () => {
  const client = managed({ idleStopMs: 100 });
  await client.query(one());

  await until("it was stopped", () => client.status === "stopped");
  assert.deepEqual((await client.query(one())).rows, [[1]]);

  assert.deepEqual(app.commands, [
    "start_oracle_sidecar",
    "stop_oracle_sidecar",
    "start_oracle_sidecar",
  ]);
});

test("one that runs a query is not idle, even while its reader pauses", async () => {
  const client = managed({ idleStopMs: 100 });
  const rows = client.rows(endless());
  await rows.next();
  await new Promise((resolve) => setTimeout(resolve, 300)); // longer than it may be idle

  assert.equal(client.status, "ready");
  await rows.return();

  await until("it was stopped", () => client.status === "stopped");
});

test("somebody else's sidecar is found, and only forgotten", async (t) => {
  const sidecar = await Sidecar.start({ token: "secret" });
  t.after(() => sidecar.stop());
  const client = new OracleSidecarClient({ baseUrl: `${sidecar.url}/`, token: "secret" });

  assert.deepEqual((await client.query(one())).rows, [[1]]);
  await client.stop();

  assert.equal(client.status, "stopped");
  assert.equal(sidecar.process.exitCode, null);
});

test("a token that is wrong is told as such", async (t) => {
  const sidecar = await Sidecar.start({ token: "secret" });
  t.after(() => sidecar.stop());
  const client = new OracleSidecarClient({ baseUrl: sidecar.url, token: "another" });

  const error = await rejection(client.query(one()));

  assert(error instanceof OracleSidecarError);
  assert.deepEqual([error.status, error.fullCode], [401, "TOKEN_NEEDED"]);
});

test("somebody else's sidecar that comes back is ready again by itself", async (t) => {
  const first = await Sidecar.start();
  const port = String(first.ready.port);
  const client = new OracleSidecarClient({ baseUrl: first.url, healthIntervalMs: 50 });
  await client.start();
  const statuses = told(client);
  await first.stop();
  await until("it is missed", () => client.status === "error");

  const second = await Sidecar.start({ flags: ["--port", port] });
  t.after(() => second.stop());

  await until("it is found", () => client.status === "ready");
  assert.deepEqual(statuses, ["error", "ready"]);
  await client.stop();
});

test("all of a page share one client", () => {
  assert.equal(getOracleSidecarClient({ baseUrl: "http://127.0.0.1:1" }), getOracleSidecarClient());
});
