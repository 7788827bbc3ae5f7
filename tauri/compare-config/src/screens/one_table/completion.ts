/** Names for the editors, from what the dictionaries of both sides say. */

import { OracleSidecarError } from "oracle-sidecar-client";

import { quoteIdentifier, typedIdentifier } from "../../model/tables/identifiers";
import { SIDES } from "../../model/sides";
import type { Column, SideKey } from "../../model/types";
import type { ConnectionDictionary } from "../../state/dictionary.svelte";
import { draft } from "../../state/draft.svelte";
import { KEYWORDS } from "./keywords";
import { placeAt, tableReferences } from "./sql_names";
import type { CompleteNames, SuggestedName, TableReference } from "./sql_names";

/** Columns of the chosen tables; those that one side lacks are offered too, and say so. */
export function columnCompleter(sides: readonly SideKey[]): CompleteNames {
  return () => Promise.resolve(columnsOfTables(sides));
}

function columnsOfTables(sides: readonly SideKey[]): SuggestedName[] {
  const columns = new Map<string, SuggestedName>();
  for (const side of sides) {
    for (const { name, type } of draft.shapes[side]?.columns ?? []) {
      if (!columns.has(name)) columns.set(name, nameOf(name, noteOf(name, type, sides)));
    }
  }
  return [...columns.values()];
}

function noteOf(name: string, type: string, sides: readonly SideKey[]): string {
  const has = (side: SideKey): boolean =>
    draft.shapes[side]?.columns.some((column) => column.name === name) ?? true;
  const only = sides.every(has) ? undefined : sides.find(has);
  return only === undefined ? type : `${type}, only in ${draft.names[only].label}`;
}

/** Tables behind FROM, columns of the tables that the statement names elsewhere. */
export function statementCompleter(sides: readonly SideKey[]): CompleteNames {
  return (statement, position, signal) =>
    withoutFailures(signal, () => complete(sides, statement, position, signal));
}

async function complete(
  sides: readonly SideKey[],
  statement: string,
  position: number,
  signal: AbortSignal,
): Promise<SuggestedName[]> {
  const side = sides.find((each) => draft.dictionaries[each] !== null) ?? SIDES[0];
  const found = side === undefined ? null : draft.dictionaries[side];
  if (found === null) return keywords();
  const place = placeAt(statement, position);
  if (place.kind === "table") return tablesOf(found, "", signal);
  const references = tableReferences(statement);
  if (place.kind === "after_dot") return behindDot(found, place.name, references, signal);
  const lists = await Promise.all(
    references.map((reference) => columnsOf(found, reference, signal)),
  );
  return [...lists.flat().map(({ name, type }) => nameOf(name, type)), ...keywords()];
}

/** What cannot be read is not offered; the card of its side says why. */
async function withoutFailures(
  signal: AbortSignal,
  read: () => Promise<SuggestedName[]>,
): Promise<SuggestedName[]> {
  try {
    return await read();
  } catch (error) {
    if (signal.aborted || error instanceof OracleSidecarError) return [];
    throw error;
  }
}

/** Columns of the table or alias in front of the dot; else it is a schema. */
async function behindDot(
  found: ConnectionDictionary,
  name: string,
  references: readonly TableReference[],
  signal: AbortSignal,
): Promise<SuggestedName[]> {
  const meant = typedIdentifier(name);
  const reference = references.find(({ alias }) => typedIdentifier(alias) === meant);
  if (reference === undefined) return tablesOf(found, meant, signal);
  const columns = await columnsOf(found, reference, signal);
  return columns.map((column) => nameOf(column.name, column.type));
}

async function tablesOf(
  found: ConnectionDictionary,
  schema: string,
  signal: AbortSignal,
): Promise<SuggestedName[]> {
  const tables = await found.tables(schema).get(signal);
  return tables.map(({ name, kind }) => nameOf(name, kind));
}

/** Only of tables that are listed: a name that is half typed is not asked for. */
async function columnsOf(
  found: ConnectionDictionary,
  reference: TableReference,
  signal: AbortSignal,
): Promise<Column[]> {
  const schema = reference.schema === "" ? "" : typedIdentifier(reference.schema);
  const table = typedIdentifier(reference.table);
  const tables = await found.tables(schema).get(signal);
  if (!tables.some(({ name }) => name === table)) return [];
  return (await found.shape(schema, table).get(signal))?.columns ?? [];
}

function keywords(): SuggestedName[] {
  return KEYWORDS.map((word) => ({ text: word, note: "", insert: word, onlyFromStart: true }));
}

function nameOf(name: string, note: string): SuggestedName {
  return { text: name, note, insert: quoteIdentifier(name) };
}
