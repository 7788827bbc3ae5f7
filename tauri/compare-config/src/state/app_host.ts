/** The app around the page, where there is one. No other module knows Tauri. */

import { invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import type { ClientOptions } from "oracle-sidecar-client";

/** Of the plugin that runs the sidecar and reaches the keychain. */
const PLUGIN = "plugin:oracle-sidecar|";

/** One connection's item in the keychain. */
export interface Credentials {
  username: string;
  password: string;
  wallet_password: string | null;
}

export interface OracleClient {
  path: string;
  version: string | null;
}

/** What the app refused, in its own sentence. */
export class HostError extends Error {
  override readonly name = "HostError";

  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** What the app does for the page. Each call rejects with a HostError. */
export interface AppHost {
  /** How the client reaches the app's sidecar. */
  readonly sidecar: Required<Pick<ClientOptions, "invoke" | "listen" | "commandPrefix">>;
  /** What the page remembers, as it was written last; null: nothing was. */
  readKept(): Promise<string | null>;
  writeKept(text: string): Promise<void>;
  /** Asks where to, and gives the path; null: the user has cancelled. */
  saveFile(name: string, bytes: Uint8Array): Promise<string | null>;
  readonly credentials: {
    get(connectionId: string): Promise<Credentials | null>;
    set(connectionId: string, credentials: Credentials): Promise<void>;
    /** Whether it was there. */
    delete(connectionId: string): Promise<boolean>;
    has(connectionId: string): Promise<boolean>;
  };
  /** An Oracle client that is installed on this machine. */
  findOracleClient(): Promise<OracleClient | null>;
}

/** null in a browser. */
export function appHost(): AppHost | null {
  return "__TAURI_INTERNALS__" in globalThis ? TAURI : null;
}

const TAURI: AppHost = {
  sidecar: { invoke, listen, commandPrefix: PLUGIN },
  readKept: () => ask("read_kept"),
  writeKept: (text) => ask("write_kept", { text }),
  saveFile: (name, bytes) =>
    ask("save_file", bytes, { headers: { "file-name": encodeURIComponent(name) } }),
  credentials: {
    get: (connectionId) => ask(`${PLUGIN}get_oracle_credentials`, { connectionId }),
    set: (connectionId, credentials) =>
      ask(`${PLUGIN}set_oracle_credentials`, { connectionId, credentials }),
    delete: (connectionId) => ask(`${PLUGIN}delete_oracle_credentials`, { connectionId }),
    has: (connectionId) => ask(`${PLUGIN}has_oracle_credentials`, { connectionId }),
  },
  findOracleClient: () => ask(`${PLUGIN}find_oracle_client`),
};

async function ask<T>(...call: Parameters<typeof invoke>): Promise<T> {
  try {
    return await invoke<T>(...call);
  } catch (error) {
    throw toHostError(error);
  }
}

/** Commands fail with `{code, message}`; Tauri itself, which may not know one, with a text. */
function toHostError(error: unknown): HostError {
  if (typeof error === "object" && error !== null && "message" in error) {
    const code = "code" in error ? String(error.code) : "";
    return new HostError(code, String(error.message));
  }
  return new HostError("", typeof error === "string" ? error : "The app did not say why.");
}
