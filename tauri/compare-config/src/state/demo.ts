/** What the demo's server says beside the page: where its sidecar is, and which databases. */

import { looksLikeProduction } from "../model/connecting/connections";
import type { SavedConnection } from "../model/types";

export interface Demo {
  sidecar: { url: string; token: string | undefined };
  connections: { connection: SavedConnection; password: string }[];
  /** The table that stands in the setup when the page is opened for the first time. */
  table: string;
}

const TABLE = "APP_CONFIG";
const LOOPBACK = ["127.0.0.1", "localhost", "[::1]"];

/**
 * Null where this page is no demo: there is then no such file.
 *
 * @throws TypeError where there is one that describes no demo.
 */
export async function readDemo(): Promise<Demo | null> {
  const text = await fetchText("./demo.json");
  return text === null ? null : demoOf(parsed(text));
}

async function fetchText(url: string): Promise<string | null> {
  try {
    const response = await fetch(url, { cache: "no-store" });
    const isJson = response.headers.get("content-type")?.includes("json") === true;
    // Some servers answer with the page itself where a file is missing.
    return response.ok && isJson ? await response.text() : null;
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw new TypeError("demo.json is not JSON");
    throw error;
  }
}

export function demoOf(value: unknown): Demo {
  const { sidecar, connections } = objectOf(value);
  const { url, token } = objectOf(sidecar);
  if (!Array.isArray(connections)) throw new TypeError("connections must be a list");
  return {
    sidecar: {
      url: loopback(textOf(url)),
      token: token === undefined || token === null ? undefined : textOf(token),
    },
    connections: connections.map(connectionOf),
    table: TABLE,
  };
}

function connectionOf(value: unknown): Demo["connections"][number] {
  const data = objectOf(value);
  const name = textOf(data["name"]);
  const group = textOf(data["group"]);
  const connectString = textOf(data["connect_string"]);
  const isProduction = looksLikeProduction({ name, group, connectString }) !== null;
  const connection: SavedConnection = {
    id: `demo-${name}`,
    name,
    group,
    isProduction,
    connectString,
    username: textOf(data["username"]),
    configDir: "",
    walletLocation: "",
    mode: "",
  };
  return { connection, password: textOf(data["password"]) };
}

/** Passwords go there: it must be this machine. */
function loopback(text: string): string {
  const url = new URL(text);
  if (url.protocol !== "http:" || !LOOPBACK.includes(url.hostname)) {
    throw new TypeError("the sidecar must be on this machine");
  }
  return url.origin;
}

function objectOf(value: unknown): Record<string, unknown> {
  if (typeof value !== "object" || value === null) throw new TypeError("an object is missing");
  return value as Record<string, unknown>;
}

function textOf(value: unknown): string {
  if (typeof value !== "string") throw new TypeError("a text is missing");
  return value;
}
