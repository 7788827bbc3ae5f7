/** What the app's manager tells of its sidecar, with real processes. */

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";

import { OracleSidecarClient, OracleSidecarError } from "../src/index.js";
import type { ClientOptions, QueryRequest } from "../src/index.js";
import { findManager } from "../src/manager.js";
import { Database, Sidecar } from "./support/processes.js";
import { rejection, until } from "./support/waiting.js";
import { WatchingApp } from "./support/watching_app.js";

let database: Database;
let app: WatchingApp;

before(async () => {
  database = await Database.start();
});

after(() => database.stop());

beforeEach(() => {
  app = new WatchingApp();
});

afterEach(() => app.stop());

/** Nothing is looked after by itself: what is known, the manager has told. */
function followed(options: ClientOptions = {}): OracleSidecarClient {
  const { invoke, listen } = app;
  return new OracleSidecarClient({ invoke, listen, healthIntervalMs: 0, ...options });
}

/** The statuses, and the attempts of restarts. */
function told(client: OracleSidecarClient): string[] {
  const heard: string[] = [];
  client.onStatusChange((status) => {
    const { restarting } = client;
    heard.push(restarting === null ? status : `${status}, restart ${restarting.attempt}`);
  });
  return heard;
}

const one = (): QueryRequest => ({
  connection: database.connection("DEV"),
  sql: "SELECT 1 AS n FROM dual",
});

/** A pause that the test ends. */
function paused(): () => void {
  let end = (): void => undefined;
  app.pauseIsOver = new Promise<void>((resolve) => (end = resolve));
  return end;
}

test("a crash is known at once, and the sidecar is ready again without a call", async () => {
  const client = followed();
  await client.start();
  const first = (await client.getStatus()).url;
  const heard = told(client);
  const endPause = paused();

  await app.sidecar?.kill();
  await until("the crash is told", () => client.status === "starting");
  const meanwhile = await client.getStatus();
  endPause();
  await until("it is ready again", () => client.isReady());

  assert.deepEqual(meanwhile.restarting, { attempt: 1, retryInMs: 250 });
  assert.equal(meanwhile.error?.fullCode, "SIDECAR_CRASHED");
  assert.deepEqual(heard, ["starting, restart 1", "starting, restart 1", "ready"]);
  assert.equal(client.restarting, null);
  assert.notEqual((await client.getStatus()).url, first);
  assert.deepEqual((await client.query(one())).rows, [[1]]);
  assert.deepEqual(app.commands, ["start_oracle_sidecar", "start_oracle_sidecar"]);
});

test("a call during a restart waits for it", async () => {
  const client = followed();
  await client.start();
  const endPause = paused();
  await app.sidecar?.kill();
  await until("the crash is told", () => client.status === "starting");

  const asked = [client.query(one()), client.query(one())];
  endPause();

  for (const answer of asked) assert.deepEqual((await answer).rows, [[1]]);
  assert.equal(app.commands.length, 2);
});

test("a crash after the restart is the next attempt", async () => {
  const client = followed();
  await client.start();
  const heard = told(client);

  for (const crashes of [1, 2]) {
    await app.sidecar?.kill();
    await until("it was told", () => heard.includes(`starting, restart ${crashes}`));
    await until("it is ready again", () => client.isReady());
  }

  assert.deepEqual((await client.query(one())).rows, [[1]]);
});

test("a manager that gives up is an error with its words, until somebody starts it", async () => {
  app.restartsAtMost = 0;
  const client = followed();
  await client.start();

  await app.sidecar?.kill();
  await until("it is told", () => client.status === "error");

  const { error } = await client.getStatus();
  assert.equal(error?.fullCode, "SIDECAR_KEEPS_CRASHING");
  assert.equal(
    error.message,
    "The sidecar keeps ending by itself. The last time: The sidecar was ended by signal 9.",
  );
  assert.equal(app.commands.length, 1);

  assert.equal(await client.start(), true);
  assert.deepEqual((await client.query(one())).rows, [[1]]);
  assert.equal(app.commands.length, 2);
});

test("a manager that has given up is asked by no call", async () => {
  app.restartsAtMost = 0;
  const client = followed();
  await client.start();
  await app.sidecar?.kill();
  await until("it is told", () => client.status === "error");

  const refused = [client.query(one()), client.query(one())];
  for (const call of refused) {
    const error = await rejection(call);
    assert(error instanceof OracleSidecarError);
    assert.equal(error.fullCode, "SIDECAR_KEEPS_CRASHING");
  }
  assert.equal(await client.ensureStarted(), false);
  assert.deepEqual(app.commands, ["start_oracle_sidecar"]);
});

test("a call waits for one that another window has started after all", async () => {
  app.restartsAtMost = 0;
  const client = followed();
  await client.start();
  await app.sidecar?.kill();
  await until("it is told", () => client.status === "error");

  const started = app.invoke("start_oracle_sidecar");
  const answer = client.query(one()).catch((error: unknown) => ({ rows: error }));
  await started;

  assert.deepEqual((await answer).rows, [[1]]);
});

test("a call behind a stop starts it, although the manager had given up before", async () => {
  app.restartsAtMost = 0;
  const client = followed();
  await client.start();
  await app.sidecar?.kill();
  await until("it is told", () => client.status === "error");

  await client.stop();

  assert.deepEqual((await client.query(one())).rows, [[1]]);
});

test("a stop during a restart holds, whatever the manager tells afterwards", async () => {
  const client = followed();
  await client.start();
  const endPause = paused();
  await app.sidecar?.kill();
  await until("the crash is told", () => client.status === "starting");

  await client.stop();
  endPause();
  app.tell({ status: "restarting", attempt: 1 });
  app.tell({ status: "ready", url: "http://127.0.0.1:1" });
  app.tell({ status: "failed" });

  assert.equal(client.status, "stopped");
  assert.deepEqual(app.commands, ["start_oracle_sidecar", "stop_oracle_sidecar"]);
});

test("the client's own stop and start, told by the manager too, start nothing twice", async () => {
  const client = followed();
  const heard = told(client);

  await client.start();
  await client.restart();
  await client.stop();
  await client.start();
  await client.query(one());

  assert.deepEqual(
    app.commands.map((command) => command.split("_")[0]),
    ["start", "stop", "start", "stop", "start"],
  );
  const round = ["starting", "ready"];
  assert.deepEqual(heard, [...round, ...round, "stopped", ...round]);
});

test("one that somebody else stops and starts again is followed", async () => {
  const client = followed();
  await client.start();
  const heard = told(client);

  await app.stop();
  await until("the stop is noticed", () => client.status === "stopped");
  await app.invoke("start_oracle_sidecar");
  await until("the start is noticed", () => client.isReady());

  assert.deepEqual(heard, ["stopped", "starting", "ready"]);
  assert.deepEqual((await client.query(one())).rows, [[1]]);
});

test("one that somebody else stops before its restart is stopped, not restarting", async () => {
  const client = followed();
  await client.start();
  paused();
  await app.sidecar?.kill();
  await until("the crash is told", () => client.restarting !== null);

  await app.stop();
  app.tell({ status: "stopped" });
  await until("the stop is noticed", () => client.status === "stopped");

  assert.equal(client.restarting, null);
  app.pauseIsOver = Promise.resolve();
  assert.deepEqual((await client.query(one())).rows, [[1]]);
});

test("a client that was never started follows nobody", async () => {
  const client = followed();

  await app.invoke("start_oracle_sidecar");
  app.tell({ status: "failed" });

  assert.equal(client.status, "stopped");
});

test("one that crashes before it answers is waited for no longer: the next one is", async () => {
  const dead = await Sidecar.start();
  await dead.stop();
  let isFirst = true;
  const client = followed({
    invoke: async (command) => {
      if (!isFirst) return app.invoke(command);
      isFirst = false;
      // Behind the answer, as an event may come.
      setTimeout(() => app.tell({ status: "restarting", attempt: 1, retry_in_ms: 250 }));
      return { url: dead.url, token: "secret" };
    },
  });

  assert.equal(await client.start(), true);

  assert.deepEqual((await client.query(one())).rows, [[1]]);
  assert.deepEqual(app.commands, ["start_oracle_sidecar"]);
});

test("one that is given up before it answers is not started once more by itself", async () => {
  const dead = await Sidecar.start();
  await dead.stop();
  let starts = 0;
  const client = followed({
    invoke: async () => {
      starts += 1;
      const error = { code: "SIDECAR_KEEPS_CRASHING", message: "It keeps ending." };
      setTimeout(() => app.tell({ status: "failed", error }));
      return { url: dead.url };
    },
  });

  assert.equal(await client.start(), false);

  assert.equal((await client.getStatus()).error?.fullCode, "SIDECAR_KEEPS_CRASHING");
  assert.equal(starts, 1);
});

test("the manager's own code and sentence are those of the error", async () => {
  const error = { code: "SIDECAR_NOT_FOUND", message: "There is no program at /opt/sidecar." };
  const client = followed({ invoke: () => Promise.reject(error) });

  assert.equal(await client.start(), false);

  const ofCall = await rejection(client.query(one()));
  assert(ofCall instanceof OracleSidecarError);
  const { fullCode, message, rawMessage, status, hint } = ofCall;
  assert.deepEqual(
    [fullCode, message, rawMessage, status, hint],
    ["SIDECAR_NOT_FOUND", error.message, error.message, 0, null],
  );
});

test("without options Tauri's own listen is asked for, where the page has it", async () => {
  const globals = { __TAURI__: { core: { invoke: app.invoke }, event: { listen: app.listen } } };
  Object.assign(globalThis, globals);
  try {
    const heard: string[] = [];
    findManager({}).follow?.(({ status }) => heard.push(status));
    app.tell({ status: "starting" });
    app.tell({ status: "someday" as "starting" });
    app.tell({ status: "ready", url: "http://127.0.0.1:1" });

    assert.deepEqual(heard, ["starting", "ready"]);
  } finally {
    Reflect.deleteProperty(globalThis, "__TAURI__");
  }
  assert.equal(findManager({ invoke: app.invoke }).follow, undefined);
});

test("a page that may not listen looks after the sidecar itself", async () => {
  const listen = (): Promise<never> => Promise.reject("event.listen not allowed");
  const client = followed({ listen, healthIntervalMs: 50 });
  await client.start();

  await app.sidecar?.kill();

  await until("the status says so", () => client.status === "error");
});
