/** One table: the setup as it is typed, and what the databases say of it. */

import { untrack } from "svelte";

import { bindProblem, bindsFor, wireBinds } from "../model/asking/binds";
import { cannotBeCompared, compareColumns, type ColumnLine } from "../model/tables/columns";
import { wireConnection } from "../model/connecting/connections";
import { typedIdentifier } from "../model/tables/identifiers";
import { keyState, type KeyState, type KnownShapes } from "../model/tables/key_choice";
import { checkSetup, type SetupProblem } from "../model/asking/requests";
import { emptyTableChoice, sqlOf, whereOf } from "../model/asking/setups";
import { SIDES, sideNames } from "../model/sides";
import type {
  Bind,
  SavedConnection,
  Setup,
  SideKey,
  SideName,
  Sides,
  TableChoice,
  TableShape,
} from "../model/types";
import { Description, type DescribedStatement } from "./description.svelte";
import { dictionary, type ConnectionDictionary, type DictionaryRead } from "./dictionary.svelte";
import { remembered } from "./remembered.svelte";
import { secrets } from "./secrets.svelte";

/** What keeps a setup from running, at the field that it comes from. */
export interface FieldProblem {
  /** A SetupField, or "left.where", "right.where". */
  field: string;
  sentence: string;
  /** The name in the field that the database does not know. */
  word?: string;
}

/** The setup of One table. Its fields may be changed in depth; `remembered` keeps them. */
class Draft {
  readonly description = new Description();

  /** Names that were chosen, or typed and left: others are not asked of the database. */
  #settled = $state.raw<Sides<{ schema: string; table: string }>>(NOTHING_SETTLED);
  /** The second side takes these from the first until they are changed by hand. */
  #follows = { schema: true, table: true };
  /** The table whose remembered WHERE, key and columns stand in the setup. */
  #choiceOf = "";
  /** Of binds that are not named just now: a name comes back while it is typed. */
  readonly #typedBinds = new Map<string, Bind>();
  #problem = $state.raw<{ problem: FieldProblem; of: string } | null>(null);

  get setup(): Setup {
    return remembered.setup;
  }

  readonly names: Sides<SideName> = $derived.by(() => {
    const { mode, sides } = this.setup;
    const places = mode === "table" ? sides : onlyConnections(sides);
    return sideNames(places, remembered.connections);
  });

  readonly dictionaries: Sides<ConnectionDictionary | null> = $derived.by(() => ({
    left: dictionary.of(this.setup.sides.left.connectionId),
    right: dictionary.of(this.setup.sides.right.connectionId),
  }));

  readonly shapes: KnownShapes = $derived.by(() => ({
    left: this.#knownShape("left"),
    right: this.#knownShape("right"),
  }));

  readonly key: KeyState = $derived.by(() =>
    keyState(this.shapes, this.setup.key, this.names, this.setup),
  );

  /** null: not known before both sides are. */
  readonly columns: ColumnLine[] | null = $derived.by(() => {
    const { left, right } = this.shapes;
    if (!left || !right) return null;
    return compareColumns({ left, right }, this.key.columns, this.setup, this.names);
  });

  /** What has to be done, or waited for, until the columns are known; null: they are. */
  readonly waiting: string | null = $derived.by(() => {
    if (this.columns !== null) return null;
    for (const side of SIDES) {
      const sentence = this.#waitingFor(side);
      if (sentence !== null) return sentence;
    }
    return this.key.sentence;
  });

  readonly notComparable = $derived.by(() => cannotBeCompared(this.columns ?? []));

  /** Why it cannot run, or why it did not. Gone as soon as something changes. */
  get problem(): FieldProblem | null {
    const found = this.#problem;
    if (found === null || found.of !== this.#stateText()) return null;
    return found.problem;
  }

  set problem(problem: FieldProblem | null) {
    this.#problem = problem === null ? null : { problem, of: this.#stateText() };
  }

  connection(side: SideKey): SavedConnection | undefined {
    return remembered.connection(this.setup.sides[side].connectionId);
  }

  /** What the setup holds is taken as settled: it was typed before, or comes from a past run. */
  open(): void {
    const { left, right } = this.setup.sides;
    this.#settled = {
      left: { schema: left.schema, table: left.table },
      right: { schema: right.schema, table: right.table },
    };
    this.#follows = {
      schema: left.schema === right.schema,
      table: right.table === "" || left.table === right.table,
    };
    this.#choiceOf = left.table;
  }

  // What is read from the dictionaries. null: nothing is asked.

  tablesRead(side: SideKey): DictionaryRead<{ name: string; kind: "table" | "view" }[]> | null {
    const found = this.dictionaries[side];
    const { schema } = this.setup.sides[side];
    if (found === null || this.setup.mode === "sql") return found?.tables("") ?? null;
    const isKnown = schema === "" || schema === this.#settled[side].schema;
    return isKnown || found.schemas.value?.includes(schema) ? found.tables(schema) : null;
  }

  shapeRead(side: SideKey): DictionaryRead<TableShape | null> | null {
    const found = this.dictionaries[side];
    const { schema, table } = this.setup.sides[side];
    const tables = this.tablesRead(side);
    if (found === null || tables === null || table === "" || this.setup.mode === "sql") return null;
    const isListed = tables.value?.some(({ name }) => name === table) ?? false;
    return isListed || table === this.#settled[side].table ? found.shape(schema, table) : null;
  }

  /** Passwords that the keychain has need not be typed. */
  async findPasswords(): Promise<void> {
    await Promise.all(SIDES.map((side) => secrets.find(this.setup.sides[side].connectionId)));
  }

  /** Reads the columns that are not known yet, and waits for them. Their errors stand in the side's card. */
  async readShapes(signal: AbortSignal): Promise<void> {
    const reads = SIDES.map((side) => this.shapeRead(side)).filter((read) => read !== null);
    await Promise.all(reads.map((read) => read.settled(signal)));
  }

  // Changes by hand.

  chooseConnection(side: SideKey, connectionId: string): void {
    this.setup.sides[side].connectionId = connectionId;
  }

  settleSchema(side: SideKey, text: string): void {
    const schema = typedIdentifier(text, this.dictionaries[side]?.schemas.value);
    this.#put(side, { schema });
    if (side === "right") this.#follows.schema = schema === this.setup.sides.left.schema;
    else if (this.#follows.schema) this.#put("right", { schema });
  }

  /** A text as the dictionary has it: listed, or else as SQL would take it. */
  tableNamed(side: SideKey, text: string): string {
    return typedIdentifier(
      text,
      this.tablesRead(side)?.value?.map(({ name }) => name),
    );
  }

  settleTable(side: SideKey, text: string): void {
    const table = this.tableNamed(side, text);
    this.#put(side, { table });
    if (side === "left") {
      this.#takeChoice(table);
      if (this.#follows.table) this.#put("right", { table });
    } else {
      this.#follows.table = table === "" || table === this.setup.sides.left.table;
    }
  }

  /** One condition, and one statement, for both sides stays that of both. */
  swap(): void {
    const { sides, sameWhere, sameSql } = this.setup;
    const { left, right } = sides;
    const take = (from: typeof left, other: typeof left): typeof left => ({
      ...from,
      where: sameWhere ? other.where : from.where,
      sql: sameSql ? other.sql : from.sql,
    });
    const swapped = { left: take(right, left), right: take(left, right) };
    this.setup.sides = swapped;
    this.#settled = { left: this.#settled.right, right: this.#settled.left };
    this.#choiceOf = swapped.left.table;
    this.description.swap();
  }

  leaveOut(columns: readonly string[]): void {
    this.setup.leftOut = [...new Set([...this.setup.leftOut, ...columns])];
  }

  // Statements and their binds.

  /** What is typed for a side: its condition, or its statement. */
  statement(side: SideKey): string {
    const { setup } = this;
    return setup.mode === "sql" ? sqlOf(setup, side) : whereOf(setup, side);
  }

  /** Brings the setup's binds to those that the statements name. */
  nameBinds(): void {
    const statements = SIDES.map((side) => this.statement(side));
    untrack(() => {
      const { binds } = this.setup;
      for (const bind of binds) this.#typedBinds.set(bind.name, $state.snapshot(bind));
      const named = bindsFor(statements, [...this.#typedBinds.values()]);
      const isSame = named.length === binds.length;
      if (isSame && named.every(({ name }, at) => binds[at]?.name === name)) return;
      this.setup.binds = named;
    });
  }

  /** Puts the problem where it belongs, and says whether there is none. */
  checkBinds(): boolean {
    const statements = SIDES.map((side) => this.statement(side));
    const found = bindProblem(statements, this.setup.binds);
    this.problem =
      found === null ? null : { field: `bind.${found.name}`, sentence: found.sentence };
    return found === null;
  }

  /** What [Describe] and [Check that it is unique] send; null where the password is not known. */
  describedStatement(side: SideKey): DescribedStatement | null {
    const connection = this.wire(side);
    if (connection === null) return null;
    const sql = this.statement(side);
    return { connection, sql, binds: wireBinds(sql, $state.snapshot(this.setup.binds)) ?? {} };
  }

  wire(side: SideKey): ReturnType<typeof wireConnection> | null {
    const connection = this.connection(side);
    if (connection === undefined || secrets.isNeeded(connection.id)) return null;
    return wireConnection(connection, secrets.of(connection.id), this.names[side].label);
  }

  // Whether it can run.

  check(): SetupProblem | null {
    const known = (connectionId: string) =>
      secrets.isNeeded(connectionId) ? null : secrets.of(connectionId);
    return checkSetup(this.setup, {
      connections: remembered.connections,
      secretsOf: known,
      shapes: this.shapes,
      names: this.names,
    });
  }

  /** As far as that is known before any column is. */
  checkWithoutColumns(): SetupProblem | null {
    const problem = this.check();
    return problem?.field === "key" || problem?.field === "columns" ? null : problem;
  }

  /** Keeps WHERE, key and left-out columns for this table, whichever way it is compared next. */
  keepChoice(): void {
    const { mode, key, leftOut, leftOutPatterns, sameWhere, sides } = this.setup;
    const table = this.#choiceOf;
    if (mode === "sql" || table === "" || sides.left.table !== table) return;
    const where = sameWhere ? sides.left.where : "";
    const choice = $state.snapshot({ where, key, leftOut, leftOutPatterns });
    untrack(() => {
      const before = remembered.choice(table) ?? emptyTableChoice();
      if (choiceText(before) !== choiceText(choice)) remembered.keepChoice(table, choice);
    });
  }

  #takeChoice(table: string): void {
    if (table === this.#choiceOf) return;
    const isFirst = this.#choiceOf === "";
    this.#choiceOf = table;
    const choice = remembered.choice(table);
    // What was typed before any table was chosen is meant for this one.
    if (isFirst && choice === null) return;
    const { where, ...rest } = structuredClone(choice ?? emptyTableChoice());
    Object.assign(this.setup, rest, { sameWhere: true });
    this.setup.sides.left.where = where;
    this.setup.sides.right.where = "";
  }

  #put(side: SideKey, names: { schema?: string; table?: string }): void {
    Object.assign(this.setup.sides[side], names);
    this.#settled = { ...this.#settled, [side]: { ...this.#settled[side], ...names } };
  }

  #waitingFor(side: SideKey): string | null {
    const { label } = this.names[side];
    const connection = this.connection(side);
    if (connection === undefined) return "Choose the connections to see the key and the columns.";
    if (secrets.isLooking(connection.id)) {
      return `Looking for the password of ${label} in this computer's keychain…`;
    }
    if (secrets.isNeeded(connection.id)) {
      return `Type the password for ${label} to see the key and the columns.`;
    }
    if (this.setup.mode === "sql") {
      if (this.description.running) return "Reading the columns…";
      return this.shapes[side] === undefined ? "Press Describe to see the columns." : null;
    }
    const read = this.shapeRead(side);
    if (read?.loading) return `Reading the columns of ${label}…`;
    return read?.error === undefined ? null : `The columns of ${label} could not be read.`;
  }

  #knownShape(side: SideKey): TableShape | null | undefined {
    if (this.setup.mode === "table") return this.shapeRead(side)?.value;
    const connection = this.wire(side);
    if (connection === null) return undefined;
    return this.description.shape(side, connection, this.statement(side));
  }

  /** Changes with everything that a problem may come from. */
  #stateText(): string {
    const needed = SIDES.map((side) => secrets.isNeeded(this.setup.sides[side].connectionId));
    const known = SIDES.map((side) => this.shapes[side]?.columns.length ?? 0);
    return JSON.stringify([this.setup, needed, known]);
  }
}

const NOTHING_SETTLED = {
  left: { schema: "", table: "" },
  right: { schema: "", table: "" },
};

/** The same text for equal ones, whatever the order of their keys. */
function choiceText({ where, key, leftOut, leftOutPatterns }: TableChoice): string {
  return JSON.stringify([where, key, leftOut, leftOutPatterns]);
}

function onlyConnections(sides: Setup["sides"]): Sides<{ connectionId: string }> {
  const { left, right } = sides;
  return { left: { connectionId: left.connectionId }, right: { connectionId: right.connectionId } };
}

export const draft = new Draft();
