/** What goes to `POST /compare`, what of it is shown beforehand, and why it cannot go yet. */

import type { CompareRequest, CompareSide, Connection } from "oracle-sidecar-client";
import { bindProblem, wireBinds } from "./binds";
import { compareColumns, family, isCompared, leftOutBy } from "../tables/columns";
import { readConnectString } from "../connecting/connect_strings";
import { sameTarget } from "../connecting/connections";
import { qualified, quoteIdentifier } from "../tables/identifiers";
import { keyState, type KnownShapes } from "../tables/key_choice";
import { sqlOf, whereOf } from "./setups";
import { SIDES } from "../sides";
import type {
  SavedConnection,
  Secrets,
  Setup,
  SideKey,
  SideName,
  Sides,
  TableShape,
} from "../types";

/** Difference lines that One table keeps, and Many tables for each. */
export const MOST_KEPT_ONE = 100_000;
export const MOST_KEPT_MANY = 1_000;

/** Compared columns up to which changed rows are sent whole. */
export const MOST_WHOLE_COLUMNS = 60;

/**
 * Half an hour. The sidecar's own 55 s are made for queries; a table of ten million rows takes
 * minutes, and whoever waits sees how far it is and can cancel. Without any limit, a comparison
 * that nobody looks at any more would hold two sessions for ever.
 */
export const TIMEOUT_MS = 30 * 60 * 1000;

export interface RequestOptions {
  /** As far as they are known: what is left out is named by them. */
  shapes: KnownShapes;
  mostKept: number;
  /** Columns whose values are to come along although they do not differ. */
  pins?: readonly string[];
  /** End both queries at the first difference past mostKept, instead of counting on. */
  stopAtMax?: boolean;
}

/**
 * wire: with the labels of the plates as names, so that errors begin with them. Without the signal
 * and the query's id, which belong to one run of it.
 */
export function compareRequest(
  setup: Setup,
  wire: Sides<Connection>,
  options: RequestOptions,
): CompareRequest {
  const request: CompareRequest = {
    left: compareSide(setup, "left", wire.left),
    right: compareSide(setup, "right", wire.right),
    rows: isWide(setup, options.shapes) ? "changed" : "whole",
    numbers: "auto",
    max_differences: options.mostKept,
    timeoutMs: TIMEOUT_MS,
  };
  if (setup.key.kind === "columns") request.key = [...setup.key.columns];
  if (setup.key.kind === "row") request.key = "row";
  const ignore = ignoredColumns(setup, options.shapes);
  if (ignore.length > 0) request.ignore = ignore;
  const show = shownColumns(options);
  if (request.rows === "changed" && show.length > 0) request.show = show;
  if (options.stopAtMax === true) request.stop_at_max = true;
  return request;
}

function compareSide(setup: Setup, side: SideKey, connection: Connection): CompareSide {
  const sql = sqlOf(setup, side);
  const where = whereOf(setup, side);
  const { schema, table } = setup.sides[side];
  const asked: CompareSide =
    setup.mode === "sql" ? { connection, sql } : { connection, table: qualified(schema, table) };
  if (where !== "") asked.where = where;
  const binds = wireBinds(setup.mode === "sql" ? sql : where, setup.binds);
  if (binds !== undefined) asked.binds = binds;
  return asked;
}

function namesOf(shapes: KnownShapes): Set<string> {
  return new Set(SIDES.flatMap((side) => shapes[side]?.columns.map(({ name }) => name) ?? []));
}

const NO_NAMES: Sides<SideName> = {
  left: { label: "", isProduction: false },
  right: { label: "", isProduction: false },
};

/**
 * Columns that the choice leaves out, by name. A pattern takes those that are known of either side.
 * A name that neither has is dropped where both are known: it would be an error, and leaves nothing
 * out. Columns of the key stay.
 */
export function ignoredColumns(setup: Setup, shapes: KnownShapes): string[] {
  const known = namesOf(shapes);
  const areBothKnown = Boolean(shapes.left && shapes.right);
  const key = keyState(shapes, setup.key, NO_NAMES, setup).columns;
  const isOfKey = (name: string): boolean => Array.isArray(key) && key.includes(name);
  const matched = [...known].filter((name) => leftOutBy(name, setup) !== undefined);
  const named = areBothKnown ? [] : setup.leftOut.filter((name) => !known.has(name));
  return [...matched, ...named].filter((name) => !isOfKey(name));
}

function isWide(setup: Setup, { left, right }: KnownShapes): boolean {
  if (!left || !right) return false;
  const key = keyState({ left, right }, setup.key, NO_NAMES, setup).columns;
  const lines = compareColumns({ left, right }, key, setup, NO_NAMES);
  return lines.filter(isCompared).length > MOST_WHOLE_COLUMNS;
}

function shownColumns({ shapes, pins = [] }: RequestOptions): string[] {
  const known = namesOf(shapes);
  return pins.filter((name) => known.has(name));
}

// What will run.

/** Most columns that are written out in a statement that is only shown. */
const MOST_TOLD_COLUMNS = 20;

/**
 * The statement of a side as it is known beforehand. The sidecar asks for the same with each column
 * by name; what really ran stands beside the result.
 */
export function statementText(setup: Setup, side: SideKey, shapes: KnownShapes): string {
  const key = keyState(shapes, setup.key, NO_NAMES, setup).columns;
  const columns = comparedColumns(setup, shapes, key);
  const order = orderBy(columns, key, shapes[side] ?? null);
  const what = selected(columns, shapes[side] ?? null);
  if (setup.mode === "sql") {
    const sql = sqlOf(setup, side).trim().replace(/;\s*$/, "");
    return order === "" ? sql : `SELECT ${what} FROM (\n${sql}\n)\n${order}`;
  }
  const { schema, table } = setup.sides[side];
  if (table === "") return "";
  const where = whereOf(setup, side);
  return [
    `SELECT ${what} FROM ${qualified(schema, table)}`,
    where && ` WHERE ${where}`,
    ` ${order}`,
  ]
    .filter((line) => line.trim() !== "")
    .join("\n");
}

/** Null: not known yet. */
function comparedColumns(
  setup: Setup,
  { left, right }: KnownShapes,
  key: string[] | "row" | null,
): string[] | null {
  if (!left || !right) return null;
  return compareColumns({ left, right }, key, setup, NO_NAMES)
    .filter(isCompared)
    .map(({ name }) => name);
}

function selected(columns: string[] | null, shape: TableShape | null): string {
  if (columns === null || shape === null || columns.length === shape.columns.length) return "*";
  const told = columns.slice(0, MOST_TOLD_COLUMNS).map(quoteIdentifier);
  const more = columns.length - told.length;
  return more === 0 ? told.join(", ") : `${told.join(", ")}, … ${more} more`;
}

function orderBy(
  columns: string[] | null,
  key: string[] | "row" | null,
  shape: TableShape | null,
): string {
  const names = key === "row" ? columns : key;
  if (names === null || names.length === 0) return "";
  const types = new Map(shape?.columns.map(({ name, type }) => [name, type]) ?? []);
  const sorted = names.slice(0, MOST_TOLD_COLUMNS).map((name) => {
    const isText = family(types.get(name) ?? "NUMBER") === "text";
    const column = quoteIdentifier(name);
    return isText ? `NLSSORT(${column}, 'NLS_SORT=BINARY')` : column;
  });
  const more = names.length - sorted.length;
  return `ORDER BY ${sorted.join(", ")}${more === 0 ? "" : `, … ${more} more`}`;
}

// Why it cannot run.

export type SetupField =
  | `${SideKey}.${"connection" | "password" | "table" | "sql"}`
  | `bind.${string}`
  | "key"
  | "columns";

export interface SetupProblem {
  /** Where the sentence stands and the focus goes. */
  field: SetupField;
  sentence: string;
}

/** What a setup is checked against. */
export interface SetupSurroundings {
  connections: readonly SavedConnection[];
  secretsOf: (connectionId: string) => Secrets | null;
  shapes: KnownShapes;
  names: Sides<SideName>;
}

/** The first reason why it cannot run; null where it can. */
export function checkSetup(setup: Setup, around: SetupSurroundings): SetupProblem | null {
  return (
    first(SIDES, (side) => checkConnection(setup, side, around)) ??
    first(SIDES, (side) => checkSource(setup, side, around)) ??
    first(SIDES, (side) => checkPassword(setup, side, around)) ??
    checkApart(setup, around) ??
    checkBinds(setup) ??
    checkKey(setup, around) ??
    checkColumns(setup, around)
  );
}

function first<T>(
  items: readonly T[],
  check: (item: T) => SetupProblem | null,
): SetupProblem | null {
  for (const item of items) {
    const problem = check(item);
    if (problem !== null) return problem;
  }
  return null;
}

function connectionOf(
  setup: Setup,
  side: SideKey,
  { connections }: SetupSurroundings,
): SavedConnection | undefined {
  return connections.find(({ id }) => id === setup.sides[side].connectionId);
}

function checkConnection(
  setup: Setup,
  side: SideKey,
  around: SetupSurroundings,
): SetupProblem | null {
  const field: SetupField = `${side}.connection`;
  const connection = connectionOf(setup, side, around);
  const which = side === "left" ? "first" : "second";
  if (connection === undefined) {
    return { field, sentence: `Choose the connection of the ${which} side.` };
  }
  const { label } = around.names[side];
  const read = readConnectString(connection.connectString);
  if (read.kind === "empty") return { field, sentence: `${label} has no connect string.` };
  if (read.sent === "") return { field, sentence: `${label}: ${read.sentence}` };
  if (connection.username.trim() === "") return { field, sentence: `${label} has no user.` };
  return null;
}

function checkSource(setup: Setup, side: SideKey, around: SetupSurroundings): SetupProblem | null {
  if (setup.mode === "table") {
    if (setup.sides[side].table.trim() !== "") return null;
    const sentence = `Choose the table in ${around.names[side].label}.`;
    return { field: `${side}.table`, sentence };
  }
  if (sqlOf(setup, side).trim() !== "") return null;
  const owner: SideKey = setup.sameSql ? "left" : side;
  const whose = setup.sameSql ? "" : ` for ${around.names[side].label}`;
  return { field: `${owner}.sql`, sentence: `Type the statement${whose}.` };
}

function checkPassword(
  setup: Setup,
  side: SideKey,
  around: SetupSurroundings,
): SetupProblem | null {
  if ((around.secretsOf(setup.sides[side].connectionId)?.password ?? "") !== "") return null;
  const sentence = `Type the password for ${around.names[side].label}.`;
  return { field: `${side}.password`, sentence };
}

/** Rows compared with themselves are the same, which says nothing. */
function checkApart(setup: Setup, around: SetupSurroundings): SetupProblem | null {
  const left = connectionOf(setup, "left", around);
  const right = connectionOf(setup, "right", around);
  if (left === undefined || right === undefined || !sameTarget(left, right)) return null;
  if (setup.mode === "sql") {
    if (sqlOf(setup, "left").trim() !== sqlOf(setup, "right").trim()) return null;
    const sentence = "Both sides are the same statement on the same database.";
    return { field: "right.connection", sentence };
  }
  const source = (side: SideKey, { username }: SavedConnection): string => {
    const { schema, table } = setup.sides[side];
    return JSON.stringify([schema || username.trim().toUpperCase(), table, whereOf(setup, side)]);
  };
  if (source("left", left) !== source("right", right)) return null;
  const sentence = "Both sides are the same table of the same database.";
  return { field: "right.table", sentence };
}

function checkBinds(setup: Setup): SetupProblem | null {
  const statements = SIDES.map((side) => sqlOf(setup, side) || whereOf(setup, side));
  const problem = bindProblem(statements, setup.binds);
  return problem === null ? null : { field: `bind.${problem.name}`, sentence: problem.sentence };
}

/** A table that is not listed may be a synonym: its key is found when it runs. */
function checkKey(setup: Setup, { shapes, names }: SetupSurroundings): SetupProblem | null {
  const { problem, sentence } = keyState(shapes, setup.key, names, setup);
  if (problem === null) return null;
  if (problem !== "unknown") return { field: "key", sentence };
  if (setup.mode === "table" || setup.key.kind !== "found") return null;
  const choose = "Choose the columns that tell the rows apart, or compare whole rows.";
  return { field: "key", sentence: choose };
}

function checkColumns(setup: Setup, { shapes }: SetupSurroundings): SetupProblem | null {
  const { left, right } = shapes;
  if (!left || !right) {
    const pattern = setup.leftOutPatterns[0];
    if (pattern === undefined || (shapes.left !== undefined && shapes.right !== undefined)) {
      return null;
    }
    const sentence = `The columns are not known yet, so ${pattern} cannot leave any out.`;
    return { field: "columns", sentence };
  }
  const key = keyState({ left, right }, setup.key, NO_NAMES, setup).columns;
  const lines = compareColumns({ left, right }, key, setup, NO_NAMES);
  return lines.some(isCompared)
    ? null
    : { field: "columns", sentence: "No column is left to compare." };
}
