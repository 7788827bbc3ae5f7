/** Many tables: the setup as it is typed, and which tables it chooses. */

import { plural } from "../../model/formats";
import { typedIdentifier } from "../../model/tables/identifiers";
import { tablesToCompare, type TablesToCompare } from "../../model/outcome/many";
import { likeMatches } from "../../model/tables/patterns";
import { sameTarget } from "../../model/connecting/connections";
import { otherSide, SIDES, sideNames } from "../../model/sides";
import type {
  ManySetup,
  SavedConnection,
  SideKey,
  SideName,
  Sides,
  TableChoice,
} from "../../model/types";
import { dictionary, type ConnectionDictionary, type DictionaryRead } from "../dictionary.svelte";
import { areOfSameTables, EVERY_TABLE, isEmptyChoice, ownChoice, withChoices } from "./choices";
import type { ManyInput } from "./input";
import { many, type ManyRun } from "./run.svelte";
import { remembered } from "../remembered.svelte";
import { secrets } from "../secrets.svelte";

export type ManyField = `${SideKey}.${"connection" | "password" | "schema"}` | "patterns" | "run";

export interface ManyProblem {
  /** Where the sentence stands and the focus goes. */
  field: ManyField;
  sentence: string;
}

type TablesRead = DictionaryRead<{ name: string; kind: "table" | "view" }[]>;

class ManyDraft {
  /** Why it cannot run, as it was found when Compare was pressed. */
  problem = $state.raw<ManyProblem | null>(null);
  #preparing = $state.raw<AbortController | null>(null);
  /** The second schema follows the first until it is changed by hand. */
  #follows = true;

  get setup(): ManySetup {
    return remembered.manySetup;
  }

  readonly names: Sides<SideName> = $derived.by(() =>
    sideNames(this.setup.sides, remembered.connections),
  );

  readonly dictionaries: Sides<ConnectionDictionary | null> = $derived.by(() => ({
    left: dictionary.of(this.setup.sides.left.connectionId),
    right: dictionary.of(this.setup.sides.right.connectionId),
  }));

  /** Names on each side; null: not known yet. */
  readonly listed: Sides<readonly string[] | null> = $derived.by(() => ({
    left: this.#listed("left"),
    right: this.#listed("right"),
  }));

  /** What the patterns choose; null before both sides are known. */
  readonly chosen: TablesToCompare | null = $derived.by(() => this.#choose(this.setup.patterns));

  /** The same without what the patterns take away. */
  readonly offered: TablesToCompare | null = $derived.by(() =>
    this.#choose(this.setup.patterns.filter((pattern) => !pattern.startsWith("-"))),
  );

  /** Names and patterns that no table of either side fits. */
  readonly unmatched: string[] = $derived.by(() => {
    const { left, right } = this.listed;
    if (left === null || right === null) return [];
    const names = [...new Set([...left, ...right])];
    return this.setup.patterns.filter(
      (pattern) => !pattern.startsWith("-") && !names.some((name) => likeMatches(pattern, name)),
    );
  });

  /** Whether the tables are being read anew, before the run starts. */
  get isPreparing(): boolean {
    return this.#preparing !== null;
  }

  connection(side: SideKey): SavedConnection | undefined {
    return remembered.connection(this.setup.sides[side].connectionId);
  }

  tables(side: SideKey): TablesRead | null {
    return this.dictionaries[side]?.tables(this.setup.sides[side].schema) ?? null;
  }

  /** Nothing is chosen yet: the sides of One table are the likeliest. */
  open(): void {
    const { sides } = this.setup;
    for (const side of SIDES) {
      if (sides[side].connectionId !== "") continue;
      const { connectionId, schema } = remembered.setup.sides[side];
      sides[side] = { connectionId, schema };
    }
    this.#follows = sides.left.schema === sides.right.schema;
    this.problem = null;
  }

  chooseConnection(side: SideKey, connectionId: string): void {
    this.setup.sides[side].connectionId = connectionId;
    this.problem = null;
  }

  settleSchema(side: SideKey, text: string): void {
    const schema = typedIdentifier(text, this.dictionaries[side]?.schemas.value);
    const { sides } = this.setup;
    sides[side].schema = schema;
    if (side === "right") this.#follows = schema === sides.left.schema;
    else if (this.#follows) sides.right.schema = schema;
    this.problem = null;
  }

  swap(): void {
    const { left, right } = this.setup.sides;
    this.setup.sides = { left: right, right: left };
    this.problem = null;
  }

  choosePatterns(patterns: string[]): void {
    this.setup.patterns = patterns;
    this.problem = null;
  }

  /** Takes one table away, or back again. */
  tick(table: string, isChosen: boolean): void {
    const minus = `-${table}`;
    const others = this.setup.patterns.filter((pattern) => pattern !== minus);
    this.choosePatterns(isChosen ? others : [...others, minus]);
  }

  /** What takes the table away although its own tick does not; null: nothing. */
  takenAwayBy(table: string): string | null {
    const minus = this.setup.patterns.filter((pattern) => pattern.startsWith("-"));
    const found = minus.find((pattern) => likeMatches(pattern.slice(1), table));
    return found === undefined || found === `-${table}` ? null : found;
  }

  choice(table: string): TableChoice {
    return ownChoice(this.setup, table);
  }

  choose(table: string, choice: TableChoice): void {
    this.setup.perTable[table] = choice;
    if (table !== EVERY_TABLE) remembered.keepChoice(table, choice);
  }

  /** As it is saved: with what is remembered of its tables. */
  whole(): ManySetup {
    return withChoices($state.snapshot(this.setup), this.chosen?.both ?? []);
  }

  /** The run, or null where it cannot run: `problem` says why. */
  async start(): Promise<ManyRun | null> {
    if (this.#preparing !== null) return null;
    const preparing = new AbortController();
    this.#preparing = preparing;
    try {
      const { left, right } = this.setup.sides;
      await Promise.all([left, right].map((side) => secrets.find(side.connectionId)));
      this.problem = this.#check();
      if (this.problem !== null) return null;
      await this.#readTables(preparing.signal);
    } finally {
      this.#preparing = null;
    }
    this.problem = this.#checkTables();
    const input = this.problem === null ? this.#input() : null;
    return input === null ? null : many.start(input);
  }

  /** A table that came since the page was opened is compared, too. */
  async #readTables(signal: AbortSignal): Promise<void> {
    const reads = SIDES.map((side) => this.tables(side)).filter((read) => read !== null);
    for (const read of reads) read.again();
    await Promise.all(reads.map((read) => read.settled(signal)));
  }

  #listed(side: SideKey): readonly string[] | null {
    const entries = this.tables(side)?.value;
    if (entries === undefined) return null;
    const others = new Set(
      this.tables(otherSide(side))
        ?.value?.filter(({ kind }) => kind === "table")
        .map(({ name }) => name),
    );
    const exact = new Set(this.setup.patterns.map((pattern) => pattern.toUpperCase()));
    // Views have no key, and mostly show what their tables hold: they are taken by name alone, or
    // where the other side has a table of that name.
    return entries
      .filter(({ name, kind }) => kind === "table" || exact.has(name) || others.has(name))
      .map(({ name }) => name);
  }

  #choose(patterns: readonly string[]): TablesToCompare | null {
    const { left, right } = this.listed;
    if (left === null || right === null) return null;
    return tablesToCompare({ left, right }, patterns);
  }

  #check(): ManyProblem | null {
    if (many.current?.running) {
      const sentence = "A run goes on. Wait for its end, or cancel it.";
      return { field: "run", sentence };
    }
    for (const side of SIDES) {
      const connection = this.connection(side);
      const which = side === "left" ? "first" : "second";
      if (connection === undefined) {
        const sentence = `Choose the connection of the ${which} side.`;
        return { field: `${side}.connection`, sentence };
      }
      if (secrets.isNeeded(connection.id)) {
        const sentence = `Type the password for ${this.names[side].label}.`;
        return { field: `${side}.password`, sentence };
      }
    }
    if (this.#isOneSchema()) {
      const sentence = "Both sides are the same schema of the same database.";
      return { field: "right.schema", sentence };
    }
    if (this.setup.patterns.some((pattern) => !pattern.startsWith("-"))) return null;
    const sentence = "Type which tables: names, or patterns such as %CONFIG%.";
    return { field: "patterns", sentence };
  }

  #checkTables(): ManyProblem | null {
    for (const side of SIDES) {
      const read = this.tables(side);
      if (read?.error !== undefined || read?.value === undefined) {
        const sentence = `The tables of ${this.names[side].label} could not be read.`;
        return { field: `${side}.schema`, sentence };
      }
    }
    const { both, onlyLeft, onlyRight } = this.chosen ?? { both: [], onlyLeft: [], onlyRight: [] };
    if (both.length > 0) return null;
    const only = onlyLeft.length + onlyRight.length;
    const found = only === 0 ? "No table is called like this" : "None of them is in both databases";
    const counted = only === 0 ? "" : `: ${plural(only, "table", "tables")} on one side only`;
    return { field: "patterns", sentence: `${found}${counted}.` };
  }

  #isOneSchema(): boolean {
    const left = this.connection("left");
    const right = this.connection("right");
    if (left === undefined || right === undefined || !sameTarget(left, right)) return false;
    return this.#schemaOf("left", left) === this.#schemaOf("right", right);
  }

  #schemaOf(side: SideKey, { username }: SavedConnection): string {
    const own = this.dictionaries[side]?.currentSchema.value ?? username.trim().toUpperCase();
    return this.setup.sides[side].schema || own;
  }

  #input(): ManyInput | null {
    const left = this.connection("left");
    const right = this.connection("right");
    if (left === undefined || right === undefined || this.chosen === null) return null;
    const setup = this.whole();
    return {
      setup,
      names: this.names,
      schemas: { left: this.#schemaOf("left", left), right: this.#schemaOf("right", right) },
      connections: { left, right },
      tables: this.chosen,
      unmatched: [...this.unmatched],
      title: titleOf(setup),
    };
  }
}

/** Its name where it is saved, else what it chooses. */
function titleOf(setup: ManySetup): string {
  const saved = remembered.saved.find(
    ({ what }) => what.kind === "many" && areOfSameTables(what.setup, setup),
  );
  if (saved !== undefined) return saved.name;
  const taken = setup.patterns.filter((pattern) => !pattern.startsWith("-"));
  if (taken.length > MOST_TOLD) return `${taken.length} names and patterns`;
  return taken.join() === EVERY_TABLE ? "All tables" : `Tables like ${taken.join(", ")}`;
}

const MOST_TOLD = 3;

export function describeChoice(choice: TableChoice): string {
  if (isEmptyChoice(choice)) return "";
  const told = [];
  if (choice.key.kind === "columns") told.push(`key ${choice.key.columns.join(", ")}`);
  if (choice.key.kind === "row") told.push("whole rows");
  if (choice.where.trim() !== "") told.push(`where ${choice.where.trim()}`);
  const out = [...choice.leftOut, ...choice.leftOutPatterns];
  if (out.length > 0) told.push(`without ${out.join(", ")}`);
  return told.join("; ");
}

export const manyDraft = new ManyDraft();
