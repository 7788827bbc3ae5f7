/** What the buttons of a verdict and of an error lead to. */

import { tick } from "svelte";

import { errorSentence } from "../../model/outcome/error_sentences";
import { qualified } from "../../model/tables/identifiers";
import { SIDES } from "../../model/sides";
import type { RunFacts } from "../../model/types";
import { errorContext } from "../../model/outcome/verdict";
import { draft, type FieldProblem } from "../../state/draft.svelte";
import { oneRun } from "../../state/one_run.svelte";
import { router } from "../../state/router.svelte";
import { sidecar } from "../../state/sidecar.svelte";
import { focusField } from "./fields";

interface Ways {
  goBack: () => void;
  compare: () => Promise<void>;
}

/** columns: those that the button leaves out. */
export async function actOnResult(
  kind: string,
  columns: readonly string[],
  { goBack, compare }: Ways,
): Promise<void> {
  const facts = oneRun.current?.facts;
  if (facts === undefined) return;
  switch (kind) {
    case "restart":
      return sidecar.restart();
    case "connection":
      return router.go({ screen: "connections" });
    case "leave_out":
      draft.leaveOut(columns);
      return compare();
    case "again":
    case "retry":
    case "read_all":
      return compare();
  }
  goBack();
  if (kind === "sql") writeAsSql();
  await settled();
  const field = fieldOf(kind, facts);
  draft.problem = problemOf(field, facts);
  await tick();
  focusField(field);
}

/** What the database, or the sidecar, had against it. */
function problemOf(field: string, facts: RunFacts): FieldProblem | null {
  if (facts.state.phase !== "failed") return null;
  const told = errorSentence(facts.state.error, facts.names, errorContext(facts));
  const sentence = `${told.sentence} ${told.what}`.trim();
  return { field, sentence, ...(told.word === null ? {} : { word: told.word }) };
}

/** The screen is another only when Back has done its work. */
async function settled(): Promise<void> {
  while (router.route.screen !== "one") await new Promise((resolve) => setTimeout(resolve));
  await tick();
}

function fieldOf(kind: string, { state }: RunFacts): string {
  const side = (state.phase === "failed" ? state.error.side : undefined) ?? "left";
  const isOne = draft.setup.sameWhere && draft.setup.sameSql;
  if (kind === "where") return `${isOne ? "left" : side}.where`;
  if (kind === "sql") return `${isOne ? "left" : side}.sql`;
  if (kind === "password") return `${side}.password`;
  return kind === "key" ? "key" : `${side}.table`;
}

/** The same tables as statements, where none were typed yet: what SQL can cast stands in them. */
function writeAsSql(): void {
  const { setup } = draft;
  if (setup.mode === "sql") return;
  if (SIDES.every((side) => setup.sides[side].sql === "")) {
    for (const side of SIDES) setup.sides[side].sql = selectOf(side);
    setup.sameSql = setup.sides.left.sql === setup.sides.right.sql;
  }
  setup.mode = "sql";
}

function selectOf(side: "left" | "right"): string {
  const { schema, table } = draft.setup.sides[side];
  const columns = draft.shapes[side]?.columns.map(({ name }) => qualified("", name)) ?? [];
  const where = draft.statement(side);
  const what = columns.length === 0 ? "*" : columns.join(", ");
  const from = `SELECT ${what}\n  FROM ${qualified(schema, table)}`;
  return where === "" ? from : `${from}\n WHERE ${where}`;
}
