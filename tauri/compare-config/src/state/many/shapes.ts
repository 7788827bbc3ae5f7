import type { Connection, JsonValue, OracleSidecarClient } from "oracle-sidecar-client";

import {
  readShapes,
  schemaColumnsQuery,
  schemaKeysQuery,
  type DictionaryQuery,
} from "../../model/tables/dictionary";
import type { TableShape } from "../../model/types";

/**
 * Every table of one schema by its name, read with two statements. Rejects with OracleSidecarError,
 * or with the signal's reason. schema "" is the user's own.
 */
export async function readSchemaShapes(
  client: Pick<OracleSidecarClient, "query">,
  connection: Connection,
  schema: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, TableShape>> {
  const rowsOf = async (query: DictionaryQuery): Promise<JsonValue[][]> =>
    (await client.query({ connection, ...query, signal })).rows;
  // One after the other: a refused password is not sent twice.
  const columns = await rowsOf(schemaColumnsQuery(schema));
  return readShapes(columns, await rowsOf(schemaKeysQuery(schema)));
}
