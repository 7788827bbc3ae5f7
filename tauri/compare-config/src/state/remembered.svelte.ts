import { untrack } from "svelte";

import { holdsPassword } from "../model/connecting/connect_strings";
import { PASSWORD_IN_USER, userHoldsPassword } from "../model/connecting/connections";
import { emptySetup } from "../model/asking/setups";
import type {
  ManySetup,
  PastRun,
  SavedComparison,
  SavedConnection,
  Setup,
  TableChoice,
} from "../model/types";
import { appHost, HostError } from "./app_host";
import { isInApp, UNTIL_CLOSED } from "./place";
import { LatestWrites } from "./latest_writes";
import {
  emptyManySetup,
  isReadable,
  MOST_RUNS,
  nothingRemembered,
  nothingTyped,
  readKeptTyped,
  readRemembered,
  readRun,
  readTyped,
  readWhat,
  type RememberedData,
  type TableLayout,
  type Theme,
  type Typed,
  type What,
} from "./remembered_data";

export { emptyManySetup, emptySetup, type TableLayout, type Theme };

const KEY = "compare-config.1";
/** Apart from the rest, since each tab has its own; this one is where the next tab begins. */
const TYPED_KEY = "compare-config.1.typed";

export const PASSWORD_IN_CONNECT_STRING =
  "A password stands in the connect string. Put it into its own field, or it would be saved.";

/**
 * What this browser, or the app, remembers: never a password, a row, a key, a difference or a bind's
 * value. Every change is written at once. Where nothing is kept, it lasts until the page is closed,
 * and `problem` says so.
 */
class Remembered {
  readonly #host = appHost();
  #data = $state.raw<RememberedData>(nothingRemembered());
  #setup = $state<Setup>(emptySetup());
  #manySetup = $state<ManySetup>(emptyManySetup());
  #problems = $state.raw<Record<Part, string | null>>({ lists: null, typed: null });
  /** The text that the store holds as far as this tab knows: it is not written again. */
  #written = "";
  /** The app has a text that was not read, or cannot be: it stays until the user changes something. */
  #isUnread = this.#host !== null;
  /** This window was loaded again: what it had typed is newer than what the app has of it. */
  #isTypedHere = false;
  readonly #appWrites: LatestWrites | null;

  constructor() {
    const host = this.#host;
    if (host === null) {
      this.#appWrites = null;
      this.#take(this.#read("lists", () => localStorage.getItem(KEY)));
      this.#followOtherTabs();
    } else {
      this.#appWrites = new LatestWrites(
        (text) => host.writeKept(text),
        (failure) => this.#tellOfWrite(failure),
      );
      this.#take(null);
    }
    this.#takeTyped();
    $effect.root(() => {
      $effect(() => this.#write(textOf(this.#data, this.#host && this.#typed())));
      $effect(() => this.#writeTyped());
    });
  }

  /** Takes over what the app has kept. Nothing is shown before: in a browser it is there at once. */
  async load(): Promise<void> {
    if (this.#host === null) return;
    try {
      const text = await this.#host.readKept();
      this.#take(text);
      this.#isUnread = false;
      if (text === null) return;
      if (!isReadable(text)) this.#leave("The file holds something else.");
      else if (!this.#isTypedHere) this.#fill(readKeptTyped(text) ?? nothingTyped());
    } catch (failure) {
      if (!(failure instanceof HostError)) throw failure;
      this.#leave(failure.message);
    }
  }

  get problem(): string | null {
    return this.#problems.lists ?? this.#problems.typed;
  }

  get theme(): Theme {
    return this.#data.theme;
  }

  set theme(theme: Theme) {
    this.#change({ theme });
  }

  /** Height of the row detail, in CSS pixels. */
  get panelHeight(): number {
    return this.#data.panelHeight;
  }

  set panelHeight(panelHeight: number) {
    this.#change({ panelHeight });
  }

  /** What is typed on One table. It may be changed in depth. */
  get setup(): Setup {
    return this.#setup;
  }

  set setup(setup: Setup) {
    this.#setup = copied(setup);
  }

  /** What is typed on Many tables. It may be changed in depth. */
  get manySetup(): ManySetup {
    return this.#manySetup;
  }

  set manySetup(setup: ManySetup) {
    this.#manySetup = copied(setup);
  }

  get connections(): readonly SavedConnection[] {
    return this.#data.connections;
  }

  connection(id: string): SavedConnection | undefined {
    return this.#data.connections.find((connection) => connection.id === id);
  }

  /** Adds it, or puts it in the place of the one with its id. The answer is why it was refused. */
  keepConnection(connection: SavedConnection): string | null {
    if (holdsPassword(connection.connectString)) return PASSWORD_IN_CONNECT_STRING;
    if (userHoldsPassword(connection.username)) return PASSWORD_IN_USER;
    const kept = copied(connection);
    const isKnown = this.#now.connections.some((other) => other.id === connection.id);
    const connections = isKnown
      ? this.#now.connections.map((other) => (other.id === kept.id ? kept : other))
      : [...this.#now.connections, kept];
    this.#change({ connections });
    return null;
  }

  /** What is needed to put it back, or null where there is none by this id. */
  removeConnection(id: string): { connection: SavedConnection; index: number } | null {
    const index = this.#now.connections.findIndex((connection) => connection.id === id);
    const connection = this.#now.connections[index];
    if (connection === undefined) return null;
    const { connections, refused } = this.#now;
    this.#change({
      connections: connections.filter((other) => other.id !== id),
      refused: refused.filter((other) => other !== id),
    });
    return { connection, index };
  }

  restoreConnection({ connection, index }: { connection: SavedConnection; index: number }): void {
    if (this.#now.connections.some((other) => other.id === connection.id)) return;
    const connections = [...this.#now.connections];
    connections.splice(index, 0, connection);
    this.#change({ connections });
  }

  /** Whether the password that the keychain has of it was refused: some databases lock the account. */
  isKeptPasswordRefused(id: string): boolean {
    return this.#data.refused.includes(id);
  }

  noteKeptPassword(id: string, how: "refused" | "good"): void {
    const others = this.#now.refused.filter((other) => other !== id);
    const refused = how === "refused" ? [...others, id] : others;
    if (refused.join() !== this.#now.refused.join()) this.#change({ refused });
  }

  get saved(): readonly SavedComparison[] {
    return this.#data.saved;
  }

  /** Under a name that is taken it replaces the one that was there. */
  saveComparison(name: string, what: What): SavedComparison {
    const before = this.#now.saved.find((one) => one.name === name);
    const id = before?.id ?? crypto.randomUUID();
    const comparison: SavedComparison = { id, name, what: storable(what), last: null };
    const saved = before
      ? this.#now.saved.map((one) => (one === before ? comparison : one))
      : [...this.#now.saved, comparison];
    this.#change({ saved });
    return comparison;
  }

  /** What is needed to put it back, or null where there is none by this id. */
  removeComparison(id: string): { comparison: SavedComparison; index: number } | null {
    const index = this.#now.saved.findIndex((one) => one.id === id);
    const comparison = this.#now.saved[index];
    if (comparison === undefined) return null;
    this.#change({ saved: this.#now.saved.filter((one) => one.id !== id) });
    return { comparison, index };
  }

  restoreComparison(removed: { comparison: SavedComparison; index: number }): void {
    const { comparison, index } = removed;
    if (this.#now.saved.some((one) => one.id === comparison.id)) return;
    const saved = [...this.#now.saved];
    saved.splice(index, 0, comparison);
    this.#change({ saved });
  }

  /** How it went, for every saved comparison that is the same. */
  noteOutcome(what: What, last: NonNullable<SavedComparison["last"]>): void {
    const wanted = JSON.stringify(storable(what));
    const saved = this.#now.saved.map((one) =>
      JSON.stringify(one.what) === wanted ? { ...one, last } : one,
    );
    this.#change({ saved });
  }

  /** Newest first. */
  get runs(): readonly PastRun[] {
    return this.#data.runs;
  }

  addRun(run: PastRun): void {
    const kept = readRun(copied(run));
    if (kept === undefined) throw new TypeError(`no run that has ended: ${run.outcome}`);
    const others = this.#now.runs.filter((other) => other.id !== run.id);
    this.#change({ runs: [kept, ...others].slice(0, MOST_RUNS) });
    this.noteOutcome(run.what, { at: run.at, outcome: run.outcome, summary: run.summary });
  }

  /**
   * The last run of the same sides and table that read both sides to the end, whatever was left out
   * or asked for then.
   */
  lastRun(what: What): PastRun | undefined {
    const wanted = subjectOf(what);
    return this.#data.runs.find(
      ({ outcome, what: ran }) =>
        outcome !== "failed" && outcome !== "cancelled" && subjectOf(ran) === wanted,
    );
  }

  choice(table: string): TableChoice | null {
    return ownValue(this.#data.choices, table) ?? null;
  }

  /** What stands in a setup that is opened is kept, too: that is no change by the user. */
  keepChoice(table: string, choice: TableChoice): void {
    const isUnread = this.#isUnread;
    this.#change({ choices: { ...this.#now.choices, [table]: copied(choice) } });
    this.#isUnread = isUnread;
  }

  layout(table: string): TableLayout {
    return ownValue(this.#data.layouts, table) ?? { pinned: [], widths: {} };
  }

  keepLayout(table: string, layout: TableLayout): void {
    this.#change({ layouts: { ...this.#now.layouts, [table]: copied(layout) } });
  }

  forgetAll(): void {
    this.#isUnread = false;
    this.#data = nothingRemembered();
    this.#setup = emptySetup();
    this.#manySetup = emptyManySetup();
  }

  /** For changes: an effect that makes one does not depend on what it changes. */
  get #now(): RememberedData {
    return untrack(() => this.#data);
  }

  #change(part: Partial<RememberedData>): void {
    this.#isUnread = false;
    this.#data = { ...this.#now, ...part };
  }

  /** A text that was kept. It is not written again. */
  #take(text: string | null): void {
    this.#data = readRemembered(text);
    this.#written = textOf(this.#data, this.#host && readKeptTyped(text));
  }

  #leave(why: string): void {
    this.#isUnread = true;
    this.#written = "";
    this.#tell("lists", `${NOT_READ} ${why} It stays as it is until you change something.`);
  }

  #takeTyped(): void {
    const here = readTyped(this.#read("typed", () => sessionStorage.getItem(TYPED_KEY)));
    this.#isTypedHere = here !== null;
    this.#fill(here ?? readTyped(this.#read("typed", () => localStorage.getItem(TYPED_KEY))));
  }

  #fill(typed: Typed | null): void {
    if (typed === null) return;
    this.#setup = typed.setup;
    this.#manySetup = typed.manySetup;
  }

  /** null: nothing is. */
  #typed(): Typed | null {
    const text = JSON.stringify({ setup: this.#setup, manySetup: this.#manySetup });
    const typed = readTyped(text);
    return JSON.stringify(typed) === NOTHING_TYPED ? null : typed;
  }

  /** Two open tabs keep one list: what another one has written is taken over. */
  #followOtherTabs(): void {
    window.addEventListener("storage", (event) => {
      if (event.storageArea !== localStorage || (event.key !== KEY && event.key !== null)) return;
      // Never written back: two versions of this page would else answer each other for ever.
      this.#take(event.newValue);
    });
  }

  #write(text: string): void {
    if (text === this.#written || this.#isUnread) return;
    this.#written = text;
    if (this.#appWrites !== null) this.#appWrites.put(text);
    else this.#store("lists", () => [localStorage], KEY, text === NOTHING ? null : text);
  }

  #writeTyped(): void {
    const typed = this.#typed();
    const storages = () => [sessionStorage, localStorage];
    this.#store("typed", storages, TYPED_KEY, typed && JSON.stringify(typed));
  }

  /** Storage may be refused altogether (a setting of the browser), or be full. */
  #store(part: Part, storages: () => Storage[], key: string, text: string | null): void {
    this.#attempt(part, () => {
      for (const storage of storages()) {
        if (text === null) storage.removeItem(key);
        else storage.setItem(key, text);
      }
    });
  }

  #read(part: Part, read: () => string | null): string | null {
    return this.#attempt(part, read) ?? null;
  }

  #attempt<T>(part: Part, work: () => T): T | undefined {
    try {
      const result = work();
      this.#tell(part, null);
      return result;
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      this.#tell(part, error.name === "QuotaExceededError" ? IS_FULL : KEEPS_NOTHING);
      return undefined;
    }
  }

  #tellOfWrite(failure: unknown): void {
    if (failure !== null && !(failure instanceof HostError)) throw failure;
    this.#tell("lists", failure === null ? null : `${failure.message} ${LASTS}`);
  }

  #tell(part: Part, problem: string | null): void {
    this.#problems = { ...untrack(() => this.#problems), [part]: problem };
  }
}

type Part = "lists" | "typed";

const NOTHING = JSON.stringify(nothingRemembered());
const NOTHING_TYPED = JSON.stringify(nothingTyped());
const LASTS = `What you change now lasts ${UNTIL_CLOSED}.`;
const NOT_READ = "What was remembered cannot be read.";
const STORAGE = isInApp ? "The window" : "This browser";
const IS_FULL = `${STORAGE}'s storage is full. ${LASTS}`;
const KEEPS_NOTHING = `${STORAGE} keeps nothing for this page. What you set up lasts ${UNTIL_CLOSED}.`;

/**
 * The app keeps what is typed with the rest: its engine writes the window's own storage only some
 * time later, and the app's end does not wait for that.
 */
function textOf(data: RememberedData, typed: Typed | null): string {
  return JSON.stringify(typed === null ? data : { ...data, typed });
}

/** A table may be named `constructor`. */
function ownValue<T>(record: Record<string, T>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

function copied<T>(value: T): T {
  return $state.snapshot(value) as T;
}

/** In one order of its keys, so that equal ones have equal texts, and without the binds' values. */
function storable(what: What): What {
  const kept = readWhat(copied(what));
  if (kept === undefined) throw new TypeError(`no comparison: ${what.kind}`);
  return kept;
}

function subjectOf(what: What): string {
  if (what.kind === "many") return JSON.stringify(["many", what.setup.sides, what.setup.patterns]);
  const { left, right } = what.setup.sides;
  const side = (one: typeof left) =>
    what.setup.mode === "sql"
      ? [one.connectionId, one.sql]
      : [one.connectionId, one.schema, one.table];
  return JSON.stringify([what.setup.mode, side(left), side(right)]);
}

export const remembered = new Remembered();
