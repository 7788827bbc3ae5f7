/** What the client makes of answers that a sidecar under way would not give. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";

import { OracleSidecarClient, OracleSidecarError } from "../src/index.js";
import type { ClientOptions, Connection, QueryRequest, Retry } from "../src/index.js";
import { ndjson, refuse, roughServer } from "./support/rough_server.js";
import type { Answer, RoughServer } from "./support/rough_server.js";
import { all, rejection, until } from "./support/waiting.js";

const connection: Connection = { connect_string: "x", username: "u", password: "p" };
const query: QueryRequest = { connection, sql: "SELECT 1 AS n FROM dual" };
const HEAD = { columns: ["N"], column_types: ["NUMBER"] };
const TOTALS = { row_count: 1, truncated: false, execution_time_ms: 1 };

async function against(
  t: TestContext,
  answer: Answer,
  options: ClientOptions = {},
): Promise<{ client: OracleSidecarClient; server: RoughServer }> {
  const server = await roughServer(answer);
  t.after(() => server.stop());
  const own = { baseUrl: server.url, healthIntervalMs: 0 };
  return { client: new OracleSidecarClient({ ...own, ...options }), server };
}

async function sidecarError(work: Promise<unknown>): Promise<OracleSidecarError> {
  const error = await rejection(work);
  assert(error instanceof OracleSidecarError, String(error));
  return error;
}

const paths = ({ asked }: RoughServer): string[] => asked.map(({ path }) => path);

test("a stream that ends without its last line is an error", async (t) => {
  const { client } = await against(t, (_, response) => ndjson(response, [HEAD, [1]]));

  const error = await sidecarError(client.query(query));

  assert.equal(error.fullCode, "INCOMPLETE_ANSWER");
  assert.equal(error.message, "The answer broke off before its end.");
  assert.equal(client.status, "ready");
});

test("a stream that is cut is an error, and the sidecar is not called dead", async (t) => {
  const { client } = await against(t, (_, response) => {
    response.writeHead(200);
    response.write(`${JSON.stringify(HEAD)}\n[1]\n${JSON.stringify(TOTALS)}`, () =>
      response.destroy(),
    );
  });

  const error = await sidecarError(client.query(query));

  assert.equal(error.fullCode, "INCOMPLETE_ANSWER");
  assert.equal(client.status, "ready");
});

test("a last line without its line feed is not the last line", async (t) => {
  const { client } = await against(t, (_, response) => {
    response.end(`${JSON.stringify(HEAD)}\n[1]\n${JSON.stringify(TOTALS)}`);
  });

  assert.equal((await sidecarError(client.query(query))).fullCode, "INCOMPLETE_ANSWER");
});

test("lines of kinds that are not known are skipped", async (t) => {
  const lines = [{ news: 1 }, HEAD, { news: 2 }, [1], { news: [] }, TOTALS, { news: 4 }];
  const { client } = await against(t, (_, response) => ndjson(response, lines));

  assert.deepEqual(await client.query(query), { ...HEAD, rows: [[1]], ...TOTALS });
});

const DIVIDED = { full_code: "ORA-01476", code: 1476, message: "x", hint: null, retryable: false };

test("rows that come together with the error are given before it", async (t) => {
  const lines = [HEAD, [1], [2], { error: DIVIDED }];
  const { client } = await against(t, (_, response) => ndjson(response, lines));
  const rows: unknown[] = [];

  const error = await sidecarError(
    (async () => {
      for await (const event of client.rows(query)) {
        if (event.kind === "rows") rows.push(...event.rows);
      }
    })(),
  );

  assert.equal(error.fullCode, "ORA-01476");
  assert.deepEqual(rows, [[1], [2]]);
});

test("differences that come together with the error are given before it", async (t) => {
  const differences = [1, 2].map((key) => ({ diff: "left_only", key: [key] }));
  const lines = [{ left_sql: "x" }, ...differences, { error: DIVIDED }];
  const { client } = await against(t, (_, response) => ndjson(response, lines));
  const kinds: string[] = [];

  const error = await sidecarError(
    (async () => {
      const sides = { left: { connection }, right: { connection } };
      for await (const event of client.compare({ ...sides, table: "T" })) kinds.push(event.kind);
    })(),
  );

  assert.equal(error.fullCode, "ORA-01476");
  assert.deepEqual(kinds, ["head", "difference", "difference"]);
});

test("a page of something else is told apart from a sidecar", async (t) => {
  for (const status of [200, 404]) {
    const { client } = await against(t, (_, response) => {
      response.writeHead(status, { "Content-Type": "text/html" });
      response.end("<html>\n");
    });

    assert.equal((await sidecarError(client.query(query))).fullCode, "BAD_ANSWER");
    assert.equal((await sidecarError(client.listPools())).fullCode, "BAD_ANSWER");
  }
});

test("bytes that are not UTF-8 are not taken for text", async (t) => {
  const { client } = await against(t, (_, response) => response.end(Buffer.from([0x5b, 0xff])));

  assert.equal((await sidecarError(client.query(query))).fullCode, "BAD_ANSWER");
});

test("what is busy is tried again after the time it asked for", async (t) => {
  let tries = 0;
  const { client } = await against(t, (_, response) => {
    tries += 1;
    if (tries > 1) ndjson(response, [HEAD, [1], TOTALS]);
    else refuse(response, 503, "DPY-4005", { retryable: true, retryAfter: "1" });
  });
  const retries: Retry[] = [];
  const from = performance.now();

  const { rows } = await client.query({ ...query, onRetry: (retry) => retries.push(retry) });

  assert.deepEqual(rows, [[1]]);
  assert(performance.now() - from >= 1000);
  const [retry] = retries;
  assert.deepEqual(
    [retries.length, retry?.error.fullCode, retry?.error.retryAfterMs],
    [1, "DPY-4005", 1000],
  );
});

test("it gives up after three tries", async (t) => {
  const { client, server } = await against(t, (_, response) =>
    refuse(response, 503, "DPY-4005", { retryable: true }),
  );

  assert.equal((await sidecarError(client.query(query))).status, 503);

  assert.equal(server.asked.length, 3);
});

test("a lost connection is tried once more, and a refused login never", async (t) => {
  for (const [status, code, tries] of [
    [502, "ORA-12514", 2],
    [403, "ORA-01017", 1],
    [401, "TOKEN_NEEDED", 1],
  ] as const) {
    const { client, server } = await against(t, (_, response) =>
      refuse(response, status, code, { retryable: true }),
    );

    await sidecarError(client.query(query));

    assert.equal(server.asked.length, tries, code);
  }
});

test("a test of a connection is one try", async (t) => {
  const { client, server } = await against(t, (_, response) =>
    refuse(response, 503, "ORA-12520", { retryable: true }),
  );

  await sidecarError(client.testConnection(connection));

  assert.equal(server.asked.length, 1);
});

test("what is not called retryable, or wants too long a wait, is not tried again", async (t) => {
  for (const more of [{}, { retryable: true, retryAfter: "3600" }]) {
    const { client, server } = await against(t, (_, response) =>
      refuse(response, 503, "ORA-12520", more),
    );

    await sidecarError(client.listPools());

    assert.equal(server.asked.length, 1);
  }
});

test("an error line behind progress is tried again, one behind rows is not", async (t) => {
  const detail = {
    code: 4005,
    message: "busy",
    hint: null,
    full_code: "DPY-4005",
    retryable: true,
  };
  const progress = { progress: { rows: 0, elapsed_ms: 1 } };
  for (const [lines, tries] of [
    [[progress, { error: detail }], 3],
    [[HEAD, [1], { error: detail }], 1],
  ] as const) {
    const { client, server } = await against(t, (_, response) => ndjson(response, [...lines]));

    const error = await sidecarError(client.query(query));

    assert.deepEqual([error.status, server.asked.length], [503, tries]);
  }
});

test("a wait for another try can be aborted, and ends with the time limit", async (t) => {
  const { client, server } = await against(t, (_, response) =>
    refuse(response, 503, "DPY-4005", { retryable: true, retryAfter: "20" }),
  );
  const controller = new AbortController();
  const onRetry = (): void => controller.abort();

  const aborted = await rejection(client.query({ ...query, signal: controller.signal, onRetry }));
  const late = await sidecarError(client.query({ ...query, timeoutMs: 5000 }));

  assert.equal((aborted as Error).name, "AbortError");
  assert.equal(late.fullCode, "DPY-4005");
  assert.equal(server.asked.length, 2);
});

test("each try has what is left of the time limit", async (t) => {
  let tries = 0;
  const { client, server } = await against(t, (_, response) => {
    tries += 1;
    if (tries > 1) ndjson(response, [HEAD, [1], TOTALS]);
    else refuse(response, 503, "DPY-4005", { retryable: true });
  });

  await client.query({ ...query, timeoutMs: 60_000 });

  const [first = 0, second = 0] = server.asked.map(({ body }) => JSON.parse(body).timeout_ms);
  assert(first <= 60_000 && first > 59_000, String(first));
  assert(second < first && second > 50_000, `${second} after ${first}`);
});

test("an abort tells the sidecar the query's id, and waits until it has heard", async (t) => {
  let isHeard = false;
  const { client, server } = await against(t, (request, response) => {
    if (request.url !== "/cancel") return; // and never answers
    setTimeout(() => {
      isHeard = true;
      response.end('{"cancelled":true}');
    }, 50);
  });
  const controller = new AbortController();
  const failing = rejection(client.query({ ...query, signal: controller.signal }));
  await until("it was asked", () => server.asked.length > 0);

  controller.abort();
  await failing;

  assert.deepEqual(paths(server), ["/query", "/cancel"]);
  const [asked, cancelled] = server.asked.map(({ body }) => JSON.parse(body).query_id);
  assert.equal(asked, cancelled);
  assert(isHeard);
});

test("leaving the loop tells the sidecar, and so does the end of the time", async (t) => {
  const { client, server } = await against(t, (request, response) => {
    if (request.url === "/cancel") return void response.end('{"cancelled":true}');
    response.writeHead(200);
    response.write(`${JSON.stringify(HEAD)}\n`); // and nothing more
  });

  for await (const event of client.rows(query)) if (event.kind === "head") break;
  const error = await sidecarError(client.query({ ...query, timeoutMs: 50 }));

  assert.deepEqual([error.fullCode, error.status], ["TIMED_OUT", 504]);
  assert.deepEqual(paths(server), ["/query", "/cancel", "/query", "/cancel"]);
});

test("an answer that has ended needs no cancel", async (t) => {
  const { client, server } = await against(t, (_, response, body) =>
    body.includes("fail")
      ? refuse(response, 400, "ORA-00942")
      : ndjson(response, [HEAD, [1], TOTALS]),
  );

  await client.query(query);
  await sidecarError(client.query({ ...query, sql: "fail" }));

  assert.deepEqual(paths(server), ["/query", "/query"]);
});

test("a sidecar that does not hear of an abort delays it by two seconds at most", async (t) => {
  const { client, server } = await against(t, () => undefined);
  const controller = new AbortController();
  const failing = rejection(client.query({ ...query, signal: controller.signal }));
  await until("it was asked", () => server.asked.length > 0);
  const from = performance.now();

  controller.abort();
  await failing;

  assert(performance.now() - from < 20_000);
});

test("calls without a statement keep their time limit themselves", async (t) => {
  const { client } = await against(t, () => undefined);

  const error = await sidecarError(client.listPools({ timeoutMs: 50 }));

  assert.deepEqual([error.fullCode, error.status], ["TIMED_OUT", 504]);
});

test("a client's progress and a call's own are asked for", async (t) => {
  const { client, server } = await against(
    t,
    (_, response) => ndjson(response, [HEAD, [1], TOTALS]),
    { progressMs: 1234 },
  );

  await client.query(query);
  await client.query({ ...query, progressMs: 0 });

  const asked = server.asked.map(({ body }) => JSON.parse(body).progress_ms);
  assert.deepEqual(asked, [1234, 0]);
});

test("by itself it asks for progress before webviews give up", async (t) => {
  const { client, server } = await against(t, (request, response) =>
    ndjson(response, request.url === "/query" ? [HEAD, [1], TOTALS] : [{ same: true }]),
  );

  await client.query(query);
  await all(client.compare({ left: { connection }, right: { connection }, table: "t" }));

  const asked = server.asked.map(({ body }) => JSON.parse(body).progress_ms);
  assert.deepEqual(asked, [10_000, 1000]);
});
