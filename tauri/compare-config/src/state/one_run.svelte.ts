/** The comparison of One table that runs or has ended: one at a time, whatever screen is shown. */

import { isCompared, pinnedColumns } from "../model/tables/columns";
import { compareRequest, MOST_KEPT_ONE } from "../model/asking/requests";
import { sameSetup } from "../model/asking/setups";
import { SIDES } from "../model/sides";
import type { SideKey, Sides } from "../model/types";
import { ComparisonRun, type RunInput } from "./comparison.svelte";
import { draft } from "./draft.svelte";
import { remembered } from "./remembered.svelte";
import { page } from "./router.svelte";
import { sidecar } from "./sidecar.svelte";

class OneRun {
  #current = $state.raw<ComparisonRun | null>(null);
  #ended = Promise.resolve();
  #preparing = $state.raw<AbortController | null>(null);

  /** Null after a reload: rows are not kept. */
  get current(): ComparisonRun | null {
    return this.#current;
  }

  /** Whether it waits for the columns of the tables, before it starts. */
  get isPreparing(): boolean {
    return this.#preparing !== null;
  }

  /** Whether the setup asks for something else than the result answers. */
  get isOutdated(): boolean {
    return this.#current !== null && !sameSetup(this.#current.input.setup, draft.setup);
  }

  /** The run, or null where it cannot run: `draft.problem` says why. */
  async start(): Promise<ComparisonRun | null> {
    if (this.#preparing !== null) return null;
    const preparing = new AbortController();
    this.#preparing = preparing;
    try {
      await draft.findPasswords();
      // What is wrong at once is said at once; the key is known only when the columns are.
      draft.problem = draft.checkWithoutColumns();
      if (draft.problem !== null) return null;
      await draft.readShapes(preparing.signal);
      draft.problem = draft.check();
      if (draft.problem !== null) return null;
    } catch (error) {
      if (preparing.signal.aborted) return null;
      throw error;
    } finally {
      this.#preparing = null;
    }
    const input = runInput();
    if (input === null) return null;
    void this.#current?.cancel();
    const run = new ComparisonRun(sidecar.client, input);
    this.#current = run;
    this.#ended = this.#follow(run);
    return run;
  }

  /** Resolves when the current run has ended in whatever way. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  stopPreparing(): void {
    this.#preparing?.abort();
  }

  async #follow(run: ComparisonRun): Promise<void> {
    const { names } = run.input;
    const isProduction = SIDES.some((side) => names[side].isProduction);
    const titled = { progress: "Comparing", isProduction };
    page.run = titled;
    await run.start();
    if (page.run === titled) page.run = null;
    remembered.addRun(run.past());
  }
}

function runInput(): RunInput | null {
  const wire = { left: draft.wire("left"), right: draft.wire("right") };
  if (wire.left === null || wire.right === null) return null;
  const setup = $state.snapshot(draft.setup);
  const { left, right } = setup.sides;
  const isTable = setup.mode === "table";
  const pins = pinned(left.table);
  const last = remembered.lastRun({ kind: "one", setup });
  return {
    setup,
    names: draft.names,
    schemas: of((side) => (isTable ? schemaOf(side) : "")),
    users: of((side) => draft.connection(side)?.username ?? ""),
    targets: of((side) => draft.connection(side)?.connectString ?? ""),
    title: !isTable ? "SQL" : titleOf(left.table, right.table),
    request: compareRequest(
      setup,
      { left: wire.left, right: wire.right },
      {
        shapes: draft.shapes,
        mostKept: MOST_KEPT_ONE,
        pins,
      },
    ),
    mostKept: MOST_KEPT_ONE,
    pins,
    last: last === undefined || last.rows === null ? null : { rows: last.rows, at: last.at },
  };
}

function of<T>(make: (side: SideKey) => T): Sides<T> {
  return { left: make("left"), right: make("right") };
}

function titleOf(left: string, right: string): string {
  return left === right ? left : `${left} and ${right}`;
}

/** "" is the connection's own: its name stands in the dictionary, and mostly is the user's. */
function schemaOf(side: SideKey): string {
  const { schema } = draft.setup.sides[side];
  if (schema !== "") return schema;
  const own = draft.dictionaries[side]?.currentSchema.value;
  return own ?? draft.connection(side)?.username.toUpperCase() ?? "";
}

/** Columns that are pinned by hand, and those that tell rows apart for people. */
function pinned(table: string): string[] {
  const { left = null, right = null } = draft.shapes;
  const lines = (draft.columns ?? []).filter(isCompared);
  const { pinned: byHand } = remembered.layout(table);
  return [...new Set([...byHand, ...pinnedColumns({ left, right }, lines)])];
}

export const oneRun = new OneRun();
