import { expect, test } from "vitest";

import { holdsPassword, readConnectString } from "../src/model/connecting/connect_strings";
import { LONG_MS } from "./long";

test("an empty field says what may be typed", () => {
  expect(readConnectString("  ")).toEqual({
    kind: "empty",
    sentence: "host:port/service, a full (DESCRIPTION=…), or a name from tnsnames.ora.",
    sent: "",
  });
});

test.each([
  ["db-prod:1521/PAYPRD", "Host db-prod, port 1521, service PAYPRD."],
  ["//db-prod:1521/PAYPRD", "Host db-prod, port 1521, service PAYPRD."],
  ["db-prod/PAYPRD", "Host db-prod, port 1521, service PAYPRD."],
  ["[::1]:1522/PAYPRD", "Host ::1, port 1522, service PAYPRD."],
  ["tcps://db-prod:2484/PAYPRD", "Host db-prod, port 2484, service PAYPRD, with TLS."],
  ["db1,db2:1521/PAY", "Hosts db1 and db2, port 1521, service PAY."],
  ["db1:1521,db2:1522/PAY", "Hosts db1:1521 and db2:1522, service PAY."],
  ["db1;db2:1522/PAY", "Hosts db1 and db2, port 1522, service PAY."],
  ["db-prod:1521/PAY:pooled", "Host db-prod, port 1521, service PAY, pooled."],
  [
    "db-prod:1521/PAY:dedicated/ONE",
    "Host db-prod, port 1521, service PAY, dedicated, instance ONE.",
  ],
  [
    "db-prod:1521/PAY?sdu=8192&retry_count=2",
    "Host db-prod, port 1521, service PAY, with sdu and retry_count.",
  ],
  ["db-prod:1521/", "Host db-prod, port 1521. No service is named yet."],
])("%s is an address, sent as it is", (text, sentence) => {
  expect(readConnectString(text)).toMatchObject({ kind: "host", sentence, sent: text });
});

test("the parts of an address are told apart", () => {
  const read = readConnectString("db-prod.example.net:1522/PAYPRD");

  expect(read).toMatchObject({ host: "db-prod.example.net", port: 1522, service: "PAYPRD" });
});

test.each([
  ["jdbc:oracle:thin:@db-prod:1521/PAYPRD", "db-prod:1521/PAYPRD"],
  ["JDBC:oracle:thin:@//db-prod:1521/PAYPRD", "//db-prod:1521/PAYPRD"],
])("%s is taken without its prefix, and says so", (text, sent) => {
  const read = readConnectString(text);

  expect(read.sent).toBe(sent);
  expect(read.sentence).toMatch(
    /^Host db-prod, port 1521, service PAYPRD\. The part jdbc:oracle:thin: is skipped\.$/i,
  );
});

test.each(["db-prod:1521:ORCL", "jdbc:oracle:thin:@db-prod:1521:ORCL"])(
  "%s, the old form with a SID, is sent as a descriptor",
  (text) => {
    const read = readConnectString(text);

    expect(read).toMatchObject({ kind: "sid", host: "db-prod", port: 1521, sid: "ORCL" });
    expect(read.sentence).toContain("Old form with a SID. It is sent as a full descriptor.");
    expect(read.sent).toBe(
      "(DESCRIPTION=(ADDRESS=(PROTOCOL=tcp)(HOST=db-prod)(PORT=1521))(CONNECT_DATA=(SID=ORCL)))",
    );
  },
);

test("a descriptor is sent as it is, and its address is read", () => {
  const text =
    "(DESCRIPTION=(ADDRESS_LIST=(ADDRESS=(PROTOCOL=tcp)(HOST=db1)(PORT=1521))" +
    "(ADDRESS=(PROTOCOL=tcp)(HOST=db2)(PORT=1522)))(CONNECT_DATA=(SERVICE_NAME=PAYPRD)))";

  expect(readConnectString(text)).toEqual({
    kind: "descriptor",
    sentence: "A full descriptor. Hosts db1:1521 and db2:1522, service PAYPRD.",
    sent: text,
    host: "db1",
    port: 1521,
    service: "PAYPRD",
  });
});

test.each(["PAYPRD", "pay.prd-2.world"])("%s is looked up in tnsnames.ora", (text) => {
  expect(readConnectString(text)).toEqual({
    kind: "alias",
    sentence: `“${text}” is looked up in tnsnames.ora when you test.`,
    sent: text,
  });
});

test("a TNS_ADMIN behind an alias is skipped in no silence", () => {
  const read = readConnectString("jdbc:oracle:thin:@PAYPRD?TNS_ADMIN=/opt/tns");

  expect(read).toMatchObject({ kind: "alias", sent: "PAYPRD" });
  expect(read.sentence).toContain("put “/opt/tns” into the tnsnames folder below");
});

test.each([
  ["(DESCRIPTION=(ADDRESS=(HOST=db)", "2 brackets are not closed."],
  ["(DESCRIPTION=(ADDRESS=(HOST=db))", "One bracket is not closed."],
  ["(DESCRIPTION=(HOST=db)))", "One bracket is closed but was never opened."],
])("%s is not sent", (text, sentence) => {
  expect(readConnectString(text)).toEqual({ kind: "unbalanced", sentence, sent: "" });
});

const IN_IT =
  "A password stands in the connect string. Put it into its own field, or it would be saved.";

test.each([
  ["scott/tiger@db-prod:1521/PAY", "db-prod:1521/PAY", "scott", "tiger"],
  ["scott/tiger@PAYPRD", "PAYPRD", "scott", "tiger"],
  ["scott/ti@ger@db-prod:1521/PAY", "db-prod:1521/PAY", "scott", "ti@ger"],
  ["scott/a/b?c@db-prod:1521/PAY", "db-prod:1521/PAY", "scott", "a/b?c"],
  ['"App/Read"/tiger@db-prod/PAY', "db-prod/PAY", '"App/Read"', "tiger"],
  ["jdbc:oracle:thin:scott/tiger@//db-prod:1521/PAY", "//db-prod:1521/PAY", "scott", "tiger"],
  ["jdbc:oracle:thin:scott/tiger@db-prod:1521:ORCL", "db-prod:1521:ORCL", "scott", "tiger"],
  [
    "scott/tiger@(DESCRIPTION=(ADDRESS=(HOST=db)(PORT=1))(CONNECT_DATA=(SID=X)))",
    "(DESCRIPTION=(ADDRESS=(HOST=db)(PORT=1))(CONNECT_DATA=(SID=X)))",
    "scott",
    "tiger",
  ],
  [
    "scott/tiger@db:1/s?ssl_server_cert_dn=emailAddress=a@b",
    "db:1/s?ssl_server_cert_dn=emailAddress=a@b",
    "scott",
    "tiger",
  ],
  ["db-prod:1521/PAY?user=scott&password=tiger", "db-prod:1521/PAY", "scott", "tiger"],
  [
    "(DESCRIPTION=(ADDRESS=(HOST=db)(PORT=1))(USER=scott)(PASSWORD=tiger))",
    "(DESCRIPTION=(ADDRESS=(HOST=db)(PORT=1)))",
    "scott",
    "tiger",
  ],
])("the password in %s is moved into its own field", (text, connectString, username, password) => {
  expect(readConnectString(text)).toEqual({
    kind: "password",
    sentence: IN_IT,
    sent: "",
    fixed: { connectString, username, password },
  });
  expect(holdsPassword(text)).toBe(true);
  expect(holdsPassword(connectString)).toBe(false);
});

test("a user alone in front of @ is no password, and moves as well", () => {
  const read = readConnectString("scott@db-prod:1521/PAY");

  expect(read.sentence).toBe("A user stands in the connect string. Put it into its own field.");
  expect(read.fixed).toEqual({
    connectString: "db-prod:1521/PAY",
    username: "scott",
    password: "",
  });
});

test.each([
  "db-prod:1521/PAY?wallet_password=geheim",
  "tcps://db:2484/s?https_proxy=me:geheim@proxy",
  "(DESCRIPTION=(ADDRESS=(HOST=db))(SECURITY=(MY_WALLET_PASSWORD=geheim)))",
])("a secret in %s that is not the user's password is not sent and not taken apart", (text) => {
  const read = readConnectString(text);

  expect(read).toEqual({ kind: "password", sentence: IN_IT, sent: "" });
  expect(holdsPassword(text)).toBe(true);
});

test.each([
  "db-prod:1521/PAYPRD",
  '(DESCRIPTION=(SECURITY=(SSL_SERVER_CERT_DN="emailAddress=dba@corp"))(ADDRESS=(HOST=db)))',
  "tcps://db:2484/s?wallet_location=/home/me@work",
  "PAYPRD",
  "",
])("%s holds no password", (text) => {
  expect(holdsPassword(text)).toBe(false);
});

test.each([
  ["db-prod:1521", "Not whole yet: host:port/service."],
  ["ldap://dir:389/PAY", "Names in a directory cannot be looked up. Type host:port/service."],
  ["db prod/PAY PRD", "Not a form that is known: host:port/service. It is sent as it is."],
])("%s is sent as it is, for the driver to judge", (text, sentence) => {
  expect(readConnectString(text)).toEqual({ kind: "other", sentence, sent: text });
});

test("a long text is read in time that grows with its length", () => {
  const started = performance.now();
  for (const part of ["(A=", "a@", "h:1,", "?a=b&", "a.", "((((("]) {
    readConnectString(part.repeat(4000));
  }
  expect(performance.now() - started).toBeLessThan(LONG_MS);
});
