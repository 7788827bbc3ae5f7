/** An app whose manager watches its sidecar, as the plugin does: it restarts one and tells. */

import type { Invoke, Listen } from "../../src/index.js";
import { Sidecar } from "./processes.js";

const EVENT = "oracle-sidecar://status";
const FLAGS = ["--drain-timeout", "0.2"];
const STOPPED = { code: "SIDECAR_STOPPED", message: "The sidecar was stopped." };

interface Status {
  status: "stopped" | "starting" | "ready" | "restarting" | "failed" | "stopping";
  url: string | null;
  error: { code: string; message: string } | null;
  attempt: number;
  retry_in_ms: number | null;
}

type Answer = { url: string; token: string };

export class WatchingApp {
  readonly commands: string[] = [];
  sidecar: Sidecar | undefined;
  /** A crash beyond so many is the last. */
  restartsAtMost = 5;
  /** The pause before a restart ends when the test says so. */
  pauseIsOver: Promise<unknown> = Promise.resolve();

  private readonly handlers: ((event: { payload: unknown }) => void)[] = [];
  private running: Promise<Answer> | null = null;
  private spawning: Promise<unknown> = Promise.resolve();
  private attempt = 0;

  readonly listen: Listen = async (event, handler) => {
    if (event === EVENT) this.handlers.push(handler);
    return () => undefined;
  };

  readonly invoke: Invoke = async (command) => {
    this.commands.push(command);
    if (command === "start_oracle_sidecar") return (this.running ??= this.start());
    if (command === "stop_oracle_sidecar") return this.stop();
    throw `unknown command ${command}`;
  };

  tell(told: Partial<Status> & Pick<Status, "status">): void {
    const payload = { url: null, error: null, attempt: 0, retry_in_ms: null, ...told };
    for (const handler of this.handlers) handler({ payload });
  }

  async stop(): Promise<void> {
    this.running = null;
    await this.spawning;
    const { sidecar } = this;
    this.sidecar = undefined;
    if (sidecar === undefined) return;
    this.tell({ status: "stopping" });
    await sidecar.stop();
    this.tell({ status: "stopped" });
  }

  private async start(): Promise<Answer> {
    this.attempt = 0;
    this.tell({ status: "starting" });
    return this.spawn();
  }

  private async spawn(): Promise<Answer> {
    const token = crypto.randomUUID();
    const started = Sidecar.start({ token, flags: FLAGS });
    this.spawning = started;
    const sidecar = await started;
    this.sidecar = sidecar;
    sidecar.process.once("exit", () => this.sidecar === sidecar && this.crashed());
    this.tell({ status: "ready", url: sidecar.url });
    return { url: sidecar.url, token };
  }

  private crashed(): void {
    this.sidecar = undefined;
    this.attempt += 1;
    const error = { code: "SIDECAR_CRASHED", message: "The sidecar was ended by signal 9." };
    if (this.attempt > this.restartsAtMost) {
      this.running = null;
      const message = `The sidecar keeps ending by itself. The last time: ${error.message}`;
      this.tell({ status: "failed", error: { code: "SIDECAR_KEEPS_CRASHING", message } });
      return;
    }
    const { attempt } = this;
    this.tell({ status: "restarting", error, attempt, retry_in_ms: 250 });
    const restarted = this.pauseIsOver.then(() => {
      if (this.running !== restarted) throw STOPPED;
      this.tell({ status: "restarting", error, attempt });
      return this.spawn();
    });
    // A stop ends the pause, whoever waits for the restart or nobody.
    restarted.catch(() => undefined);
    this.running = restarted;
  }
}
