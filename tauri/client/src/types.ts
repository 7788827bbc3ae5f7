/** What goes over the wire, by the names of the HTTP contract, and what the client adds. */

import type { OracleSidecarError } from "./errors.js";
import type { ExactNumber } from "./values.js";

/** A value as JSON.parse gives it. A NUMBER that no double holds exactly is a string. */
export type JsonValue =
  null | boolean | number | string | JsonValue[] | { [name: string]: JsonValue };

export interface Connection {
  /** A label: it begins the messages of errors that are this side's. */
  name?: string;
  /** Easy Connect Plus, a descriptor, a name from tnsnames.ora; `jdbc:oracle:thin:@` is skipped. */
  connect_string: string;
  username: string;
  password: string;
  config_dir?: string;
  wallet_location?: string;
  wallet_password?: string;
  mode?: string;
}

/** An ExactNumber is bound with all its digits; a date is `{$date}`, bytes are `{$base64}`. */
export type BindValue = JsonValue | ExactNumber;

/** By position, or by name. */
export type Binds = BindValue[] | { [name: string]: BindValue };

export type Numbers = "auto" | "string";

/** How one call is limited and ended. Aborting ends the statement in the database, too. */
export interface CallOptions {
  /** Rejects with the signal's reason, after the sidecar was told to stop the statement. */
  signal?: AbortSignal;
  /** Milliseconds for the whole call: further tries, the wait for a session, the login included. */
  timeoutMs?: number;
  /** Told before each wait for a further try of what failed for the moment. */
  onRetry?: (retry: Retry) => void;
}

export interface Retry {
  /** Why the last try failed. */
  error: OracleSidecarError;
  /** The next try comes after so many milliseconds. */
  waitMs: number;
}

export interface QueryRequest extends CallOptions {
  connection: Connection;
  sql: string;
  /** null or 0: all rows. Absent: the server's 1000. */
  max_rows?: number | null;
  binds?: Binds;
  numbers?: Numbers;
  /** Made by the client where it is absent. */
  queryId?: string;
  /** After so many milliseconds of silence the sidecar says how far it is. */
  progressMs?: number;
}

export interface QueryHead {
  columns: string[];
  /** `NUMBER(12,2)`, `VARCHAR2(40)`: one for each column. */
  column_types: string[];
}

export interface QueryTotals {
  row_count: number;
  truncated: boolean;
  execution_time_ms: number;
}

export interface QueryResult extends QueryHead, QueryTotals {
  rows: JsonValue[][];
}

export interface DictResult extends QueryHead, QueryTotals {
  rows: { [column: string]: JsonValue }[];
}

/** What `rows()` yields: one head, then rows and progress, at the end the totals. */
export type RowEvent =
  | ({ kind: "head" } & QueryHead)
  | { kind: "rows"; rows: JsonValue[][] }
  | { kind: "progress"; rows: number; elapsed_ms: number }
  | ({ kind: "totals" } & QueryTotals);

export interface BatchQuery {
  connection: Connection;
  sql: string;
  max_rows?: number;
  binds?: Binds;
  numbers?: Numbers;
}

/** What a failed query of a batch has in its place; the others still answer. */
export interface BatchFailure {
  error: string;
  detail: ErrorDetail;
}

export type BatchResult = QueryResult | BatchFailure;

export interface ErrorDetail {
  code: number;
  message: string;
  hint: string | null;
  full_code: string;
  retryable: boolean;
  side?: Side;
  /** Whether each side's database has confirmed that its statement ended. */
  stopped?: Stopped;
}

export type Side = "left" | "right";

export type Stopped = Record<Side, boolean>;

export interface Health {
  status: "ok" | "failed";
  active_pools: number;
  timestamp: string;
  version: string;
  driver: string;
  pid: number;
  uptime_s: number;
}

export interface TestResult {
  success: boolean;
  message: string;
  server_version: string;
  execution_time_ms: number;
}

export const SidecarStatus = {
  STOPPED: "stopped",
  STARTING: "starting",
  READY: "ready",
  ERROR: "error",
} as const;

export type SidecarStatus = (typeof SidecarStatus)[keyof typeof SidecarStatus];

/** How the sidecar stands, and what /health says where it answers. Never the token. */
export interface SidecarState extends Partial<Omit<Health, "status">> {
  status: SidecarStatus;
  ready: boolean;
  url?: string;
  /** Why the status is "error", or why it is being restarted. */
  error?: OracleSidecarError;
  restarting?: Restarting;
}

/** The app's manager starts a sidecar again that has crashed. */
export interface Restarting {
  /** How many restarts there were in the last minute, this one included. */
  attempt: number;
  /** The pause before it; null once it has begun. */
  retryInMs: number | null;
}

/** A command of the app's Rust side: `invoke` of Tauri. */
export type Invoke = (command: string, args?: Record<string, unknown>) => Promise<unknown>;

/** How the app's Rust side is listened to: `listen` of Tauri. */
export type Listen = (
  event: string,
  handler: (event: { payload: unknown }) => void,
) => Promise<unknown>;

export interface ClientOptions {
  /** A sidecar that somebody else runs: start() only looks for it, stop() only forgets it. */
  baseUrl?: string;
  /** The bearer token that goes with `baseUrl`. */
  token?: string;
  /** How the app's manager is asked. Absent: Tauri's own, where the page runs in Tauri. */
  invoke?: Invoke;
  /**
   * How the app's manager tells what becomes of the sidecar. Absent: Tauri's own, where
   * `window.__TAURI__` has it; without it the sidecar is looked after every `healthIntervalMs`.
   */
  listen?: Listen;
  /** Stands in front of the manager's commands: `plugin:oracle-sidecar|`. */
  commandPrefix?: string;
  /** The app's sidecar is stopped after so many milliseconds without a call. Absent, 0: never. */
  idleStopMs?: number;
  /** How often a sidecar that should run is looked after; 0: never. Absent: 10 s. */
  healthIntervalMs?: number;
  /** How long the manager's sidecar may take until it answers. Absent: 30 s. */
  startTimeoutMs?: number;
  /** `progress_ms` of all calls. Absent: 10 s for rows, 1 s for comparisons. */
  progressMs?: number;
  /** Further tries of what the sidecar calls retryable. Absent: 2. */
  retries?: number;
  fetch?: typeof fetch;
}

export interface Pool {
  key: string;
  busy: number;
  opened: number;
  min: number;
  max: number;
  last_used: string;
  name: string | null;
  idle_s: number;
}

/** One side of a comparison. What is absent is taken from beside `left` and `right`. */
export interface CompareSide {
  connection: Connection;
  table?: string;
  where?: string;
  sql?: string;
  binds?: Binds;
}

export interface CompareRequest extends CallOptions {
  left: CompareSide;
  right: CompareSide;
  table?: string;
  where?: string;
  sql?: string;
  binds?: Binds;
  /** Column names, or "row": a row is its own key. Absent: the table's key. */
  key?: string[] | "row";
  ignore?: string[];
  show?: string[];
  rows?: "changed" | "whole";
  /** null or 0: all. Absent: the server's 1000. */
  max_differences?: number | null;
  stop_at_max?: boolean;
  summary?: boolean;
  order?: "by_key" | "given";
  numbers?: Numbers;
  /** Made by the client where it is absent. */
  queryId?: string;
  /** At least every so many milliseconds the sidecar says how far it is. */
  progressMs?: number;
}

export interface CompareHead {
  key: string[] | "row";
  /** The columns that are compared; the types go with them. */
  columns: string[];
  left_types: string[];
  right_types: string[];
  left_only_columns: string[];
  right_only_columns: string[];
  types_differ: { column: string; left: string; right: string }[];
  ignored: string[];
  /** Columns in which an empty LOB or a JSON null could not be told from NULL. */
  empty_is_null: string[];
  left_table?: string;
  right_table?: string;
  /** As they ran, without binds. */
  left_sql: string;
  right_sql: string;
  /** ISO 8601: when each statement was sent. */
  left_started: string;
  right_started: string;
}

export type RowValues = { [column: string]: JsonValue };

export type Difference =
  | {
      diff: "changed";
      key?: RowValues;
      columns: string[];
      left: RowValues;
      right: RowValues;
    }
  | { diff: "left_only"; key?: RowValues; left: RowValues }
  | { diff: "right_only"; key?: RowValues; right: RowValues };

export type CompareStep = "login" | "session" | "query" | "rows" | "done";

export interface CompareProgress {
  left_step: CompareStep;
  right_step: CompareStep;
  left_rows: number;
  right_rows: number;
  equal: number;
  changed: number;
  left_only: number;
  right_only: number;
  elapsed_ms: number;
}

export interface CompareTotals {
  same: boolean;
  left_rows: number;
  right_rows: number;
  equal: number;
  changed: number;
  left_only: number;
  right_only: number;
  /** How many rows differ in each column. */
  changed_columns: { [column: string]: number };
  /** There were more differences than `max_differences`. */
  truncated: boolean;
  /** False only after `stop_at_max`: the rest was not read. */
  complete: boolean;
  execution_time_ms: number;
}

/**
 * What `compare()` yields: progress may come first, then one head, differences in key order, at the
 * end the totals.
 */
export type CompareEvent =
  | ({ kind: "head" } & CompareHead)
  | ({ kind: "difference" } & Difference)
  | ({ kind: "progress" } & CompareProgress)
  | ({ kind: "totals" } & CompareTotals);

/** The same with the difference lines as they came, for who parses them when they are seen. */
export type CompareLineEvent =
  Exclude<CompareEvent, { kind: "difference" }> | { kind: "lines"; lines: string[] };
