import type { SidecarState } from "oracle-sidecar-client";

import { list } from "../model/formats";
import type { Report, ReportSide, ReportTable } from "../model/take_away/report";
import type { SideKey } from "../model/types";
import { notCompared, outcomeOf } from "../model/outcome/verdict";
import type { ComparisonRun } from "../state/comparison.svelte";
import { allDifferences, knownCounts } from "./counts";

/** Everything that the report of one comparison says of it. */
export function reportOf(
  run: ComparisonRun,
  view: Int32Array,
  verdict: { sentence: string; line: string },
  sidecar: SidecarState | null,
): Report {
  const { facts } = run;
  return {
    title: facts.title,
    complete: facts.state.phase === "done",
    names: facts.names,
    sides: { left: sideOf(run, "left"), right: sideOf(run, "right") },
    started: new Date(run.startedAt),
    ended: run.endedAt === null ? null : new Date(run.endedAt),
    verdict,
    versions: versionsOf(sidecar),
    many: false,
    tables: [tableOf(run, view, verdict)],
  };
}

function versionsOf(sidecar: SidecarState | null): string[] {
  const { version, driver } = sidecar ?? {};
  return [version && `sidecar ${version}`, driver].filter((text) => text !== undefined);
}

function sideOf({ input }: ComparisonRun, side: SideKey): ReportSide {
  return {
    connection: input.names[side].label,
    host: input.targets[side],
    user: input.users[side],
    schema: input.schemas[side],
  };
}

function tableOf(
  { facts, differences, input }: ComparisonRun,
  view: Int32Array,
  verdict: ReportTable["verdict"],
): ReportTable {
  const { state } = facts;
  const counts = knownCounts(facts, differences);
  const { changed, left_only: leftOnly, right_only: rightOnly, equal } = counts;
  const isDone = state.phase === "done";
  const { left, right } = input.request;
  return {
    name: facts.title,
    outcome: outcomeOf(facts),
    counts: isDone ? { changed, leftOnly, rightOnly, equal } : null,
    rows: isDone ? { left: state.totals.left_rows, right: state.totals.right_rows } : null,
    note: "",
    lookedAt: null,
    verdict,
    notCompared: notCompared(facts)
      .map(({ columns, reason }) => `${list(columns)} (${reason})`)
      .join(", "),
    where: { left: left.where ?? "", right: right.where ?? "" },
    facts,
    differences,
    view,
    total: allDifferences(counts),
  };
}
