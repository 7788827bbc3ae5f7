import { expect, test } from "vitest";

import {
  cancelledSentence,
  endSentence,
  progressLine,
  progressSentence,
  runTitle,
  sameNote,
  sortForReading,
  tableNote,
  tablesSentence,
  tablesToCompare,
  timeLeft,
} from "../src/model/outcome/many";
import type { Outcome } from "../src/model/types";
import { done, failure, facts, head, NAMES, progress, setup } from "./samples";

/** `runs({ same: 3, differs: 1 })` */
function runs(counts: Partial<Record<Outcome, number>>): { outcome: Outcome }[] {
  return (Object.entries(counts) as [Outcome, number][]).flatMap(([outcome, count]) =>
    Array.from({ length: count }, () => ({ outcome })),
  );
}

test("tables are chosen by the patterns, and those of one side alone are told", () => {
  const names = { left: ["A_CONFIG", "B_CONFIG", "X"], right: ["B_CONFIG", "C_CONFIG", "X"] };
  const tables = tablesToCompare(names, ["%CONFIG"]);

  expect(tables).toEqual({ both: ["B_CONFIG"], onlyLeft: ["A_CONFIG"], onlyRight: ["C_CONFIG"] });
  expect(tablesSentence(tables, NAMES, "en")).toBe(
    "1 table in both, 1 only in DEV, 1 only in PROD",
  );
});

test("how many are chosen is told without what is 0", () => {
  const both = Array.from({ length: 1212 }, (_, at) => `T${at}`);

  expect(tablesSentence({ both, onlyLeft: [], onlyRight: [] }, NAMES, "en")).toBe(
    "1,212 tables in both",
  );
});

test("while it runs it is told how far it is, and how many need somebody", () => {
  const running = runs({
    same: 135,
    differs: 4,
    failed: 2,
    no_key: 1,
    zero_rows: 1,
    running: 2,
    waiting: 67,
  });

  expect(progressSentence(running, "en")).toBe("143 of 212 tables done. 8 need you so far.");
  expect(runTitle(running)).toBe("(8) 143/212");
});

test.each([
  [runs({ waiting: 3 }), "0 of 3 tables done. None needs you so far.", "0/3"],
  [runs({ same: 1, cancelled: 2 }), "1 of 3 tables done. None needs you so far.", "1/3"],
  [runs({ only_first: 1, waiting: 2 }), "1 of 3 tables done. 1 needs you so far.", "(1) 1/3"],
])("few are told as few", (some, sentence, title) => {
  expect(progressSentence(some, "en")).toBe(sentence);
  expect(runTitle(some)).toBe(title);
});

test("the line tells the time and says what is not counted", () => {
  expect(progressLine(161_000, 80_000, 2, "en")).toBe(
    "2 min 41 s so far, about 1 min 20 s left. 2 tables at a time. " +
      "Tables that wait or run are not counted as the same.",
  );
  expect(progressLine(4400, null, 1, "en")).toBe(
    "4.4 s so far. 1 table at a time. Tables that wait or run are not counted as the same.",
  );
});

/** After each table the same time. */
const steady = (tables: number, msEach: number) =>
  Array.from({ length: tables }, (_, at) => ({ elapsedMs: (at + 1) * msEach, done: at + 1 }));

test("the time left is told from a tenth on", () => {
  expect(timeLeft(steady(19, 1000), 200)).toBeNull();
  expect(timeLeft(steady(20, 1000), 200)).toBe(180_000);
});

test("the time left is gone while it swings, and at the end", () => {
  const slow = [...steady(30, 1000), { elapsedMs: 90_000, done: 31 }];

  expect(timeLeft(slow, 200)).toBeNull();
  expect(timeLeft(steady(200, 1000), 200)).toBeNull();
  expect(timeLeft([], 200)).toBeNull();
});

test.each([
  [runs({ same: 212 }), 0, "All 212 tables are the same, every row and every column."],
  [runs({ same: 1 }), 0, "The one table is the same, every row and every column."],
  [
    runs({ same: 209, same_left_out: 3 }),
    0,
    "All 212 tables are the same, 3 with columns left out.",
  ],
  [runs({ same: 212 }), 2, "All 212 tables are the same, 2 with WHERE."],
  [
    runs({ same: 206, same_left_out: 6 }),
    3,
    "All 212 tables are the same, 3 with WHERE, 6 with columns left out.",
  ],
  [
    runs({ same: 198, same_left_out: 6, differs: 8 }),
    3,
    "204 of 212 are the same, 3 of them with WHERE, 6 with columns left out. 8 need you.",
  ],
  [
    runs({ same_left_out: 1, differs: 1 }),
    0,
    "1 of 2 is the same, 1 with columns left out. 1 needs you.",
  ],
  [runs({ same: 204, differs: 8 }), 0, "204 of 212 are the same. 8 need you."],
  [runs({ same: 1, only_second: 1 }), 0, "1 of 2 is the same. 1 needs you."],
  [
    runs({ same: 135, differs: 8, cancelled: 69 }),
    0,
    "Cancelled: 69 tables were not compared. 135 of 212 are the same. 8 need you.",
  ],
  [
    runs({ same: 5, waiting: 1 }),
    0,
    "Cancelled: 1 table was not compared. 5 of 6 are the same. None needs you.",
  ],
  [[], 0, "No table was compared."],
])("at the end it is told what is true", (ended, filtered, sentence) => {
  expect(endSentence(ended, filtered, "en")).toBe(sentence);
});

test("every row and every column is said only of tables that were compared whole", () => {
  const others: Outcome[] = [
    "same_left_out",
    "not_fully",
    "zero_rows",
    "cancelled",
    "waiting",
    "running",
  ];
  for (const outcome of others) {
    expect(endSentence([...runs({ same: 5 }), { outcome }])).not.toContain("every row");
  }
});

test("a group of the same tables says in how many only some rows were compared", () => {
  const of = (outcome: Outcome, where: string) => ({
    outcome,
    facts: done({ equal: 5 }, { setup: setup({}, { where }) }),
  });
  const tables = [of("same", ""), of("same", "ID < 5"), of("differs", "ID < 5")];
  const leftOut = [of("same_left_out", " "), of("same_left_out", "WHERE ID < 5")];

  expect(sameNote([of("same", "")], "same", ["X"])).toBe("every row and every column");
  expect(sameNote(tables, "same", [])).toBe(
    "every column; in 1 of them only the rows that WHERE chooses",
  );
  expect(sameNote(leftOut, "same_left_out", ["UPD%"])).toBe(
    "UPD%; in 1 of them only the rows that WHERE chooses",
  );
  expect(sameNote(tables, "same_left_out", ["UPD%"])).toBe("UPD%");
});

test("tables that were not compared are counted", () => {
  expect(cancelledSentence(69, "en")).toBe("Cancelled: 69 tables were not compared.");
});

test("for reading failed ones stand first, then those with most differences", () => {
  const run = (name: string, outcome: Outcome, changed: number | null) => ({
    name,
    outcome,
    counts: changed === null ? null : { changed, leftOnly: 1, rightOnly: 0, equal: 5 },
  });
  const sorted = sortForReading([
    run("A", "differs", 3),
    run("B", "same", 0),
    run("C", "differs", 12),
    run("D", "not_fully", 0),
    run("E", "failed", null),
    run("F", "differs", 3),
    run("G", "no_key", null),
  ]);

  expect(sorted.map(({ name }) => name).join("")).toBe("EGCAFDB");
});

test.each([
  [done({ equal: 5 }), ""],
  [done({}), "Both sides gave 0 rows: nothing was compared."],
  [done({ left_only: 4 }), "PROD gave 0 rows."],
  [
    done({ changed: 8406, truncated: true }, { kept: 1000 }),
    "First 1,000 differences kept. Counts are complete.",
  ],
  [
    done(
      { equal: 5, same: false },
      { head: head({ types_differ: [{ column: "LAYOUT", left: "CLOB", right: "JSON" }] }) },
    ),
    "LAYOUT not compared: text in DEV, JSON in PROD.",
  ],
  [
    done({ changed: 5 }, { head: head({ ignored: ["A", "B"], left_only_columns: ["C"] }) }),
    "3 columns not compared.",
  ],
  [
    done({ equal: 5 }, { head: head({ ignored: ["A", "B"] }) }),
    "A and B not compared: you left them out.",
  ],
  [
    done({ equal: 5 }, { head: head({ empty_is_null: ["BODY"] }) }),
    "An empty value and NULL not told apart in BODY.",
  ],
  [done({ equal: 5 }, { setup: setup({}, { where: "A = 1" }) }), "Only rows that WHERE chooses."],
  [
    facts({
      phase: "failed",
      progress: progress(),
      error: failure("ORA-00942", "PROD: ORA-00942: no table", { side: "right" }),
    }),
    "PROD: no such table, or APP_READ may not read it.",
  ],
  [
    facts({
      phase: "failed",
      progress: null,
      error: failure("NO_KEY", "no key is common to both sides: the left has none, the right none"),
    }),
    "No primary or unique key. Choose the key columns.",
  ],
  [facts({ phase: "cancelled", progress: null, stopped: null }), ""],
])("a table's note says what its counts do not", (run, note) => {
  expect(tableNote(run, "en")).toBe(note);
});
