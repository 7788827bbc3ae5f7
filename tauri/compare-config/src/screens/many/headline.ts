import { count, duration, plural } from "../../model/formats";
import {
  cancelledSentence,
  endSentence,
  filteredCount,
  NOT_COUNTED,
  progressLine,
  progressSentence,
  timeLeft,
} from "../../model/outcome/many";
import { SIDES } from "../../model/sides";
import { needing, outcomeOfRun } from "../../state/many/past";
import type { Held, ManyRun } from "../../state/many/run.svelte";
import type { ManyTable } from "../../state/many/table.svelte";
import { sidecar } from "../../state/sidecar.svelte";
import type { IconName } from "../../ui/icons";

/** What is true of the run, as its verdict shows it. */
export interface Headline {
  icon: IconName;
  tone: "run" | "ok" | "chg" | "err" | "part";
  sentence: string;
  line: string;
}

export function headlineOf(run: ManyRun): Headline {
  if (run.running) return whileRunning(run);
  const uncompared = run.tally.cancelled + run.tally.waiting;
  if (run.held !== null) return whileHeld(run, run.held);
  if (uncompared > 0) {
    const sentence = cancelledSentence(uncompared);
    return { icon: "stop", tone: "part", sentence, line: lines(soFar(run), stopped(run)) };
  }
  const outcome = outcomeOfRun(run);
  const line = lines(`It took ${duration(run.elapsedMs)}.`, told(run));
  const sentence = endSentence(run.tables, filteredCount(run.tables));
  if (outcome === "same") return { icon: "check", tone: "ok", sentence, line };
  if (outcome === "same_left_out") return { icon: "equal", tone: "ok", sentence, line };
  return { icon: "differs", tone: "chg", sentence, line };
}

function whileRunning(run: ManyRun): Headline {
  const look = { icon: "spinner", tone: "run" } as const;
  if (run.stopping) return { ...look, sentence: "Stopping both databases…", line: stopped(run) };
  if (run.reading) {
    const sentence = "Reading the columns of both schemas…";
    return { ...look, sentence, line: "Nothing is compared yet." };
  }
  const seconds = Math.floor(run.elapsedMs / 1000);
  const left = rounded(timeLeft(run.samples, run.tables.length));
  const pace = seconds === 0 ? NOT_COUNTED : progressLine(seconds * 1000, left, run.slots.length);
  return { ...look, sentence: progressSentence(run.tables), line: lines(pace, told(run)) };
}

/** An estimate has no tenths, and from a minute on no single seconds. */
function rounded(ms: number | null): number | null {
  if (ms === null) return null;
  const step = ms < 60_000 ? 1000 : 10_000;
  return Math.ceil(ms / step) * step;
}

function whileHeld(run: ManyRun, { kind, error }: Held): Headline {
  const look = { icon: "alert", tone: "err" } as const;
  const { waiting, cancelled } = run.tally;
  const waits = waiting === 0 ? "" : `${plural(waiting, "table waits", "tables wait")}.`;
  if (kind === "sidecar_gone") {
    const sentence = sidecar.isGone ? "The sidecar has stopped." : "The sidecar runs again.";
    return { ...look, sentence: lines(sentence, waits), line: soFar(run) };
  }
  const isUntried = (table: ManyTable): boolean =>
    table.outcome === "failed" && table.result === null;
  const uncompared = run.tables.filter(isUntried).length + cancelled;
  const words = plural(uncompared, "table was", "tables were");
  const without = uncompared === 0 ? "" : `${words} not compared.`;
  const line = lines(error.what, kind === "refused" ? "" : soFar(run));
  return { ...look, sentence: lines(error.sentence, waits, without), line };
}

function soFar(run: ManyRun): string {
  const needs = needing(run);
  const done = count(run.done);
  const needWords = needs === 0 ? "" : ` ${count(needs)} need you.`;
  return `${done} of ${plural(run.tables.length, "table", "tables")} done.${needWords}`;
}

/** Databases that were told to stop and have not said that they did. */
function stopped(run: ManyRun): string {
  const silent = SIDES.filter((side) =>
    run.tables.some((table) => table.run?.unconfirmed[side] === true),
  );
  return silent
    .map((side) => `${run.names[side].label} has not confirmed yet. Its query may still run.`)
    .join(" ");
}

/** What was asked for and did not come about. */
function told(run: ManyRun): string {
  const { unmatched } = run.input;
  const patterns = new Set(
    Object.values(run.setup.perTable).flatMap((choice) => choice.leftOutPatterns),
  );
  const useless = run.areColumnsUnknown ? [...patterns] : [];
  return lines(
    unmatched.length === 0 ? "" : `No table fits ${unmatched.join(", ")}.`,
    useless.length === 0
      ? ""
      : `The columns could not be read beforehand, so ${useless.join(", ")} leaves none out.`,
  );
}

function lines(...parts: string[]): string {
  return parts.filter((part) => part !== "").join(" ");
}

/** Shares of the bar, in percent, and its words. */
export function metered(run: ManyRun): { same: number; needs: number; label: string } {
  const all = Math.max(1, run.tables.length);
  const same = run.tally.same + run.tally.same_left_out;
  const needs = needing(run);
  const open = run.tables.length - same - needs;
  return {
    same: (100 * same) / all,
    needs: (100 * needs) / all,
    label: `${count(same)} the same, ${count(needs)} need you, ${count(open)} not done yet`,
  };
}
