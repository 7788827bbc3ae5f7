import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { lateStatus, sentenceOf } from "../src/catalogue.js";
import { readRetryAfter } from "../src/http.js";
import { OracleSidecarError } from "../src/index.js";
import { waitBeforeRetry } from "../src/retry.js";
import { uniqueNames } from "../src/results.js";
import { ROOT } from "./support/processes.js";

const detail = {
  code: 1,
  message: "ORA-00001: x",
  hint: null,
  full_code: "ORA-00001",
  retryable: true,
};

/** The codes of docs/errors.md that statements and comparisons can fail with. */
function documented(): Map<string, Set<number>> {
  const found = new Map<string, Set<number>>();
  for (const line of readFileSync(`${ROOT}docs/errors.md`, "utf-8").split("\n")) {
    const [, status, codes] = /^\| (\d{3}) \| (.*?) \|/.exec(line) ?? [];
    for (const [, code] of (codes ?? "").matchAll(/`([^`]+)`/g)) {
      if (code) found.set(code, (found.get(code) ?? new Set()).add(Number(status)));
    }
  }
  return found;
}

// The whole request is refused, before anything of an answer has left.
const NEVER_LATE = new Set([401, 404, 405, 408, 411, 413, 415, 421, 431]);

test("a late error has the status that the documentation gives its code", () => {
  const codes = [...documented()].filter(
    ([, statuses]) => ![...statuses].some((s) => NEVER_LATE.has(s)),
  );
  assert(codes.length > 150);
  const others = codes.filter(([code, statuses]) => !statuses.has(lateStatus(code)));
  assert.deepEqual(others, []);
});

test("every sentence is one, and of a code that there is", () => {
  const known = documented();
  for (const code of known.keys()) {
    const sentence = sentenceOf(code);
    if (sentence !== undefined) assert.match(sentence, /^[A-Z].*\.$/, code);
  }
  assert.equal(sentenceOf("ORA-99999"), undefined);
});

test("a message is a sentence, else the hint, else the sidecar's own words", () => {
  const said = (more: object): string => new OracleSidecarError({ ...detail, ...more }).message;

  assert.equal(said({ full_code: "ORA-01017" }), "The user name or the password was refused.");
  assert.equal(said({ hint: "Do this." }), "Do this.");
  assert.equal(said({}), "ORA-00001: x");
  assert.equal(new OracleSidecarError("of a page").message, "of a page");
  assert.equal(new OracleSidecarError("of a page").status, 0);
});

test("a side's name stands in front of its sentence", () => {
  const sided = { ...detail, side: "left" as const };

  const named = new OracleSidecarError(sided, { sideNames: { left: "DEV", right: "UAT" } });

  assert.equal(named.message, "DEV: ORA-00001: x");
  assert.equal(new OracleSidecarError(sided).message, "Left side: ORA-00001: x");
});

test("Retry-After is seconds or a date", () => {
  const now = Date.parse("2026-11-28T12:00:00Z");
  for (const [value, wait] of [
    ["5", 5000],
    [" 0 ", 0],
    ["Sat, 28 Nov 2026 12:00:07 GMT", 7000],
    ["Sat, 28 Nov 2026 11:00:00 GMT", 0],
    ["soon", null],
    [null, null],
  ] as const) {
    assert.equal(readRetryAfter(value, now), wait, String(value));
  }
});

test("waits double, vary by chance, and are never shorter than was asked for", () => {
  const error = (status: number, retryAfterMs?: number): OracleSidecarError =>
    new OracleSidecarError(detail, {
      status,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });

  assert.equal(waitBeforeRetry(error(503), 1, 2, 0), 125);
  assert.equal(waitBeforeRetry(error(503), 1, 2, 1), 250);
  assert.equal(waitBeforeRetry(error(503), 2, 2, 1), 500);
  assert.equal(waitBeforeRetry(error(503), 3, 2, 1), null);
  assert((waitBeforeRetry(error(503, 5000), 1, 2, 0) ?? 0) >= 5000);
  assert.equal(waitBeforeRetry(error(503, 60_000), 1, 2, 0), null);
  assert.equal(waitBeforeRetry(error(503), 1, 0, 0), null);
  assert.equal(waitBeforeRetry(error(502), 2, 5, 0), null);
  assert.equal(waitBeforeRetry(error(400), 1, 2, 0), null);
});

test("names that repeat are those of /query-dict", () => {
  // The cases of tests/api/test_answers.py.
  for (const [names, unique] of [
    [[], []],
    [
      ["A", "B"],
      ["A", "B"],
    ],
    [
      ["A", "A", "A"],
      ["A", "A_2", "A_3"],
    ],
    [
      ["A", "a"],
      ["A", "a"],
    ],
    [
      ["NAME", "NAME", "NAME_2"],
      ["NAME", "NAME_3", "NAME_2"],
    ],
    [
      ["NAME_2", "NAME", "NAME"],
      ["NAME_2", "NAME", "NAME_3"],
    ],
    [
      ["NAME", "NAME_2", "NAME", "NAME_2"],
      ["NAME", "NAME_2", "NAME_3", "NAME_2_2"],
    ],
    [
      ["", ""],
      ["", "_2"],
    ],
  ] as const) {
    assert.deepEqual(uniqueNames([...names]), unique);
  }
});
