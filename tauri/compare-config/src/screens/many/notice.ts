import { count } from "../../model/formats";
import { isCut } from "../../model/outcome/verdict";
import type { Notice } from "../../result/result_page";
import type { ManyTable } from "../../state/many/table.svelte";

/** What a table's result is not: the run's, where it was read again, or all of its differences. */
export function noticeOf(
  table: Pick<ManyTable, "run" | "facts" | "differences">,
  isReadAgain: boolean,
  acts: { showRun: () => void; readAll: () => void },
): Notice | undefined {
  if (isReadAgain) {
    const sentence = "Read again after the run. It may differ from the run.";
    if (table.run === null) return { sentence };
    return { sentence, action: { label: "Show the run's result", act: acts.showRun } };
  }
  const { facts } = table;
  if (facts?.state.phase !== "done" || !isCut(facts)) return undefined;
  const { changed, left_only, right_only } = facts.state.totals;
  const all = count(changed + left_only + right_only);
  const kept = count(table.differences?.length ?? 0);
  return {
    sentence: `The first ${kept} of ${all} are kept. What is read again may differ from the run.`,
    action: { label: "Read all again", act: acts.readAll },
  };
}
