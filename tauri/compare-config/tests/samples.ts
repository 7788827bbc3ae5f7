/** Connections, setups, shapes and runs for tests; each with what the test names and nothing else. */

import { OracleSidecarError } from "oracle-sidecar-client";
import type {
  CompareHead,
  CompareProgress,
  CompareTotals,
  ErrorDetail,
} from "oracle-sidecar-client";
import { emptySetup } from "../src/model/asking/setups";
import type {
  RunFacts,
  RunState,
  SavedConnection,
  Setup,
  SideName,
  Sides,
  SideSetup,
  TableShape,
} from "../src/model/types";

export const NAMES: Sides<SideName> = {
  left: { label: "DEV", isProduction: false },
  right: { label: "PROD", isProduction: true },
};

export function connection(with_: Partial<SavedConnection> = {}): SavedConnection {
  return {
    id: "1",
    name: "Payments DEV",
    group: "DEV",
    isProduction: false,
    connectString: "db-dev:1521/PAYDEV",
    username: "APP_READ",
    configDir: "",
    walletLocation: "",
    mode: "",
    ...with_,
  };
}

export const DEV = connection();
export const PROD = connection({
  id: "2",
  name: "Payments PROD",
  group: "PROD",
  isProduction: true,
  connectString: "db-prod:1521/PAYPRD",
});

/** `shape({ ID: "NUMBER(10)" }, ["ID"])`: the first key is the primary one. */
export function shape(columns: Record<string, string>, ...keys: string[][]): TableShape {
  return {
    columns: Object.entries(columns).map(([name, type]) => ({ name, type })),
    keys: keys.map((names, at) => ({
      name: at === 0 ? "T_PK" : `T_UK${at}`,
      isPrimary: at === 0,
      columns: names,
    })),
  };
}

export function setup(
  with_: Partial<Omit<Setup, "sides">> = {},
  left: Partial<SideSetup> = {},
  right: Partial<SideSetup> = {},
): Setup {
  const empty = emptySetup();
  return {
    ...empty,
    ...with_,
    sides: {
      left: { ...empty.sides.left, connectionId: "1", table: "APP_CONFIG", ...left },
      right: { ...empty.sides.right, connectionId: "2", table: "APP_CONFIG", ...right },
    },
  };
}

export function failure(
  full_code: string,
  message: string,
  more: Partial<ErrorDetail> & { status?: number } = {},
): OracleSidecarError {
  const { status, ...detail } = more;
  const code = Number(/\d+$/.exec(full_code)?.[0] ?? 0);
  return new OracleSidecarError(
    { code, message, hint: null, full_code, retryable: false, ...detail },
    status === undefined ? {} : { status },
  );
}

export function progress(with_: Partial<CompareProgress> = {}): CompareProgress {
  return {
    left_step: "rows",
    right_step: "rows",
    left_rows: 0,
    right_rows: 0,
    equal: 0,
    changed: 0,
    left_only: 0,
    right_only: 0,
    elapsed_ms: 0,
    ...with_,
  };
}

/** Column names of a head: C1, C2, ... */
export function columns(count: number): string[] {
  return Array.from({ length: count }, (_, at) => `C${at + 1}`);
}

export const STARTED = "2026-11-28T14:03:07.120+00:00";

export function head(with_: Partial<CompareHead> = {}): CompareHead {
  const compared = with_.columns ?? columns(14);
  const types = compared.map(() => "NUMBER");
  return {
    key: ["C1"],
    columns: compared,
    left_types: types,
    right_types: types,
    left_only_columns: [],
    right_only_columns: [],
    types_differ: [],
    ignored: [],
    empty_is_null: [],
    left_sql: "SELECT 1",
    right_sql: "SELECT 1",
    left_started: STARTED,
    right_started: STARTED,
    ...with_,
  };
}

/** Of so many rows a side, all equal unless told otherwise. */
export function totals(with_: Partial<CompareTotals> = {}): CompareTotals {
  const { changed = 0, left_only = 0, right_only = 0, equal = 0 } = with_;
  return {
    same: changed + left_only + right_only === 0,
    left_rows: equal + changed + left_only,
    right_rows: equal + changed + right_only,
    equal,
    changed,
    left_only,
    right_only,
    changed_columns: {},
    truncated: false,
    complete: true,
    execution_time_ms: 417,
    ...with_,
  };
}

export function facts(state: RunState, with_: Partial<RunFacts> = {}): RunFacts {
  return {
    setup: setup(),
    names: NAMES,
    schemas: { left: "CFG", right: "CFG_LIVE" },
    title: "APP_CONFIG",
    users: { left: "APP_READ", right: "APP_READ" },
    connectStrings: { left: DEV.connectString, right: PROD.connectString },
    head: head(),
    state,
    kept: 100_000,
    ...with_,
  };
}

export function done(with_: Partial<CompareTotals>, more: Partial<RunFacts> = {}): RunFacts {
  return facts({ phase: "done", totals: totals(with_) }, more);
}
