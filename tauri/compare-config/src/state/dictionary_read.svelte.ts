/** One question to a database's dictionary, asked when it is needed, its answer kept. */

import { OracleSidecarError } from "oracle-sidecar-client";
import { untrack } from "svelte";

import { sidecar } from "./sidecar.svelte";

/** Of errors that no sidecar told: it was gone, or went meanwhile. */
const NO_ANSWER = 0;

/** One read. Nothing is asked of the database before somebody needs it. */
export class DictionaryRead<T> {
  /** The last that was read; it stays while it is read again. */
  value = $state.raw<T | undefined>(undefined);
  error = $state.raw<OracleSidecarError | undefined>(undefined);
  loading = $state(false);

  readonly #load: (signal: AbortSignal) => Promise<T>;
  #needs = 0;
  #dropped = false;
  #running: { done: Promise<void>; stop: AbortController } | null = null;
  /** How the sidecar stood when the error came: one that runs again is asked again. */
  #atError = { restarts: 0, wasReady: true };

  constructor(load: (signal: AbortSignal) => Promise<T>) {
    this.#load = load;
  }

  /**
   * Reads unless it is there, running or failed. What it returns says that it is no longer wanted;
   * give it back as an effect's cleanup. Tracks whether the sidecar runs, nothing else.
   */
  need(): () => void {
    const { restarts, status } = sidecar;
    untrack(() => {
      this.#needs += 1;
      if (this.#mayStart(restarts, status === "ready")) this.#start();
    });
    return () => this.#release();
  }

  /** Reads again: after an error, or for what has changed since. */
  again(): void {
    this.#running?.stop.abort();
    this.#start();
  }

  /** Joins the running read, or starts one. Rejects with its error, or with the signal's reason. */
  async get(signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    if (this.value !== undefined && this.#running === null) return this.value;
    this.#needs += 1;
    try {
      const running = this.#running ?? this.#start();
      await (signal === undefined ? running.done : Promise.race([running.done, aborted(signal)]));
    } finally {
      this.#release();
    }
    if (this.error !== undefined) throw this.error;
    if (this.#dropped) throw new DOMException("The connection has changed.", "AbortError");
    // The read that was awaited was stopped for a newer one.
    if (this.value === undefined) return this.get(signal);
    return this.value;
  }

  /** Waits until nothing runs any more, in whatever way that ended. */
  async settled(signal: AbortSignal): Promise<void> {
    const stop = this.need();
    try {
      while (this.#running !== null) {
        await Promise.race([this.#running.done, aborted(signal)]);
      }
    } finally {
      stop();
    }
  }

  /** Stops what runs. Changes no state: it may be called while a derived value is computed. */
  drop(): void {
    this.#dropped = true;
    this.#running?.stop.abort();
  }

  #mayStart(restarts: number, isReady: boolean): boolean {
    if (this.#running !== null || this.#dropped) return false;
    if (this.error === undefined) return this.value === undefined;
    const runsAgain = restarts > this.#atError.restarts || (isReady && !this.#atError.wasReady);
    return this.error.status === NO_ANSWER && runsAgain;
  }

  #release(): void {
    this.#needs -= 1;
    // An effect that runs again gives back its need and takes it anew in one go.
    queueMicrotask(() => {
      if (this.#needs === 0) this.#stop();
    });
  }

  /** At once: the read may be needed again before the database has confirmed its end. */
  #stop(): void {
    if (this.#running === null) return;
    this.#running.stop.abort();
    this.#running = null;
    this.loading = false;
  }

  #start(): { done: Promise<void>; stop: AbortController } {
    const stop = new AbortController();
    this.error = undefined;
    this.loading = true;
    const running = { stop, done: this.#run(stop.signal) };
    this.#running = running;
    return running;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { restarts } = sidecar;
    try {
      const value = await this.#load(signal);
      if (!signal.aborted) this.value = value;
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof OracleSidecarError)) throw error;
      // A system may tell only after the restart that the connection to the former one is gone.
      if (error.status === NO_ANSWER && sidecar.restarts > restarts && this.#needs > 0) {
        this.#start();
        return;
      }
      this.error = error;
      this.#atError = { restarts, wasReady: sidecar.status === "ready" };
    } finally {
      // A newer read may have taken this one's place meanwhile.
      if (this.#running?.stop.signal === signal) {
        this.#running = null;
        this.loading = false;
      }
    }
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const end = () => reject(signal.reason as Error);
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
  });
}
