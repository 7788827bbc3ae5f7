/**
 * The result page alone, on differences that are made here: what it looks like and how fast it is,
 * without a database. `result.html?rows=100000&columns=100&state=done&theme=dark`
 */

import { mount } from "svelte";

import "../../src/app.css";
import { ComparisonRun } from "../../src/state/comparison.svelte";
import ResultPage from "../../src/result/ResultPage.svelte";
import { fakeClient, runInput, type Wanted } from "./made_up";

const asked = new URLSearchParams(location.search);
const wanted: Wanted = {
  rows: Number(asked.get("rows") ?? 27),
  columns: Number(asked.get("columns") ?? 12),
  state: asked.get("state") ?? "done",
};
document.documentElement.dataset["theme"] = asked.get("theme") ?? "light";

const run = new ComparisonRun(fakeClient(wanted), runInput(wanted));
void run.start().then(() => (document.documentElement.dataset["ended"] = "true"));
const target = document.getElementById("app");
if (target === null) throw new Error("no element with the id app");
mount(ResultPage, {
  target,
  props: {
    run,
    back: { label: "Setup", go: () => history.back() },
    oncompareagain: () => location.reload(),
  },
});
