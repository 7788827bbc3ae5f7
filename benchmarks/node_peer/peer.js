// The sidecar's `/query` as JSON, on node-oracledb in thin mode: a peer that the benchmarks compare
// with, not a replacement. Run with `--port N`; 0 takes any free one, which the ready line tells.
//
// NUMBERs come as the digits that the database sent, and moments as ISO texts, both without a loss
// but for digits of a second beyond milliseconds, which a Date does not hold. The answer is made as
// a whole: no stream, no cancel, no time limit, nothing but what is compared.

import { createServer } from "node:http";
import oracledb from "oracledb";

const FETCH_ROWS = 1000;
const POOL_MAX = 2;
const TEXTS = new Set([oracledb.DB_TYPE_NUMBER, oracledb.DB_TYPE_BINARY_DOUBLE]);

/** Promises of pools, so that callers who come at once share one. */
const pools = new Map();

function poolOf({ connect_string: connectString, username: user, password }) {
  const key = JSON.stringify([connectString, user, password]);
  if (!pools.has(key)) {
    const wanted = { connectString, user, password, poolMin: 0, poolMax: POOL_MAX };
    pools.set(key, oracledb.createPool(wanted));
  }
  return pools.get(key);
}

const fetchTypeHandler = ({ dbType }) =>
  TEXTS.has(dbType) ? { type: oracledb.STRING, converter: asNumber } : undefined;

/** A number where a double carries it; the digits otherwise. */
function asNumber(text) {
  const number = Number(text);
  return String(number) === text.replace(/^(-?)\./, "$10.") ? number : text;
}

const asText = (value) => (Buffer.isBuffer(value) ? value.toString("hex").toUpperCase() : value);

async function query({ connection, sql, max_rows: maxRows }) {
  const started = performance.now();
  const pool = await poolOf(connection);
  const session = await pool.getConnection();
  try {
    const most = maxRows ? maxRows + 1 : 0;
    const { metaData, rows } = await session.execute(sql, [], {
      fetchArraySize: FETCH_ROWS,
      fetchTypeHandler,
      maxRows: most,
    });
    const truncated = most > 0 && rows.length === most;
    if (truncated) rows.pop();
    return {
      columns: metaData.map((column) => column.name),
      rows: rows.map((row) => row.map(asText)),
      row_count: rows.length,
      execution_time_ms: performance.now() - started,
      truncated,
      column_types: metaData.map((column) => column.dbTypeName),
    };
  } finally {
    await session.close();
  }
}

async function bodyOf(request) {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  return JSON.parse(Buffer.concat(pieces));
}

async function answer(request) {
  if (request.url === "/health") return { status: "ok" };
  if (request.method === "POST" && request.url === "/query") return query(await bodyOf(request));
  throw new Error(`no such path: ${request.url}`);
}

const server = createServer((request, response) => {
  answer(request).then(
    (value) => send(response, 200, value),
    (error) => send(response, 500, { detail: { message: String(error) } }),
  );
});

function send(response, status, value) {
  const body = Buffer.from(JSON.stringify(value));
  response.writeHead(status, {
    "Content-Type": "application/json",
    "Content-Length": body.length,
  });
  response.end(body);
}

server.keepAliveTimeout = 0; // callers come back when it is their turn again
const at = process.argv.indexOf("--port");
server.listen(at < 0 ? 0 : Number(process.argv[at + 1]), "127.0.0.1", () => {
  console.log(JSON.stringify({ event: "ready", port: server.address().port }));
});
