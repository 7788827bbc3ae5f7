/** The processes behind the page: a stand-in database, a sidecar, and a server of the page's files. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const VENV = ["bin/python", "Scripts/python.exe"].map((name) => `${ROOT}.venv/${name}`);
const PYTHON = process.env["SIDECAR_PYTHON"] ?? VENV.find((path) => existsSync(path)) ?? "python3";

const SIDECAR = ["sidecar.py"];
/** Databases have more than a second to confirm that they have stopped: a machine may be busy. */
export const PATIENT_SIDECAR = ["-m", "tests.tools.patient_sidecar"];

/** A child that says on its first line of output where it listens. */
export class Started {
  private constructor(
    private readonly child: ChildProcess,
    readonly port: number,
  ) {}

  /** @throws Error where it ends before it is ready. */
  static start(...args: string[]): Promise<Started> {
    return Started.startWith({}, ...args);
  }

  static async startWith(environment: NodeJS.ProcessEnv, ...args: string[]): Promise<Started> {
    const child = spawn(PYTHON, args, {
      cwd: ROOT,
      env: { ...process.env, ...environment },
      stdio: ["ignore", "pipe", process.env["E2E_LOG"] === undefined ? "ignore" : "inherit"],
    });
    for await (const line of createInterface({ input: child.stdout! })) {
      return new Started(child, Number(JSON.parse(line).port));
    }
    throw new Error(`${args.join(" ")} ended before it was ready`);
  }

  /** Resolves when it has ended, by itself or not. */
  async ended(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    await once(this.child, "exit");
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** Ends it, in order or at once, and waits until it is gone. */
  async end(name: NodeJS.Signals = "SIGTERM"): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, "exit");
    this.child.kill(name);
    await gone;
  }
}

/** All that one file of tests needs. Each part can be ended, and started again where it was. */
export class World {
  private constructor(
    public database: Started,
    public sidecar: Started,
    private readonly pages: Started,
    private readonly flags: string[],
  ) {}

  static async start(options: { database?: string[]; sidecar?: string[] } = {}): Promise<World> {
    const folder = fileURLToPath(new URL("../dist", import.meta.url));
    const [pages, database] = await Promise.all([
      Started.start("-m", "tests.tools.page_server", folder, "--port", "0"),
      Started.start("-m", "tests.fake_oracle", "--port", "0", ...(options.database ?? [])),
    ]);
    const flags = ["--allow-origin", originOf(pages), ...(options.sidecar ?? [])];
    const sidecar = await Started.start(...SIDECAR, "--port", "0", ...flags);
    return new World(database, sidecar, pages, flags);
  }

  get url(): string {
    return `${originOf(this.pages)}/`;
  }

  get sidecarUrl(): string {
    return `http://127.0.0.1:${this.sidecar.port}`;
  }

  service(name: string): string {
    return `127.0.0.1:${this.database.port}/${name}`;
  }

  /** Where it was, when it has ended. */
  async startSidecarAgain(program: readonly string[] = SIDECAR): Promise<void> {
    const port = String(this.sidecar.port);
    this.sidecar = await Started.start(...program, "--port", port, ...this.flags);
  }

  async startDatabaseAgain(): Promise<void> {
    const port = String(this.database.port);
    this.database = await Started.start("-m", "tests.fake_oracle", "--port", port);
  }

  async end(): Promise<void> {
    // A database that was stopped would not hear the end.
    this.database.signal("SIGCONT");
    await Promise.all([this.sidecar, this.database, this.pages].map((part) => part.end()));
  }
}

function originOf(pages: Started): string {
  return `http://localhost:${pages.port}`;
}
