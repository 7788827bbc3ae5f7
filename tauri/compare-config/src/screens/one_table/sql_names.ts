/** What may be completed at a place of a statement, by a look at its words alone. */

/** A name that a list offers. */
export interface SuggestedName {
  text: string;
  /** Behind it, in grey: a type, "table". */
  note: string;
  /** What is put into the statement: in double quotes where SQL needs them. */
  insert: string;
  /** Keywords: nobody looks for them by their middle. */
  onlyFromStart?: boolean;
}

/** position: of the first letter of the word that is typed. */
export type CompleteNames = (
  statement: string,
  position: number,
  signal: AbortSignal,
) => Promise<SuggestedName[]>;

export interface TableReference {
  /** "" where none is named. Names as they are written, quotes and all. */
  schema: string;
  table: string;
  /** What its columns are reached by. */
  alias: string;
}

export type Place = { kind: "table" } | { kind: "after_dot"; name: string } | { kind: "column" };

/** Comments, texts and blanks; names, quoted ones too; any other sign. */
const TOKEN =
  /(--[^\n]*|\/\*[^]*?(?:\*\/|$)|[nN]?'(?:[^']|'')*(?:'|$)|\s+)|"[^"]*"|[\p{L}_][\p{L}\d_$#]*|[^]/gu;
/** Words that end the list of tables, or stand where an alias could. */
const NO_ALIAS = new Set(
  `WHERE GROUP ORDER HAVING CONNECT START UNION MINUS INTERSECT FETCH OFFSET ON USING JOIN INNER
  LEFT RIGHT FULL CROSS NATURAL OUTER PARTITION SAMPLE VERSIONS PIVOT UNPIVOT MODEL SELECT FROM FOR
  WITH AND OR SET`.split(/\s+/),
);

/** The tables behind FROM and JOIN, in the order they are met. */
export function tableReferences(statement: string): TableReference[] {
  const words = wordsOf(statement);
  const found: TableReference[] = [];
  let isList = false;
  for (let at = 0; at < words.length;) {
    const word = words[at] ?? "";
    const isStart = /^(?:FROM|JOIN)$/i.test(word) || (isList && word === ",");
    at += 1;
    if (!isStart) {
      if (isList && NO_ALIAS.has(word.toUpperCase())) isList = false;
      continue;
    }
    const read = readReference(words, at);
    isList = read !== null;
    if (read === null) continue;
    found.push(read.reference);
    at = read.next;
  }
  return found;
}

function readReference(
  words: readonly string[],
  start: number,
): { reference: TableReference; next: number } | null {
  let next = start;
  const first = words[next];
  if (first === undefined || !isName(first)) return null;
  next += 1;
  const second = words[next] === "." ? words[next + 1] : undefined;
  const isTwo = second !== undefined && isName(second);
  if (isTwo) next += 2;
  if (words[next]?.toUpperCase() === "AS") next += 1;
  const behind = words[next];
  const hasAlias = behind !== undefined && isName(behind) && !NO_ALIAS.has(behind.toUpperCase());
  const table = isTwo ? second : first;
  const reference = { schema: isTwo ? first : "", table, alias: hasAlias ? behind : table };
  return { reference, next: hasAlias ? next + 1 : next };
}

/** What is meant by a word that begins at `position`. */
export function placeAt(statement: string, position: number): Place {
  const words = wordsOf(statement.slice(0, position));
  const last = words.at(-1)?.toUpperCase();
  if (last === ".") return { kind: "after_dot", name: words.at(-2) ?? "" };
  if (last === "FROM" || last === "JOIN") return { kind: "table" };
  return last === "," && isInTableList(words) ? { kind: "table" } : { kind: "column" };
}

const CLAUSE = /^(?:SELECT|FROM|WHERE|ON|USING|GROUP|ORDER|BY)$/i;

/** Whether the last clause that was begun is FROM. */
function isInTableList(words: readonly string[]): boolean {
  const clauses = words.filter((word) => CLAUSE.test(word));
  return clauses.at(-1)?.toUpperCase() === "FROM";
}

function isName(word: string): boolean {
  return /^["\p{L}_]/u.test(word);
}

/** Names and signs, without blanks, comments and texts. */
function wordsOf(statement: string): string[] {
  return [...statement.matchAll(TOKEN)]
    .filter(([, skipped]) => skipped === undefined)
    .map(([word]) => word);
}
