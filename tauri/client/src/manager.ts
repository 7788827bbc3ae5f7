/** Who runs the sidecar: the app's manager, or somebody else. */

import { localError, managerError } from "./errors.js";
import type { LocalCode, OracleSidecarError } from "./errors.js";
import type { Address } from "./http.js";
import type { ClientOptions, Invoke, Listen, Restarting } from "./types.js";

export const DEFAULT_URL = "http://127.0.0.1:21521";
const STATUS_EVENT = "oracle-sidecar://status";

/** What the app's manager tells of its sidecar, whoever asked for it. */
export type ManagerStatus =
  | { status: "ready"; url: string }
  | { status: "restarting"; restarting: Restarting; error: OracleSidecarError | null }
  | { status: "failed"; error: OracleSidecarError | null }
  | { status: "starting" | "stopping" | "stopped" };

export interface Manager {
  /** Where it is whether it runs or not; null: only start() knows. */
  readonly fixed: Address | null;
  /** @throws OracleSidecarError SIDECAR_START_FAILED, or the manager's own code. */
  start(): Promise<Address>;
  /** @throws OracleSidecarError SIDECAR_STOP_FAILED, or the manager's own code. */
  stop(): Promise<void>;
  /** `hear` is told of each change. Absent where nobody would tell. */
  follow?(hear: (told: ManagerStatus) => void): void;
}

/** A sidecar at `baseUrl`, the manager of Tauri's app, else a sidecar at the default port. */
export function findManager(options: ClientOptions): Manager {
  const { baseUrl, token, commandPrefix = "" } = options;
  if (baseUrl !== undefined) return someoneElse(toAddress(baseUrl, token));
  const invoke = options.invoke ?? tauriInvoke();
  if (invoke === null) return someoneElse(toAddress(DEFAULT_URL, token));
  const listen = options.listen ?? tauri().__TAURI__?.event?.listen ?? null;
  return app(invoke, listen, commandPrefix);
}

function someoneElse(address: Address): Manager {
  return { fixed: address, start: async () => address, stop: async () => undefined };
}

function app(invoke: Invoke, listen: Listen | null, prefix: string): Manager {
  return {
    fixed: null,
    start: async () => {
      try {
        return readAnswer(await invoke(`${prefix}start_oracle_sidecar`));
      } catch (cause) {
        throw failure("SIDECAR_START_FAILED", cause);
      }
    },
    stop: async () => {
      try {
        await invoke(`${prefix}stop_oracle_sidecar`);
      } catch (cause) {
        throw failure("SIDECAR_STOP_FAILED", cause);
      }
    },
    ...(listen === null ? {} : { follow: (hear) => follow(listen, hear) }),
  };
}

function follow(listen: Listen, hear: (told: ManagerStatus) => void): void {
  const listening = listen(STATUS_EVENT, ({ payload }) => {
    const told = readStatus(payload);
    if (told !== null) hear(told);
  });
  // A page that may not listen looks after the sidecar as if its manager told nothing.
  listening.catch(() => undefined);
}

/** null for what is not known. */
function readStatus(payload: unknown): ManagerStatus | null {
  if (typeof payload !== "object" || payload === null) return null;
  const { status, url, error, attempt, retry_in_ms } = payload as { [key: string]: unknown };
  const reason = error === null || error === undefined ? null : told(error);
  switch (status) {
    case "ready":
      return typeof url === "string" ? { status, url: toAddress(url).url } : null;
    case "restarting": {
      const retryInMs = typeof retry_in_ms === "number" ? retry_in_ms : null;
      const restarting = { attempt: typeof attempt === "number" ? attempt : 1, retryInMs };
      return { status, restarting, error: reason };
    }
    case "failed":
      return { status, error: reason };
    case "starting":
    case "stopping":
    case "stopped":
      return { status };
    default:
      return null;
  }
}

/** A manager that answers no `{url, token}` is an older one: its sidecar has no token. */
function readAnswer(answer: unknown): Address {
  if (typeof answer !== "object" || answer === null || !("url" in answer)) {
    return toAddress(DEFAULT_URL);
  }
  if (typeof answer.url !== "string") throw new TypeError("the manager's url is not a string");
  const token = "token" in answer ? answer.token : null;
  return toAddress(answer.url, typeof token === "string" ? token : undefined);
}

function toAddress(url: string, token?: string): Address {
  return { url: url.replace(/\/+$/, ""), token: token ?? null };
}

function failure(localCode: LocalCode, cause: unknown): OracleSidecarError {
  return told(cause) ?? localError(localCode, words(cause), { cause });
}

/** Of `{code, message}`, as the plugin fails. */
function told(error: unknown): OracleSidecarError | null {
  if (typeof error !== "object" || error === null) return null;
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (typeof code !== "string" || typeof message !== "string") return null;
  return managerError(code, message, error);
}

/** Other Rust commands fail with whatever their error was serialized to, often a string. */
function words(error: unknown): string {
  if (typeof error === "string") return error;
  if (typeof error === "object" && error !== null && "message" in error) {
    return String(error.message);
  }
  return "the app's manager did not say why";
}

interface TauriGlobals {
  __TAURI__?: { core?: { invoke?: Invoke }; event?: { listen?: Listen } };
  __TAURI_INTERNALS__?: { invoke?: Invoke };
}

function tauri(): TauriGlobals {
  return globalThis as TauriGlobals;
}

/** `__TAURI__` is there with `withGlobalTauri`, the other one in every page of Tauri 2. */
function tauriInvoke(): Invoke | null {
  const { __TAURI__, __TAURI_INTERNALS__ } = tauri();
  return __TAURI__?.core?.invoke ?? __TAURI_INTERNALS__?.invoke ?? null;
}
