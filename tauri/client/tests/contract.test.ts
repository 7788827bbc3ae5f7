/** The client gives what the examples of the contract say, which Python's tests read, too. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { OracleSidecarClient, OracleSidecarError } from "../src/index.js";
import type { BatchQuery, CompareRequest, Connection, QueryRequest } from "../src/index.js";
import { filled, linesMismatch, mismatch, readExamples } from "./support/examples.js";
import type { Example } from "./support/examples.js";
import { Database, Sidecar } from "./support/processes.js";
import { all } from "./support/waiting.js";

let database: Database;
let sidecar: Sidecar;
let client: OracleSidecarClient;

before(async () => {
  [database, sidecar] = await Promise.all([Database.start(), Sidecar.start()]);
  client = new OracleSidecarClient({ baseUrl: sidecar.url, healthIntervalMs: 0 });
});

after(() => Promise.all([database.stop(), sidecar.stop()]));

/** What the client makes of an example's request, in the shape of the answer's body. */
async function askedByClient({ request }: Example): Promise<unknown> {
  const body = filled(request.body, database) as never;
  switch (request.path) {
    case "/health":
      return client.health();
    case "/test-connection":
      return client.testConnection((body as { connection: Connection }).connection);
    case "/query":
      return client.query(body as QueryRequest);
    case "/query-dict":
      return client.queryAsDict(body as QueryRequest);
    case "/query-batch":
      return { results: await client.queryBatch((body as { queries: BatchQuery[] }).queries) };
    case "/pools":
      return { pools: await client.listPools() };
    case "/cancel":
      return { cancelled: await client.cancel((body as { query_id: string }).query_id) };
    case "/compare":
      return comparedByClient(body as CompareRequest);
  }
  throw new Error(`no call of the client asks ${request.path}`);
}

async function comparedByClient(request: CompareRequest): Promise<object> {
  const events = await all(client.compare(request));
  const without = ({ kind: _, ...event }: (typeof events)[number]): object => event;
  const of = (kind: string): object[] => events.filter((e) => e.kind === kind).map(without);
  const differences = request.summary ? {} : { differences: of("difference") };
  return { ...of("head")[0], ...differences, ...of("totals")[0] };
}

/** The error as a sidecar tells it. */
function told(error: unknown): object {
  assert(error instanceof OracleSidecarError, String(error));
  const { code, rawMessage: message, hint, fullCode: full_code, retryable, side, stopped } = error;
  const own = { code, message, hint, full_code, retryable };
  return { detail: { ...own, ...(side && { side }), ...(stopped && { stopped }) } };
}

/** What query() and compare() gather of an NDJSON answer's lines. */
function gathered(lines: unknown[]): unknown {
  const [head, ...others] = lines as Record<string, unknown>[];
  const end = others.pop() ?? {};
  if ("error" in end) return { detail: end["error"] };
  if ("same" in end) return { ...head, differences: others, ...end };
  const { row_count, truncated, execution_time_ms } = end;
  const { columns, column_types } = head ?? {};
  return { columns, rows: others, row_count, execution_time_ms, truncated, column_types };
}

for (const example of readExamples()) {
  test(`the sidecar answers ${example.name} as in ${example.file}`, async () => {
    const { method, path, accept = "application/json", body } = example.request;
    const sent = body === undefined ? {} : { body: JSON.stringify(filled(body, database)) };
    const headers = { Accept: accept, "Content-Type": "application/json" };

    const response = await fetch(sidecar.url + path, { method, headers, ...sent });
    const text = await response.text();

    assert.equal(response.status, example.status, text);
    if (example.lines === undefined) {
      assert.equal(mismatch(example.answer, JSON.parse(text)), null);
    } else {
      const found = text.split("\n").filter((line) => line !== "");
      assert.equal(
        linesMismatch(
          example.lines,
          found.map((line) => JSON.parse(line)),
        ),
        null,
      );
    }
  });

  test(`the client gives ${example.name} as in ${example.file}`, async () => {
    const expected = example.answer ?? gathered(example.lines ?? []);

    const found = await askedByClient(example).catch(told);

    assert.equal(mismatch(expected, found), null);
  });
}
