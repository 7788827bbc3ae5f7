import {
  OracleSidecarError,
  type CompareHead,
  type CompareLineEvent,
  type CompareProgress,
  type CompareRequest,
  type CompareTotals,
  type OracleSidecarClient,
} from "oracle-sidecar-client";

import { Differences } from "../model/rows/differences";
import type { PastRun, RunFacts, RunState, Setup, SideName, Sides } from "../model/types";
import { outcomeOf, summaryOf } from "../model/outcome/verdict";
import { RowRates, stepsSince, withFound } from "./row_rates";
import { secrets } from "./secrets.svelte";
import { sidecar } from "./sidecar.svelte";

/** How long a database may take to confirm its stop before the page says that it has not. */
const CONFIRM_MS = 5000;
/** A sidecar that does not answer a cancel for so long is left, and the run ends. */
const GIVE_UP_MS = 15_000;

const CANCELLED = 409;

const NEITHER: Sides<boolean> = { left: false, right: false };

/** What a run is made of. Its request holds passwords: it is kept in memory with the run alone. */
export interface RunInput {
  setup: Setup;
  names: Sides<SideName>;
  /** As the plate's neighbour shows it: the schema, or "" in SQL. */
  schemas: Sides<string>;
  users: Sides<string>;
  /** Connect strings: the report and errors name the host. */
  targets: Sides<string>;
  /** APP_CONFIG, or "SQL". */
  title: string;
  /** Without signal and query id. */
  request: CompareRequest;
  /** How many difference lines are kept at most. */
  mostKept: number;
  /** Columns that stand frozen behind the key. */
  pins?: string[];
  /** The last run of the same sides and table: `at` is ISO 8601. */
  last: { rows: Sides<number>; at: string } | null;
}

/** An answer so small that it is gathered. */
export interface SmallAnswer {
  lines: string[];
  totals: CompareTotals;
}

/**
 * One run of one comparison: started once, cancelled at most once. Its differences are kept when
 * it fails, as not final. What is reactive changes at most once a frame while it runs.
 */
export class ComparisonRun {
  readonly input: RunInput;
  readonly differences: Differences;
  readonly startedAt = Date.now();

  readonly #client: Pick<OracleSidecarClient, "compareLines" | "cancel">;
  readonly #queryId = crypto.randomUUID();
  readonly #abort = new AbortController();
  readonly #rowRates = new RowRates();

  #head: CompareHead | null = null;
  #progress: CompareProgress | null = null;
  #since: Sides<number> = { left: 0, right: 0 };
  /** What is shown is behind what is known until the next frame. */
  #frame: number | null = null;
  #confirmTimer: ReturnType<typeof setTimeout> | undefined;

  #state = $state.raw<RunState>({ phase: "running", progress: null });
  #shownHead = $state.raw<CompareHead | null>(null);
  #version = $state(0);
  #found = $state(0);
  #kept = $state(0);
  #rates = $state.raw<Sides<number | null>>({ left: null, right: null });
  #stepsSince = $state.raw<Sides<number>>({ left: 0, right: 0 });
  #unconfirmed = $state.raw<Sides<boolean>>(NEITHER);
  #endedAt = $state<number | null>(null);

  readonly #facts = $derived.by<RunFacts>(() => ({
    setup: this.input.setup,
    names: this.input.names,
    schemas: this.input.schemas,
    users: this.input.users,
    connectStrings: this.input.targets,
    title: this.input.title,
    head: this.#shownHead,
    state: this.#state,
    kept: this.#kept,
    found: this.#found,
  }));

  constructor(client: Pick<OracleSidecarClient, "compareLines" | "cancel">, input: RunInput) {
    this.#client = client;
    this.input = input;
    this.differences = new Differences([], input.mostKept);
  }

  get facts(): RunFacts {
    return this.#facts;
  }

  get running(): boolean {
    return this.#state.phase === "running" || this.#state.phase === "stopping";
  }

  /** Grows when differences came: `differences` is not reactive by itself. */
  get version(): number {
    return this.#version;
  }

  /** Rows per second; null: not known. */
  get rates(): Sides<number | null> {
    return this.#rates;
  }

  /** Since when each side has been at its step, in milliseconds from the request's arrival. */
  get stepsSince(): Sides<number> {
    return this.#stepsSince;
  }

  /** Sides whose database was to stop and has not confirmed that it did. */
  get unconfirmed(): Sides<boolean> {
    return this.#unconfirmed;
  }

  get endedAt(): number | null {
    return this.#endedAt;
  }

  /** Milliseconds by the sidecar's clock, as far as it has told. */
  get elapsedMs(): number {
    if (this.#state.phase === "done") return this.#state.totals.execution_time_ms;
    return this.#state.progress?.elapsed_ms ?? 0;
  }

  /** Resolves when the run has ended in whatever way; `facts.state` says how. */
  async start(): Promise<void> {
    try {
      const request = {
        ...this.input.request,
        queryId: this.#queryId,
        signal: this.#abort.signal,
        onRetry: () => this.#endStopping(),
      };
      for await (const event of this.#client.compareLines(request)) this.#take(event);
    } catch (error) {
      this.#fail(error);
    } finally {
      clearTimeout(this.#confirmTimer);
      this.#endedAt = Date.now();
      this.#show();
    }
  }

  /** Stops the statements of both databases. What becomes of it is told by the run's own end. */
  async cancel(): Promise<void> {
    if (this.#state.phase !== "running") return;
    this.#state = { phase: "stopping", progress: this.#progressNow(), since: Date.now() };
    this.#confirmTimer = setTimeout(() => this.#noteUnconfirmed(), CONFIRM_MS);
    if (!(await this.#askToCancel()) && this.running) this.#abort.abort();
  }

  /** A try that has failed while it was to stop is not begun again. */
  #endStopping(): void {
    if (this.#state.phase === "stopping") this.#abort.abort();
  }

  /**
   * The differences of a smaller comparison of the same two sides, once: a row read again. Rejects
   * with an OracleSidecarError, or the signal's reason.
   */
  async read(request: CompareRequest, signal: AbortSignal): Promise<SmallAnswer> {
    const lines: string[] = [];
    for await (const event of this.#client.compareLines({ ...request, signal })) {
      if (event.kind === "lines") lines.push(...event.lines);
      if (event.kind === "totals") return { lines, totals: event };
    }
    throw new TypeError("an answer without totals");
  }

  /** Counts, times and a sentence without values. */
  past(): PastRun {
    const { state, names, title, setup } = this.facts;
    const known = state.phase === "done" ? state.totals : state.progress;
    return {
      id: this.#queryId,
      at: new Date(this.startedAt).toISOString(),
      title,
      names,
      outcome: outcomeOf(this.facts),
      summary: summaryOf(this.facts),
      rows: known === null ? null : { left: known.left_rows, right: known.right_rows },
      what: { kind: "one", setup },
    };
  }

  /** False where the sidecar knows no such run (it has not arrived, or has just ended). */
  async #askToCancel(): Promise<boolean> {
    try {
      return await this.#client.cancel(this.#queryId, { timeoutMs: GIVE_UP_MS });
    } catch (error) {
      if (!(error instanceof OracleSidecarError)) throw error;
      sidecar.noteFailure(error);
      return false;
    }
  }

  #noteUnconfirmed(): void {
    const ran = this.#progress;
    this.#unconfirmed = {
      left: ran === null || ran.left_step !== "done",
      right: ran === null || ran.right_step !== "done",
    };
  }

  #take(event: CompareLineEvent): void {
    switch (event.kind) {
      case "head":
        this.#takeHead(event);
        break;
      case "lines":
        this.differences.append(event.lines);
        break;
      case "progress":
        this.#takeProgress(event);
        break;
      case "totals": {
        // Now, rather than with the next frame: a verdict needs the head.
        this.#show();
        const { kind: _kind, ...totals } = event;
        this.#state = { phase: "done", totals };
        break;
      }
    }
    this.#showSoon();
  }

  #takeHead({ kind: _kind, ...head }: CompareHead & { kind: "head" }): void {
    this.#head = head;
    const typeOf = (i: number): string => head.left_types[i] ?? head.right_types[i] ?? "";
    this.differences.setColumns(head.columns.map((name, i) => ({ name, type: typeOf(i) })));
  }

  #takeProgress(progress: CompareProgress): void {
    const before = this.#progress;
    this.#since = stepsSince(before && { progress: before, since: this.#since }, progress);
    this.#progress = progress;
    this.#rowRates.add(progress);
  }

  #progressNow(): CompareProgress | null {
    return this.#progress && withFound(this.#progress, this.differences.counts);
  }

  #fail(error: unknown): void {
    const progress = this.#progressNow();
    const isAborted = this.#abort.signal.aborted && error === this.#abort.signal.reason;
    if (isAborted) {
      this.#endCancelled(null);
    } else if (!(error instanceof OracleSidecarError)) {
      throw error;
    } else if (error.status === CANCELLED && this.#state.phase === "stopping") {
      this.#endCancelled(error.stopped ?? null);
    } else {
      this.#state = { phase: "failed", progress, error };
      sidecar.noteFailure(error);
      if (error.fullCode === "ORA-01017") this.#markRefused(error);
    }
  }

  #endCancelled(stopped: Sides<boolean> | null): void {
    this.#state = { phase: "cancelled", progress: this.#progressNow(), stopped };
    if (stopped === null) this.#noteUnconfirmed();
    else this.#unconfirmed = { left: !stopped.left, right: !stopped.right };
  }

  #markRefused(error: OracleSidecarError): void {
    if (error.side === undefined) return;
    secrets.markRefused(this.input.setup.sides[error.side].connectionId);
  }

  #showSoon(): void {
    this.#frame ??= requestAnimationFrame(() => this.#show());
  }

  #show(): void {
    if (this.#frame !== null) cancelAnimationFrame(this.#frame);
    this.#frame = null;
    this.#version += 1;
    this.#kept = this.differences.length;
    this.#found = this.#kept + this.differences.refused;
    this.#shownHead = this.#head;
    this.#rates = this.#rowRates.rates;
    this.#stepsSince = this.#since;
    const state = this.#state;
    if (state.phase === "running" || state.phase === "stopping") {
      this.#state = { ...state, progress: this.#progressNow() };
    }
  }
}
