/** The real sidecar and the stand-in database, each in a process of its own. */

import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import type { Connection } from "../../src/index.js";

// Compiled to tauri/client/build/tests/support.
export const ROOT = fileURLToPath(new URL("../../../../../", import.meta.url));
const PYTHON = process.env["SIDECAR_PYTHON"] ?? `${ROOT}.venv/bin/python`;

/** A program whose first line of output is its ready line. */
class Program {
  protected constructor(
    readonly process: ChildProcess,
    readonly ready: { host: string; port: number },
    private readonly logged: string[],
  ) {}

  protected static async run(
    args: string[],
    environment: NodeJS.ProcessEnv = {},
  ): Promise<[ChildProcess, { host: string; port: number }, string[]]> {
    const child = spawn(PYTHON, args, {
      cwd: ROOT,
      env: { ...cleanEnvironment(), ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    // A test that ends in another way than its own leaves nothing behind.
    const end = (): boolean => child.kill("SIGKILL");
    process.once("exit", end);
    child.once("exit", () => process.removeListener("exit", end));
    const log: string[] = [];
    createInterface(child.stderr).on("line", (line) => log.push(line));
    for await (const line of createInterface(child.stdout)) return [child, JSON.parse(line), log];
    throw new Error(`${args.join(" ")} did not start:\n${log.join("\n")}`);
  }

  get log(): string {
    return this.logged.join("\n");
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const exited = once(this.process, "exit");
    this.process.kill(signal);
    await exited;
  }

  /** As a crash would end it. */
  kill(): Promise<void> {
    return this.stop("SIGKILL");
  }
}

export class Sidecar extends Program {
  get url(): string {
    return `http://127.0.0.1:${this.ready.port}`;
  }

  /** Databases have more time to confirm that they have stopped: a machine may be busy. */
  static async start({ token, flags = [] }: { token?: string; flags?: string[] } = {}) {
    const environment = token === undefined ? {} : { ORACLE_SIDECAR_TOKEN: token };
    const port = flags.includes("--port") ? [] : ["--port", "0"];
    const args = ["-m", "tests.tools.patient_sidecar", ...port, ...flags];
    return new Sidecar(...(await Program.run(args, environment)));
  }
}

export class Database extends Program {
  static async start(flags: string[] = ["--bench"]) {
    return new Database(
      ...(await Program.run(["-m", "tests.fake_oracle", "--port", "0", ...flags])),
    );
  }

  connection(service: string, more: Partial<Connection> = {}): Connection {
    const connect_string = `${this.ready.host}:${this.ready.port}/${service}`;
    return { name: service, connect_string, username: "compare", password: "compare_pw", ...more };
  }
}

function cleanEnvironment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith("ORACLE_SIDECAR_"));
  return Object.fromEntries(own);
}
