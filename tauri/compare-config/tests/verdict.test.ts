import { expect, test } from "vitest";

import { clock } from "../src/model/formats";
import type { RunFacts } from "../src/model/types";
import {
  lineText,
  notCompared,
  outcomeOf,
  summaryOf,
  verdictOf,
  type Verdict,
} from "../src/model/outcome/verdict";
import { columns, done, facts, failure, head, NAMES, progress, setup, STARTED } from "./samples";

const READ = `Read at ${clock(new Date(STARTED), "en")}, each side at its own moment.`;

interface Told {
  icon: Verdict["icon"];
  tone: Verdict["tone"];
  sentence: string;
  line: string;
  button: string | null;
}

function told(run: RunFacts): Told {
  const { icon, tone, sentence, line, action } = verdictOf(run, "en");
  return { icon, tone, sentence, line: lineText(line), button: action?.label ?? null };
}

// The table of PAGE.md, 6, in its order.

test("one side failed on the way", () => {
  const error = failure("ORA-03113", "PROD: ORA-03113: end-of-file", { side: "right" });
  const state = {
    phase: "failed",
    progress: progress({ left_rows: 184_000, right_rows: 176_500, changed: 6 }),
    error,
  } as const;

  expect(told(facts(state))).toEqual({
    icon: "alert",
    tone: "err",
    sentence: "PROD failed after 176,500 rows, so there is no result.",
    line:
      "The connection was lost (ORA-03113). " +
      "What was found until then stays below, as not final.",
    button: "Compare again",
  });
});

test("it was cancelled", () => {
  const state = {
    phase: "cancelled",
    progress: progress({ left_rows: 184_000, right_rows: 176_500, changed: 6 }),
    stopped: null,
  } as const;

  expect(told(facts(state))).toEqual({
    icon: "stop",
    tone: "part",
    sentence: "Cancelled after 184,000 rows in DEV and 176,500 in PROD.",
    line: "There is no result. What was found until then stays below, as not final.",
    button: "Compare again",
  });
});

test("both sides gave no row", () => {
  expect(told(done({ equal: 0 }))).toEqual({
    icon: "zero",
    tone: "part",
    sentence: "Both sides gave 0 rows, so nothing was compared.",
    line: "Check the schema, the WHERE condition, and what APP_READ may see.",
    button: "Back to the setup",
  });
});

test("one side gave no row", () => {
  expect(told(done({ left_only: 12_480 }))).toEqual({
    icon: "first",
    tone: "chg",
    sentence: "PROD gave 0 rows. All 12,480 rows are only in DEV.",
    line:
      "If PROD should have rows, check the schema, the WHERE condition, " +
      "and what APP_READ may see. " +
      READ,
    button: "Back to the setup",
  });
  expect(told(done({ right_only: 1 }))).toMatchObject({
    icon: "second",
    sentence: "DEV gave 0 rows. The one row is only in PROD.",
  });
});

test("rows differ, all columns compared", () => {
  expect(told(done({ equal: 12_453, changed: 14, left_only: 9, right_only: 4 }))).toEqual({
    icon: "differs",
    tone: "chg",
    sentence: "27 rows differ. 12,453 are the same in all 14 columns.",
    line: READ,
    button: null,
  });
});

const SOME_LEFT_OUT = head({
  columns: columns(12),
  ignored: ["UPDATED_AT"],
  right_only_columns: ["REGION"],
  types_differ: [{ column: "NOTES", left: "VARCHAR2(400)", right: "NUMBER" }],
});

test("rows differ, not all columns compared", () => {
  const run = done(
    { equal: 12_453, changed: 27 },
    { head: SOME_LEFT_OUT, setup: setup({}, { where: "MODULE <> 'SANDBOX'" }) },
  );

  expect(told(run)).toEqual({
    icon: "differs",
    tone: "chg",
    sentence: "27 rows differ. 12,453 are the same in the 12 columns compared.",
    line:
      "Not compared: UPDATED_AT (you left it out), REGION (only in PROD), " +
      `NOTES (text in DEV, number in PROD). Only rows where MODULE <> 'SANDBOX'. ${READ}`,
    button: null,
  });
});

test("more rows differ than are kept", () => {
  expect(told(done({ equal: 5, changed: 312_440, truncated: true }))).toEqual({
    icon: "differs",
    tone: "chg",
    sentence: "312,440 rows differ. The first 100,000 are shown.",
    line: `The counts are complete. Narrow the rows with WHERE to see the others. ${READ}`,
    button: "Change WHERE",
  });
});

test("all differences came, and they were too large to be kept", () => {
  const verdict = told(done({ equal: 5, changed: 50_000, truncated: false }, { kept: 12_000 }));

  expect(verdict.sentence).toBe("50,000 rows differ. The first 12,000 are shown.");
});

test("it stopped at the limit", () => {
  const run = done({ equal: 5, changed: 1000, truncated: true, complete: false, same: false });

  expect(told(run)).toEqual({
    icon: "differs",
    tone: "chg",
    sentence: "At least 1,000 rows differ. The rest was not read.",
    line: READ,
    button: "Read to the end",
  });
});

test("whole rows were the key", () => {
  const run = done({ equal: 100, left_only: 14, right_only: 13 }, { head: head({ key: "row" }) });

  expect(told(run)).toEqual({
    icon: "differs",
    tone: "chg",
    sentence: "27 rows have no equal row on the other side.",
    line: `A changed row stands twice here, once for each side. ${READ}`,
    button: null,
  });
});

test("no row differs, but not all was compared", () => {
  const open = head({
    columns: columns(13),
    types_differ: [{ column: "NOTES", left: "CLOB", right: "NUMBER(10)" }],
  });

  expect(told(done({ equal: 12_480, same: false }, { head: open }))).toEqual({
    icon: "partial",
    tone: "part",
    sentence: "No row differs in what was compared. That is not “the same”.",
    line: `Not compared: NOTES (text in DEV, number in PROD). ${READ}`,
    button: "Leave NOTES out",
  });
});

test("all rows are the same, with columns left out", () => {
  const leftOut = head({ columns: columns(12), ignored: ["UPDATED_AT", "UPDATED_BY"] });

  expect(told(done({ equal: 12_480 }, { head: leftOut }))).toEqual({
    icon: "equal",
    tone: "ok",
    sentence: "All 12,480 rows are the same in 12 of 14 columns.",
    line: `Not compared: UPDATED_AT, UPDATED_BY (you left them out). ${READ}`,
    button: null,
  });
});

test("all rows that WHERE chose are the same", () => {
  const run = done({ equal: 9812 }, { setup: setup({}, { where: "MODULE <> 'SANDBOX'" }) });

  expect(told(run)).toEqual({
    icon: "check",
    tone: "ok",
    sentence: "All 9,812 rows where MODULE <> 'SANDBOX' are the same in all 14 columns.",
    line: READ,
    button: null,
  });
});

test("all rows are the same", () => {
  expect(told(done({ equal: 12_480 }))).toEqual({
    icon: "check",
    tone: "ok",
    sentence: "All 12,480 rows are the same in all 14 columns.",
    line: READ,
    button: null,
  });
});

// What the table leaves open.

test("green stands only where both sides had rows and nothing was left open", () => {
  const open = { left_only_columns: ["X"] };
  const runs = [
    done({ equal: 0 }),
    done({ equal: 5, same: false }, { head: head(open) }),
    done({ equal: 5, same: true }, { head: head({ empty_is_null: ["RULES"] }) }),
    done({ equal: 5, complete: false }),
    done({ equal: 5, right_only: 1 }),
  ];

  expect(runs.map((run) => verdictOf(run).tone)).not.toContain("ok");
});

test("where an empty value and NULL were not told apart, that is not the same", () => {
  const run = done({ equal: 5 }, { head: head({ empty_is_null: ["RULES", "BODY"] }) });

  expect(told(run)).toMatchObject({
    icon: "partial",
    sentence: "No row differs in what was compared. That is not “the same”.",
    line: `Not told apart: an empty value and NULL in RULES and BODY. ${READ}`,
    button: null,
  });
  expect(outcomeOf(run)).toBe("not_fully");
});

test("columns that are open are named by the button, those that were left out are not", () => {
  const action = verdictOf(done({ equal: 5, same: false }, { head: SOME_LEFT_OUT })).action;

  expect(action).toEqual({
    kind: "leave_out",
    label: "Leave both out",
    columns: ["REGION", "NOTES"],
  });
});

test("two conditions are told by side, and stay out of the sentence", () => {
  const two = setup({ sameWhere: false }, { where: "A = 1" }, { where: "" });

  expect(told(done({ equal: 5 }, { setup: two }))).toMatchObject({
    sentence: "All 5 rows that WHERE chooses are the same in all 14 columns.",
    line: `Only rows in DEV where A = 1; all rows in PROD. ${READ}`,
  });
});

test("a long condition stands in the line", () => {
  const where = `A IN (${"1, ".repeat(40)}2)`;
  const run = done({ equal: 5 }, { setup: setup({}, { where }) });

  expect(told(run)).toMatchObject({
    sentence: "All 5 rows that WHERE chooses are the same in all 14 columns.",
    line: `Only rows where ${where}. ${READ}`,
  });
});

test("a condition is told beside columns that were left out, too", () => {
  const run = done(
    { equal: 5 },
    {
      head: head({ columns: columns(12), ignored: ["X"] }),
      setup: setup({}, { where: "A = 1" }),
    },
  );

  expect(told(run)).toMatchObject({
    sentence: "All 5 rows are the same in 12 of 13 columns.",
    line: `Not compared: X (you left it out). Only rows where A = 1. ${READ}`,
  });
});

test("one is singular", () => {
  expect(told(done({ equal: 1, changed: 1 })).sentence).toBe(
    "1 row differs. 1 is the same in all 14 columns.",
  );
  expect(told(done({ equal: 1 }, { head: head({ columns: ["A"] }) })).sentence).toBe(
    "The one row is the same in the one column.",
  );
  expect(told(done({ left_only: 1, right_only: 3 })).sentence).toBe(
    "4 rows differ. None is the same.",
  );
});

test("two moments are both told where they differ", () => {
  const right_started = "2026-11-28T14:03:09.000+00:00";
  const later = clock(new Date(right_started), "en");
  const run = done({ equal: 5 }, { head: head({ right_started }) });

  expect(told(run).line).toBe(
    `Read at ${clock(new Date(STARTED), "en")} and ${later}, each side at its own moment.`,
  );
});

test("the words that say why two moments may differ can be opened", () => {
  const { line } = verdictOf(done({ equal: 5 }));

  expect(line.find(({ opens }) => opens === "moment")?.text).toBe("each side at its own moment");
});

test("in SQL it is the statement that is to be checked, and what each user may see", () => {
  const run = done(
    { equal: 0 },
    { setup: setup({ mode: "sql" }), users: { left: "APP_READ", right: "APP_RO" } },
  );

  expect(told(run).line).toBe("Check the statement and what APP_READ and APP_RO may see.");
});

// While it runs, and where it ended.

test("what came before the first progress is not final either", () => {
  const error = failure("ORA-01476", "DEV: ORA-01476: divisor is equal to zero", { side: "left" });
  const kept = "What was found until then stays below, as not final.";

  const failed = told(facts({ phase: "failed", progress: null, error }, { found: 19 }));
  expect(failed.line).toContain(kept);
  const cancelled = facts({ phase: "cancelled", progress: null, stopped: null }, { found: 1 });
  expect(told(cancelled)).toMatchObject({
    sentence: "Cancelled after the first rows.",
    line: `There is no result. ${kept}`,
  });
});

test("while it runs nothing is final", () => {
  const state = {
    phase: "running",
    progress: progress({ left_rows: 10, changed: 4, left_only: 1, right_only: 1 }),
  } as const;

  expect(told(facts(state, { head: null }))).toEqual({
    icon: "spinner",
    tone: "run",
    sentence: "Comparing. 6 differences so far.",
    line:
      "Nothing below is final until both sides are read to the end. " +
      "You can look at it already.",
    button: null,
  });
});

test("before the first row nothing is said of differences", () => {
  const state = { phase: "running", progress: null } as const;

  expect(told(facts(state, { head: null })).sentence).toBe("Comparing.");
});

test("while it stops no database is said to be free", () => {
  const state = { phase: "stopping", progress: progress({ left_rows: 5 }), since: 0 } as const;

  expect(told(facts(state))).toMatchObject({
    sentence: "Stopping both databases…",
    line: "",
  });
});

test.each([
  [{ left: true, right: true }, "There is no result. Both databases are free."],
  [
    { left: true, right: false },
    "There is no result. PROD has not confirmed yet. Its query may still run.",
  ],
  [
    { left: false, right: false },
    "There is no result. DEV and PROD have not confirmed yet. Their queries may still run.",
  ],
])("of a cancelled run it is told which database has confirmed: %j", (stopped, line) => {
  const state = { phase: "cancelled", progress: null, stopped } as const;

  expect(told(facts(state, { head: null }))).toMatchObject({
    sentence: "Cancelled before the first row.",
    line,
  });
});

const failed = (error: ReturnType<typeof failure>, more = {}): RunFacts =>
  facts({ phase: "failed", progress: progress(more), error });

test("what can be mended is told as such, with its button", () => {
  const error = failure("DUPLICATE_KEY", "DEV: two rows have the key CONFIG_KEY = 'pay.url'", {
    side: "left",
  });

  expect(told(failed(error, { left_rows: 500 }))).toEqual({
    icon: "key",
    tone: "err",
    sentence: "DEV has two rows with the same key: CONFIG_KEY “pay.url”.",
    line: "Add a column to the key, or compare whole rows.",
    button: "Change the key",
  });
});

test("a sidecar that has stopped is told, and can be restarted", () => {
  const error = failure("SIDECAR_UNREACHABLE", "no answer", { status: 0 });

  expect(told(failed(error, { left_rows: 500, changed: 2 }))).toEqual({
    icon: "alert",
    tone: "err",
    sentence: "The sidecar has stopped. Your input is kept.",
    line:
      "Restart it, then press Compare again. " +
      "What was found until then stays below, as not final.",
    button: "Restart",
  });
});

test("an error that is not known is told in the server's words, with how far it came", () => {
  const error = failure("ORA-01555", "PROD: ORA-01555: snapshot too old", {
    side: "right",
    hint: "The rows changed while the query ran.",
  });

  expect(told(failed(error, { right_rows: 1 }))).toMatchObject({
    sentence: "PROD failed after 1 row, so there is no result.",
    line: "PROD: ORA-01555: snapshot too old. The rows changed while the query ran.",
  });
  expect(told(failed(error))).toMatchObject({
    sentence: "PROD: ORA-01555: snapshot too old.",
    line: "The rows changed while the query ran.",
    button: "Compare again",
  });
});

// For lists.

test("what was not compared is told with its reason", () => {
  expect(notCompared({ head: SOME_LEFT_OUT, names: NAMES })).toEqual([
    { columns: ["UPDATED_AT"], reason: "you left it out", isChosen: true },
    { columns: ["REGION"], reason: "only in PROD", isChosen: false },
    { columns: ["NOTES"], reason: "text in DEV, number in PROD", isChosen: false },
  ]);
});

test("past twelve columns of one reason the others are counted", () => {
  const run = done({ equal: 5 }, { head: head({ ignored: columns(15) }) });

  expect(told(run).line).toContain("C11, C12 and 3 more (you left them out)");
});

test.each<[string, RunFacts, string, string]>([
  ["same", done({ equal: 5 }), "same", "All the same"],
  [
    "same with WHERE",
    done({ equal: 5 }, { setup: setup({}, { where: "SECRET = 'x'" }) }),
    "same",
    "All the same, with WHERE",
  ],
  [
    "same, left out",
    done({ equal: 5 }, { head: head({ ignored: ["A", "B"] }) }),
    "same_left_out",
    "Same, 2 columns left out",
  ],
  [
    "not fully",
    done({ equal: 5, same: false }, { head: head({ left_only_columns: ["A"] }) }),
    "not_fully",
    "No difference, 1 column not fully compared",
  ],
  ["differs", done({ changed: 27, equal: 1 }), "differs", "27 rows differ"],
  ["one differs", done({ changed: 1, equal: 1 }), "differs", "1 row differs"],
  [
    "differs and is open",
    done({ changed: 1, equal: 1 }, { head: SOME_LEFT_OUT }),
    "differs",
    "1 row differs",
  ],
  [
    "stopped at the limit",
    done({ changed: 1000, complete: false }),
    "differs",
    "At least 1,000 rows differ",
  ],
  ["no rows", done({}), "zero_rows", "Both sides gave 0 rows"],
  ["no rows on one side", done({ left_only: 3 }), "differs", "PROD gave 0 rows"],
  [
    "cancelled",
    facts({
      phase: "cancelled",
      progress: progress({ left_rows: 40_000, right_rows: 12 }),
      stopped: null,
    }),
    "cancelled",
    "Cancelled after 40,000 rows",
  ],
  [
    "unreachable",
    failed(failure("ORA-12541", "UAT: refused", { side: "right", status: 502 })),
    "failed",
    "PROD could not be reached",
  ],
  ["no key", failed(failure("NO_KEY", "no key is common")), "no_key", "No key"],
  ["running", facts({ phase: "running", progress: null }), "running", "Comparing"],
])("%s has an outcome and a summary", (_, run, outcome, summary) => {
  expect(outcomeOf(run)).toBe(outcome);
  expect(summaryOf(run, "en")).toBe(summary);
});

test("no summary holds a value", () => {
  const messages = [
    failure("DUPLICATE_KEY", "DEV: two rows have the key K = 'geheim'", { side: "left" }),
    failure(
      "NOT_ORDERED",
      "DEV: the rows are not in the order of their key at column K: 'geheim' comes behind 'z'",
      { side: "left" },
    ),
    failure("ORA-01722", "DEV: ORA-01722: geheim", { side: "left" }),
    failure("ORA-00904", 'DEV: ORA-00904: "GEHEIM": invalid identifier', { side: "left" }),
  ];

  for (const error of messages) expect(summaryOf(failed(error))).not.toMatch(/geheim/i);
});
