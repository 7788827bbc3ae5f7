/** The sidecar's life as its callers see it: stopped, starting, ready, or failed. */

import { localError, OracleSidecarError } from "./errors.js";
import { isGone, look } from "./health.js";
import type { Address } from "./http.js";
import type { Manager, ManagerStatus } from "./manager.js";
import { SidecarStatus } from "./types.js";
import type { Restarting } from "./types.js";

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
  #startingAnew: Promise<boolean> | null = null;
  /** Somebody has asked for it, and nobody for its end since. */
  #isWanted = false;
  /** What the manager does about a crash. */
  #restarting: Restarting | null = null;
  /** How often it was lost, as the manager has told. */
  #losses = 0;
  /** The manager has given it up, and says why. It would begin afresh for whoever asks next. */
  #givenUp: OracleSidecarError | null = null;
  #runningCalls = 0;
  #silences = 0;
  #idleTimer: Timer | undefined;
  #watchTimer: Timer | undefined;

  constructor(
    private readonly manager: Manager,
    private readonly transport: typeof fetch,
    private readonly options: LifecycleOptions,
  ) {
    manager.follow?.((told) => this.#hear(told));
  }

  get status(): SidecarStatus {
    return this.#status;
  }

  get restarting(): Restarting | null {
    return this.#restarting;
  }

  /** Why the status is "error", or why it is being restarted. */
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
    this.#isWanted = true;
    return (this.#starting ??= this.#shared(() => this.#start()));
  }

  /** As start(), but a manager that has given up is let alone: each call would reset its count. */
  ensureStarted(): Promise<boolean> {
    const isGivenUp = this.#givenUp !== null && this.#starting === null;
    return isGivenUp ? Promise.resolve(false) : this.start();
  }

  stop(): Promise<void> {
    // Who asks for a start from now on asks for one behind this stop.
    this.#starting = this.#startingAnew = null;
    this.#isWanted = false;
    this.#givenUp = null;
    return this.#inTurn(() => this.#stop(SidecarStatus.STOPPED));
  }

  restart(): Promise<boolean> {
    this.#isWanted = true;
    this.#startingAnew ??= this.#shared(async () => {
      await this.#stop(SidecarStatus.STARTING);
      return this.#start();
    });
    return (this.#starting = this.#startingAnew);
  }

  /** Where calls go. As ensureStarted() where it is not ready. @throws OracleSidecarError. */
  async address(): Promise<Address> {
    if (this.#status !== SidecarStatus.READY) await this.ensureStarted();
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
      if (this.#startingAnew === outcome) this.#startingAnew = null;
    });
    return outcome;
  }

  async #start(): Promise<boolean> {
    const before = this.#address;
    const isThere = before !== null && !(await this.hasGone(before));
    if (isThere && this.#address === before) return true;
    if (this.#restarting === null) this.#become(SidecarStatus.STARTING);
    try {
      this.#address = await this.#startedAddress();
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

  /** The manager may lose and restart one that it has just started: it is asked for the next. */
  async #startedAddress(): Promise<Address> {
    for (;;) {
      this.#givenUp = null;
      const address = await this.manager.start();
      if (await this.#answers(address)) return address;
      if (this.#givenUp !== null) throw this.#givenUp;
    }
  }

  /**
   * The manager's sidecar may not listen yet; one of somebody else does, or is not there. False
   * where the manager says that it is gone.
   */
  async #answers(address: Address): Promise<boolean> {
    const giveUpAt = performance.now() + this.options.startTimeoutMs;
    const losses = this.#losses;
    for (;;) {
      const { health } = await look(this.transport, address);
      if (this.#losses !== losses) return false;
      if (health?.status === "ok") return true;
      if (health !== null) throw localError("SIDECAR_START_FAILED", "its /health says: failed");
      if (this.manager.fixed !== null) throw unreachable();
      if (performance.now() > giveUpAt) {
        throw localError("SIDECAR_START_FAILED", "it was started but does not answer");
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
  }

  // What happens by itself.

  #hear(told: ManagerStatus): void {
    if (!this.#isWanted) return;
    if (told.status !== "failed") this.#givenUp = null;
    switch (told.status) {
      case "restarting":
        this.#lose();
        this.#become(SidecarStatus.STARTING, told.error, told.restarting);
        break;
      case "ready":
        // One that is under way is shared; the manager answers with the one that runs.
        if (this.#address?.url !== told.url) void this.start();
        break;
      case "failed":
        this.#lose();
        this.#givenUp = told.error ?? unreachable();
        // Who waits for a start hears it from there.
        if (this.#starting === null) this.#fail(this.#givenUp);
        break;
      case "stopping":
      case "stopped":
        // By another window, or this client's own restart: then it is old news.
        void this.#inTurn(() => this.#noteStop());
    }
  }

  #lose(): void {
    this.#losses += 1;
    this.#address = null;
    clearTimeout(this.#idleTimer);
  }

  async #noteStop(): Promise<void> {
    const address = this.#address;
    if (address !== null && !(await isGone(this.transport, address))) return;
    // In the pause before a restart it has no address, and the stop is the end of that.
    if (this.#address !== address || (address === null && this.#restarting === null)) return;
    this.#address = null;
    clearTimeout(this.#idleTimer);
    this.#become(SidecarStatus.STOPPED);
  }

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

  #become(
    status: SidecarStatus,
    error: OracleSidecarError | null = null,
    restarting: Restarting | null = null,
  ): void {
    const isNews = this.#status !== status || this.#restarting !== restarting;
    this.#error = error;
    this.#restarting = restarting;
    if (!isNews) return;
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
