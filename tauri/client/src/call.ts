/** One call, from its beginning to its end, whichever way it ends. */

import { localError } from "./errors.js";
import type { CallOptions } from "./types.js";

// How long an aborted call waits for the sidecar to hear of it.
const STOP_WAIT_MS = 2000;
// The sidecar ends what it limits itself, and says so; this is for one that does not.
const SERVER_GRACE_MS = 5000;

/**
 * Ends a request by the caller's signal, by its time, or because its reader left. Whoever makes one
 * closes it.
 */
export class Call {
  /** Stops the statement in the database; null while there is none to stop. */
  stopStatement: ((signal: AbortSignal) => Promise<unknown>) | null = null;
  readonly #controller = new AbortController();
  readonly #startedAt = performance.now();
  readonly #callersSignal: AbortSignal | undefined;
  readonly #timeoutMs: number | undefined;
  readonly #patienceMs: number;
  #stopping: Promise<unknown> | null = null;
  #isOver = false;

  /** isServerTimed: the sidecar keeps the time limit, so that it says what ran out. */
  constructor({ signal, timeoutMs }: CallOptions, isServerTimed: boolean) {
    signal?.throwIfAborted();
    this.#callersSignal = signal;
    this.#timeoutMs = timeoutMs;
    this.#patienceMs = isServerTimed ? SERVER_GRACE_MS : 0;
    signal?.addEventListener("abort", this.#onCallersAbort, { once: true });
  }

  /** For `fetch`. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Milliseconds, at least one; undefined where there is no limit. */
  get remainingMs(): number | undefined {
    return this.#timeoutMs === undefined
      ? undefined
      : Math.max(1, Math.ceil(this.#timeoutMs - this.#elapsedMs));
  }

  /** Waits for `work`, which gets the reason that the call was ended for, if it is. */
  within<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const signal = this.#controller.signal;
      const timer = this.#timeLimit();
      const onAbort = (): void => reject(signal.reason);
      signal.addEventListener("abort", onAbort, { once: true });
      if (signal.aborted) onAbort();
      void work.then(resolve, reject).finally(() => {
        clearTimeout(timer);
        signal.removeEventListener("abort", onAbort);
      });
    });
  }

  /** @throws what the call was ended with, if it was. */
  sleep(ms: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const slept = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms);
    });
    return this.within(slept).finally(() => clearTimeout(timer));
  }

  /** Ends what still runs, and waits until the sidecar has heard of it. */
  async close(): Promise<void> {
    this.#callersSignal?.removeEventListener("abort", this.#onCallersAbort);
    this.#end(new DOMException("The reader has left.", "AbortError"));
    await this.#stopping;
  }

  get #elapsedMs(): number {
    return performance.now() - this.#startedAt;
  }

  readonly #onCallersAbort = (): void => {
    this.#end(this.#callersSignal?.reason);
  };

  // Only while something is waited for: a reader that pauses may take what has come already.
  #timeLimit(): ReturnType<typeof setTimeout> | undefined {
    if (this.#timeoutMs === undefined) return undefined;
    const left = this.#timeoutMs + this.#patienceMs - this.#elapsedMs;
    const timedOut = (): void => this.#end(localError("TIMED_OUT", "no answer came in time"));
    return setTimeout(timedOut, Math.max(0, left));
  }

  #end(reason: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    // First, since a webview has few connections to one host, and the cancel needs one.
    this.#controller.abort(reason);
    if (this.stopStatement !== null) this.#stopping = tellOnce(this.stopStatement);
  }
}

/** Until the sidecar has heard of it; where it does not answer, the closed connection has to do. */
async function tellOnce(stop: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), STOP_WAIT_MS);
  await stop(controller.signal).catch(() => undefined);
  clearTimeout(timer);
}
