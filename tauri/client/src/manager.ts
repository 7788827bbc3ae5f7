/** Who runs the sidecar: the app's manager, or somebody else. */

import { localError } from "./errors.js";
import type { Address } from "./http.js";
import type { ClientOptions, Invoke } from "./types.js";

export const DEFAULT_URL = "http://127.0.0.1:21521";

export interface Manager {
  /** Where it is whether it runs or not; null: only start() knows. */
  readonly fixed: Address | null;
  /** @throws OracleSidecarError SIDECAR_START_FAILED. */
  start(): Promise<Address>;
  /** @throws OracleSidecarError SIDECAR_STOP_FAILED. */
  stop(): Promise<void>;
}

/** A sidecar at `baseUrl`, the manager of Tauri's app, else a sidecar at the default port. */
export function findManager(options: ClientOptions): Manager {
  const { baseUrl, token, commandPrefix = "" } = options;
  if (baseUrl !== undefined) return someoneElse(toAddress(baseUrl, token));
  const invoke = options.invoke ?? tauriInvoke();
  return invoke === null ? someoneElse(toAddress(DEFAULT_URL, token)) : app(invoke, commandPrefix);
}

function someoneElse(address: Address): Manager {
  return { fixed: address, start: async () => address, stop: async () => undefined };
}

function app(invoke: Invoke, prefix: string): Manager {
  return {
    fixed: null,
    start: async () => {
      try {
        return readAnswer(await invoke(`${prefix}start_oracle_sidecar`));
      } catch (cause) {
        throw localError("SIDECAR_START_FAILED", words(cause), { cause });
      }
    },
    stop: async () => {
      try {
        await invoke(`${prefix}stop_oracle_sidecar`);
      } catch (cause) {
        throw localError("SIDECAR_STOP_FAILED", words(cause), { cause });
      }
    },
  };
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

/** A Rust command fails with whatever its error was serialized to, often a string. */
function words(error: unknown): string {
  if (typeof error === "string") return error;
  if (typeof error === "object" && error !== null && "message" in error) {
    return String(error.message);
  }
  return "the app's manager did not say why";
}

interface TauriGlobals {
  __TAURI__?: { core?: { invoke?: Invoke } };
  __TAURI_INTERNALS__?: { invoke?: Invoke };
}

/** `__TAURI__` is there with `withGlobalTauri`, the other one in every page of Tauri 2. */
function tauriInvoke(): Invoke | null {
  const { __TAURI__, __TAURI_INTERNALS__ } = globalThis as TauriGlobals;
  return __TAURI__?.core?.invoke ?? __TAURI_INTERNALS__?.invoke ?? null;
}
