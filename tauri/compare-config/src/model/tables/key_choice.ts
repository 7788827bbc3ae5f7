/** By which columns the rows of two tables belong together: PAGE.md, 4. Nothing is guessed. */

import { family, familyPhrase, leftOutBy, NOTHING_LEFT_OUT, type LeftOut } from "./columns";
import { list, plural } from "../formats";
import { SIDES } from "../sides";
import type { KeyChoice, SideName, Sides, TableShape } from "../types";

export type KeyProblem =
  /** The tables are not chosen, not read yet, or not in the dictionary. */
  | "unknown"
  | "none"
  | "differ"
  /** A column that one side lacks. */
  | "missing"
  /** A column that cannot be in a key, or not with the type that it has on the other side. */
  | "types";

export interface KeyState {
  sentence: string;
  /** "row": each row is its own key. null: not known, or there is none. */
  columns: string[] | "row" | null;
  problem: KeyProblem | null;
  /** Sets of columns that either side has a key of and both sides have, to pick one from. */
  choices: string[][];
}

/** undefined: not chosen or not read yet. null: the dictionary does not list it. */
export type KnownShapes = Sides<TableShape | null | undefined>;

export const NO_KEY =
  "No key found. Choose the columns that tell the rows apart, or compare whole rows.";
const CAST = "Cast one of them in SQL.";

export function keyState(
  shapes: KnownShapes,
  choice: KeyChoice,
  names: Sides<SideName>,
  leftOut: LeftOut = NOTHING_LEFT_OUT,
): KeyState {
  const { left, right } = shapes;
  if (!left || !right) return unknown(shapes, choice, names);
  const known = { left, right };
  const state = { columns: null, problem: null, choices: choicesOf(known) } as const;
  if (choice.kind === "row") return { ...state, ...wholeRows(known, names, leftOut) };
  if (choice.kind === "columns") return { ...state, ...chosen(known, choice.columns, names) };
  return { ...state, ...found(known, names) };
}

function unknown(shapes: KnownShapes, choice: KeyChoice, names: Sides<SideName>): KeyState {
  const columns = choice.kind === "columns" ? choice.columns : choice.kind === "row" ? "row" : null;
  return { sentence: unknownSentence(shapes, names), columns, problem: "unknown", choices: [] };
}

function unknownSentence(shapes: KnownShapes, names: Sides<SideName>): string {
  const missing = SIDES.filter((side) => shapes[side] === undefined);
  if (missing.length === 2) return "Choose the tables to see the key and the columns.";
  const side = missing[0];
  if (side !== undefined) {
    return `Choose the table in ${names[side].label} to see the key and the columns.`;
  }
  const unlisted = SIDES.filter((each) => shapes[each] === null).map((each) => names[each].label);
  return (
    `The dictionary of ${list(unlisted)} does not list this table. ` +
    "If it is a synonym, its key is found when it runs."
  );
}

/** Of both sides' keys those whose columns both sides have, each set once. */
function choicesOf(shapes: Sides<TableShape>): string[][] {
  const choices = new Map<string, string[]>();
  for (const { columns } of [...shapes.left.keys, ...shapes.right.keys]) {
    const isOnBoth = columns.every((name) => SIDES.every((side) => typeOf(shapes[side], name)));
    if (isOnBoth && !choices.has(setOf(columns))) choices.set(setOf(columns), [...columns]);
  }
  return [...choices.values()];
}

function setOf(columns: readonly string[]): string {
  return JSON.stringify([...columns].sort());
}

function typeOf(shape: TableShape, name: string): string | undefined {
  return shape.columns.find((column) => column.name === name)?.type;
}

type Answer = Omit<KeyState, "choices">;

/** The first key of the first side whose columns are a key of the second: they stand best first. */
function found(shapes: Sides<TableShape>, names: Sides<SideName>): Answer {
  for (const key of shapes.left.keys) {
    const other = shapes.right.keys.find((each) => setOf(each.columns) === setOf(key.columns));
    if (other === undefined) continue;
    const problem = typeProblem(shapes, key.columns, names);
    if (problem !== null) return { sentence: problem, columns: null, problem: "types" };
    return { sentence: foundSentence(key, other, names), columns: [...key.columns], problem: null };
  }
  if (shapes.left.keys.length === 0 && shapes.right.keys.length === 0) {
    return { sentence: NO_KEY, columns: null, problem: "none" };
  }
  const sentence = keysDiffer(
    { left: shapes.left.keys.map(columnsOf), right: shapes.right.keys.map(columnsOf) },
    names,
  );
  return { sentence, columns: null, problem: "differ" };
}

type Key = TableShape["keys"][number];

function columnsOf(key: Key): string[] {
  return key.columns;
}

/** “The keys differ: CONFIG_ID in DEV, CONFIG_ID and REGION in PROD. Choose one.” */
export function keysDiffer(keys: Sides<readonly string[][]>, names: Sides<SideName>): string {
  const told = SIDES.map((side) => {
    const sets = keys[side].map((columns) => list(columns));
    return `${sets.length === 0 ? "none" : sets.join(" or ")} in ${names[side].label}`;
  });
  return `The keys differ: ${told.join(", ")}. Choose one.`;
}

function foundSentence(left: Key, right: Key, names: Sides<SideName>): string {
  if (left.isPrimary && right.isPrimary) return "The primary key on both sides.";
  if (!left.isPrimary && !right.isPrimary && left.name === right.name) {
    return `The unique key ${left.name} on both sides.`;
  }
  const told = (key: Key): string => (key.isPrimary ? "primary key" : `unique key ${key.name}`);
  return `The ${told(left)} in ${names.left.label}, the ${told(right)} in ${names.right.label}.`;
}

function chosen(
  shapes: Sides<TableShape>,
  columns: readonly string[],
  names: Sides<SideName>,
): Answer {
  if (columns.length === 0) return { sentence: NO_KEY, columns: null, problem: "none" };
  for (const side of SIDES) {
    const missing = columns.filter((name) => typeOf(shapes[side], name) === undefined);
    if (missing.length > 0) {
      const verb = missing.length === 1 ? "is" : "are";
      const where = `${list(missing)} ${verb} not in ${names[side].label}.`;
      const sentence = `${where} Choose columns that both sides have.`;
      return { sentence, columns: null, problem: "missing" };
    }
  }
  const problem = typeProblem(shapes, columns, names);
  if (problem !== null) return { sentence: problem, columns: null, problem: "types" };
  return {
    sentence: columns.length === 1 ? "The column you chose." : "The columns you chose.",
    columns: [...columns],
    problem: null,
  };
}

/** Each compared column is part of the key then, so each has to be of a type that can be. */
function wholeRows(shapes: Sides<TableShape>, names: Sides<SideName>, leftOut: LeftOut): Answer {
  for (const { name, type } of shapes.left.columns) {
    const other = typeOf(shapes.right, name);
    const isCompared = other !== undefined && family(other) === family(type);
    if (!isCompared || leftOutBy(name, leftOut) !== undefined) continue;
    const problem = keyTypeProblem(name, { left: type, right: other }, names, ROW_ADVICE);
    if (problem !== null) return { sentence: problem, columns: null, problem: "types" };
  }
  return {
    sentence: "Whole rows. A changed row stands twice then, once for each side.",
    columns: "row",
    problem: null,
  };
}

const ROW_ADVICE = "Leave it out, or choose key columns.";

function typeProblem(
  shapes: Sides<TableShape>,
  columns: readonly string[],
  names: Sides<SideName>,
): string | null {
  for (const name of columns) {
    const types = { left: typeOf(shapes.left, name), right: typeOf(shapes.right, name) };
    const { left = "", right = "" } = types;
    const problem = keyTypeProblem(name, { left, right }, names);
    if (problem !== null) return problem;
  }
  return null;
}

const KEY_TYPES = /^(?:NUMBER|FLOAT|N?CHAR|N?VARCHAR2|DATE|TIMESTAMP|RAW)\b/;
const PADDED = /^N?CHAR\b/;

/** Whether a column of that type can be in a key, whatever the other side has. */
export function canBeKey(type: string): boolean {
  return KEY_TYPES.test(type) && !type.endsWith("TIME ZONE");
}

/** Why a column cannot be in a key, and what to do; null where it can. */
export function keyTypeProblem(
  name: string,
  types: Sides<string>,
  names: Sides<SideName>,
  advice = "Choose another column, or cast it in SQL.",
): string | null {
  const { left, right } = types;
  if (family(left) !== family(right)) {
    const told = (side: "left" | "right"): string =>
      `${familyPhrase(types[side])} in ${names[side].label}`;
    return `${name} is ${told("left")} and ${told("right")}. ${CAST}`;
  }
  if (!canBeKey(left) || !canBeKey(right)) {
    const type = canBeKey(left) ? right : left;
    return `${name} is ${type}, which cannot be a key. ${advice}`;
  }
  if ((PADDED.test(left) || PADDED.test(right)) && left !== right) {
    return (
      `${name} is ${left} in ${names.left.label} and ${right} in ${names.right.label}: ` +
      "the blanks behind it would part every pair. Use RTRIM in SQL."
    );
  }
  return null;
}

/** The columns of both sides that may be in a key, in the first side's order. */
export function keyCandidates(shapes: Sides<TableShape | null>): string[] {
  const { left, right } = shapes;
  if (left === null || right === null) return [];
  const names = {
    left: { label: "", isProduction: false },
    right: { label: "", isProduction: false },
  };
  return left.columns
    .map(({ name }) => name)
    .filter((name) => typeOf(right, name) !== undefined)
    .filter((name) => typeProblem({ left, right }, [name], names) === null);
}

export interface KeyCount {
  rows: number;
  keys: number;
}

/** What [Check that it is unique] found on one side. */
export function uniqueSentence(
  columns: readonly string[],
  label: string,
  { rows, keys }: KeyCount,
  locale?: string,
): string {
  const verb = columns.length === 1 ? "is" : "are";
  const what = plural(rows, "row", "rows", locale);
  if (keys === rows) return `${list(columns)} ${verb} unique in ${label}: ${what}.`;
  const different = plural(keys, "different key", "different keys", locale);
  return `${list(columns)} ${verb} not unique in ${label}: ${what}, ${different}.`;
}
