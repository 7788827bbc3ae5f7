/** The calls of the sidecar's HTTP contract, and its life. */

import { Call } from "./call.js";
import { Caller } from "./caller.js";
import type { Wish } from "./caller.js";
import { localError, OracleSidecarError } from "./errors.js";
import { askHealth, look } from "./health.js";
import { ConnectionError, parseJson } from "./http.js";
import { Lifecycle, unreachable } from "./lifecycle.js";
import { findManager } from "./manager.js";
import { asDict, gather } from "./results.js";
import { compareLineEvents, rowEvents } from "./streams.js";
import { SidecarStatus } from "./types.js";
import type {
  BatchQuery,
  BatchResult,
  CallOptions,
  ClientOptions,
  CompareEvent,
  CompareLineEvent,
  CompareRequest,
  Connection,
  Difference,
  DictResult,
  Health,
  Pool,
  QueryRequest,
  QueryResult,
  Restarting,
  RowEvent,
  SidecarState,
  TestResult,
} from "./types.js";

// Webviews give up on an answer that sends nothing for a minute.
const ROWS_PROGRESS_MS = 10_000;
const COMPARE_PROGRESS_MS = 1000;

/**
 * A sidecar: its life, and its calls. A call starts it where it is not ready, and rejects with an
 * OracleSidecarError or its signal's reason. start, stop and restart never reject: the status tells
 * how they went.
 */
export class OracleSidecarClient {
  readonly #transport: typeof fetch;
  readonly #lifecycle: Lifecycle;
  readonly #caller: Caller;
  readonly #progressMs: number | undefined;

  constructor(options: ClientOptions = {}) {
    // A webview's fetch wants no `this` but its window.
    this.#transport = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
    this.#lifecycle = new Lifecycle(findManager(options), this.#transport, {
      idleStopMs: options.idleStopMs ?? 0,
      healthIntervalMs: options.healthIntervalMs ?? 10_000,
      startTimeoutMs: options.startTimeoutMs ?? 30_000,
    });
    this.#caller = new Caller(this.#lifecycle, this.#transport, options.retries ?? 2);
    this.#progressMs = options.progressMs;
  }

  // Its life.

  get status(): SidecarStatus {
    return this.#lifecycle.status;
  }

  /** What the app's manager does about a crash; null where it does nothing about one now. */
  get restarting(): Restarting | null {
    return this.#lifecycle.restarting;
  }

  /** Called with each new status, and for each new `restarting`. Returns what ends that. */
  onStatusChange(listener: (status: SidecarStatus) => void): () => void {
    return this.#lifecycle.onStatusChange(listener);
  }

  /**
   * Whether it is ready. Callers at the same time share one start. With `baseUrl` it is only looked
   * for. A manager that has given up begins afresh: for a button, not for each call.
   */
  start(): Promise<boolean> {
    return this.#lifecycle.start();
  }

  /**
   * As start(), and what calls do: one that was ready and no longer answers is started again, unless
   * the manager has given up.
   */
  ensureStarted(): Promise<boolean> {
    return this.#lifecycle.ensureStarted();
  }

  /** Ends the app's sidecar, and what runs in it. One at `baseUrl` is only forgotten. */
  stop(): Promise<void> {
    return this.#lifecycle.stop();
  }

  /** Stops and starts; waits for a start that is under way. */
  restart(): Promise<boolean> {
    return this.#lifecycle.restart();
  }

  isReady(): boolean {
    return this.status === SidecarStatus.READY;
  }

  /** How it stands, with what /health says of it. */
  async getStatus(): Promise<SidecarState> {
    const address = this.#lifecycle.knownAddress;
    const told = address === null ? null : (await look(this.#transport, address)).health;
    const { error, restarting } = this.#lifecycle;
    return {
      ...told,
      status: this.status,
      ready: this.isReady(),
      ...(address === null ? {} : { url: address.url }),
      ...(error === null ? {} : { error }),
      ...(restarting === null ? {} : { restarting }),
    };
  }

  /** Whether it answers, and can work. Starts nothing. */
  async healthCheck(options: CallOptions = {}): Promise<boolean> {
    try {
      return (await this.health({ timeoutMs: 2000, ...options })).status === "ok";
    } catch (error) {
      if (error instanceof OracleSidecarError) return false;
      throw error;
    }
  }

  /** What /health says, a sidecar that says "failed" included. Starts nothing. */
  async health(options: CallOptions = {}): Promise<Health> {
    const address = this.#lifecycle.knownAddress;
    if (address === null) throw localError("SIDECAR_NOT_STARTED", "there is no address yet");
    const call = new Call(options, false);
    try {
      return await call.within(askHealth(this.#transport, address, call.signal));
    } catch (error) {
      throw error instanceof ConnectionError ? unreachable(error) : error;
    } finally {
      await call.close();
    }
  }

  // Calls with one answer.

  /** One real login, which is never tried again: accounts lock. */
  async testConnection(connection: Connection, options: CallOptions = {}): Promise<TestResult> {
    const body = { connection };
    const wish: Wish = { path: "/test-connection", body: () => body, isRepeatable: false };
    return (await this.#caller.ask(wish, options)) as TestResult;
  }

  /** All rows that are asked for, in memory. */
  query(request: QueryRequest): Promise<QueryResult> {
    return gather(this.rows(request));
  }

  /** As query(), rows as objects. Of columns with one name the later ones are NAME_2, NAME_3. */
  async queryAsDict(request: QueryRequest): Promise<DictResult> {
    return asDict(await this.query(request));
  }

  /**
   * Side by side, answers in the order of the queries. One that failed has `error` and `detail` in
   * its place. The array is its own `results`, too, which pages of the former client ask for.
   */
  async queryBatch(
    queries: BatchQuery[],
    options: CallOptions = {},
  ): Promise<BatchResult[] & { readonly results: BatchResult[] }> {
    const query_id = crypto.randomUUID();
    const answer = await this.#caller.ask(
      {
        path: "/query-batch",
        queryId: query_id,
        body: (timeout_ms) => ({
          queries: queries.map((query) => ({ ...query, timeout_ms, query_id })),
        }),
      },
      options,
    );
    const { results } = answer as { results: BatchResult[] };
    return Object.defineProperty(results, "results", { value: results }) as typeof results & {
      results: BatchResult[];
    };
  }

  /** The array is its own `pools`, too, which pages of the former client ask for. */
  async listPools(options: CallOptions = {}): Promise<Pool[] & { readonly pools: Pool[] }> {
    const { pools } = (await this.#caller.ask({ path: "/pools" }, options)) as { pools: Pool[] };
    return Object.defineProperty(pools, "pools", { value: pools }) as typeof pools & {
      pools: Pool[];
    };
  }

  /**
   * Stops what runs by that id in its databases; false where nothing does. The call that runs it
   * rejects with status 409; of a comparison its `stopped` says whose database has confirmed.
   */
  async cancel(queryId: string, options: CallOptions = {}): Promise<boolean> {
    // Nothing runs in one that is not there.
    if (!this.isReady()) return false;
    const wish: Wish = { path: "/cancel", body: () => ({ query_id: queryId }) };
    return ((await this.#caller.ask(wish, options)) as { cancelled: boolean }).cancelled;
  }

  // Calls with a stream of events.

  /**
   * A head, rows in batches as they arrive, and totals; progress in between, before the head, too.
   * Leaving the loop stops the query.
   */
  rows(request: QueryRequest): AsyncGenerator<RowEvent, void, undefined> {
    const { connection, sql, max_rows, binds, numbers } = request;
    const { queryId = crypto.randomUUID() } = request;
    const progress_ms = request.progressMs ?? this.#progressMs ?? ROWS_PROGRESS_MS;
    const asked = { connection, sql, max_rows, binds, numbers, query_id: queryId, progress_ms };
    const wish: Wish = {
      path: "/query",
      queryId,
      body: (timeout_ms) => ({ ...asked, timeout_ms }),
    };
    return this.#caller.stream(wish, request, rowEvents);
  }

  /** As compareLines(), each difference by itself. */
  async *compare(request: CompareRequest): AsyncGenerator<CompareEvent, void, undefined> {
    for await (const event of this.compareLines(request)) {
      if (event.kind !== "lines") yield event;
      else for (const line of event.lines) yield toDifference(line);
    }
  }

  /**
   * Progress, a head, lines of differences in batches as they arrive, and totals. Without totals
   * nothing that came before may be relied on. Leaving the loop stops both databases.
   */
  compareLines(request: CompareRequest): AsyncGenerator<CompareLineEvent, void, undefined> {
    const { queryId = crypto.randomUUID(), progressMs, left, right } = request;
    const asked = {
      ...{ left, right, table: request.table, where: request.where, sql: request.sql },
      ...{ binds: request.binds, key: request.key, ignore: request.ignore, show: request.show },
      ...{ rows: request.rows, max_differences: request.max_differences },
      ...{ stop_at_max: request.stop_at_max, summary: request.summary, order: request.order },
      ...{ numbers: request.numbers, query_id: queryId },
      progress_ms: progressMs ?? this.#progressMs ?? COMPARE_PROGRESS_MS,
    };
    const wish: Wish = {
      path: "/compare",
      queryId,
      body: (timeout_ms) => ({ ...asked, timeout_ms }),
      context: { sideNames: { left: left.connection.name, right: right.connection.name } },
    };
    return this.#caller.stream(wish, request, compareLineEvents);
  }
}

function toDifference(line: string): { kind: "difference" } & Difference {
  return { kind: "difference", ...(parseJson(line) as Difference) };
}

let shared: OracleSidecarClient | undefined;

/** One for the whole page. The options are those of the first call. */
export function getOracleSidecarClient(options?: ClientOptions): OracleSidecarClient {
  return (shared ??= new OracleSidecarClient(options));
}
