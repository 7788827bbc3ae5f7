import { OracleSidecarError } from "oracle-sidecar-client";

import type { ErrorSentence } from "../../model/outcome/error_sentences";
import { count } from "../../model/formats";
import { needsYou, runTitle, type TimeSample } from "../../model/outcome/many";
import { MOST_KEPT_MANY, MOST_KEPT_ONE } from "../../model/asking/requests";
import { SIDES } from "../../model/sides";
import type {
  ManySetup,
  Outcome,
  Secrets,
  SideKey,
  SideName,
  Sides,
  TableChoice,
  TableShape,
} from "../../model/types";
import { ComparisonRun } from "../comparison.svelte";
import { frozenChoice } from "./choices";
import { failureOf } from "./failures";
import { comparisonOf, isOneConnection, sentenceOf, wireOf, type ManyInput } from "./input";
import { rememberRun } from "./past";
import { readSchemaShapes } from "./shapes";
import { ManyTable } from "./table.svelte";
import { remembered } from "../remembered.svelte";
import { page, type TitledRun } from "../router.svelte";
import { RunClock } from "./run_clock.svelte";
import { secrets } from "../secrets.svelte";
import { sidecar } from "../sidecar.svelte";

/** As many comparisons as one connection has sessions (`--pool-max`). */
const AT_A_TIME = 2;

/** A database that fails so often in a row is away: what waits would fail as well. */
const AWAY_AFTER = 2;

/** All tables together keep so many characters of differences; later ones are read again. */
const MOST_KEPT_CHARACTERS = 64 * 1024 * 1024;

type SchemaShapes = ReadonlyMap<string, TableShape>;

/** Why what waits is not compared by itself. */
export interface Held {
  kind: "refused" | "sidecar_gone" | "database_away";
  error: ErrorSentence;
}

/**
 * Many tables, a few at a time. It goes on whatever screen is shown, and may be stopped, gone on
 * with, and run again in part; each table's comparison is a ComparisonRun of its own.
 */
export class ManyRun {
  readonly id = crypto.randomUUID();
  readonly input: ManyInput;
  /** In both databases first, each part by name. Never reordered. */
  readonly tables: readonly ManyTable[];
  readonly startedAt = Date.now();

  readonly #byName: ReadonlyMap<string, ManyTable>;
  readonly #listed = new Set<ManyTable>();
  readonly #clock = new RunClock();
  #setup: ManySetup;
  /** With what the last login succeeded. */
  readonly #proven: Sides<Secrets | null> = { left: null, right: null };
  #queue: ManyTable[] = [];
  #stopReading = new AbortController();
  #awayInARow = 0;
  #keptCharacters = 0;
  #titled: TitledRun | null = null;

  #shapes = $state.raw<Sides<SchemaShapes | null> | null>(null);
  #phase = $state<"reading" | "running" | "ended">("ended");
  #stopping = $state(false);
  #wantsPassword = $state(false);
  #held = $state.raw<Held | null>(null);
  #slots = $state.raw<readonly (ManyTable | null)[]>([]);
  #needs = $state.raw<readonly ManyTable[]>([]);
  #tally = $state<Record<Outcome, number>>(emptyTally());
  #endedAt = $state<number | null>(null);

  constructor(input: ManyInput) {
    this.input = input;
    this.#setup = input.setup;
    const { both, onlyLeft, onlyRight } = input.tables;
    this.tables = [
      ...both.map((name) => new ManyTable(name)),
      ...onlyLeft.map((name) => this.#missing(name, "only_first", "right")),
      ...onlyRight.map((name) => this.#missing(name, "only_second", "left")),
    ];
    this.#byName = new Map(this.tables.map((table) => [table.name, table]));
    this.#queue = this.tables.slice(0, both.length);
    // A comparison of one connection with itself takes two of its sessions.
    const slots = isOneConnection(input) ? AT_A_TIME / 2 : AT_A_TIME;
    this.#slots = Array.from({ length: slots }, () => null);
    for (const table of this.tables) this.#tally[table.outcome] += 1;
    this.#list(this.tables);
  }

  get setup(): ManySetup {
    return this.#setup;
  }

  get title(): string {
    return this.input.title;
  }

  get names(): Sides<SideName> {
    return this.input.names;
  }

  get schemas(): Sides<string> {
    return this.input.schemas;
  }

  /** Reading the columns of both schemas, before the first table. */
  get reading(): boolean {
    return this.#phase === "reading";
  }

  get running(): boolean {
    return this.#phase !== "ended";
  }

  /** Cancelled, but not every database has answered yet. */
  get stopping(): boolean {
    return this.#stopping && this.running;
  }

  get held(): Held | null {
    return this.#held;
  }

  /** As many as run at a time; null where none does. */
  get slots(): readonly (ManyTable | null)[] {
    return this.#slots;
  }

  /** In the order in which they came to need somebody, until they are sorted. */
  get needs(): readonly ManyTable[] {
    return this.#needs;
  }

  /** How many tables have each outcome. */
  get tally(): Readonly<Record<Outcome, number>> {
    return this.#tally;
  }

  /** How many were compared, or are known not to be comparable. */
  get done(): number {
    const { waiting, running, cancelled } = this.#tally;
    return this.tables.length - waiting - running - cancelled;
  }

  /** "143 of 212 done" */
  get doneSentence(): string {
    return `${count(this.done)} of ${count(this.tables.length)} done`;
  }

  /** For the time left: how many were done after how much work. */
  get samples(): readonly TimeSample[] {
    return this.#clock.samples;
  }

  /** Milliseconds of work; follows the clock once a second while it runs. */
  get elapsedMs(): number {
    return this.#clock.elapsedMs;
  }

  get endedAt(): number | null {
    return this.#endedAt;
  }

  /** Somebody wanted to go on, and a password is missing. */
  get wantsPassword(): boolean {
    return this.#wantsPassword && this.missingPasswords.length > 0;
  }

  /** Sides whose password has to be typed before anything can run. */
  get missingPasswords(): SideKey[] {
    return SIDES.filter((side) => secrets.isNeeded(this.input.connections[side].id));
  }

  table(name: string): ManyTable | undefined {
    return this.#byName.get(name);
  }

  /** Without the columns of any side a pattern leaves nothing out. */
  get areColumnsUnknown(): boolean {
    return this.#shapes !== null && this.#shapes.left === null && this.#shapes.right === null;
  }

  shapes(table: string): Sides<TableShape | null> {
    return {
      left: this.#shapes?.left?.get(table) ?? null,
      right: this.#shapes?.right?.get(table) ?? null,
    };
  }

  choice(table: string): TableChoice {
    return frozenChoice(this.#setup, table);
  }

  /** Remembered for the table, for this run and for the next ones. */
  choose(table: string, choice: TableChoice): void {
    this.#setup = {
      ...this.#setup,
      perTable: { ...this.#setup.perTable, [table]: choice },
    };
    remembered.keepChoice(table, choice);
    remembered.manySetup.perTable[table] = choice;
  }

  start(): void {
    void this.#work();
  }

  /** Compares what waits or was cancelled. */
  goOn(): void {
    if (!this.#mayWork()) return;
    this.#requeue(this.tables.filter(({ outcome }) => outcome === "cancelled"));
    void this.#work();
  }

  /** Compares these again; `next`: before what waits. */
  runAgain(tables: readonly ManyTable[], next = false): void {
    if (!this.#mayWork()) return;
    this.#requeue(tables, next);
    void this.#work();
  }

  /** Takes a table that waits out of the run, or stops the one that runs. */
  cancel(table: ManyTable): void {
    if (table.outcome === "running") void table.run?.cancel();
    if (table.outcome !== "waiting") return;
    this.#queue = this.#queue.filter((other) => other !== table);
    this.#change(table, () => table.cancelUnstarted());
  }

  cancelAll(): void {
    if (!this.running) return;
    this.#stopping = true;
    this.#stopReading.abort();
    const waiting = this.#queue;
    this.#queue = [];
    for (const table of waiting) this.#change(table, () => table.cancelUnstarted());
    for (const table of this.#slots) void table?.run?.cancel();
  }

  /** Failed first, then by how many rows differ. What needs nobody any more leaves the list. */
  sortNeeds(sort: (tables: readonly ManyTable[]) => ManyTable[]): void {
    this.leaveOutSettled();
    this.#needs = sort(this.#needs);
  }

  /** For a list that nobody is pointing at: what was run again and is the same now leaves it. */
  leaveOutSettled(): void {
    const staying = this.#needs.filter(({ outcome }) => needsYou(outcome) || isOpen(outcome));
    if (staying.length === this.#needs.length) return;
    this.#needs = staying;
    this.#listed.clear();
    for (const table of staying) this.#listed.add(table);
  }

  /**
   * The table's comparison once more, with as many differences as One table keeps. null: a password
   * has to be typed first.
   */
  readAgain(table: ManyTable): ComparisonRun | null {
    this.#wantsPassword = this.missingPasswords.length > 0;
    if (this.#wantsPassword) return null;
    const run = this.#newComparison(table, MOST_KEPT_ONE);
    void run.start();
    return run;
  }

  /** Nothing is sent with a password that was refused, or without one. */
  #mayWork(): boolean {
    if (this.stopping) return false;
    this.#wantsPassword = !this.running && this.missingPasswords.length > 0;
    return !this.#wantsPassword;
  }

  async #work(): Promise<void> {
    if (this.running) {
      this.#fill();
      return;
    }
    this.#phase = "reading";
    this.#stopping = false;
    this.#held = null;
    this.#awayInARow = 0;
    this.#endedAt = null;
    this.#stopReading = new AbortController();
    this.#clock.start();
    await this.#readShapes(this.#stopReading.signal);
    this.#phase = "running";
    this.#fill();
  }

  /**
   * Logs in to both databases, so that a wrong password is sent once. Tables whose columns are not
   * known are compared all the same: the sidecar reads them for itself.
   */
  async #readShapes(signal: AbortSignal): Promise<void> {
    const known = this.#shapes;
    const read = async (side: SideKey): Promise<SchemaShapes | null> => {
      const isProven = this.#proven[side] === secrets.of(this.input.connections[side].id);
      return isProven && known?.[side] ? known[side] : this.#readSchema(side, signal);
    };
    // Two schemas of one connection: its login is not tried twice.
    const left = read("left");
    if (isOneConnection(this.input)) await left;
    const [first, second] = await Promise.all([left, this.#held ? null : read("right")]);
    this.#shapes = { left: first, right: second };
  }

  async #readSchema(side: SideKey, signal: AbortSignal): Promise<SchemaShapes | null> {
    const schema = this.#setup.sides[side].schema;
    try {
      const { id } = this.input.connections[side];
      const typed = secrets.of(id);
      const wire = wireOf(this.input)[side];
      const shapes = await readSchemaShapes(sidecar.client, wire, schema, signal);
      secrets.markAccepted(id);
      this.#proven[side] = typed;
      return shapes;
    } catch (error) {
      if (signal.aborted) return null;
      if (!(error instanceof OracleSidecarError)) throw error;
      sidecar.noteFailure(error);
      this.#learnFrom(error, side);
      return null;
    }
  }

  #fill(): void {
    for (const [slot, table] of this.#slots.entries()) {
      if (table !== null || this.#held !== null || this.#phase !== "running") continue;
      const next = this.#queue.shift();
      if (next !== undefined) void this.#compare(next, slot);
    }
    if (this.#phase === "running" && this.#slots.every((table) => table === null)) this.#end();
    else this.#tell();
  }

  async #compare(table: ManyTable, slot: number): Promise<void> {
    const run = this.#newComparison(table, MOST_KEPT_MANY);
    this.#change(table, () => table.begin(run));
    this.#fillSlot(slot, table);
    await run.start();
    this.#take(table, run);
    this.#fillSlot(slot, null);
    this.#fill();
  }

  #fillSlot(slot: number, table: ManyTable | null): void {
    this.#slots = this.#slots.map((before, i) => (i === slot ? table : before));
  }

  #take(table: ManyTable, run: ComparisonRun): void {
    const { state } = run.facts;
    const error = state.phase === "failed" ? state.error : null;
    const sentence = error && sentenceOf(this.input, this.#setup, error, table.name);
    this.#change(table, () => table.end(run, sentence));
    this.#clock.note(this.done);
    this.#keep(table);
    if (error === null) this.#awayInARow = 0;
    else this.#learnFrom(error, error.side);
  }

  /** What a failure says of the tables that wait. */
  #learnFrom(error: OracleSidecarError, side: SideKey | undefined): void {
    const failure = failureOf(error);
    this.#awayInARow = failure === "database_away" ? this.#awayInARow + 1 : 0;
    if (failure === "of_the_table") return;
    // A lost connection of a moment is that table's; while the columns are read, it is the first.
    const isAway = this.reading || this.#awayInARow >= AWAY_AFTER;
    if (failure === "database_away" && !isAway) return;
    const sentence = sentenceOf(this.input, this.#setup, error, null, side);
    this.#held ??= { kind: failure, error: sentence };
    if (failure !== "refused") return;
    if (side !== undefined && error.fullCode === "ORA-01017") {
      secrets.markRefused(this.input.connections[side].id);
    }
    this.#failWaiting(sentence);
  }

  #failWaiting(error: ErrorSentence): void {
    const waiting = this.#queue;
    this.#queue = [];
    for (const table of waiting) this.#change(table, () => table.failUnstarted(error), false);
    this.#list(waiting);
  }

  #requeue(tables: readonly ManyTable[], next = false): void {
    const ready = tables.filter(({ outcome }) => !isOpen(outcome));
    for (const table of ready) {
      this.#keptCharacters -= table.keptCharacters;
      this.#change(table, () => table.wait());
    }
    this.#queue = next ? [...ready, ...this.#queue] : [...this.#queue, ...ready];
  }

  #end(): void {
    this.#clock.stop();
    this.#phase = "ended";
    this.#endedAt = Date.now();
    this.#stopping = false;
    rememberRun(this);
    this.#tell();
  }

  #change(table: ManyTable, change: () => void, list = true): void {
    this.#tally[table.outcome] -= 1;
    change();
    this.#tally[table.outcome] += 1;
    if (list) this.#list([table]);
  }

  #list(tables: readonly ManyTable[]): void {
    const added = tables.filter((table) => needsYou(table.outcome) && !this.#listed.has(table));
    if (added.length === 0) return;
    for (const table of added) this.#listed.add(table);
    this.#needs = [...this.#needs, ...added];
  }

  /** Keeps the memory bounded, however many tables differ. */
  #keep(table: ManyTable): void {
    if (this.#keptCharacters + table.keptCharacters > MOST_KEPT_CHARACTERS) {
      table.dropDifferences();
    }
    this.#keptCharacters += table.keptCharacters;
  }

  #missing(name: string, outcome: "only_first" | "only_second", side: SideKey): ManyTable {
    const { label } = this.names[side];
    const user = this.input.connections[side].username;
    const note = `Not in ${label}, or ${user} may not read it.`;
    return new ManyTable(name, { outcome, note });
  }

  #tell(): void {
    const isProduction = this.names.left.isProduction || this.names.right.isProduction;
    const before = this.#titled;
    this.#titled = this.running ? { progress: runTitle(this.tables), isProduction } : null;
    // One table may run beside this: its title is its own.
    if (this.#titled !== null || page.run === before) page.run = this.#titled;
  }

  #newComparison(table: ManyTable, mostKept: number): ComparisonRun {
    const shapes = this.shapes(table.name);
    const input = comparisonOf(this.input, this.#setup, table.name, shapes, mostKept);
    return new ComparisonRun(sidecar.client, input);
  }
}

/** The run that goes on, or the last one. It outlives every screen, but not the page. */
class ManyRuns {
  #current = $state.raw<ManyRun | null>(null);

  get current(): ManyRun | null {
    return this.#current;
  }

  /** A run that goes on has to be cancelled first. */
  start(input: ManyInput): ManyRun {
    if (this.#current?.running) throw new Error("a run goes on");
    const run = new ManyRun(input);
    this.#current = run;
    run.start();
    return run;
  }
}

export const many = new ManyRuns();

function isOpen(outcome: Outcome): boolean {
  return outcome === "waiting" || outcome === "running";
}

function emptyTally(): Record<Outcome, number> {
  return {
    same: 0,
    same_left_out: 0,
    differs: 0,
    not_fully: 0,
    zero_rows: 0,
    no_key: 0,
    failed: 0,
    cancelled: 0,
    only_first: 0,
    only_second: 0,
    running: 0,
    waiting: 0,
  };
}
