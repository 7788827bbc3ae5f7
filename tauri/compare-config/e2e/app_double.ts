/**
 * The app around the page, as far as the page can tell: its commands, its events, its policy. The
 * sidecar behind it is a real one. The window itself is driven by the tests in tests/app.
 */

import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";

import type { Page } from "playwright-core";

import { Started } from "./processes";

const CONFIGURATION = fileURLToPath(new URL("../../src-tauri/tauri.conf.json", import.meta.url));
const PAGES = fileURLToPath(new URL("../dist/", import.meta.url));
const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
};
const PLUGIN = "plugin:oracle-sidecar|";
const STATUS_EVENT = "oracle-sidecar://status";
/** Tauri gives the page's own style elements one, and its policy too. */
const NONCE = "nonce-of-the-app";

export interface Failure {
  code: string;
  message: string;
}

export const LOCKED: Failure = {
  code: "KEYCHAIN_LOCKED",
  message: "The keyring is locked, and the password that unlocks it was not given.",
};

interface Call {
  command: string;
  /** JSON, as it goes to the app. */
  args: string;
  bytes: number[] | null;
  headers: Record<string, string>;
}

type Answer = { value: unknown } | { failure: unknown };

interface Item {
  username: string;
  password: string;
  wallet_password: string | null;
}

/** What lives as long as the app does, over every reload of its page. */
export class AppDouble {
  /** The app's file; null: there is none yet. */
  kept: string | null = null;
  keptFailure: Failure | null = null;
  readonly keychain = new Map<string, Item>();
  keychainFailure: Failure | null = null;
  /** A keychain that asks its user first. */
  keychainWaits: Promise<void> = Promise.resolve();
  /** Where the user saves a file; null: cancels. */
  savesTo: string | null = null;
  savingFailure: Failure | null = null;
  readonly saved: { name: string; text: string }[] = [];
  oracleClient: { path: string; version: string | null } | null = null;
  /** Crashes beyond so many are the last. */
  restartsAtMost = 5;
  pauseIsOver: Promise<void> = Promise.resolve();
  /** What the page has asked for, and of which connection. */
  readonly asked: { command: string; connectionId?: string }[] = [];

  sidecar: Started | null = null;
  #running: Promise<{ url: string; token: string }> | null = null;
  #attempt = 0;
  #page: Page | null = null;
  #listeners: number[] = [];

  private constructor(private readonly pages: Server) {}

  static async start(): Promise<AppDouble> {
    const pages = createServer(({ url }, response) => {
      const path = url === "/" ? "/index.html" : (url ?? "");
      const content = readFileSync(PAGES + path.slice(1));
      response.setHeader("Content-Type", TYPES[extname(path)] ?? "");
      response.setHeader("Content-Security-Policy", policy());
      const nonced = `<style nonce="${NONCE}">`;
      response.end(
        extname(path) === ".html" ? String(content).replace("<style>", nonced) : content,
      );
    });
    await new Promise<void>((listening) => pages.listen(0, "127.0.0.1", listening));
    return new AppDouble(pages);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.pages.address() as AddressInfo).port}`;
  }

  /** Before the page is opened. */
  async surround(page: Page): Promise<void> {
    this.#page = page;
    await page.exposeFunction("askApp", (call: Call) => this.#answer(call));
    // Callbacks of the page before a reload are gone with it.
    await page.exposeFunction("newPage", () => void (this.#listeners = []));
    await page.addInitScript(installInternals);
  }

  count(command: string): number {
    return this.asked.filter((call) => call.command.endsWith(command)).length;
  }

  async end(): Promise<void> {
    this.pages.closeAllConnections();
    this.pages.close();
    await this.#endSidecar();
  }

  async #answer(call: Call): Promise<Answer> {
    const args = JSON.parse(call.args) as Record<string, unknown>;
    const connectionId = args["connectionId"];
    const command = call.command.replace(PLUGIN, "");
    this.asked.push(
      typeof connectionId === "string"
        ? { command: call.command, connectionId }
        : { command: call.command },
    );
    try {
      if (command.endsWith("_oracle_credentials")) {
        await this.keychainWaits;
        if (this.keychainFailure !== null) throw this.keychainFailure;
      }
      return { value: (await this.#do(command, args, call)) ?? null };
    } catch (failure) {
      return { failure };
    }
  }

  async #do(command: string, args: Record<string, unknown>, call: Call): Promise<unknown> {
    const id = String(args["connectionId"]);
    switch (command) {
      case "plugin:event|listen":
        if (args["event"] === STATUS_EVENT) this.#listeners.push(Number(args["handler"]));
        return this.#listeners.length;
      case "start_oracle_sidecar":
        return (this.#running ??= this.#start());
      case "stop_oracle_sidecar":
        return this.#stop();
      case "read_kept":
        if (this.keptFailure !== null) throw this.keptFailure;
        return this.kept;
      case "write_kept":
        if (this.keptFailure !== null) throw this.keptFailure;
        this.kept = String(args["text"]);
        return null;
      case "get_oracle_credentials":
        return this.keychain.get(id);
      case "has_oracle_credentials":
        return this.keychain.has(id);
      case "set_oracle_credentials":
        this.keychain.set(id, args["credentials"] as Item);
        return null;
      case "delete_oracle_credentials":
        return this.keychain.delete(id);
      case "save_file":
        return this.#save(call);
      case "find_oracle_client":
        return this.oracleClient;
      default:
        throw `Command ${call.command} not found`;
    }
  }

  #save({ bytes, headers }: Call): string | null {
    if (this.savingFailure !== null) throw this.savingFailure;
    if (bytes === null) throw { code: "FILE_NOT_SAVED", message: "There are no bytes to save." };
    if (this.savesTo === null) return null;
    const name = decodeURIComponent(headers["file-name"] ?? "");
    const text = new TextDecoder().decode(Uint8Array.from(bytes));
    this.saved.push({ name, text });
    return `${this.savesTo}/${name}`;
  }

  // The manager of the sidecar, as the plugin is one.

  async #start(): Promise<{ url: string; token: string }> {
    this.#attempt = 0;
    await this.#tell({ status: "starting" });
    return this.#spawn();
  }

  async #spawn(): Promise<{ url: string; token: string }> {
    const token = crypto.randomUUID();
    const sidecar = await Started.startWith(
      { ORACLE_SIDECAR_TOKEN: token },
      ...["sidecar.py", "--port", "0", "--allow-origin", this.url],
    );
    this.sidecar = sidecar;
    void sidecar.ended().then(() => this.sidecar === sidecar && this.#crashed());
    const url = `http://127.0.0.1:${sidecar.port}`;
    await this.#tell({ status: "ready", url });
    return { url, token };
  }

  async #stop(): Promise<null> {
    this.#running = null;
    await this.#tell({ status: "stopping" });
    await this.#endSidecar();
    await this.#tell({ status: "stopped" });
    return null;
  }

  async #endSidecar(): Promise<void> {
    const { sidecar } = this;
    this.sidecar = null;
    await sidecar?.end();
  }

  #crashed(): void {
    this.sidecar = null;
    this.#attempt += 1;
    const attempt = this.#attempt;
    const error = { code: "SIDECAR_CRASHED", message: "The sidecar was ended by signal 9." };
    if (attempt > this.restartsAtMost) {
      this.#running = null;
      const message = `The sidecar keeps ending by itself. The last time: ${error.message}`;
      void this.#tell({ status: "failed", error: { code: "SIDECAR_KEEPS_CRASHING", message } });
      return;
    }
    void this.#tell({ status: "restarting", error, attempt, retry_in_ms: 250 });
    this.#running = this.pauseIsOver.then(async () => {
      await this.#tell({ status: "restarting", error, attempt });
      return this.#spawn();
    });
  }

  async #tell(told: { status: string; [key: string]: unknown }): Promise<void> {
    const payload = { url: null, error: null, attempt: 0, retry_in_ms: null, ...told };
    await this.#page?.evaluate(
      ({ listeners, event }) => {
        const internals = (globalThis as unknown as { __TAURI_INTERNALS__: Internals })
          .__TAURI_INTERNALS__;
        for (const id of listeners) internals.runCallback(id, { ...event, id });
      },
      { listeners: this.#listeners, event: { event: STATUS_EVENT, payload } },
    );
  }
}

interface Internals {
  runCallback(id: number, data: unknown): void;
}

function policy(): string {
  const { app } = JSON.parse(readFileSync(CONFIGURATION, "utf8")) as {
    app: { security: { csp: Record<string, string> } };
  };
  return Object.entries(app.security.csp)
    .map(([name, sources]) => {
      const own = ["script-src", "style-src"].includes(name) ? ` 'nonce-${NONCE}'` : "";
      return `${name} ${sources}${own}`;
    })
    .join("; ");
}

/** Runs in the page, before its scripts. In the shape that `@tauri-apps/api` 2 calls. */
function installInternals(): void {
  type Callback = (data: unknown) => void;
  const callbacks = new Map<number, Callback>();
  const { askApp, newPage } = globalThis as unknown as {
    askApp: (call: unknown) => Promise<Answer>;
    newPage: () => void;
  };
  newPage();
  let last = 0;
  const internals = {
    transformCallback(callback: Callback): number {
      const id = (last += 1);
      callbacks.set(id, callback);
      return id;
    },
    unregisterCallback: (id: number) => callbacks.delete(id),
    runCallback: (id: number, data: unknown) => callbacks.get(id)?.(data),
    async invoke(
      command: string,
      args: unknown = {},
      options?: { headers?: Record<string, string> },
    ): Promise<unknown> {
      const isRaw = args instanceof Uint8Array;
      const answer = await askApp({
        command,
        args: isRaw ? "{}" : JSON.stringify(args),
        bytes: isRaw ? [...args] : null,
        headers: options?.headers ?? {},
      });
      if ("failure" in answer) throw answer.failure;
      return answer.value;
    },
  };
  Object.assign(globalThis, { __TAURI_INTERNALS__: internals });
  // As `freezePrototype` does.
  Object.freeze(Object.prototype);
}
