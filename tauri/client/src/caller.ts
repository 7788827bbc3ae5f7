/** Runs calls: finds the sidecar, sends, tries again, and stops what was given up. */

import { Call } from "./call.js";
import { isLocal, localError, OracleSidecarError } from "./errors.js";
import type { ErrorContext } from "./errors.js";
import { ConnectionError, lost, readJson, send } from "./http.js";
import type { Address } from "./http.js";
import { unreachable } from "./lifecycle.js";
import type { Lifecycle } from "./lifecycle.js";
import { readLines } from "./ndjson.js";
import { waitBeforeRetry } from "./retry.js";
import type { ReadEvents } from "./streams.js";
import { SidecarStatus } from "./types.js";
import type { CallOptions } from "./types.js";

/** What is asked of the sidecar. */
export interface Wish {
  path: string;
  /** Absent: a GET. Asked anew for each try: the time limit is what is left of it. */
  body?: (timeoutMs: number | undefined) => object;
  /** Under which its statements can be stopped. The sidecar then keeps the time limit, too. */
  queryId?: string;
  /** False for what must not be tried again. */
  isRepeatable?: boolean;
  context?: ErrorContext;
}

export class Caller {
  constructor(
    private readonly lifecycle: Lifecycle,
    private readonly transport: typeof fetch,
    private readonly retries: number,
  ) {}

  /** One JSON answer. */
  async ask(wish: Wish, options: CallOptions): Promise<unknown> {
    const call = this.#begin(wish, options);
    try {
      for (let failures = 1; ; failures += 1) {
        try {
          return await this.#askOnce(call, wish);
        } catch (error) {
          await this.#waitForRetry(call, wish, options, error, failures);
        }
      }
    } finally {
      await this.#end(call);
    }
  }

  /** The events of an NDJSON answer. Tried again only while nothing but progress was handed out. */
  async *stream<E extends { kind: string }>(
    wish: Wish,
    options: CallOptions,
    read: ReadEvents<E>,
  ): AsyncGenerator<E, void, undefined> {
    const call = this.#begin(wish, options);
    let isHandedOut = false;
    try {
      for (let failures = 1; ; failures += 1) {
        try {
          for await (const event of this.#streamOnce(call, wish, read)) {
            isHandedOut ||= event.kind !== "progress";
            yield event;
          }
          return;
        } catch (error) {
          if (isHandedOut) throw error;
          await this.#waitForRetry(call, wish, options, error, failures);
        }
      }
    } finally {
      await this.#end(call);
    }
  }

  #begin(wish: Wish, options: CallOptions): Call {
    const call = new Call(options, wish.queryId !== undefined);
    this.lifecycle.beginCall();
    return call;
  }

  async #end(call: Call): Promise<void> {
    await call.close();
    this.lifecycle.endCall();
  }

  async #askOnce(call: Call, wish: Wish): Promise<unknown> {
    const address = await call.within(this.lifecycle.address());
    try {
      const response = await this.#send(call, address, wish, "application/json");
      const answer = await call.within(readJson(response));
      call.stopStatement = null;
      return answer;
    } catch (error) {
      throw await this.#explain(call, address, error);
    }
  }

  async *#streamOnce<E extends { kind: string }>(
    call: Call,
    wish: Wish,
    read: ReadEvents<E>,
  ): AsyncGenerator<E, void, undefined> {
    const address = await call.within(this.lifecycle.address());
    let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
    let totals: E | undefined;
    try {
      const { body } = await this.#send(call, address, wish, "application/x-ndjson");
      const bytes = (reader = body?.getReader());
      if (bytes === undefined) throw localError("BAD_ANSWER", "the answer has no body");
      for await (const lines of readLines(() => call.within(lost(bytes.read())))) {
        for (const event of read(lines, wish.context ?? {})) {
          if (event.kind === "totals") totals = event;
          else yield event;
        }
      }
      if (totals === undefined) throw localError("INCOMPLETE_ANSWER", "the last line is missing");
      call.stopStatement = null;
    } catch (error) {
      throw await this.#explain(call, address, error, reader !== undefined);
    } finally {
      // Where it has ended there is nothing to cancel, where it failed it rejects once more.
      void reader?.cancel().catch(() => undefined);
    }
    // Behind the end of the body: an answer that is cut there is not whole.
    yield totals;
  }

  #send(call: Call, address: Address, wish: Wish, accept: string): Promise<Response> {
    const { path, queryId } = wish;
    const body = wish.body?.(call.remainingMs);
    if (queryId !== undefined) {
      call.stopStatement = (signal) =>
        send(this.transport, address, { path: "/cancel", body: { query_id: queryId }, signal });
    }
    const ask = { path, accept, signal: call.signal, ...(body === undefined ? {} : { body }) };
    return call.within(send(this.transport, address, ask, wish.context));
  }

  /** What a caller is told; notices a sidecar that has gone. */
  async #explain(call: Call, address: Address, error: unknown, hadBegun = false): Promise<unknown> {
    if (error instanceof ConnectionError) {
      // Its connection has ended, and so has its statement.
      call.stopStatement = null;
      const isGone = await this.lifecycle.hasGone(address);
      return hadBegun && !isGone
        ? localError("INCOMPLETE_ANSWER", error.message, { cause: error })
        : unreachable(error);
    }
    if (error instanceof OracleSidecarError && !isLocal(error)) call.stopStatement = null;
    return error;
  }

  /** Waits where another try is due. Throws `error` where none is. */
  async #waitForRetry(
    call: Call,
    wish: Wish,
    options: CallOptions,
    error: unknown,
    failures: number,
  ): Promise<void> {
    if (!(error instanceof OracleSidecarError) || wish.isRepeatable === false) throw error;
    const waitMs = waitBeforeRetry(error, failures, this.retries, Math.random());
    const isTooLate = call.remainingMs !== undefined && (waitMs ?? 0) >= call.remainingMs;
    // One that was stopped meanwhile is not to be started by a further try.
    const isStopped = this.lifecycle.status !== SidecarStatus.READY;
    if (waitMs === null || isTooLate || isStopped) throw error;
    options.onRetry?.({ error, waitMs });
    await call.sleep(waitMs);
  }
}
