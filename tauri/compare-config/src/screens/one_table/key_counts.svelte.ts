/** [Check that it is unique]: how many rows and how many keys each side has. */

import { OracleSidecarError } from "oracle-sidecar-client";

import { keyCountQuery, readKeyCount, statementKeyCountQuery } from "../../model/tables/dictionary";
import type { KeyCount } from "../../model/tables/key_choice";
import { SIDES } from "../../model/sides";
import type { SideKey, Sides } from "../../model/types";
import { draft } from "../../state/draft.svelte";
import { sidecar } from "../../state/sidecar.svelte";

export type SideCount =
  | { kind: "counting" }
  | { kind: "counted"; count: KeyCount }
  | { kind: "failed"; error: OracleSidecarError };

type Query = ReturnType<typeof keyCountQuery>;

/** One check. Both sides are counted side by side, in the databases. */
export class KeyCounts {
  #sides = $state.raw<Sides<SideCount> | null>(null);
  /** What was asked: an answer to another question is not shown. */
  #asked = $state.raw("");
  #running: AbortController | null = null;

  /** null: it was not counted as the setup stands now. */
  of(columns: readonly string[]): Sides<SideCount> | null {
    return this.#asked === questionOf(columns) ? this.#sides : null;
  }

  /** What was found; null where it could not be asked, or was stopped. */
  async count(columns: readonly string[]): Promise<Sides<SideCount> | null> {
    this.stop();
    if (SIDES.some((side) => draft.wire(side) === null) || !draft.checkBinds()) return null;
    const running = new AbortController();
    this.#running = running;
    this.#asked = questionOf(columns);
    this.#sides = { left: { kind: "counting" }, right: { kind: "counting" } };
    await Promise.all(SIDES.map((side) => this.#countSide(side, columns, running.signal)));
    return running.signal.aborted ? null : this.#sides;
  }

  stop(): void {
    this.#running?.abort();
    this.#running = null;
    this.#sides = null;
  }

  async #countSide(side: SideKey, columns: readonly string[], signal: AbortSignal): Promise<void> {
    const asked = draft.describedStatement(side);
    if (asked === null) return;
    const { connection, sql, binds } = asked;
    const query = countQuery(side, columns, sql);
    try {
      const { rows } = await sidecar.client.query({ connection, ...query, binds, signal });
      this.#put(side, { kind: "counted", count: readKeyCount(rows) }, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof OracleSidecarError)) throw error;
      sidecar.noteFailure(error);
      this.#put(side, { kind: "failed", error }, signal);
    }
  }

  #put(side: SideKey, count: SideCount, signal: AbortSignal): void {
    if (!signal.aborted && this.#sides !== null) this.#sides = { ...this.#sides, [side]: count };
  }
}

function countQuery(side: SideKey, columns: readonly string[], statement: string): Query {
  const { mode, sides } = draft.setup;
  if (mode === "sql") return statementKeyCountQuery(statement, columns);
  const { schema, table } = sides[side];
  return keyCountQuery(schema, table, columns, statement);
}

function questionOf(columns: readonly string[]): string {
  const { mode, sides, binds } = draft.setup;
  const asked = SIDES.map((side) => {
    const { connectionId, schema, table } = sides[side];
    return [connectionId, mode === "table" ? [schema, table] : "", draft.statement(side)];
  });
  return JSON.stringify([columns, mode, asked, binds]);
}
