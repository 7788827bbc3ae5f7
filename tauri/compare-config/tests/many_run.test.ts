import { beforeEach, expect, test, vi } from "vitest";

import { Differences } from "../src/model/rows/differences";
import type { ManySetup, RunFacts, TableChoice } from "../src/model/types";
import { headlineOf } from "../src/screens/many/headline";
import { noticeOf } from "../src/screens/many/notice";
import type { RunInput } from "../src/state/comparison.svelte";
import { emptyChoice, EVERY_TABLE, withChoices } from "../src/state/many/choices";
import { manyReport } from "../src/state/many/report";
import { ManyRun } from "../src/state/many/run.svelte";
import { secrets } from "../src/state/secrets.svelte";
import { DEV, done, head, NAMES, PROD } from "./samples";

// They open the browser's storage and window, which Node has not.
const remembered = vi.hoisted(() => ({
  choices: new Map<string, unknown>(),
  choice: (table: string): unknown => remembered.choices.get(table) ?? null,
  lastRun: (): undefined => undefined,
  saved: [] as unknown[],
  addRun: vi.fn(),
  noteOutcome: vi.fn(),
}));
vi.mock("../src/state/remembered.svelte", () => ({ remembered }));
vi.mock("../src/state/router.svelte", () => ({ page: { run: null } }));
vi.mock("../src/state/sidecar.svelte", () => ({ sidecar: { client: {}, isGone: false } }));
vi.mock("../src/state/many/shapes", () => ({ readSchemaShapes: async () => new Map() }));

/** Comparisons that were sent; each finds every row the same. */
const sent = vi.hoisted((): RunInput[] => []);
vi.mock("../src/state/comparison.svelte", () => ({
  ComparisonRun: class {
    readonly startedAt = Date.now();
    readonly differences = new Differences();
    readonly facts: RunFacts;

    constructor(_: unknown, input: RunInput) {
      const { setup } = input;
      const ignored = [...setup.leftOut, ...setup.leftOutPatterns];
      this.facts = done({ equal: 5 }, { setup, head: head({ ignored }) });
      sent.push(input);
    }

    async start(): Promise<void> {}
  },
}));

beforeEach(() => {
  remembered.choices.clear();
  remembered.saved = [];
  remembered.addRun.mockClear();
  remembered.noteOutcome.mockClear();
  sent.length = 0;
  secrets.forgetAll();
  for (const { id } of [DEV, PROD]) secrets.set(id, { password: `password of ${id}` });
});

function choice(with_: Partial<TableChoice>): TableChoice {
  return { ...emptyChoice(), ...with_ };
}

function manySetup(perTable: ManySetup["perTable"] = {}): ManySetup {
  const side = (connectionId: string) => ({ connectionId, schema: "CFG" });
  return { sides: { left: side(DEV.id), right: side(PROD.id) }, patterns: ["%"], perTable };
}

const TABLES = ["A", "B", "C"];

function runOf(setup: ManySetup): ManyRun {
  return new ManyRun({
    setup: withChoices(setup, TABLES),
    title: "Release 4.12",
    names: NAMES,
    schemas: { left: "CFG", right: "CFG" },
    connections: { left: DEV, right: PROD },
    tables: { both: TABLES, onlyLeft: [], onlyRight: [] },
    unmatched: [],
  });
}

async function ended(setup: ManySetup): Promise<ManyRun> {
  const run = runOf(setup);
  run.start();
  await vi.waitFor(() => expect(run.running).toBe(false));
  return run;
}

test("a setup holds the choice of every table, an empty one too", () => {
  remembered.choices.set("A", choice({ where: "ID < 5" }));
  const { perTable } = withChoices(manySetup({ B: choice({ leftOut: ["X"] }) }), TABLES);

  expect(perTable).toEqual({
    A: choice({ where: "ID < 5" }),
    B: choice({ leftOut: ["X"] }),
    C: emptyChoice(),
  });
  remembered.choices.set("C", choice({ where: "ID > 5" }));
  expect(withChoices(manySetup(perTable), TABLES).perTable).toEqual(perTable);
});

test("what is chosen for a table elsewhere reaches no run that was made before", async () => {
  const run = runOf(manySetup());
  remembered.choices.set("A", choice({ where: "ID < 5", leftOut: ["NAME"] }));
  run.start();
  await vi.waitFor(() => expect(run.running).toBe(false));

  expect(sent.map(({ request }) => request.left.where ?? "")).toEqual(["", "", ""]);
  expect(headlineOf(run).sentence).toBe("All 3 tables are the same, every row and every column.");
  expect(run.choice("A")).toEqual(emptyChoice());
});

test("a run that has ended tells the conditions that ran, whatever is typed since", async () => {
  const run = await ended(manySetup({ A: choice({ where: "ID < 5" }) }));
  const before = headlineOf(run).sentence;
  Object.assign(remembered, { manySetup: manySetup(), keepChoice: () => {} });
  run.choose("A", emptyChoice());
  run.choose("B", choice({ where: "ID > 5" }));

  expect(before).not.toContain("every row");
  expect(headlineOf(run).sentence).toBe(before);
  const { tables } = manyReport(run, { sentence: "", line: "" }, []);
  expect(tables.map(({ where }) => where.left)).toEqual(["ID < 5", "", ""]);
});

test("what is left out of every table is left out of each", async () => {
  await ended(manySetup({ [EVERY_TABLE]: choice({ leftOutPatterns: ["UPD%"] }) }));

  expect(sent.map(({ setup }) => setup.leftOutPatterns)).toEqual([["UPD%"], ["UPD%"], ["UPD%"]]);
});

test("a run is remembered with what was not compared in it", async () => {
  await ended(manySetup({ A: choice({ where: "ID < 5" }), B: choice({ leftOut: ["NAME"] }) }));
  await ended(manySetup());

  expect(remembered.addRun.mock.calls).toMatchObject([
    [
      {
        outcome: "same_left_out",
        summary: "All 3 tables are the same, 1 with WHERE, 1 with columns left out",
      },
    ],
    [{ outcome: "same", summary: "All 3 tables are the same, every row and every column" }],
  ]);
});

test("its outcome belongs to saved comparisons of the same rows and columns alone", async () => {
  const perTable = { A: choice({ where: "ID < 5" }), B: choice({ leftOut: ["X", "Y"] }) };
  const saved = (setup: ManySetup) => ({ kind: "many", setup }) as const;
  const otherKey = choice({ leftOut: ["Y", "X"], key: { kind: "row" } });
  const alike = saved(withChoices(manySetup({ ...perTable, B: otherKey }), TABLES));
  const others = [
    { ...perTable, A: emptyChoice() },
    { ...perTable, B: choice({ leftOut: ["X"] }) },
    { ...perTable, C: choice({ where: "ID < 5" }) },
    { ...perTable, [EVERY_TABLE]: choice({ leftOutPatterns: ["UPD%"] }) },
  ].map((each) => saved(withChoices(manySetup(each), TABLES)));
  remembered.saved = [...others, alike].map((what) => ({ what }));

  await ended(manySetup(perTable));

  expect(remembered.noteOutcome.mock.calls.map(([what]) => what)).toEqual([alike]);
});

test("what was read again after the run is never shown as the run's", async () => {
  const run = await ended(manySetup());
  const [table] = run.tables;
  if (table === undefined) throw new Error("no table");
  const acts = { showRun: vi.fn(), readAll: vi.fn() };
  const sentence = "Read again after the run. It may differ from the run.";

  expect(noticeOf(table, false, acts)).toBeUndefined();
  const action = { label: "Show the run's result", act: acts.showRun };
  expect(noticeOf(table, true, acts)).toEqual({ sentence, action });
  table.dropDifferences();
  expect(noticeOf(table, true, acts)).toEqual({ sentence });
});

test("a password that was refused is asked for, and never sent to read a table again", async () => {
  const run = await ended(manySetup());
  const [table] = run.tables;
  if (table === undefined) throw new Error("no table");
  sent.length = 0;
  secrets.markRefused(PROD.id);

  expect(run.readAgain(table)).toBeNull();
  expect(sent).toEqual([]);
  expect(run.wantsPassword).toBe(true);

  secrets.set(PROD.id, { password: "another" });
  expect(run.readAgain(table)).not.toBeNull();
  expect(sent).toHaveLength(1);
  expect(run.wantsPassword).toBe(false);
});
