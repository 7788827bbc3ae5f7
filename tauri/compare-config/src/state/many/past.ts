import { count, plural } from "../../model/formats";
import { allSame, filteredCount, needsYou } from "../../model/outcome/many";
import type { Outcome, PastRun } from "../../model/types";
import { areOfSameContent } from "./choices";
import type { ManyRun } from "./run.svelte";
import { remembered } from "../remembered.svelte";

/** Under Last runs, and beside its name where it is saved. */
export function rememberRun(run: ManyRun): void {
  const past = pastRun(run);
  remembered.addRun(past);
  const { at, outcome, summary } = past;
  for (const { what } of remembered.saved) {
    // Keys that were chosen since it was saved do not make it another one.
    if (what.kind !== "many" || !areOfSameContent(what.setup, run.setup)) continue;
    remembered.noteOutcome(what, { at, outcome, summary });
  }
}

/** Counts and a sentence without values. */
function pastRun(run: ManyRun): PastRun {
  return {
    id: run.id,
    at: new Date(run.startedAt).toISOString(),
    title: run.title,
    names: run.names,
    outcome: outcomeOfRun(run),
    summary: summaryOfRun(run),
    rows: null,
    what: { kind: "many", setup: run.setup },
  };
}

/** What somebody has to know first: a run that did not reach its end is not "the same". */
export function outcomeOfRun(run: ManyRun): Outcome {
  const { tally } = run;
  if (tally.cancelled > 0) return "cancelled";
  if (tally.waiting > 0 || tally.failed > 0) return "failed";
  if (needing(run) > 0) return "differs";
  return tally.same_left_out > 0 ? "same_left_out" : "same";
}

function summaryOfRun(run: ManyRun): string {
  const uncompared = run.tally.cancelled + run.tally.waiting;
  if (uncompared > 0) return `${plural(uncompared, "table", "tables")} not compared`;
  const needs = needing(run);
  if (needs > 0) return `${count(needs)} of ${count(run.tables.length)} need you`;
  return allSame(run.tables, filteredCount(run.tables));
}

/** How many tables need somebody. */
export function needing(run: ManyRun): number {
  let needs = 0;
  for (const [outcome, tables] of Object.entries(run.tally) as [Outcome, number][]) {
    if (needsYou(outcome)) needs += tables;
  }
  return needs;
}
