/** Is a sidecar there? */

import { localError } from "./errors.js";
import { lost, parseJson } from "./http.js";
import type { Address } from "./http.js";
import type { Health } from "./types.js";

// It answers in milliseconds, whatever the databases do.
const PATIENCE_MS = 2000;
const SECOND_LOOK_MS = 200;

/**
 * "gone": nothing answers at its address, or something else does. "silent": no answer in time; a
 * page's connections may also all be in use.
 */
export type Presence = "there" | "silent" | "gone";

/**
 * What /health says, a sidecar that says "failed" included. No token goes with it.
 *
 * @throws ConnectionError, OracleSidecarError BAD_ANSWER, what `signal` was aborted with.
 */
export async function askHealth(
  transport: typeof fetch,
  address: Address,
  signal: AbortSignal,
): Promise<Health> {
  const response = await lost(transport(`${address.url}/health`, { signal }));
  const told = parseJson(await lost(response.text()));
  if (!isHealth(told)) throw localError("BAD_ANSWER", "what answers says nothing of its health");
  return told;
}

function isHealth(told: unknown): told is Health {
  return typeof told === "object" && told !== null && "status" in told && "active_pools" in told;
}

/** One look. */
export async function look(
  transport: typeof fetch,
  address: Address,
): Promise<{ presence: Presence; health: Health | null }> {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), PATIENCE_MS);
  try {
    return { presence: "there", health: await askHealth(transport, address, patience.signal) };
  } catch {
    // Whatever it was, nothing that is a sidecar has answered.
    return { presence: patience.signal.aborted ? "silent" : "gone", health: null };
  } finally {
    clearTimeout(timer);
  }
}

/** Looks again before it says that a sidecar is gone: one connection may fail for itself. */
export async function isGone(transport: typeof fetch, address: Address): Promise<boolean> {
  if ((await look(transport, address)).presence !== "gone") return false;
  await new Promise((resolve) => setTimeout(resolve, SECOND_LOOK_MS));
  return (await look(transport, address)).presence === "gone";
}
