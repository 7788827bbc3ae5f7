import { expect, test } from "vitest";

import {
  groupsOf,
  looksLikeProduction,
  sameAs,
  sameTarget,
  targetLine,
  testSentence,
  wireConnection,
} from "../src/model/connecting/connections";
import { connection, DEV, PROD } from "./samples";

test.each([
  [{ group: "PROD" }, "Ticked for you because the group is PROD."],
  [{ group: "Live" }, "Ticked for you because the group is Live."],
  [{ name: "Payments prod 2" }, "Ticked for you because the name says “prod”."],
  [{ name: "PAYPRD" }, "Ticked for you because the name says “PAYPRD”."],
  [{ name: "CFG_LIVE" }, "Ticked for you because the name says “LIVE”."],
  [
    { connectString: "db-prod01:1521/PAY" },
    "Ticked for you because the connect string says “prod01”.",
  ],
  [
    { connectString: "db1:1521/PAYPRD" },
    "Ticked for you because the connect string says “PAYPRD”.",
  ],
])("%j looks like production", (with_, reason) => {
  expect(looksLikeProduction(connection(with_))).toBe(reason);
});

test.each([
  { name: "Product catalogue" },
  { name: "Delivery DEV" },
  { name: "non-prod" },
  { name: "preprod" },
  { group: "pre-prod" },
  { name: "Productive team" },
])("%j does not look like production", (with_) => {
  expect(looksLikeProduction(connection(with_))).toBeNull();
});

test("no part of a password is told as a reason", () => {
  const typed = connection({ connectString: "scott/geheim-prod@db:1521/PAY" });

  expect(looksLikeProduction(typed)).toBeNull();
});

test.each([
  ["DB-DEV:1521/paydev", "app_read"],
  ["jdbc:oracle:thin:@//db-dev:1521/PAYDEV", "APP_READ"],
  ["db-dev/PAYDEV", " APP_READ "],
])("%s as %s is the same database and user, however it is written", (connectString, username) => {
  const other = connection({ id: "9", name: "Other", connectString, username });

  expect(sameTarget(DEV, other)).toBe(true);
  expect(sameAs(other, [DEV, PROD, other])).toBe("The same database and user as “Payments DEV”.");
});

test.each([
  { username: "APP_WRITE" },
  { username: '"App_Read"' },
  { connectString: "db-dev:1522/PAYDEV" },
  { connectString: "tcps://db-dev:1521/PAYDEV" },
  { connectString: "db-dev:1521/PAYDEV?sdu=512" },
  { mode: "SYSDBA" },
])("with %j it is another one", (with_) => {
  expect(sameTarget(DEV, connection(with_))).toBe(false);
});

test("an alias is the same only in the same folder of tnsnames.ora", () => {
  const one = connection({ connectString: "PAY", configDir: "/a" });

  expect(sameTarget(one, connection({ connectString: "pay", configDir: "/a" }))).toBe(true);
  expect(sameTarget(one, connection({ connectString: "PAY", configDir: "/b" }))).toBe(false);
});

test("an unfinished connection is the same as none", () => {
  const unfinished = connection({ id: "9", connectString: "" });

  expect(sameAs(unfinished, [connection({ connectString: "" })])).toBeNull();
});

test("groups stand as they are released, others behind them by name", () => {
  const groups = ["Sandbox", "PROD", "", "Alpha", "DEV", "UAT"].map((group, at) =>
    connection({ id: String(at), group, name: `N${9 - at}` }),
  );

  expect(groupsOf(groups).map(({ group }) => group)).toEqual([
    "DEV",
    "UAT",
    "PROD",
    "Alpha",
    "Sandbox",
    "",
  ]);
});

test("connections of a group are sorted by name", () => {
  const named = [connection({ id: "1", name: "B" }), connection({ id: "2", name: "A" })];

  expect(groupsOf(named)[0]?.connections.map(({ name }) => name)).toEqual(["A", "B"]);
});

test("a request carries the side's label and only what is set", () => {
  const secrets = { password: " pw ", walletPassword: "" };

  expect(wireConnection(DEV, secrets, "DEV")).toEqual({
    name: "DEV",
    connect_string: "db-dev:1521/PAYDEV",
    username: "APP_READ",
    password: " pw ",
  });
});

test("a request carries wallet, folder and mode where they are set", () => {
  const full = connection({
    connectString: "jdbc:oracle:thin:@PAYDEV",
    configDir: "/tns",
    walletLocation: "/wallet",
    mode: "SYSDBA",
  });

  expect(wireConnection(full, { password: "p", walletPassword: "w" }, "x".repeat(80))).toEqual({
    name: "x".repeat(64),
    connect_string: "PAYDEV",
    username: "APP_READ",
    password: "p",
    config_dir: "/tns",
    wallet_location: "/wallet",
    wallet_password: "w",
    mode: "SYSDBA",
  });
});

test("a connection is told by user and address, never by a password in it", () => {
  expect(targetLine(DEV)).toBe("APP_READ @ db-dev:1521/PAYDEV");
  expect(targetLine(connection({ connectString: "scott/geheim@db:1521/PAY" }))).toBe(
    "APP_READ @ db:1521/PAY",
  );
});

test.each([
  [182.4, "19.24.0.0.0", "Connected in 182 ms. Oracle 19.24."],
  [1520, "23.26.1.0.0", "Connected in 1,520 ms. Oracle 23.26.1."],
  [5, "12.2.0.1.0", "Connected in 5 ms. Oracle 12.2.0.1."],
])("a test that took %s ms on %s says so", (ms, version, sentence) => {
  expect(testSentence(ms, version, "en")).toBe(sentence);
});
