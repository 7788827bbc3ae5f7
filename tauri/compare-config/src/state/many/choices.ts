import type { ManySetup, TableChoice } from "../../model/types";
import { remembered } from "../remembered.svelte";

/** In `perTable`, what holds for every table. No table is called like this. */
export const EVERY_TABLE = "%";

export function emptyChoice(): TableChoice {
  return { where: "", key: { kind: "found" }, leftOut: [], leftOutPatterns: [] };
}

/** For a setup that is being typed: what was chosen in it, else when it was compared last. */
export function ownChoice(setup: ManySetup, table: string): TableChoice {
  return setup.perTable[table] ?? remembered.choice(table) ?? emptyChoice();
}

/** What a run has frozen for the table: nothing that is chosen elsewhere reaches it any more. */
export function frozenChoice(setup: ManySetup, table: string): TableChoice {
  return setup.perTable[table] ?? emptyChoice();
}

/** Patterns of columns that are left out in every table. */
export function leftOutEverywhere(setup: ManySetup): string[] {
  return setup.perTable[EVERY_TABLE]?.leftOutPatterns ?? [];
}

/** What a run compares the table with: its own choice, and what holds for every table. */
export function choiceOf(setup: ManySetup, table: string): TableChoice {
  const own = frozenChoice(setup, table);
  const patterns = new Set([...own.leftOutPatterns, ...leftOutEverywhere(setup)]);
  return { ...own, leftOutPatterns: [...patterns] };
}

export function isEmptyChoice(choice: TableChoice): boolean {
  const leavesOut = choice.leftOut.length > 0 || choice.leftOutPatterns.length > 0;
  return choice.where.trim() === "" && choice.key.kind === "found" && !leavesOut;
}

/** Whether both choose by the same patterns from the same schemas. */
export function areOfSameTables(a: ManySetup, b: ManySetup): boolean {
  const subject = ({ sides: { left, right }, patterns }: ManySetup): string =>
    JSON.stringify([left.connectionId, left.schema, right.connectionId, right.schema, patterns]);
  return subject(a) === subject(b);
}

/** Whether both also ask for the same rows and columns of them, whatever the keys are. */
export function areOfSameContent(a: ManySetup, b: ManySetup): boolean {
  const tables = new Set([...Object.keys(a.perTable), ...Object.keys(b.perTable)]);
  const content = (setup: ManySetup, table: string): string => {
    const { where, leftOut, leftOutPatterns } = frozenChoice(setup, table);
    return JSON.stringify([where.trim(), [...leftOut].sort(), [...leftOutPatterns].sort()]);
  };
  const isAlike = (table: string): boolean => content(a, table) === content(b, table);
  return areOfSameTables(a, b) && [...tables].every(isAlike);
}

/**
 * The setup with the choice of every named table in it, so that it runs alike next time. An empty
 * one is kept as well: what is typed for that table later belongs to other runs.
 */
export function withChoices(setup: ManySetup, tables: readonly string[]): ManySetup {
  const everywhere = setup.perTable[EVERY_TABLE];
  const perTable: Record<string, TableChoice> = {};
  if (everywhere !== undefined) perTable[EVERY_TABLE] = everywhere;
  for (const table of tables) perTable[table] = ownChoice(setup, table);
  return { ...setup, perTable };
}
