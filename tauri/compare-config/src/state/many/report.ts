import { whereOf } from "../../model/asking/setups";
import { list } from "../../model/formats";
import { differenceCount } from "../../model/outcome/many";
import type { Report, ReportSide, ReportTable } from "../../model/take_away/report";
import type { SideKey } from "../../model/types";
import { lineText, notCompared, verdictOf } from "../../model/outcome/verdict";
import type { ManyRun } from "./run.svelte";
import type { ManyTable } from "./table.svelte";

/** What is done so far, or all of it; "Not complete" where a table waits, runs or was cancelled. */
export function manyReport(
  run: ManyRun,
  verdict: { sentence: string; line: string },
  versions: string[],
): Report {
  const { running, waiting, cancelled } = run.tally;
  return {
    title: run.title,
    complete: running + waiting + cancelled === 0,
    names: run.names,
    sides: { left: sideOf(run, "left"), right: sideOf(run, "right") },
    started: new Date(run.startedAt),
    ended: run.endedAt === null ? null : new Date(run.endedAt),
    verdict,
    versions,
    many: true,
    tables: run.tables.map(tableOf),
  };
}

function sideOf(run: ManyRun, side: SideKey): ReportSide {
  const connection = run.input.connections[side];
  return {
    connection: connection.name,
    host: connection.connectString,
    user: connection.username,
    schema: run.schemas[side],
  };
}

function tableOf(table: ManyTable): ReportTable {
  const facts = table.result;
  const differences = facts === null ? null : table.differences;
  const where = (side: SideKey): string => (facts === null ? "" : whereOf(facts.setup, side));
  return {
    name: table.name,
    outcome: table.outcome,
    counts: table.counts,
    rows: table.rows,
    note: table.note,
    lookedAt: table.lookedAt ? { note: table.lookedAtNote } : null,
    verdict: verdictText(table),
    notCompared: notComparedText(table),
    where: { left: where("left"), right: where("right") },
    facts,
    differences,
    view: differences?.view() ?? null,
    total: differenceCount(table),
  };
}

function verdictText(table: ManyTable): ReportTable["verdict"] {
  if (table.result === null) return { sentence: table.note, line: "" };
  const verdict = verdictOf(table.result);
  return { sentence: verdict.sentence, line: lineText(verdict.line) };
}

function notComparedText(table: ManyTable): string {
  if (table.result === null) return "";
  return notCompared(table.result)
    .map(({ columns, reason }) => `${list(columns)} (${reason})`)
    .join(", ");
}
