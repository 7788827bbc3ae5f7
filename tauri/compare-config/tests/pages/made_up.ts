import {
  OracleSidecarError,
  type CompareHead,
  type CompareLineEvent,
  type CompareProgress,
  type CompareTotals,
} from "oracle-sidecar-client";

import { emptySetup } from "../../src/model/asking/setups";
import type { ComparisonRun, RunInput } from "../../src/state/comparison.svelte";

export interface Wanted {
  rows: number;
  columns: number;
  /** done, running, cancelled, failed, same */
  state: string;
}

type Client = ConstructorParameters<typeof ComparisonRun>[0];

const LONG =
  "The terms of use, in the form in which they are sent with each order. ".repeat(30) +
  "Goods can be returned within @ days of the delivery date, unused and in the original box. " +
  "The refund is paid within a few working days. ".repeat(34);

const COLUMNS: [name: string, type: string][] = [
  ["CONFIG_ID", "NUMBER(10)"],
  ["CONFIG_KEY", "VARCHAR2(120)"],
  ["CONFIG_VALUE", "VARCHAR2(4000)"],
  ["NUM_VALUE", "NUMBER(20,8)"],
  ["ENABLED", "CHAR(1)"],
  ["RULES", "JSON"],
  ["VALID_FROM", "DATE"],
  ["MODULE", "VARCHAR2(40)"],
  ["SORT_NO", "NUMBER(4)"],
  ["VALID_TO", "DATE"],
  ["OWNER_TEAM", "VARCHAR2(30)"],
  ["DESCRIPTION", "VARCHAR2(400)"],
];

export function runInput({ columns }: Wanted): RunInput {
  const connection = { connect_string: "db/X", username: "APP_READ", password: "x" };
  return {
    setup: emptySetup(),
    names: {
      left: { label: "DEV", isProduction: false },
      right: { label: "PROD", isProduction: true },
    },
    schemas: { left: "CFG", right: "CFG_LIVE" },
    users: { left: "APP_READ", right: "APP_READ" },
    targets: { left: "db-dev:1521/PAYDEV", right: "db-prod:1521/PAYPRD" },
    title: "APP_CONFIG",
    request: { left: { connection }, right: { connection }, table: "APP_CONFIG" },
    mostKept: 100_000,
    pins: columns >= 2 ? ["CONFIG_KEY"] : [],
    last: { rows: { left: 310244, right: 310240 }, at: new Date().toISOString() },
  };
}

export function fakeClient(wanted: Wanted): Client {
  let stop: (() => void) | undefined;
  const stopped = new Promise<void>((resolve) => (stop = resolve));
  return {
    async *compareLines() {
      yield* lines(wanted);
      if (wanted.state === "failed") throw lost();
      if (wanted.state === "running") {
        await stopped;
        throw new OracleSidecarError(
          {
            ...DETAIL,
            full_code: "CANCELLED",
            message: "cancelled",
            stopped: { left: true, right: true },
          },
          { status: 409 },
        );
      }
      yield { kind: "totals", ...totals(wanted) };
    },
    cancel: async () => {
      stop?.();
      return true;
    },
  };
}

const DETAIL = { code: 0, message: "", hint: null, full_code: "", retryable: false };

function lost(): OracleSidecarError {
  const message = "ORA-03113: end-of-file on communication channel";
  const detail = { ...DETAIL, code: 3113, full_code: "ORA-03113", message, side: "right" as const };
  return new OracleSidecarError({ ...detail, retryable: true }, { status: 502 });
}

const BATCH = 500;

async function* lines(wanted: Wanted): AsyncGenerator<CompareLineEvent> {
  yield { kind: "progress", ...progress(0) };
  yield { kind: "head", ...head(wanted) };
  if (wanted.state === "same") return;
  for (let from = 0; from < wanted.rows; from += BATCH) {
    const to = Math.min(from + BATCH, wanted.rows);
    yield {
      kind: "lines",
      lines: Array.from({ length: to - from }, (_, i) => line(from + i, wanted.columns)),
    };
    yield { kind: "progress", ...progress(to) };
    await new Promise((resolve) => setTimeout(resolve));
  }
}

function progress(found: number): CompareProgress {
  return {
    left_step: found === 0 ? "query" : "rows",
    right_step: found === 0 ? "login" : "rows",
    left_rows: found * 300,
    right_rows: found * 290,
    equal: found * 290,
    changed: found,
    left_only: 0,
    right_only: 0,
    elapsed_ms: found * 10,
  };
}

function head({ columns }: Wanted): CompareHead {
  const names = Array.from({ length: columns }, (_, i) => columnName(i));
  const types = Array.from(
    { length: columns },
    (_, i) => COLUMNS[i % COLUMNS.length]?.[1] ?? "DATE",
  );
  return {
    key: ["CONFIG_ID"],
    columns: names,
    left_types: types,
    right_types: types.map((type) => (type === "VARCHAR2(120)" ? "VARCHAR2(200)" : type)),
    left_only_columns: [],
    right_only_columns: ["REGION"],
    types_differ: [{ column: "NOTES", left: "VARCHAR2(400)", right: "NUMBER" }],
    ignored: ["UPDATED_AT"],
    empty_is_null: [],
    left_table: "CFG.APP_CONFIG",
    right_table: "CFG_LIVE.APP_CONFIG",
    left_sql: "SELECT * FROM CFG.APP_CONFIG",
    right_sql: "SELECT * FROM CFG_LIVE.APP_CONFIG",
    left_started: "2026-11-28T14:03:07.120+00:00",
    right_started: "2026-11-28T14:03:07.180+00:00",
  };
}

function columnName(i: number): string {
  const name = COLUMNS[i % COLUMNS.length]?.[0] ?? "";
  return i < COLUMNS.length ? name : `${name}_${Math.floor(i / COLUMNS.length) + 1}`;
}

function totals({ rows, columns, state }: Wanted): CompareTotals {
  const found = state === "same" ? 0 : rows;
  const kinds = Array.from({ length: found }, (_, i) => kindOf(i));
  const of = (kind: string): number => kinds.filter((one) => one === kind).length;
  const counts: Record<string, number> = {};
  kinds.forEach((kind, i) => {
    if (kind !== "changed") return;
    for (const name of differing(i, columns)) counts[name] = (counts[name] ?? 0) + 1;
  });
  return {
    same: false,
    left_rows: 12453 + of("changed") + of("left_only"),
    right_rows: 12453 + of("changed") + of("right_only"),
    equal: 12453,
    changed: of("changed"),
    left_only: of("left_only"),
    right_only: of("right_only"),
    changed_columns: counts,
    truncated: false,
    complete: true,
    execution_time_ms: 4400,
  };
}

function kindOf(i: number): "changed" | "left_only" | "right_only" {
  if (i % 7 === 3) return "left_only";
  return i % 11 === 7 ? "right_only" : "changed";
}

function differing(i: number, columns: number): string[] {
  const at = [2, 3, 5, 8, 4, 6, 2, 10, 2][i % 9] ?? 2;
  const names = [columnName(at), ...(i % 3 === 0 ? [columnName(2)] : [])];
  return [...new Set(names.filter((_, n) => (n === 0 ? at : 2) < columns))];
}

/** More columns than these, and a changed row has only what differs and what is pinned. */
const MOST_WHOLE = 60;

function line(i: number, columns: number): string {
  const kind = kindOf(i);
  const key = `{"CONFIG_ID":${1042 + i * 3}}`;
  const isChanged = kind === "changed" && columns > MOST_WHOLE;
  const sent = isChanged ? new Set(["CONFIG_KEY", ...differing(i, columns)]) : null;
  const left = valuesOf(i, columns, false, sent);
  if (kind === "left_only") return `{"diff":"left_only","key":${key},"left":${left}}`;
  if (kind === "right_only") return `{"diff":"right_only","key":${key},"right":${left}}`;
  const names = JSON.stringify(differing(i, columns));
  const right = valuesOf(i, columns, true, sent);
  return `{"diff":"changed","key":${key},"columns":${names},"left":${left},"right":${right}}`;
}

function valuesOf(
  i: number,
  columns: number,
  isRight: boolean,
  sent: ReadonlySet<string> | null,
): string {
  const names = new Set(differing(i, columns));
  const parts = Array.from({ length: columns }, (_, column) => {
    const name = columnName(column);
    if (sent !== null && !sent.has(name)) return null;
    const differs = isRight && names.has(name);
    return `${JSON.stringify(name)}:${valueOf(i, column % COLUMNS.length, differs)}`;
  });
  return `{${parts.filter((part) => part !== null).join(",")}}`;
}

const TEXTS: [string | null, string | null][] = [
  [LONG.replace("@", "14"), `${LONG.replace("@", "30").replace("a few", "ten")}\nEnd`],
  ["https://gw-dev.example.net/v2/charge", "https://gw.example.net/v2/charge"],
  [null, "   "],
  ["INFO", "INFO  "],
  ["plain text", "plain tехt"],
  ["5", "3"],
];

function valueOf(i: number, column: number, differs: boolean): string {
  switch (column) {
    case 0:
      return String(1042 + i * 3);
    case 1:
      return JSON.stringify(`pay.setting.${i}.max_attempts`);
    case 2: {
      const [left, right] = TEXTS[i % TEXTS.length] ?? [null, null];
      return JSON.stringify(differs ? right : left);
    }
    case 3:
      return differs ? "1.25000001" : "1.25";
    case 4:
      return differs ? '"N"' : '"Y"';
    case 5:
      return `{"limits":{"daily":${differs ? 7500 : 5000},"monthly":60000},"approval":"two-step"}`;
    case 6:
      return differs ? '"2026-02-01T00:00:00"' : '"2026-01-01T00:00:00"';
    case 7:
      return '"PAYMENT"';
    case 8:
      return differs ? "25" : "250";
    case 10:
      return differs ? '"RISK"' : '"PAYMENTS"';
    case 11:
      return '"Reviewed at every release"';
    default:
      return "null";
  }
}
