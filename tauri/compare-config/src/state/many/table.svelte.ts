import type { Differences } from "../../model/rows/differences";
import type { ErrorSentence } from "../../model/outcome/error_sentences";
import { tableNote, type TableRun } from "../../model/outcome/many";
import type { Outcome, RunFacts, Sides } from "../../model/types";
import { outcomeOf } from "../../model/outcome/verdict";
import type { ComparisonRun } from "../comparison.svelte";

interface TableState {
  outcome: Outcome;
  counts: TableRun["counts"];
  rows: Sides<number> | null;
  note: string;
  error: ErrorSentence | null;
  elapsedMs: number;
}

const WAITING: TableState = {
  outcome: "waiting",
  counts: null,
  rows: null,
  note: "",
  error: null,
  elapsedMs: 0,
};

/** One table of a run. It is one line of the list, and changes without any other line. */
export class ManyTable implements TableRun {
  readonly name: string;
  /** Whether somebody has looked at its outcome, and what was noted: empty in every new run. */
  lookedAt = $state(false);
  lookedAtNote = $state("");

  #state = $state.raw<TableState>(WAITING);
  #run = $state.raw<ComparisonRun | null>(null);
  #facts = $state.raw<RunFacts | null>(null);
  #startedAt: number | null = null;

  /** only: where the other side has no such table, with the sentence that says so. */
  constructor(name: string, only?: { outcome: "only_first" | "only_second"; note: string }) {
    this.name = name;
    if (only !== undefined) this.#state = { ...WAITING, ...only };
  }

  get outcome(): Outcome {
    return this.#state.outcome;
  }

  /** null: not known. */
  get counts(): TableRun["counts"] {
    return this.#state.counts;
  }

  /** null: not known. */
  get rows(): Sides<number> | null {
    return this.#state.rows;
  }

  get note(): string {
    return this.#state.note;
  }

  get error(): ErrorSentence | null {
    return this.#state.error;
  }

  get elapsedMs(): number {
    return this.#state.elapsedMs;
  }

  get startedAt(): number | null {
    return this.#startedAt;
  }

  /** The comparison; null: none has begun, or its differences are not kept any more. */
  get run(): ComparisonRun | null {
    return this.#run;
  }

  /** Of the last comparison that has ended; they stay where its differences are not kept. */
  get facts(): RunFacts | null {
    return this.#facts;
  }

  /** The same where it is what the outcome says: not while it waits to be compared again. */
  get result(): RunFacts | null {
    return this.outcome === "waiting" ? null : this.#facts;
  }

  /** null: there are none, or they are not kept any more. */
  get differences(): Differences | null {
    return this.#facts === null ? null : (this.#run?.differences ?? null);
  }

  /** Of all its difference lines together. */
  get keptCharacters(): number {
    const { differences } = this;
    let characters = 0;
    for (let i = 0; i < (differences?.length ?? 0); i += 1) {
      characters += differences?.line(i).length ?? 0;
    }
    return characters;
  }

  /** Whether there is a result to look at. */
  get opens(): boolean {
    return this.#run !== null || this.#facts !== null;
  }

  begin(run: ComparisonRun): void {
    this.#startedAt = run.startedAt;
    this.#run = run;
    this.#facts = null;
    this.#state = { ...WAITING, outcome: "running" };
  }

  /** Takes over what the comparison has ended with. */
  end(run: ComparisonRun, error: ErrorSentence | null): void {
    const facts = run.facts;
    const totals = facts.state.phase === "done" ? facts.state.totals : null;
    this.#facts = facts;
    this.#state = {
      outcome: outcomeOf(facts),
      counts: totals && {
        changed: totals.changed,
        leftOnly: totals.left_only,
        rightOnly: totals.right_only,
        equal: totals.equal,
      },
      rows: totals && { left: totals.left_rows, right: totals.right_rows },
      note: tableNote(facts),
      error,
      elapsedMs: (run.endedAt ?? Date.now()) - run.startedAt,
    };
  }

  /** It was not compared, and is not going to be by itself. */
  failUnstarted(error: ErrorSentence): void {
    this.#clear();
    this.#state = { ...WAITING, outcome: "failed", note: error.sentence, error };
  }

  cancelUnstarted(): void {
    this.#clear();
    this.#state = { ...WAITING, outcome: "cancelled" };
  }

  /**
   * It waits to be compared again, and nothing of the last time counts any more. What somebody may
   * be looking at stays until the new comparison begins.
   */
  wait(): void {
    this.#state = WAITING;
    this.lookedAt = false;
    this.lookedAtNote = "";
  }

  /** Frees its differences. Its counts, its note and its verdict stay. */
  dropDifferences(): void {
    this.#run = null;
  }

  #clear(): void {
    this.#run = null;
    this.#facts = null;
    this.#startedAt = null;
  }
}
