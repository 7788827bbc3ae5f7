/** What a statement gives: its columns and their types, asked for by [Describe]. */

import {
  OracleSidecarError,
  type Connection,
  type BindValue,
  type QueryHead,
} from "oracle-sidecar-client";

import type { SideKey, Sides, TableShape } from "../model/types";
import { sidecar } from "./sidecar.svelte";

/** One side's statement, as it is to run. */
export interface DescribedStatement {
  connection: Connection;
  sql: string;
  binds: { [name: string]: BindValue };
}

interface Described {
  statement: DescribedStatement;
  shape: TableShape;
}

const BAD_STATEMENT = 400;

/** The statements of both sides; what is known goes when a statement or its connection changes. */
export class Description {
  #found = $state.raw<Sides<Described | null>>({ left: null, right: null });
  #errors = $state.raw<Sides<OracleSidecarError | null>>({ left: null, right: null });
  #running = $state.raw<AbortController | null>(null);

  get running(): boolean {
    return this.#running !== null;
  }

  error(side: SideKey): OracleSidecarError | null {
    return this.#errors[side];
  }

  /** undefined: it was not described as it stands now. */
  shape(side: SideKey, connection: Connection, sql: string): TableShape | undefined {
    const found = this.#found[side];
    if (found === null || found.statement.sql !== sql) return undefined;
    const before = found.statement.connection;
    const isSame =
      before.connect_string === connection.connect_string &&
      before.username === connection.username;
    return isSame ? found.shape : undefined;
  }

  /** Rejects with what is no error of the sidecar; those are kept, each with its side. */
  async describe(statements: Sides<DescribedStatement>): Promise<void> {
    this.stop();
    const running = new AbortController();
    this.#running = running;
    this.#errors = { left: null, right: null };
    try {
      // One after the other: with one connection on both sides a refused password is sent once.
      for (const side of ["left", "right"] as const) {
        if (!(await this.#describeSide(side, statements[side], running.signal))) break;
      }
    } finally {
      if (this.#running === running) this.#running = null;
    }
  }

  stop(): void {
    this.#running?.abort();
    this.#running = null;
  }

  /** The sides have changed places. */
  swap(): void {
    this.#found = { left: this.#found.right, right: this.#found.left };
    this.#errors = { left: this.#errors.right, right: this.#errors.left };
  }

  async #describeSide(
    side: SideKey,
    statement: DescribedStatement,
    signal: AbortSignal,
  ): Promise<boolean> {
    try {
      const shape = await describeStatement(statement, signal);
      this.#found = { ...this.#found, [side]: { statement, shape } };
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      if (!(error instanceof OracleSidecarError)) throw error;
      sidecar.noteFailure(error);
      this.#errors = { ...this.#errors, [side]: error };
      return error.status === BAD_STATEMENT;
    }
  }
}

/** Asked without rows; where no outer query fits around it, it runs for one row. */
async function describeStatement(
  { connection, sql, binds }: DescribedStatement,
  signal: AbortSignal,
): Promise<TableShape> {
  const asked = { connection, binds, max_rows: 1, signal };
  try {
    return shapeOf(await sidecar.client.query({ ...asked, sql: withoutRows(sql) }));
  } catch (error) {
    const isStatement = error instanceof OracleSidecarError && error.status === BAD_STATEMENT;
    if (!isStatement || signal.aborted) throw error;
    // Its own error names the place in the statement as it was typed.
    return shapeOf(await sidecar.client.query({ ...asked, sql }));
  }
}

function withoutRows(sql: string): string {
  return `SELECT * FROM (\n${sql.trim().replace(/;\s*$/, "")}\n) WHERE 1 = 0`;
}

function shapeOf({ columns, column_types }: QueryHead): TableShape {
  return { columns: columns.map((name, at) => ({ name, type: column_types[at] ?? "" })), keys: [] };
}
