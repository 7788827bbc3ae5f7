/** Names of schemas, tables and columns, as the dictionary has them and as SQL takes them. */

/** Oracle's reserved words: what a table or a column may be called in double quotes only. */
const RESERVED = new Set(
  `ACCESS ADD ALL ALTER AND ANY AS ASC AUDIT BETWEEN BY CHAR CHECK CLUSTER COLUMN COLUMN_VALUE
  COMMENT COMPRESS CONNECT CREATE CURRENT DATE DECIMAL DEFAULT DELETE DESC DISTINCT DROP ELSE
  EXCLUSIVE EXISTS FILE FLOAT FOR FROM GRANT GROUP HAVING IDENTIFIED IMMEDIATE IN INCREMENT INDEX
  INITIAL INSERT INTEGER INTERSECT INTO IS LEVEL LIKE LOCK LONG MAXEXTENTS MINUS MLSLABEL MODE
  MODIFY NESTED_TABLE_ID NOAUDIT NOCOMPRESS NOT NOWAIT NULL NUMBER OF OFFLINE ON ONLINE OPTION OR
  ORDER PCTFREE PRIOR PUBLIC RAW RENAME RESOURCE REVOKE ROW ROWID ROWNUM ROWS SELECT SESSION SET
  SHARE SIZE SMALLINT START SUCCESSFUL SYNONYM SYSDATE TABLE THEN TO TRIGGER UID UNION UNIQUE UPDATE
  USER VALIDATE VALUES VARCHAR VARCHAR2 VIEW WHENEVER WHERE WITH`.split(/\s+/),
);

/** A name of the dictionary as SQL takes it: bare where that means the same, else in quotes. */
export function quoteIdentifier(name: string): string {
  return /^[A-Z][A-Z0-9_$#]*$/.test(name) && !RESERVED.has(name) ? name : `"${name}"`;
}

/** schema "": the table alone, as the current schema has it. */
export function qualified(schema: string, table: string): string {
  return schema === ""
    ? quoteIdentifier(table)
    : `${quoteIdentifier(schema)}.${quoteIdentifier(table)}`;
}

/**
 * What somebody typed, as the dictionary has it: `app_config` is APP_CONFIG, `"Mixed"` is Mixed,
 * and a name that is listed is itself. Upper-cased in ASCII alone, as the sidecar does.
 */
export function typedIdentifier(text: string, listed: readonly string[] = []): string {
  const typed = text.trim();
  if (listed.includes(typed)) return typed;
  const quoted = /^"([^"]+)"$/.exec(typed);
  return quoted?.[1] ?? typed.replace(/[a-z]/g, (letter) => letter.toUpperCase());
}

/** The same of `OWNER.TABLE`; schema null: none was typed. */
export function typedTable(
  text: string,
  listed: readonly string[] = [],
): { schema: string | null; table: string } {
  const found = /^\s*("[^"]+"|[^".]+)\s*\.\s*("[^"]+"|[^".]+)\s*$/.exec(text);
  if (found === null || listed.includes(text.trim())) {
    return { schema: null, table: typedIdentifier(text, listed) };
  }
  return { schema: typedIdentifier(found[1] ?? ""), table: typedIdentifier(found[2] ?? "") };
}
