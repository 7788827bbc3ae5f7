/** What the databases say of their tables: read once for each connection, kept in memory. */

import { OracleSidecarError, type Connection, type JsonValue } from "oracle-sidecar-client";

import { wireConnection } from "../model/connecting/connections";
import {
  columnsQuery,
  currentSchemaQuery,
  keysQuery,
  readCurrentSchema,
  readSchemas,
  readShape,
  readSynonym,
  readTables,
  schemasQuery,
  synonymQuery,
  tablesQuery,
  type DictionaryQuery,
  type TableEntry,
} from "../model/tables/dictionary";
import type { TableShape } from "../model/types";
import { DictionaryRead } from "./dictionary_read.svelte";
import { remembered } from "./remembered.svelte";
import { secrets } from "./secrets.svelte";
import { sidecar } from "./sidecar.svelte";

const WRONG_PASSWORD = "ORA-01017";
const BAD_STATEMENT = 400;
const REFUSED = 403;

type Rows = JsonValue[][];
type Ask = (query: DictionaryQuery, signal: AbortSignal) => Promise<Rows>;

/** What one connection's database says. Made anew when the connection or its password changes. */
export class ConnectionDictionary {
  readonly schemas: DictionaryRead<string[]>;
  /** The schema that "" stands for. */
  readonly currentSchema: DictionaryRead<string>;

  readonly #wire: Connection;
  readonly #connectionId: string;
  readonly #tables = new Map<string, DictionaryRead<TableEntry[]>>();
  readonly #shapes = new Map<string, DictionaryRead<TableShape | null>>();
  /** Ends when the first login has; null once one has succeeded. */
  #firstLogin: Promise<OracleSidecarError | null> | null = null;
  #loggedIn = false;
  #refused: OracleSidecarError | null = null;

  constructor(connectionId: string, wire: Connection) {
    this.#connectionId = connectionId;
    this.#wire = wire;
    this.schemas = this.#read(schemasQuery(), readSchemas);
    this.currentSchema = this.#read(currentSchemaQuery(), readCurrentSchema);
  }

  tables(schema: string): DictionaryRead<TableEntry[]> {
    return kept(this.#tables, schema, () => this.#read(tablesQuery(schema), readTables));
  }

  /** Of a synonym what it leads to. null: no such table, or the user may not read it. */
  shape(schema: string, table: string): DictionaryRead<TableShape | null> {
    return kept(this.#shapes, JSON.stringify([schema, table]), () => {
      return new DictionaryRead(async (signal) => {
        const seen = new Set<string>();
        let place: { schema: string; table: string } | null = { schema, table };
        while (place !== null && !seen.has(JSON.stringify(place))) {
          seen.add(JSON.stringify(place));
          const shape = await this.#readShape(place.schema, place.table, signal);
          if (shape !== null) return shape;
          const rows = await this.#ask(synonymQuery(place.schema, place.table), signal);
          place = readSynonym(rows);
        }
        return null;
      });
    });
  }

  isFor(wire: Connection): boolean {
    return JSON.stringify(wire) === JSON.stringify(this.#wire);
  }

  /** Whether the database said that this password, or user name, is wrong. */
  get isPasswordRefused(): boolean {
    return this.#refused?.fullCode === WRONG_PASSWORD;
  }

  /** Tries anew what failed, because somebody asked for it. */
  retry(): void {
    this.#refused = null;
    for (const read of this.#reads()) if (read.error !== undefined) read.again();
  }

  drop(): void {
    for (const read of this.#reads()) read.drop();
  }

  #reads(): DictionaryRead<unknown>[] {
    return [this.schemas, this.currentSchema, ...this.#tables.values(), ...this.#shapes.values()];
  }

  async #readShape(schema: string, table: string, signal: AbortSignal): Promise<TableShape | null> {
    const [columns, keys] = await Promise.all([
      this.#ask(columnsQuery(schema, table), signal),
      this.#ask(keysQuery(schema, table), signal),
    ]);
    return readShape(columns, keys);
  }

  #read<T>(query: DictionaryQuery, parse: (rows: Rows) => T): DictionaryRead<T> {
    return new DictionaryRead(async (signal) => parse(await this.#ask(query, signal)));
  }

  /**
   * The first statement logs in alone, and the others wait for it and fail with it: a wrong
   * password is tried once, however many reads want it, since some databases lock the account.
   */
  #ask: Ask = async (query, signal) => {
    while (!this.#loggedIn) {
      if (this.#refused !== null) throw this.#refused;
      if (this.#firstLogin === null) return this.#askFirst(query, signal);
      const failure = await this.#firstLogin;
      signal.throwIfAborted();
      if (failure !== null) throw failure;
    }
    return this.#query(query, signal);
  };

  async #askFirst(query: DictionaryQuery, signal: AbortSignal): Promise<Rows> {
    const asked = this.#query(query, signal);
    this.#firstLogin = asked.then(
      () => this.#noteLogin(),
      (error: unknown) => this.#noteFirstFailure(error),
    );
    return asked;
  }

  #noteLogin(): null {
    this.#loggedIn = true;
    secrets.markAccepted(this.#connectionId);
    return null;
  }

  /** null where it says nothing of the login: the next one in line tries then. */
  #noteFirstFailure(error: unknown): OracleSidecarError | null {
    this.#firstLogin = null;
    if (!(error instanceof OracleSidecarError)) return null;
    if (error.status === BAD_STATEMENT) return this.#noteLogin();
    if (error.status === REFUSED) this.#refused = error;
    return error;
  }

  async #query(query: DictionaryQuery, signal: AbortSignal): Promise<Rows> {
    try {
      const answer = await sidecar.client.query({ connection: this.#wire, ...query, signal });
      return answer.rows;
    } catch (error) {
      if (!signal.aborted) sidecar.noteFailure(error);
      if (error instanceof OracleSidecarError && error.fullCode === WRONG_PASSWORD) {
        secrets.markRefused(this.#connectionId);
      }
      throw error;
    }
  }
}

class Dictionary {
  readonly #connections = new Map<string, ConnectionDictionary>();

  /** null: no such connection, or its password is not known yet. Reactive. */
  of(connectionId: string): ConnectionDictionary | null {
    const connection = remembered.connection(connectionId);
    if (connection === undefined) return null;
    const secret = secrets.of(connectionId);
    if (secret.password === "") return null;
    const wire = wireConnection(connection, secret, connection.name);
    const known = this.#connections.get(connectionId);
    // The same password typed once more is tried once more.
    const isTypedAnew = known?.isPasswordRefused === true && !secrets.isRefused(connectionId);
    if (known?.isFor(wire) && !isTypedAnew) return known;
    known?.drop();
    const made = new ConnectionDictionary(connectionId, wire);
    this.#connections.set(connectionId, made);
    return made;
  }
}

export const dictionary = new Dictionary();
export type { DictionaryRead };

function kept<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
