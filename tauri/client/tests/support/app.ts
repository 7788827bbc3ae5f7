/** An app's manager, as Tauri's commands would be: it runs real sidecars. */

import type { Invoke } from "../../src/index.js";
import { Sidecar } from "./processes.js";

export class App {
  readonly commands: string[] = [];
  sidecar: Sidecar | undefined;
  private starts = 0;

  readonly invoke: Invoke = async (command) => {
    this.commands.push(command);
    if (command.endsWith("start_oracle_sidecar")) return this.start();
    if (command.endsWith("stop_oracle_sidecar")) return this.sidecar?.stop();
    throw `unknown command ${command}`;
  };

  /** Of the sidecar that runs now. */
  get token(): string {
    return `secret-${this.starts}`;
  }

  private async start(): Promise<{ url: string; token: string }> {
    this.starts += 1;
    // A stop in the middle of a query is not to be waited for.
    const flags = ["--drain-timeout", "0.2"];
    this.sidecar = await Sidecar.start({ token: this.token, flags });
    return { url: this.sidecar.url, token: this.token };
  }

  async stop(): Promise<void> {
    await this.sidecar?.stop();
  }
}
