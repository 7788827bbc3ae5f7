/** The sidecar's life as its callers see it: stopped, starting, ready, or failed. */

import { localError, OracleSidecarError } from "./errors.js";
import { isGone, look } from "./health.js";
import type { Address } from "./http.js";
import type { Manager } from "./manager.js";
import { SidecarStatus } from "./types.js";

const LOOK_AGAIN_MS = 100;

export interface LifecycleOptions {
  idleStopMs: number;
  healthIntervalMs: number;
  startTimeoutMs: number;
}

type Timer = ReturnType<typeof setTimeout>;

/**
 * Starts and stops happen one after the other, in the order in which they were asked for. None of
 * them rejects: the status, and `error`, tell how they went.
 */
export class Lifecycle {
  #status: SidecarStatus = SidecarStatus.STOPPED;
  #error: OracleSidecarError | null = null;
  /** Where it is while it is ready. */
  #address: Address | null = null;
  #listeners: { readonly tell: (status: SidecarStatus) => void }[] = [];
  #queue: Promise<unknown> = Promise.resolve();
  /** The start that is to come, for all who ask for one. */
  #starting: Promise<boolean> | null = null;
  #restarting: Promise<boolean> | null = null;
  #runningCalls = 0;
  #silences = 0;
  #idleTimer: Timer | undefined;
  #watchTimer: Timer | undefined;

  constructor(
    private readonly manager: Manager,
    private readonly transport: typeof fetch,
    private readonly options: LifecycleOptions,
  ) {}

  get status(): SidecarStatus {
    return this.#status;
  }

  /** Why the status is "error". */
  get error(): OracleSidecarError | null {
    return this.#error;
  }

  /** Where it can be looked for; null while only the manager could tell. */
  get knownAddress(): Address | null {
    return this.#address ?? this.manager.fixed;
  }

  onStatusChange(tell: (status: SidecarStatus) => void): () => void {
    const listener = { tell };
    this.#listeners = [...this.#listeners, listener];
    return () => {
      this.#listeners = this.#listeners.filter((each) => each !== listener);
    };
  }

  start(): Promise<boolean> {
    return (this.#starting ??= this.#shared(() => this.#start()));
  }

  stop(): Promise<void> {
    // Who asks for a start from now on asks for one behind this stop.
    this.#starting = this.#restarting = null;
    return this.#inTurn(() => this.#stop(SidecarStatus.STOPPED));
  }

  restart(): Promise<boolean> {
    this.#restarting ??= this.#shared(async () => {
      await this.#stop(SidecarStatus.STARTING);
      return this.#start();
    });
    return (this.#starting = this.#restarting);
  }

  /** Where calls go. Starts it where it is not ready. @throws OracleSidecarError. */
  async address(): Promise<Address> {
    if (this.#status !== SidecarStatus.READY) await this.start();
    if (this.#address !== null) return this.#address;
    throw this.#error ?? localError("SIDECAR_NOT_STARTED", "it was stopped before the call began");
  }

  beginCall(): void {
    this.#runningCalls += 1;
    clearTimeout(this.#idleTimer);
  }

  endCall(): void {
    this.#runningCalls -= 1;
    this.#waitForIdleness();
  }

  /** A call to `address` got no answer: has the sidecar gone? */
  async hasGone(address: Address): Promise<boolean> {
    const gone = await isGone(this.transport, address);
    if (gone && this.#address === address) this.#fail(unreachable());
    return gone;
  }

  // One after the other.

  #inTurn<T>(step: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(step);
    this.#queue = done;
    return done;
  }

  #shared(step: () => Promise<boolean>): Promise<boolean> {
    const outcome = this.#inTurn(step).finally(() => {
      if (this.#starting === outcome) this.#starting = null;
      if (this.#restarting === outcome) this.#restarting = null;
    });
    return outcome;
  }

  async #start(): Promise<boolean> {
    if (this.#address !== null && !(await this.hasGone(this.#address))) return true;
    this.#become(SidecarStatus.STARTING);
    try {
      const address = await this.manager.start();
      await this.#untilItAnswers(address);
      this.#address = address;
    } catch (error) {
      this.#fail(asSidecarError(error));
      return false;
    }
    this.#become(SidecarStatus.READY);
    this.#waitForIdleness();
    this.#watch();
    return true;
  }

  async #stop(status: SidecarStatus): Promise<void> {
    this.#address = null;
    clearTimeout(this.#idleTimer);
    clearTimeout(this.#watchTimer);
    // At once, although it may drain for a while: no call that it ends is to start it again.
    this.#become(status);
    try {
      await this.manager.stop();
    } catch (error) {
      this.#fail(asSidecarError(error));
    }
  }

  /** The manager's sidecar may not listen yet; one of somebody else does, or is not there. */
  async #untilItAnswers(address: Address): Promise<void> {
    const giveUpAt = performance.now() + this.options.startTimeoutMs;
    for (;;) {
      const { health } = await look(this.transport, address);
      if (health?.status === "ok") return;
      if (health !== null) throw localError("SIDECAR_START_FAILED", "its /health says: failed");
      if (this.manager.fixed !== null) throw unreachable();
      if (performance.now() > giveUpAt) {
        throw localError("SIDECAR_START_FAILED", "it was started but does not answer");
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
  }

  // What happens by itself.

  #waitForIdleness(): void {
    clearTimeout(this.#idleTimer);
    const isManaged = this.manager.fixed === null;
    const { idleStopMs } = this.options;
    if (idleStopMs <= 0 || !isManaged || this.#runningCalls > 0 || this.#address === null) return;
    this.#idleTimer = setTimeout(() => void this.stop(), idleStopMs);
    letProcessEnd(this.#idleTimer);
  }

  #watch(): void {
    clearTimeout(this.#watchTimer);
    if (this.options.healthIntervalMs <= 0) return;
    this.#watchTimer = setTimeout(() => void this.#lookAfterIt(), this.options.healthIntervalMs);
    letProcessEnd(this.#watchTimer);
  }

  /** Calls that run notice a crash themselves, and may hold all of a page's connections. */
  async #lookAfterIt(): Promise<void> {
    const address = this.knownAddress;
    if (address !== null && this.#runningCalls === 0) await this.#compareWith(address);
    const isStillOurs = this.#status === SidecarStatus.READY || this.#canComeBack;
    if (isStillOurs) this.#watch();
  }

  async #compareWith(address: Address): Promise<void> {
    const { presence } = await look(this.transport, address);
    if (this.knownAddress !== address) return;
    this.#silences = presence === "silent" ? this.#silences + 1 : 0;
    if (this.#canComeBack && presence === "there") {
      this.#address = address;
      this.#become(SidecarStatus.READY);
    } else if (this.#address !== null && (presence === "gone" || this.#silences > 1)) {
      await (presence === "gone" ? this.hasGone(address) : this.#fail(unreachable()));
    }
  }

  /** Somebody else may start theirs again; the app's would be another one, with another token. */
  get #canComeBack(): boolean {
    return this.#status === SidecarStatus.ERROR && this.manager.fixed !== null;
  }

  #fail(error: OracleSidecarError): void {
    this.#address = null;
    clearTimeout(this.#idleTimer);
    this.#become(SidecarStatus.ERROR, error);
    if (this.#canComeBack) this.#watch();
  }

  #become(status: SidecarStatus, error: OracleSidecarError | null = null): void {
    this.#error = error;
    if (this.#status === status) return;
    this.#status = status;
    for (const { tell } of this.#listeners) {
      try {
        tell(status);
      } catch (failure) {
        // One that fails is no reason for the others not to hear.
        console.error("a listener of the sidecar's status failed:", failure);
      }
    }
  }
}

export function unreachable(cause?: unknown): OracleSidecarError {
  const words = cause instanceof Error ? cause.message : "nothing answers at its address";
  return localError("SIDECAR_UNREACHABLE", words, { cause });
}

/** Managers fail with these alone: another one is a defect, and goes on. */
function asSidecarError(error: unknown): OracleSidecarError {
  if (error instanceof OracleSidecarError) return error;
  throw error;
}

/** In Node a timer keeps the process alive, in a page it is a number. */
function letProcessEnd(timer: Timer): void {
  if (typeof timer === "object" && "unref" in timer) (timer as { unref(): void }).unref();
}
