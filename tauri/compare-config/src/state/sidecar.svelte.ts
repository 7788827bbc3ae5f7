import { OracleSidecarClient, OracleSidecarError } from "oracle-sidecar-client";
import type { Restarting, SidecarState, SidecarStatus } from "oracle-sidecar-client";

import { appHost } from "./app_host";
import { readDemo, type Demo } from "./demo";
import { remembered } from "./remembered.svelte";
import { secrets } from "./secrets.svelte";

/** Not taken from the URL: a link could then send passwords to whoever wrote it. */
const DEFAULT_URL = "http://127.0.0.1:21521";
const HEALTH_INTERVAL_MS = 3000;
/** Somebody else starts the demo's sidecar: it is there at once, or it is not. */
const FIND_TIMEOUT_MS = 5000;

/** The one sidecar of this page. */
class Sidecar {
  #client: OracleSidecarClient | undefined;
  #status = $state<SidecarStatus>("stopped");
  #state = $state.raw<SidecarState | null>(null);
  #restarting = $state.raw<Restarting | null>(null);
  #wasReady = $state(false);
  #isGone = $state(false);
  #restarts = $state(0);
  #isDemo = $state(false);

  /** There as soon as `open()` is done: no screen is shown before. */
  get client(): OracleSidecarClient {
    if (this.#client === undefined) throw new Error("the sidecar has not been opened yet");
    return this.#client;
  }

  get status(): SidecarStatus {
    return this.#status;
  }

  /** What the app does about a crash. */
  get restarting(): Restarting | null {
    return this.#restarting;
  }

  /** What it said of itself last: version, driver; and why it does not run. */
  get state(): SidecarState | null {
    return this.#state;
  }

  /** It was ready, and is not any more. */
  get isGone(): boolean {
    return this.#isGone;
  }

  /** Whether it was ready since the page was opened. */
  get wasReady(): boolean {
    return this.#wasReady;
  }

  /** Grows each time it answers again after it was gone. */
  get restarts(): number {
    return this.#restarts;
  }

  /** Whether this is the demo, whose databases and passwords came with the page. */
  get isDemo(): boolean {
    return this.#isDemo;
  }

  /** Finds it, or has the app start it. Does not wait until it is ready. */
  async open(): Promise<void> {
    const host = appHost();
    const demo = host === null ? await readDemo() : null;
    if (demo !== null) this.#takeDemo(demo);
    const client = new OracleSidecarClient({
      healthIntervalMs: HEALTH_INTERVAL_MS,
      ...(host?.sidecar ?? addressOf(demo)),
    });
    client.onStatusChange((status) => this.#follow(status));
    this.#client = client;
    void client.start();
  }

  async restart(): Promise<void> {
    await this.client.restart();
  }

  /** What it says of itself now. */
  async refresh(): Promise<void> {
    this.#state = await this.client.getStatus();
  }

  /** After a call failed: whether it is gone is then known at once. */
  noteFailure(error: unknown): void {
    if (!(error instanceof OracleSidecarError)) return;
    if (error.fullCode === "SIDECAR_UNREACHABLE") void this.client.ensureStarted();
  }

  #follow(status: SidecarStatus): void {
    this.#status = status;
    this.#restarting = this.client.restarting;
    if (status === "ready") {
      if (this.#isGone) this.#restarts += 1;
      this.#wasReady = true;
      this.#isGone = false;
    } else if (this.#wasReady && (status !== "starting" || this.#restarting !== null)) {
      this.#isGone = true;
    }
    void this.refresh();
  }

  #takeDemo(demo: Demo): void {
    this.#isDemo = true;
    for (const { connection, password } of demo.connections) {
      const before = remembered.connection(connection.id);
      const { connectString, username } = connection;
      remembered.keepConnection(before ? { ...before, connectString, username } : connection);
      secrets.set(connection.id, { password });
    }
    const [left, right] = demo.connections.map(({ connection }) => connection.id);
    if (left === undefined || right === undefined) return;
    const { setup, manySetup } = remembered;
    if (setup.sides.left.connectionId === "") {
      Object.assign(setup.sides.left, { connectionId: left, table: demo.table });
      Object.assign(setup.sides.right, { connectionId: right, table: demo.table });
    }
    if (manySetup.sides.left.connectionId === "") {
      manySetup.sides.left.connectionId = left;
      manySetup.sides.right.connectionId = right;
    }
  }
}

function addressOf(demo: Demo | null): { baseUrl: string; token?: string; startTimeoutMs: number } {
  const startTimeoutMs = FIND_TIMEOUT_MS;
  if (demo === null) return { baseUrl: DEFAULT_URL, startTimeoutMs };
  const { url, token } = demo.sidecar;
  return { baseUrl: url, startTimeoutMs, ...(token === undefined ? {} : { token }) };
}

export const sidecar = new Sidecar();
