// Run by tests/stand_in/test_node.py against the stand-in; the tables it queries are set up there.
// Says `ok <name>` for each check, and ends with an exception at the first that fails.

import assert from "node:assert/strict";
import oracledb from "oracledb";

const [user, password, connectString] = process.argv.slice(2);
const connection = await oracledb.getConnection({ user, password, connectString });

async function check(name, body) {
  await body();
  console.log(`ok ${name}`);
}

async function rejects(code, promise) {
  await assert.rejects(promise, (error) => error.code === code);
}

await check("version", async () => {
  assert.equal(oracledb.thin, true);
  assert.match(connection.oracleServerVersionString, /^\d+\.\d+\.\d+\.\d+\.\d+$/);
});

await check("types", async () => {
  const { rows, metaData } = await connection.execute("select * from types");
  assert.deepEqual(
    metaData.map((column) => column.dbTypeName),
    [
      "NUMBER", "NUMBER", "VARCHAR2", "NVARCHAR2", "CHAR", "RAW", "DATE", "TIMESTAMP",
      "TIMESTAMP WITH TIME ZONE", "BINARY_DOUBLE", "BINARY_FLOAT", "LONG", "ROWID",
      "INTERVAL YEAR TO MONTH", "INTERVAL DAY TO SECOND",
    ],
  );
  const [values, nulls] = rows;
  assert.deepEqual(values, [
    4711, -0.5, "ä€😀", "ñ", "ab ", Buffer.from([0, 255]),
    new Date(2026, 0, 28, 10, 38, 36), new Date(2026, 0, 28, 10, 38, 36, 123),
    new Date(Date.UTC(2026, 0, 28, 3, 38, 36)), -1e300, 1.5, "long text", "AAAR3sAAEAAAACXAAA",
    new oracledb.IntervalYM({ years: -3, months: -11 }),
    new oracledb.IntervalDS({ days: 1, hours: 2, minutes: 3, seconds: 4, fseconds: 5000000 }),
  ]);
  assert.deepEqual(nulls, values.map(() => null));
});

await check("exact numbers as strings", async () => {
  const fetchTypeHandler = () => ({ type: oracledb.STRING });
  const { rows } = await connection.execute("select * from exact", [], { fetchTypeHandler });
  assert.deepEqual(rows, [["12345678901234567890123456789012345678"], ["-.00012"]]);
});

await check("new types", async () => {
  if (connection.oracleServerVersion < 2300000000) return;
  const { rows } = await connection.execute("select * from modern");
  const [json, vector, truth] = rows[0];
  assert.deepEqual(json, { a: [1, 1.5, null, true, "ä"], b: {} });
  assert.deepEqual(vector, new Float32Array([1.5, -2]));
  assert.equal(truth, true);
  assert.deepEqual(rows[1], [null, null, null]);
});

await check("lobs", async () => {
  for (let round = 0; round < 2; round++) {
    const { rows } = await connection.execute("select * from lobs");
    assert.equal(await rows[0][0].getData(), "déjà vu ".repeat(9000));
    assert.deepEqual(await rows[0][1].getData(), Buffer.alloc(70000, 7));
    assert.deepEqual(rows[1], [null, null]);
  }
  const fetchTypeHandler = (column) =>
    ({ type: column.dbType === oracledb.DB_TYPE_CLOB ? oracledb.STRING : oracledb.BUFFER });
  const { rows } = await connection.execute("select * from lobs", [], { fetchTypeHandler });
  assert.deepEqual(rows, [["déjà vu ".repeat(9000), Buffer.alloc(70000, 7)], [null, null]]);
});

await check("xml and cursors in rows", async () => {
  const { rows } = await connection.execute("select * from strange");
  assert.deepEqual(rows, [["<a>ä</a>", [[1], [2]]]]);
});

await check("objects and collections", async () => {
  const elsewhere = connectString.replace(/\/\w+$/, "/DEMO");
  const other = await oracledb.getConnection({ user, password, connectString: elsewhere });
  // A LOB inside an object, as scalars has them, is beyond this driver.
  const sql = "SELECT address, tags, readings, addresses FROM all_values_objects WHERE id = :id";
  const read = async (id) => (await other.execute(sql, [id])).rows[0];
  assert.deepEqual(await read(1), [null, null, null, null]);
  const [address] = await read(4);
  assert.equal(address.STREET, "Jl. Sudirman 1");
  assert.equal(address.GEO.LON, 106.845599);
  const [, tags, readings, addresses] = await read(5);
  assert.deepEqual(tags.getValues(), ["red", null, "grün"]);
  assert.deepEqual(readings.getValues(), [1, -2, null, 1e30]);
  assert.deepEqual(addresses.getValues().map((one) => one && one.STREET), ["a", null, "b"]);
  await other.close();
});

await check("vectors", async () => {
  if (connection.oracleServerVersion < 2300000000) return;
  const elsewhere = connectString.replace(/\/\w+$/, "/DEMO");
  const other = await oracledb.getConnection({ user, password, connectString: elsewhere });
  const { rows, metaData } = await other.execute("SELECT * FROM all_values_vectors WHERE id < 3 ORDER BY id");
  assert.deepEqual(rows[0].slice(2), Array(7).fill(null));
  const [anything, singles, doubles, bytes, bits, sparse, sparseBytes] = rows[1].slice(2);
  assert.deepEqual(anything, new Float32Array([1, 2.5, -3]));
  assert.deepEqual(singles, new Float32Array([0.1, -0, 3e38]));
  assert.deepEqual(doubles, new Float64Array([0.1, -1e300]));
  assert.deepEqual(bytes, new Int8Array([-128, 0, 127]));
  assert.deepEqual(bits, new Uint8Array([255, 1]));
  assert.deepEqual([...sparse.indices], [1, 5]);
  assert.deepEqual(sparse.values, new Float32Array([1.5, -2]));
  assert.equal(sparseBytes.numDimensions, 65535);
  assert.deepEqual(metaData.slice(2).map((column) => column.vectorDimensions), [undefined, 3, 2, undefined, 16, 8, undefined]);
  await other.close();
});

await check("fetching in batches", async () => {
  const options = { fetchArraySize: 70, prefetchRows: 10 };
  for (let round = 0; round < 2; round++) {
    const { rows } = await connection.execute("select * from numbers", [], options);
    assert.deepEqual(rows.map(([number]) => number), Array.from({ length: 250 }, (_, n) => n + 1));
  }
});

await check("binds", async () => {
  const sql = "select echo :a , :b , :c from dual";
  const byPosition = await connection.execute(sql, [1, "x", null]);
  assert.deepEqual(byPosition.rows[0], ["1", "'x'", "None"]);
  const byName = await connection.execute(sql, { a: Buffer.from([1]), b: "ä", c: 0.5 });
  assert.deepEqual(byName.rows[0], ["b'\\x01'", "'ä'", "Decimal('0.5')"]);
  const long = await connection.execute(sql, ["l".repeat(40000), 2, "s"]);
  assert.deepEqual(long.rows[0], [`'${"l".repeat(40000)}'`, "2", "'s'"]);
});

await check("dml, commit, rollback", async () => {
  const one = await connection.execute("insert into t values ( :a )", [1]);
  assert.equal(one.rowsAffected, 1);
  assert.equal(connection.transactionInProgress, true);
  await connection.commit();
  assert.equal(connection.transactionInProgress, false);
  const rows = [[1, "a"], [2, null], [3, "c"]];
  const many = await connection.executeMany("insert into t values ( :a , :b )", rows);
  assert.equal(many.rowsAffected, 3);
  await connection.rollback();
  await connection.execute("insert into t values ( :a )", [1], { autoCommit: true });
  assert.equal(connection.transactionInProgress, false);
});

await check("batch errors", async () => {
  const result = await connection.executeMany(
    "insert into t values ( :a )", [["fine"], ["bad"], ["fine"]], { batchErrors: true });
  assert.deepEqual(result.batchErrors.map((error) => [error.offset, error.message.slice(0, 9)]), [[1, "ORA-00001"]]);
  await connection.rollback();
});

await check("errors", async () => {
  await rejects("ORA-00942", connection.execute("select * from nowhere"));
  await rejects("ORA-00904", connection.execute("select nope from dual"));
  await rejects("ORA-01555", connection.execute("select fail 1555 from dual"));
  await connection.ping();
});

await check("break", async () => {
  const running = connection.execute("select block from dual");
  setTimeout(() => connection.break(), 50);
  await rejects("ORA-01013", running);
  await connection.ping();
});

await check("call timeout", async () => {
  connection.callTimeout = 100;
  await rejects("NJS-123", connection.execute("select block from dual"));
  connection.callTimeout = 0;
  await connection.ping();
});

await check("session attributes", async () => {
  connection.module = "judge";
  connection.action = "";
  connection.clientId = "someone";
  connection.clientInfo = "ä";
  connection.currentSchema = "APP";
  await connection.ping();
});

await check("wrong password", async () => {
  await rejects("ORA-01017", oracledb.getConnection({ user, password: "wrong", connectString }));
});

await check("unknown service", async () => {
  const elsewhere = connectString.replace(/\/\w+$/, "/NOSUCH");
  await rejects("NJS-518", oracledb.getConnection({ user, password, connectString: elsewhere }));
});

await check("redirect", async () => {
  const elsewhere = connectString.replace(/\/\w+$/, "/REDIRECTED");
  const other = await oracledb.getConnection({ user, password, connectString: elsewhere });
  await other.close();
});

await check("pool", async () => {
  const pool = await oracledb.createPool({ user, password, connectString, poolMin: 1, poolMax: 3 });
  const [first, second] = await Promise.all([pool.getConnection(), pool.getConnection()]);
  await Promise.all([first.ping(), second.ping()]);
  await Promise.all([first.close(), second.close()]);
  await pool.close(0);
});

await connection.close();
