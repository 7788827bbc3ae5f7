/** The words that the page's parts share. No module here knows the DOM, Svelte, or storage. */

import type {
  CompareHead,
  CompareProgress,
  CompareTotals,
  OracleSidecarError,
} from "oracle-sidecar-client";

export type SideKey = "left" | "right";

/** A value for each side. `left` is the first side: the upper line, the left column. */
export type Sides<T> = Record<SideKey, T>;

/** As remembered: without any password. */
export interface SavedConnection {
  id: string;
  name: string;
  /** DEV, UAT, PROD, or a group of the user's own. */
  group: string;
  isProduction: boolean;
  connectString: string;
  username: string;
  configDir: string;
  walletLocation: string;
  /** "" or SYSDBA, SYSOPER, ... */
  mode: string;
}

/** Kept in memory until the page is closed, never stored. */
export interface Secrets {
  password: string;
  walletPassword: string;
}

/** How a side is named wherever it stands: on its plate, in errors, in reports. */
export interface SideName {
  label: string;
  isProduction: boolean;
}

export type KeyChoice =
  { kind: "found" } | { kind: "columns"; columns: string[] } | { kind: "row" };

export type BindType = "text" | "number" | "date" | "null";

export interface Bind {
  name: string;
  type: BindType;
  value: string;
}

export interface SideSetup {
  connectionId: string;
  /** "" is the user's own. */
  schema: string;
  table: string;
  where: string;
  sql: string;
}

/** One comparison as it was set up. It is saved and run again; bind values are dropped then. */
export interface Setup {
  mode: "table" | "sql";
  sides: Sides<SideSetup>;
  /** False: the right side has a condition (a statement) of its own. */
  sameWhere: boolean;
  sameSql: boolean;
  binds: Bind[];
  key: KeyChoice;
  /** Columns that are left out, and patterns with % and _ for them. */
  leftOut: string[];
  leftOutPatterns: string[];
}

/** Many tables, as they were set up. */
export interface ManySetup {
  /** schema of each side; table and sql are not used. */
  sides: Sides<{ connectionId: string; schema: string }>;
  /** `%CONFIG%`, or a name; several; one that begins with - takes away. */
  patterns: string[];
  perTable: Record<string, TableChoice>;
}

/** What is remembered for a table, whichever way it is compared. */
export interface TableChoice {
  where: string;
  key: KeyChoice;
  leftOut: string[];
  leftOutPatterns: string[];
}

export interface Column {
  name: string;
  /** As `/query` names it: `VARCHAR2(40)`. */
  type: string;
}

/** What is known of a table before anything runs. */
export interface TableShape {
  columns: Column[];
  /** Primary key first; each a set of column names in the constraint's order. */
  keys: { name: string; isPrimary: boolean; columns: string[] }[];
}

/** How a comparison stands. Everything that a verdict is made of. */
export type RunState =
  | { phase: "running"; progress: CompareProgress | null }
  | { phase: "stopping"; progress: CompareProgress | null; since: number }
  | {
      phase: "cancelled";
      progress: CompareProgress | null;
      /** Whether each database has confirmed that its statement ended; null: not known yet. */
      stopped: Sides<boolean> | null;
    }
  | { phase: "failed"; progress: CompareProgress | null; error: OracleSidecarError }
  | { phase: "done"; totals: CompareTotals };

/** One run of one comparison: what was asked, by whom it is named, and what has come. */
export interface RunFacts {
  setup: Setup;
  names: Sides<SideName>;
  /** As the plate's neighbour shows it: the schema, or "" in SQL. */
  schemas: Sides<string>;
  /** APP_CONFIG, or "SQL". */
  title: string;
  /** User names, for “what APP_READ may see”. */
  users?: Sides<string>;
  /** As typed, for “cannot be reached at db-prod:1521”. */
  connectStrings?: Sides<string>;
  head: CompareHead | null;
  state: RunState;
  /** How many difference lines are kept, and can be shown. */
  kept: number;
  /** How many difference lines came: known before the progress that counts them. */
  found?: number;
}

export type Outcome =
  | "same"
  | "same_left_out"
  | "differs"
  | "not_fully"
  | "zero_rows"
  | "no_key"
  | "failed"
  | "cancelled"
  | "only_first"
  | "only_second"
  | "running"
  | "waiting";

/** A past run as it is remembered: counts and times, no value and no raw error text. */
export interface PastRun {
  id: string;
  /** ISO 8601. */
  at: string;
  title: string;
  names: Sides<SideName>;
  outcome: Outcome;
  /** "27 rows differ": a sentence without values. */
  summary: string;
  rows: Sides<number> | null;
  what: { kind: "one"; setup: Setup } | { kind: "many"; setup: ManySetup };
}

export interface SavedComparison {
  id: string;
  name: string;
  what: { kind: "one"; setup: Setup } | { kind: "many"; setup: ManySetup };
  last: { at: string; outcome: Outcome; summary: string } | null;
}
