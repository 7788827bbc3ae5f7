import { expect, test } from "vitest";

import { errorSentence, type ErrorContext } from "../src/model/outcome/error_sentences";
import { failure, NAMES } from "./samples";

const CONTEXT: ErrorContext = {
  users: { left: "APP_READ", right: "APP_READ" },
  connectStrings: { left: "db-dev:1521/PAYDEV", right: "db-prod:1521/PAYPRD" },
};
const PROD = { side: "right" } as const;
const WHERE = { ...CONTEXT, where: { left: "VAL = 1", right: "VAL = 1" } };

type Case = [string, string, object, ErrorContext, string, string, string | null];

// The table of PAGE.md, 11: code, message, more of the error, what is known; what is said.
test.each<Case>([
  [
    "ORA-01017",
    "PROD: ORA-01017: invalid credential or not authorized; logon denied",
    PROD,
    CONTEXT,
    "PROD refused the user name or the password.",
    "Type the password again. Some databases lock the account after a few wrong tries.",
    "Type the password",
  ],
  [
    "ORA-28000",
    "PROD: ORA-28000: The account is locked",
    PROD,
    CONTEXT,
    "The account APP_READ is locked on PROD.",
    "Ask its administrator.",
    null,
  ],
  [
    "ORA-28001",
    "PROD: ORA-28001: the password has expired",
    PROD,
    CONTEXT,
    "The password of APP_READ has expired on PROD.",
    "",
    null,
  ],
  [
    "DPY-4000",
    "PROD: DPY-4000: unable to find 'PAYPRD' in /tns/tnsnames.ora",
    PROD,
    { ...CONTEXT, connectStrings: { left: "PAYDEV", right: "PAYPRD" } },
    "“PAYPRD” is not in tnsnames.ora.",
    "",
    "Change the connection",
  ],
  [
    "DPY-4026",
    "PROD: DPY-4026: file '/tns/tnsnames.ora' is missing or unreadable",
    PROD,
    { ...CONTEXT, connectStrings: { left: "PAYDEV", right: "PAYPRD" } },
    "There is no tnsnames.ora in which “PAYPRD” could be looked up.",
    "",
    "Change the connection",
  ],
  [
    "ORA-12514",
    "PROD: DPY-6001: Service PAYPRD is not registered (Similar to ORA-12514)",
    PROD,
    CONTEXT,
    "PROD answers, but knows no service “PAYPRD”.",
    "Check the end of the connect string. The database may still be starting.",
    "Try again",
  ],
  [
    "ORA-12541",
    "PROD: DPY-6005: refused",
    PROD,
    CONTEXT,
    "PROD cannot be reached at db-prod:1521.",
    "Is the VPN on?",
    "Try again",
  ],
  [
    "ORA-12170",
    "PROD: ORA-12170: no login to db-prod within 10 s",
    { ...PROD, status: 504 },
    { ...CONTEXT, connectStrings: { left: "", right: "[::1]:1522/PAY" } },
    "PROD cannot be reached at [::1]:1522.",
    "Is the VPN on?",
    "Try again",
  ],
  [
    "DPY-4024",
    "PROD: the query did not end within its limit of 15 s",
    { ...PROD, status: 504 },
    CONTEXT,
    "PROD took longer than 15 s.",
    "Narrow the rows with WHERE, or try again when there is less to do.",
    "Try again",
  ],
  [
    "DPY-4024",
    "the query did not end within its limit of 1800 s",
    { status: 504 },
    CONTEXT,
    "The comparison took longer than 30 min 0 s.",
    "Narrow the rows with WHERE, or try again when there is less to do.",
    "Try again",
  ],
  [
    "ORA-00942",
    "PROD: ORA-00942: table or view does not exist",
    PROD,
    CONTEXT,
    "PROD: no such table, or APP_READ may not read it.",
    "",
    null,
  ],
  [
    "ORA-01031",
    "PROD: ORA-01031: insufficient privileges",
    PROD,
    CONTEXT,
    "PROD: no such table, or APP_READ may not read it.",
    "",
    null,
  ],
  [
    "ORA-00904",
    'PROD: ORA-00904: "VAL": invalid identifier',
    PROD,
    WHERE,
    "PROD does not understand the WHERE condition: “VAL” is no column.",
    "",
    "Change WHERE",
  ],
  [
    "ORA-00904",
    'PROD: ORA-00904: "A"."VAL": invalid identifier',
    PROD,
    CONTEXT,
    "PROD does not understand the statement: “VAL” is no column.",
    "",
    null,
  ],
  [
    "ORA-00936",
    "PROD: ORA-00936: missing expression",
    { ...PROD, hint: "An expression is missing; look for a comma or operator too many." },
    WHERE,
    "PROD does not understand the WHERE condition: " +
      "an expression is missing; look for a comma or operator too many.",
    "",
    "Change WHERE",
  ],
  [
    "NO_KEY",
    "no key is common to both sides: the left has none, the right none",
    {},
    CONTEXT,
    "No key found. Choose the columns that tell the rows apart, or compare whole rows.",
    "",
    "Change the key",
  ],
  [
    "NO_KEY",
    "no key is common to both sides: the left has (CONFIG_ID), the right (CONFIG_ID, REGION)",
    {},
    CONTEXT,
    "The keys differ: CONFIG_ID in DEV, CONFIG_ID and REGION in PROD. Choose one.",
    "",
    "Change the key",
  ],
  [
    "KEY_TYPE",
    "CONFIG_ID cannot be a key: it is VARCHAR2(10) on the left and NUMBER(10) on the right",
    {},
    CONTEXT,
    "CONFIG_ID is text in DEV and a number in PROD. Cast one of them in SQL.",
    "",
    "Change the key",
  ],
  [
    "DUPLICATE_KEY",
    "DEV: two rows have the key CONFIG_KEY = 'pay.gateway.url'",
    { side: "left" },
    CONTEXT,
    "DEV has two rows with the same key: CONFIG_KEY “pay.gateway.url”.",
    "Add a column to the key, or compare whole rows.",
    "Change the key",
  ],
  [
    "NOT_ORDERED",
    "PROD: the rows are not in the order of their key at column K: 'Z3' comes behind 'Ä12'",
    { ...PROD, hint: "In sql, select ASCIISTR(column)." },
    CONTEXT,
    "PROD sorts “Ä12” before “Z3”, so the rows cannot be paired safely.",
    "In sql, select ASCIISTR(column).",
    "Change the key",
  ],
  [
    "POOL_TOO_SMALL",
    "both sides are one connection",
    { hint: "Start the sidecar with --pool-max 2 or more." },
    CONTEXT,
    "Comparing a database with itself needs two sessions.",
    "Start the sidecar with --pool-max 2 or more.",
    null,
  ],
  [
    "DPY-4005",
    "PROD: timed out",
    { ...PROD, status: 503, retryable: true },
    { ...CONTEXT, retryInSeconds: 4 },
    "All sessions are busy. It goes on by itself in 4 s.",
    "",
    null,
  ],
  [
    "ORA-12660",
    "PROD: DPY-3001: native network encryption",
    { ...PROD, status: 501, hint: "Ask the DBA for a TCPS port." },
    CONTEXT,
    "PROD needs a feature this driver does not have.",
    "Ask the DBA for a TCPS port.",
    null,
  ],
  [
    "SIDECAR_UNREACHABLE",
    "no answer",
    { status: 0 },
    CONTEXT,
    "The sidecar has stopped. Your input is kept.",
    "Restart it, then press Compare again.",
    "Restart",
  ],
  [
    "ORA-03113",
    "PROD: ORA-03113: end-of-file on communication channel",
    PROD,
    CONTEXT,
    "The connection to PROD was lost.",
    "Check the VPN and try again.",
    "Try again",
  ],
  [
    "ORA-01652",
    "PROD: ORA-01652: unable to extend temp segment",
    { ...PROD, hint: "The database has no temporary space left." },
    CONTEXT,
    "PROD: ORA-01652: unable to extend temp segment.",
    "The database has no temporary space left.",
    null,
  ],
  [
    "NO_SUCH_COLUMN",
    "ignore names X, a column that neither side has",
    { hint: "Check the spelling." },
    CONTEXT,
    "Ignore names X, a column that neither side has.",
    "Check the spelling.",
    null,
  ],
])("%s: %s", (code, message, more, context, sentence, what, button) => {
  const told = errorSentence(failure(code, message, more), NAMES, context);

  expect([told.sentence, told.what, told.action?.label ?? null]).toEqual([sentence, what, button]);
  expect([told.raw, told.code]).toEqual([message, code]);
});

test("the call's side is meant where the error names none", () => {
  const error = failure("ORA-01017", "ORA-01017: logon denied");

  expect(errorSentence(error, NAMES, { side: "left" }).sentence).toBe(
    "DEV refused the user name or the password.",
  );
});

test("a connection by itself is told as the database", () => {
  expect(errorSentence(failure("ORA-01017", "denied"), null).sentence).toBe(
    "The database refused the user name or the password.",
  );
  expect(errorSentence(failure("ORA-28000", "locked"), null).sentence).toBe(
    "The account is locked on the database.",
  );
});

test("the word that a condition is not understood for is known, for the field to mark it", () => {
  const error = failure("ORA-00904", 'PROD: ORA-00904: "VAL": invalid identifier', PROD);

  expect(errorSentence(error, NAMES, WHERE)).toMatchObject({ field: "where", word: "VAL" });
});

test("a server's sentence begins with the side's name once", () => {
  const named = failure("ORA-01652", "PROD: ORA-01652: no space", PROD);
  const unnamed = failure("ORA-01652", "ORA-01652: no space", PROD);

  expect(errorSentence(named, NAMES).sentence).toBe("PROD: ORA-01652: no space.");
  expect(errorSentence(unnamed, NAMES).sentence).toBe("PROD: ORA-01652: no space.");
});

test.each([
  ["DPY-3015", 501, true],
  ["ORA-12660", 501, true],
  ["DPY-3022", 501, false],
  ["ORA-01017", 403, false],
])("an Oracle client may help with %s: %o %o", (full_code, status, helps) => {
  const error = failure(full_code, "raw", { status });

  expect(errorSentence(error, NAMES).clientMayHelp).toBe(helps);
});

test("a sidecar that the app cannot start is told in the app's words, with Restart", () => {
  const message = "The sidecar keeps ending by itself. The last time: it was ended by signal 9.";
  const told = errorSentence(failure("SIDECAR_KEEPS_CRASHING", message, { status: 0 }), NAMES);

  expect(told).toMatchObject({ sentence: message, action: { kind: "restart" } });
});
