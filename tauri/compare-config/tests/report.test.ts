import { expect, test } from "vitest";
import { Differences } from "../src/model/rows/differences";
import { html } from "../src/model/take_away/html";
import {
  outcomeWords,
  reportHtml,
  type Report,
  type ReportTable,
} from "../src/model/take_away/report";
import type { Outcome, RunFacts } from "../src/model/types";
import { done, facts, head, NAMES } from "./samples";

const COLUMNS = ["ID", "NAME", "QTY"];
const TYPES = ["NUMBER(10)", "VARCHAR2(40)", "NUMBER"];

function compared(columns = COLUMNS, types = TYPES): Partial<RunFacts> {
  return {
    head: head({
      key: ["ID"],
      columns,
      left_types: types,
      right_types: types,
      left_sql: "SELECT a FROM left_t",
      right_sql: "SELECT a FROM right_t",
    }),
  };
}

function table(lines: readonly string[], with_: Partial<ReportTable> = {}): ReportTable {
  const differences = new Differences();
  differences.append(lines);
  return {
    name: "APP_CONFIG",
    outcome: "differs",
    counts: { changed: 1, leftOnly: 0, rightOnly: 2, equal: 12_453 },
    rows: { left: 12_454, right: 12_456 },
    note: "",
    lookedAt: null,
    verdict: { sentence: "3 rows differ.", line: "Read at 14:03:07." },
    notCompared: "",
    where: { left: "", right: "" },
    facts: done({}, compared()),
    differences,
    view: differences.view(),
    total: lines.length,
    ...with_,
  };
}

function report(with_: Partial<Report> = {}): Report {
  return {
    title: "APP_CONFIG",
    complete: true,
    names: NAMES,
    sides: {
      left: { connection: "Payments DEV", host: "db-dev:1521/D", user: "U1", schema: "CFG" },
      right: { connection: "Payments PROD", host: "db-prod:1521/P", user: "U2", schema: "LIVE" },
    },
    started: new Date("2026-11-28T14:03:07Z"),
    ended: new Date("2026-11-28T14:03:09Z"),
    verdict: { sentence: "3 rows differ.", line: "Read at 14:03:07." },
    versions: ["sidecar 1.0.0"],
    many: false,
    tables: [table([CHANGED])],
    locale: "en",
    ...with_,
  };
}

const CHANGED =
  '{"diff":"changed","key":{"ID":7},"columns":["NAME"],"left":{"NAME":"a5"},"right":{"NAME":"a3"}}';

function made(with_: Partial<Report> = {}): string {
  return [...reportHtml(report(with_))].join("");
}

/** What is read on the page. */
function words(markup: string): string {
  return markup
    .replace(/<style>[^]*?<\/style>|<title>[^]*?<\/title>/g, "")
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ");
}

test("the head says who was compared, where, when, and what is true", () => {
  const text = words(made());
  for (const told of [
    "DEV Payments DEV db-dev:1521/D U1 CFG",
    "PROD Payments PROD db-prod:1521/P U2 LIVE",
    "3 rows differ.",
    "Read at 14:03:07.",
    "What ran in DEV SELECT a FROM left_t",
    "What ran in PROD SELECT a FROM right_t",
    "sidecar 1.0.0",
  ]) {
    expect(text).toContain(told);
  }
  expect(text).toMatch(/Started Nov 28, 2026, \S+ [AP]M \S+, ended Nov 28, 2026/);
});

test("PROD has its filled plate with a lock, others have none", () => {
  const markup = made();
  expect(markup).toMatch(/<span class="env prod"><svg[^]*?<\/svg> PROD<\/span>/);
  expect(markup).toContain('<span class="env">DEV</span>');
});

test("a report that is not complete says so in its title, its heading and a line", () => {
  const markup = made({ complete: false, ended: null });
  expect(markup).toContain("<title>Not complete: APP_CONFIG</title>");
  expect(markup).toContain("<h1>Not complete: APP_CONFIG</h1>");
  expect(words(markup)).toContain("Nothing here is final.");
  expect(made()).not.toContain("Not complete");
});

test("differences that were found before a failure are not called final", () => {
  const failed = facts({ phase: "cancelled", progress: null, stopped: null }, compared());
  const text = words(made({ complete: false, tables: [table([CHANGED], { facts: failed })] }));
  expect(text).toContain("Differences, not final");
});

test("of a changed row the upper line is the first side's, what differs is marked", () => {
  const markup = made();
  const [, upper, lower] = /class="d ">(.*?)<\/td>[^]*?class="d ">(.*?)<\/td>/.exec(markup) ?? [];
  expect(upper).toBe('<div class="v">a<mark>5</mark></div>');
  expect(lower).toBe('<div class="v">a<mark>3</mark></div>');
  expect(markup).toContain('rowspan="2" class="same num"><div class="v">7</div>');
});

test("what was not loaded is said to be the same, never left empty", () => {
  expect(made()).toContain('<td rowspan="2" class="same2">= the same</td>');
});

test("a row on one side says that the other has none", () => {
  const lines = [
    '{"diff":"left_only","key":{"ID":8},"left":{"ID":8,"NAME":null,"QTY":1.50}}',
    '{"diff":"right_only","key":{"ID":9},"right":{"ID":9,"NAME":" ","QTY":2}}',
  ];
  const text = words(made({ tables: [table(lines)] }));
  expect(text).toContain("1 only in DEV DEV 8 NULL 1.50 PROD no row in PROD");
  expect(text).toContain("2 only in PROD DEV no row in DEV PROD 9 · 1 blank 2");
});

test("a note stands with the values that look alike", () => {
  const line = CHANGED.replace("a5", "pa\u0430").replace("a3", "paa");
  expect(words(made({ tables: [table([line])] }))).toContain(
    "They differ in U+0430 and U+0061 at place 3.",
  );
});

test("many columns become boxes of those that differ, the whole key before them", () => {
  const columns = ["ID", ...Array.from({ length: 12 }, (_, at) => `C${at}`)];
  const lines = [
    '{"diff":"changed","key":{"ID":7},"columns":["C3"],"left":{"C3":"x"},"right":{"C3":"y"}}',
    '{"diff":"left_only","key":{"ID":8},"left":{"ID":8,"C0":"only here","C3":null}}',
  ];
  const facts = done(
    {},
    compared(
      columns,
      columns.map(() => "VARCHAR2(9)"),
    ),
  );
  const text = words(made({ tables: [table(lines, { facts })] }));
  expect(text).toContain("1 changed Key: ID 7 C3 DEV x PROD y");
  expect(text).toContain("2 only in DEV no row in PROD Key: ID 8 C0 only here C1");
});

test("no more than a thousand differences are in it, and how many there are", () => {
  const lines = Array.from({ length: 1200 }, () => CHANGED);
  const text = words(made({ tables: [table(lines, { total: 8412 })] }));
  expect(text).toContain("8,412 in all, 1,000 here");
  expect(text).toContain("1000 changed");
  expect(text).not.toContain("1001 changed");
});

test("differences that were not kept are not passed over", () => {
  const dropped = { differences: null, view: null, total: 3 };
  expect(words(many(["differs", dropped]))).toContain("Its differences were not kept.");
  expect(words(many(["not_fully", { ...dropped, total: 0 }]))).not.toContain("not kept");
  expect(words(many(["differs", {}]))).not.toContain("not kept");
});

test("a cut value has its ellipsis and its length", () => {
  const long = "word ".repeat(200);
  const line = CHANGED.replace("a5", `${long}5`).replace("a3", `${long}3`);
  const text = words(made({ tables: [table([line])] }));
  expect(text).toMatch(/…[\w ]+ 5 1,001 chars/);
});

function many(...tables: [Outcome, Partial<ReportTable>][]): string {
  return made({
    many: true,
    title: "Release 4.12",
    tables: tables.map(([outcome, with_], at) =>
      table([CHANGED], { name: `T${at}`, outcome, ...with_ }),
    ),
  });
}

test("many tables begin with a list of those that are not the same", () => {
  const text = words(
    many(
      ["differs", { lookedAt: { note: "agreed with Ana" }, note: "3 columns not compared" }],
      ["failed", { counts: null, facts: null, note: "PROD: no such table." }],
      ["only_second", { counts: null, facts: null }],
      ["same", { rows: { left: 1000, right: 1000 } }],
    ),
  );
  expect(text).toContain("3 tables not the same");
  expect(text).toContain("1 of 3 looked at.");
  expect(text).toContain("Differs T0 1 0 2 12,453 yes: agreed with Ana 3 columns not compared");
  expect(text).toContain("Failed T1 – – – – no PROD: no such table.");
  expect(text).toContain("Only in PROD T2 – – – – no");
  expect(text.indexOf("1 table the same")).toBeGreaterThan(text.indexOf("T2"));
  expect(text).toContain("T3 1,000");
});

test("the same tables stand at the end, with what was left out of them", () => {
  const text = words(
    many(["same", {}], ["same_left_out", { notCompared: "UPDATED_AT (you left it out)" }]),
  );
  expect(text).toContain("2 tables the same");
  expect(text).toContain("T1 12,454 Not compared: UPDATED_AT (you left it out)");
  expect(text).not.toContain("not the same");
});

test("of a same table it is told which rows were compared", () => {
  const text = words(
    many(
      ["same", { where: { left: "ID = 1", right: "ID = 1" } }],
      ["same_left_out", { where: { left: "A = 1", right: "" }, notCompared: "B (only in DEV)" }],
    ),
  );
  expect(text).toContain("T0 12,454 Only rows where (both sides): ID = 1.");
  expect(text).toContain("T1 12,454 Only rows where (DEV): A = 1. Not compared: B (only in DEV)");
});

test("what was not compared is named with its table", () => {
  const text = words(
    many(["not_fully", { notCompared: "REGION (only in PROD)", where: BOTH_WHERE }]),
  );
  expect(text).toContain("Not compared: REGION (only in PROD)");
  expect(text).toContain("Only rows where (both sides): MODULE <> 'X'".replace(/[<>']/g, escape_));
});

const BOTH_WHERE = { left: "MODULE <> 'X'", right: "MODULE <> 'X'" };

function escape_(character: string): string {
  return { "<": "&lt;", ">": "&gt;", "'": "&#39;" }[character] ?? "";
}

test("a condition of one side is told for that side", () => {
  const where = { left: "A = 1", right: "" };
  const text = words(made({ tables: [table([CHANGED], { where })] }));
  expect(text).toContain("Only rows where (DEV): A = 1");
  expect(text).not.toContain("where (PROD)");
});

test("every outcome has its words", () => {
  expect(outcomeWords("only_first", NAMES)).toBe("Only in DEV");
  expect(outcomeWords("waiting", NAMES)).toBe("Waiting, not compared");
});

const HOSTILE = `<script>alert(1)</script>"'&<img src=x onerror=alert(2)>`;

test("nothing of a value, a name or a note becomes markup", () => {
  const columns = ["ID", HOSTILE];
  const row = JSON.stringify({ ID: HOSTILE, [HOSTILE]: HOSTILE });
  const line = `{"diff":"left_only","key":{"ID":1},"left":${row}}`;
  const markup = made({
    title: HOSTILE,
    many: true,
    verdict: { sentence: HOSTILE, line: HOSTILE },
    versions: [HOSTILE],
    names: {
      left: { label: HOSTILE, isProduction: false },
      right: { label: HOSTILE, isProduction: true },
    },
    sides: {
      left: { connection: HOSTILE, host: HOSTILE, user: HOSTILE, schema: HOSTILE },
      right: { connection: HOSTILE, host: HOSTILE, user: HOSTILE, schema: HOSTILE },
    },
    tables: [
      table([line], {
        name: HOSTILE,
        note: HOSTILE,
        lookedAt: { note: HOSTILE },
        notCompared: HOSTILE,
        where: { left: HOSTILE, right: HOSTILE },
        verdict: { sentence: HOSTILE, line: HOSTILE },
        facts: done({}, compared(columns, [HOSTILE, HOSTILE])),
      }),
    ],
  });
  expect(markup).not.toMatch(/<script|<img|onerror=alert\(2\)>/i);
  expect(markup).not.toContain(HOSTILE);
  expect(markup.match(/&lt;script&gt;/g)?.length).toBeGreaterThan(15);
});

test("the file has no script, no link and no address outside of it", () => {
  const markup = made();
  expect(markup).not.toMatch(/<script|<link|<a |\bsrc=|\bhref=|url\(|@import|https?:/i);
  expect(markup).toContain("default-src 'none'; style-src 'unsafe-inline'");
});

test("html escapes what is put in, but for markup", () => {
  const part = html`<b>${"<&>"}</b>`;
  expect(html`<i>${part}${[part, part]}${null}${5}</i>`.markup).toBe(
    `<i>${"<b>&lt;&amp;&gt;</b>".repeat(3)}5</i>`,
  );
  expect(html`<i title="${'"\ud800'}">`.markup).toBe('<i title="&quot;\ufffd">');
});
