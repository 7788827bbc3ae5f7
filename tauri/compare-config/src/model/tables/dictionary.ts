/**
 * What a database says of its schemas and tables: statements over ALL_* views, and what their rows
 * mean. They run on Oracle 12.1 and later. A schema "" is the session's current one.
 */

import type { BindValue, JsonValue } from "oracle-sidecar-client";
import { qualified, quoteIdentifier } from "./identifiers";
import type { KeyCount } from "./key_choice";
import type { Column, TableShape } from "../types";

/** For `client.query({ connection, ...query })`. */
export interface DictionaryQuery {
  sql: string;
  binds: { [name: string]: BindValue };
  max_rows: null;
}

export type Row = readonly JsonValue[];

export interface TableEntry {
  name: string;
  kind: "table" | "view";
}

function query(sql: string, binds: DictionaryQuery["binds"] = {}): DictionaryQuery {
  return { sql, binds, max_rows: null };
}

/**
 * The owner's column is compared as it is, with a value that is there once: a function around it
 * would have the database look through the objects of all schemas.
 */
function owned(column: string, schema: string): { condition: string; binds: { owner?: string } } {
  if (schema !== "") return { condition: `${column} = :owner`, binds: { owner: schema } };
  return { condition: `${column} = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA')`, binds: {} };
}

// Schemas.

export function currentSchemaQuery(): DictionaryQuery {
  return query("SELECT SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') FROM dual");
}

export function readCurrentSchema(rows: readonly Row[]): string {
  return text(rows[0]?.[0]);
}

/** All users: which of them own a table would take as long as reading all objects. */
export function schemasQuery(): DictionaryQuery {
  return query("SELECT username FROM all_users ORDER BY username");
}

export function readSchemas(rows: readonly Row[]): string[] {
  return rows.map((row) => text(row[0]));
}

// Tables.

/**
 * Tables and views, without what lies in the recycle bin (BIN$) and what text indexes are made of
 * (DR$). A materialized view is listed as the table that holds its rows.
 */
export function tablesQuery(schema: string): DictionaryQuery {
  const { condition, binds } = owned("owner", schema);
  return query(
    `SELECT object_name, object_type FROM all_objects
 WHERE ${condition} AND object_type IN ('TABLE', 'VIEW')
   AND object_name NOT LIKE 'BIN$%' AND object_name NOT LIKE 'DR$%'
 ORDER BY object_name`,
    binds,
  );
}

export function readTables(rows: readonly Row[]): TableEntry[] {
  return rows.map((row) => ({ name: text(row[0]), kind: row[1] === "VIEW" ? "view" : "table" }));
}

// Columns and keys.

// As POST /compare reads them: invisible and virtual ones too, which a SELECT can name, but not
// what the database made for itself, which is hidden and not the user's.
const NAMED_BY_SELECT = "(hidden_column = 'NO' OR user_generated = 'YES')";
const COLUMN_FIELDS =
  "column_name, data_type, char_length, data_length, data_precision, data_scale, nullable";

export function columnsQuery(schema: string, table: string): DictionaryQuery {
  const { condition, binds } = owned("owner", schema);
  return query(
    `SELECT ${COLUMN_FIELDS} FROM all_tab_cols
 WHERE ${condition} AND table_name = :name AND ${NAMED_BY_SELECT}
 ORDER BY column_id NULLS LAST, internal_column_id`,
    { ...binds, name: table },
  );
}

/** Of all tables and views of a schema at once. */
export function schemaColumnsQuery(schema: string): DictionaryQuery {
  const { condition, binds } = owned("owner", schema);
  return query(
    `SELECT table_name, ${COLUMN_FIELDS} FROM all_tab_cols
 WHERE ${condition} AND ${NAMED_BY_SELECT}
 ORDER BY table_name, column_id NULLS LAST, internal_column_id`,
    binds,
  );
}

/**
 * What tells the rows of a table apart, a row for each column: enabled primary keys (0), enabled
 * unique constraints (1), unique indexes of plain columns (2).
 */
export function keysQuery(schema: string, table: string): DictionaryQuery {
  return keys(schema, { name: table });
}

/** Of all tables of a schema at once. */
export function schemaKeysQuery(schema: string): DictionaryQuery {
  return keys(schema, {});
}

function keys(schema: string, named: { name?: string }): DictionaryQuery {
  const of = (owner: string, table: string): string =>
    owned(owner, schema).condition + (named.name === undefined ? "" : ` AND ${table} = :name`);
  return query(
    `SELECT c.table_name, CASE c.constraint_type WHEN 'P' THEN 0 ELSE 1 END AS key_rank,
       c.constraint_name AS key_name, k.position AS place, k.column_name
  FROM all_constraints c
  JOIN all_cons_columns k ON k.owner = c.owner AND k.constraint_name = c.constraint_name
 WHERE ${of("c.owner", "c.table_name")}
   AND c.constraint_type IN ('P', 'U') AND c.status = 'ENABLED'
UNION ALL
SELECT i.table_name, 2, i.index_name, k.column_position, k.column_name
  FROM all_indexes i
  JOIN all_ind_columns k ON k.index_owner = i.owner AND k.index_name = i.index_name
 WHERE ${of("i.table_owner", "i.table_name")}
   AND i.uniqueness = 'UNIQUE' AND i.index_type IN ('NORMAL', 'NORMAL/REV')
 ORDER BY 1, 2, 3, 4`,
    { ...owned("owner", schema).binds, ...named },
  );
}

/** Null: there is no such table, or nothing of it may be seen, or it is a synonym. */
export function readShape(columnRows: readonly Row[], keyRows: readonly Row[]): TableShape | null {
  return shapeOf(
    columnRows.map(readColumn),
    keyRows.map((row) => row.slice(1)),
  );
}

/** By table or view. columnRows and keyRows: of the two queries over a schema. */
export function readShapes(
  columnRows: readonly Row[],
  keyRows: readonly Row[],
): Map<string, TableShape> {
  const keysByTable = groupedByFirst(keyRows);
  const shapes = new Map<string, TableShape>();
  for (const [table, rows] of groupedByFirst(columnRows)) {
    const shape = shapeOf(rows.map(readColumn), keysByTable.get(table) ?? []);
    if (shape !== null) shapes.set(table, shape);
  }
  return shapes;
}

/** Rows without their first value, by it. */
function groupedByFirst(rows: readonly Row[]): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const [first, ...rest] of rows) {
    const group = groups.get(text(first));
    if (group === undefined) groups.set(text(first), [rest]);
    else group.push(rest);
  }
  return groups;
}

interface DescribedColumn extends Column {
  isRequired: boolean;
}

function shapeOf(columns: readonly DescribedColumn[], keyRows: readonly Row[]): TableShape | null {
  if (columns.length === 0) return null;
  const required = new Set(columns.filter((column) => column.isRequired).map(({ name }) => name));
  return {
    columns: columns.map(({ name, type }) => ({ name, type })),
    keys: readKeys(keyRows).filter((key) => key.columns.every((name) => required.has(name))),
  };
}

/**
 * The best first, as POST /compare chooses: primary keys, then unique constraints, then indexes; of
 * those alike in that the fewest columns, then by name. Each set of columns once: the index behind
 * a constraint has the same ones. rows: rank, name, place, column.
 */
function readKeys(rows: readonly Row[]): TableShape["keys"] {
  const found = new Map<string, { rank: number; name: string; columns: string[] }>();
  for (const [rank, name, , column] of rows) {
    const id = JSON.stringify([rank, name]);
    const key = found.get(id) ?? { rank: Number(rank), name: text(name), columns: [] };
    key.columns.push(text(column));
    found.set(id, key);
  }
  const sorted = [...found.values()].sort(
    (a, b) =>
      a.rank - b.rank || a.columns.length - b.columns.length || compareNames(a.columns, b.columns),
  );
  const sets = new Map<string, TableShape["keys"][number]>();
  for (const { rank, name, columns } of sorted) {
    const set = JSON.stringify([...columns].sort());
    if (!sets.has(set)) sets.set(set, { name, isPrimary: rank === 0, columns });
  }
  return [...sets.values()];
}

function compareNames(a: readonly string[], b: readonly string[]): number {
  const [first, second] = [a, b].map((names) => JSON.stringify([...names].sort()));
  return (first ?? "") < (second ?? "") ? -1 : first === second ? 0 : 1;
}

function readColumn([name, type, chars, bytes, precision, scale, nullable]: Row): DescribedColumn {
  return {
    name: text(name),
    type: typeName(text(type), {
      characters: numberOf(chars),
      bytes: numberOf(bytes),
      precision: numberOf(precision),
      scale: numberOf(scale),
    }),
    isRequired: nullable === "N",
  };
}

interface Sizes {
  characters: number | null;
  bytes: number | null;
  precision: number | null;
  scale: number | null;
}

/** As `/query` names it. The dictionary's name has the digits of moments and intervals in it. */
function typeName(type: string, { characters, bytes, precision, scale }: Sizes): string {
  switch (type) {
    case "NUMBER":
      return numberType(precision, scale);
    case "FLOAT":
      return `FLOAT(${precision ?? 126})`;
    case "CHAR":
    case "VARCHAR2":
    case "NCHAR":
    case "NVARCHAR2":
      return `${type}(${characters || bytes || 0})`;
    case "RAW":
      return `RAW(${bytes ?? 0})`;
    default:
      return type;
  }
}

function numberType(precision: number | null, scale: number | null): string {
  if (precision === null && scale === null) return "NUMBER";
  return scale ? `NUMBER(${precision ?? 38},${scale})` : `NUMBER(${precision ?? 38})`;
}

// Synonyms.

/** Where a name that is no table leads: a synonym of the schema's own, else a public one. */
export function synonymQuery(schema: string, name: string): DictionaryQuery {
  const { condition, binds } = owned("owner", schema);
  return query(
    `SELECT table_owner, table_name, db_link FROM all_synonyms
 WHERE (${condition} OR owner = 'PUBLIC') AND synonym_name = :name
 ORDER BY CASE owner WHEN 'PUBLIC' THEN 1 ELSE 0 END`,
    { ...binds, name },
  );
}

/** Null where there is none, or it leads into another database. */
export function readSynonym(rows: readonly Row[]): { schema: string; table: string } | null {
  const row = rows[0];
  if (row === undefined || (row[2] ?? null) !== null) return null;
  return { schema: text(row[0]), table: text(row[1]) };
}

// [Check that it is unique]

/** NULLs count as one key, as they do when rows are compared. where: a condition, or "". */
export function keyCountQuery(
  schema: string,
  table: string,
  columns: readonly string[],
  where: string,
  binds: DictionaryQuery["binds"] = {},
): DictionaryQuery {
  const condition = where.trim() === "" ? "" : `\n WHERE (\n${where}\n)`;
  return query(
    `SELECT COUNT(*) AS keys, NVL(SUM(n), 0) AS all_rows FROM (
SELECT COUNT(*) AS n FROM ${qualified(schema, table)}${condition}
 GROUP BY ${columns.map(quoteIdentifier).join(", ")}
)`,
    binds,
  );
}

/** The same of a statement, whose columns are named by it. */
export function statementKeyCountQuery(
  sql: string,
  columns: readonly string[],
  binds: DictionaryQuery["binds"] = {},
): DictionaryQuery {
  return query(
    `SELECT COUNT(*) AS keys, NVL(SUM(n), 0) AS all_rows FROM (
SELECT COUNT(*) AS n FROM (
${sql.trim().replace(/;\s*$/, "")}
) GROUP BY ${columns.map(quoteIdentifier).join(", ")}
)`,
    binds,
  );
}

export function readKeyCount(rows: readonly Row[]): KeyCount {
  return { keys: numberOf(rows[0]?.[0]) ?? 0, rows: numberOf(rows[0]?.[1]) ?? 0 };
}

function text(value: JsonValue | undefined): string {
  return typeof value === "string" ? value : "";
}

/** Of counts and sizes, which a JavaScript number holds. */
function numberOf(value: JsonValue | undefined): number | null {
  return value === null || value === undefined ? null : Number(value);
}
