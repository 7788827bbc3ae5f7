/** One comparison, or many, as one HTML file without script and without links, printable on A4. */

import type { Differences } from "../rows/differences";
import { count, moment, plural } from "../formats";
import { Html, html } from "./html";
import { rowParts } from "./report_rows";
import { REPORT_STYLE } from "./report_style";
import type { Outcome, RunFacts, SideKey, SideName, Sides } from "../types";

export { fileName } from "./take_away";

/** Where a side was read. No password, and no connect string that holds one. */
export interface ReportSide {
  connection: string;
  /** Host and service, as the connection has them. */
  host: string;
  user: string;
  schema: string;
}

export interface ReportTable {
  name: string;
  outcome: Outcome;
  /** Null: not known. */
  counts: { changed: number; leftOnly: number; rightOnly: number; equal: number } | null;
  rows: Sides<number> | null;
  note: string;
  lookedAt: { note: string } | null;
  verdict: { sentence: string; line: string };
  /** "" where all was compared. */
  notCompared: string;
  where: Sides<string>;
  facts: RunFacts | null;
  differences: Differences | null;
  view: Int32Array | null;
  /** How many differences there are in all; null: not known. */
  total: number | null;
}

export interface Report {
  title: string;
  /** False: "Not complete" stands in the title. */
  complete: boolean;
  names: Sides<SideName>;
  sides: Sides<ReportSide>;
  started: Date;
  ended: Date | null;
  verdict: { sentence: string; line: string };
  versions: readonly string[];
  /** A list of tables, or one. */
  many: boolean;
  tables: readonly ReportTable[];
  locale?: string;
}

/** Of one table; its counts are those of all. */
const MOST_DIFFERENCES = 1000;

/** The parts of the file, in order. */
export function* reportHtml(report: Report): Generator<string> {
  const title = report.complete ? report.title : `Not complete: ${report.title}`;
  yield html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>${title}</title>
<style>${new Html(REPORT_STYLE)}</style>
</head>
<body>
${headOf(report, title)}
<main>
`.markup;
  const [same, others] = parted(report);
  if (report.many) yield tableList(report, others).markup;
  for (const table of others) yield* tableSection(report, table);
  if (same.length > 0) yield sameList(same, report).markup;
  yield html`</main>
${footerOf(report)}
</body>
</html>
`.markup;
}

function parted({ many, tables }: Report): [ReportTable[], ReportTable[]] {
  const isSame = ({ outcome }: ReportTable): boolean =>
    many && (outcome === "same" || outcome === "same_left_out");
  return [tables.filter(isSame), tables.filter((table) => !isSame(table))];
}

function headOf(report: Report, title: string): Html {
  const { verdict, names, sides, started, ended, locale } = report;
  const end = ended ? `ended ${moment(ended, locale)}` : "not ended";
  return html`<header>
${report.complete ? null : html`<p class="notfinal">${NOT_COMPLETE}</p>`}
<h1>${title}</h1>
<p class="verdict">${verdict.sentence}</p>
<p class="q">${verdict.line}</p>
<table class="s">
<thead><tr><th>Side</th><th>Connection</th><th>Host and service</th><th>User</th>
<th>Schema</th></tr></thead>
<tbody>${SIDES.map((side) => sideLine(names[side], sides[side]))}</tbody></table>
<p class="q n">Started ${moment(started, locale)}, ${end}. Each side was read at its own moment.</p>
</header>`;
}

const SIDES = ["left", "right"] as const;
const NOT_COMPLETE = "Not complete: not everything was compared to its end. Nothing here is final.";

function sideLine(name: SideName, side: ReportSide): Html {
  return html`<tr><td>${plate(name)}</td><td>${side.connection}</td><td>${side.host}</td>
<td>${side.user}</td><td>${side.schema}</td></tr>`;
}

const LOCK = html`<svg viewBox="0 0 16 16" aria-hidden="true">
<rect x="3" y="7" width="10" height="7" rx="1.5"/><path d="M5 7V5a3 3 0 0 1 6 0v2"/></svg> `;

function plate({ label, isProduction }: SideName): Html {
  return isProduction
    ? html`<span class="env prod">${LOCK}${label}</span>`
    : html`<span class="env">${label}</span>`;
}

function tableList({ names, locale }: Report, tables: readonly ReportTable[]): Html {
  if (tables.length === 0) return html``;
  const { left, right } = names;
  const lookedAt = tables.filter((table) => table.lookedAt !== null).length;
  return html`<h2>${plural(tables.length, "table", "tables", locale)} not the same</h2>
<p class="q n">${count(lookedAt, locale)} of ${count(tables.length, locale)} looked at.
– means not known, 0 means counted.</p>
<table class="t"><thead><tr><th>Outcome</th><th>Table</th><th class="r">Changed</th>
<th class="r">Only ${left.label}</th><th class="r">Only ${right.label}</th><th class="r">Same</th>
<th>Looked at</th><th>Note</th></tr></thead>
<tbody>${tables.map((table) => tableLine(table, names, locale))}</tbody></table>`;
}

function tableLine(table: ReportTable, names: Sides<SideName>, locale: string | undefined): Html {
  const number = (value: number | undefined): Html =>
    html`<td class="r n">${value === undefined ? "–" : count(value, locale)}</td>`;
  const { counts, lookedAt } = table;
  const seen = lookedAt === null ? "no" : lookedAt.note === "" ? "yes" : `yes: ${lookedAt.note}`;
  return html`<tr><td>${outcomeWords(table.outcome, names)}</td><td>${table.name}</td>
${number(counts?.changed)}${number(counts?.leftOnly)}${number(counts?.rightOnly)}
${number(counts?.equal)}<td>${seen}</td><td>${table.note}</td></tr>`;
}

/** "Differs", "Only in DEV": an outcome in words. */
export function outcomeWords(outcome: Outcome, names: Sides<SideName>): string {
  if (outcome === "only_first") return `Only in ${names.left.label}`;
  if (outcome === "only_second") return `Only in ${names.right.label}`;
  return OUTCOMES[outcome];
}

const OUTCOMES: Record<Exclude<Outcome, "only_first" | "only_second">, string> = {
  same: "Same",
  same_left_out: "Same, with columns left out",
  differs: "Differs",
  not_fully: "Not fully compared",
  zero_rows: "0 rows",
  no_key: "No key",
  failed: "Failed",
  cancelled: "Cancelled, not compared",
  running: "Still running, not compared",
  waiting: "Waiting, not compared",
};

function sameList(tables: readonly ReportTable[], { names, locale }: Report): Html {
  const line = (table: ReportTable): Html => {
    const { name, rows, notCompared } = table;
    const number = rows === null ? "–" : count(rows.left, locale);
    const but = notCompared === "" ? "" : `Not compared: ${notCompared}`;
    const note = [...SIDES.map((side) => whereNote(table, side, names)), but];
    const told = note.filter((part) => part !== "").join(" ");
    return html`<tr><td>${name}</td><td class="r n">${number}</td><td>${told}</td></tr>`;
  };
  return html`<h2>${plural(tables.length, "table", "tables", locale)} the same</h2>
<table class="s"><thead><tr><th>Table</th><th class="r">Rows on each side</th><th>Note</th></tr>
</thead><tbody>${tables.map(line)}</tbody></table>`;
}

/** A table that nothing was read of has its line in the list alone. */
function* tableSection(report: Report, table: ReportTable): Generator<string> {
  const { facts } = table;
  if (report.many && facts === null) return;
  yield html`<section>
${report.many ? html`<h2>${table.name}</h2><p class="verdict">${table.verdict.sentence}</p>` : null}
${report.many ? html`<p class="q">${table.verdict.line}</p>` : null}
${table.notCompared === "" ? null : html`<p><b>Not compared:</b> ${table.notCompared}</p>`}
${SIDES.map((side) => whereLine(table, side, report.names))}
${facts?.head ? SIDES.map((side) => statementOf(facts, side, report.names)) : null}
`.markup;
  if (facts && table.differences && table.view) {
    yield* differenceParts(report, table, facts, table.differences, table.view);
  } else if (facts && table.total !== 0) {
    yield html`<p><b>Its differences were not kept.</b></p>
`.markup;
  }
  yield "</section>\n";
}

/** "Only rows where (both sides): ID < 5."; "" where the side has no condition of its own to tell. */
function whereNote(table: ReportTable, side: SideKey, names: Sides<SideName>): string {
  const told = whereOn(table, side, names);
  return told === null ? "" : `Only rows where (${told}): ${table.where[side]}.`;
}

function whereLine(table: ReportTable, side: SideKey, names: Sides<SideName>): Html {
  const told = whereOn(table, side, names);
  if (told === null) return html``;
  return html`<p><b>Only rows</b> where (${told}):</p><pre>${table.where[side]}</pre>`;
}

/** On which sides its condition holds; null: it has none, or it was told with the other side. */
function whereOn({ where }: ReportTable, side: SideKey, names: Sides<SideName>): string | null {
  const isBoth = where.left === where.right;
  if (where[side] === "" || (isBoth && side === "right")) return null;
  return isBoth ? "both sides" : names[side].label;
}

function statementOf(facts: RunFacts, side: SideKey, names: Sides<SideName>): Html {
  const sql = side === "left" ? facts.head?.left_sql : facts.head?.right_sql;
  return html`<h3>What ran in ${names[side].label}</h3><pre>${sql ?? ""}</pre>`;
}

function* differenceParts(
  report: Report,
  table: ReportTable,
  facts: RunFacts,
  differences: Differences,
  view: Int32Array,
): Generator<string> {
  const here = view.subarray(0, MOST_DIFFERENCES);
  if (here.length === 0) return;
  yield html`<h3>Differences${facts.state.phase === "done" ? "" : ", not final"}</h3>
<p class="q n">${amounts(table.total ?? view.length, here.length, report.locale)}</p>
`.markup;
  yield* rowParts(facts, differences, here, report.locale);
}

/** "8,412 in all, 1,000 here" */
function amounts(all: number, here: number, locale: string | undefined): string {
  const inAll = `${count(all, locale)} in all`;
  return here < all ? `${inAll}, ${count(here, locale)} here` : inAll;
}

function footerOf({ versions, locale }: Report): Html {
  return html`<footer class="q">
<p>Values are shown as they were read. What is cut ends with … and says how long it is.
In a differing cell the upper line is the first side's.</p>
<p>${["Compare Config", ...versions].join(", ")}. Made ${moment(new Date(), locale)}.</p>
<p>This file holds values of the databases that it names.</p>
</footer>`;
}
