/** Differences as JSON, with every digit as it was received. */

import { requireFinal, type TakeAway } from "./take_away";
import type { SideKey } from "../types";

/** The parts of the file. Throws where the result is not final. */
export function* toJson(takeAway: TakeAway): Generator<string> {
  const { facts, differences, view } = takeAway;
  requireFinal(facts);
  const head = JSON.stringify(headOf(takeAway), null, 2);
  // The object stays open for the differences, which are put in as they came.
  yield `${head.slice(0, head.lastIndexOf("\n}"))},\n  "differences": [`;
  let between = "\n    ";
  for (const index of view) {
    yield between + differences.line(index);
    between = ",\n    ";
  }
  yield view.length > 0 ? "\n  ]\n}\n" : "]\n}\n";
}

function headOf({ facts, differences, view, verdict }: TakeAway): object {
  return {
    title: facts.title,
    left: sideOf(facts, "left"),
    right: sideOf(facts, "right"),
    verdict: verdict.sentence,
    verdict_line: verdict.line,
    comparison: facts.head,
    totals: facts.state.phase === "done" ? facts.state.totals : null,
    differences_kept: differences.length,
    differences_here: view.length,
  };
}

function sideOf({ names, schemas, users }: TakeAway["facts"], side: SideKey): object {
  return {
    name: names[side].label,
    is_production: names[side].isProduction,
    schema: schemas[side],
    user: users?.[side] ?? null,
  };
}
