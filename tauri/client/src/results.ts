/** Whole results, gathered from their events. */

import type {
  DictResult,
  JsonValue,
  QueryHead,
  QueryResult,
  QueryTotals,
  RowEvent,
} from "./types.js";

export async function gather(events: AsyncIterable<RowEvent>): Promise<QueryResult> {
  let head: QueryHead = { columns: [], column_types: [] };
  let totals: QueryTotals = { row_count: 0, truncated: false, execution_time_ms: 0 };
  const batches: JsonValue[][][] = [];
  for await (const event of events) {
    if (event.kind === "rows") batches.push(event.rows);
    else if (event.kind === "head") head = event;
    else if (event.kind === "totals") totals = event;
  }
  const { columns, column_types } = head;
  const { row_count, truncated, execution_time_ms } = totals;
  return { columns, rows: batches.flat(), row_count, execution_time_ms, truncated, column_types };
}

/** Each row as an object. `columns` has the names that its keys have. */
export function asDict(result: QueryResult): DictResult {
  const columns = uniqueNames(result.columns);
  return { ...result, columns, rows: result.rows.map((row) => toObject(columns, row)) };
}

// fromEntries makes a column called __proto__ a key like others.
function toObject(columns: string[], row: JsonValue[]): { [column: string]: JsonValue } {
  return Object.fromEntries(columns.map((column, at) => [column, row[at] ?? null]));
}

/** As /query-dict names them: later ones become NAME_2, NAME_3, and none collides. */
export function uniqueNames(names: string[]): string[] {
  const given = new Set(names);
  const taken = new Set<string>();
  return names.map((name) => {
    let unique = name;
    for (let number = 2; taken.has(unique) || (unique !== name && given.has(unique)); number += 1) {
      unique = `${name}_${number}`;
    }
    taken.add(unique);
    return unique;
  });
}
