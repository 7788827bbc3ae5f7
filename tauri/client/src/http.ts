/** Requests to a sidecar: JSON goes, an answer or an OracleSidecarError comes. */

import { localError, OracleSidecarError, readDetail } from "./errors.js";
import type { ErrorContext } from "./errors.js";
import { exactText } from "./values.js";

/** Where a sidecar listens, and the token that it wants. */
export interface Address {
  readonly url: string;
  readonly token: string | null;
}

export interface Ask {
  path: string;
  /** Sent as JSON; absent: the request is a GET. */
  body?: unknown;
  accept?: string;
  signal: AbortSignal;
}

/** There was no answer, or it broke off: the network's own words. */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";
}

/**
 * @throws ConnectionError without an answer, OracleSidecarError for one that is a failure, and what
 * `signal` was aborted with.
 */
export async function send(
  transport: typeof fetch,
  address: Address,
  ask: Ask,
  context: ErrorContext = {},
): Promise<Response> {
  const response = await lost(transport(address.url + ask.path, requestInit(address, ask)));
  if (response.ok) return response;
  throw await refusal(response, context);
}

function requestInit(address: Address, { body, accept, signal }: Ask): RequestInit {
  const headers: Record<string, string> = { Accept: accept ?? "application/json" };
  if (address.token !== null) headers["Authorization"] = `Bearer ${address.token}`;
  if (body === undefined) return { headers, signal };
  headers["Content-Type"] = "application/json";
  // JSON.stringify would make null of a NaN, and round an ExactNumber.
  return { method: "POST", headers, signal, body: exactText(body) };
}

/** What `fetch` and bodies reject with says nothing of the cause: it is told apart by its place. */
export async function lost<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw new ConnectionError(error instanceof Error ? error.message : String(error), {
      cause: error,
    });
  }
}

/** The body of an answer. */
export async function readJson(response: Response): Promise<unknown> {
  return parseJson(await lost(response.text()));
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw localError("BAD_ANSWER", "a part of the answer is not JSON", { cause });
  }
}

async function refusal(response: Response, context: ErrorContext): Promise<OracleSidecarError> {
  const told = await readJson(response);
  const detail = typeof told === "object" && told !== null && "detail" in told && told.detail;
  const known = readDetail(detail);
  const { status } = response;
  if (known === null) return localError("BAD_ANSWER", `status ${status}`, { status });
  const retryAfterMs = readRetryAfter(response.headers.get("Retry-After"), Date.now());
  return new OracleSidecarError(known, {
    ...context,
    status,
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
  });
}

/** RFC 9110, 10.2.3: seconds, or a date. null where there is none. */
export function readRetryAfter(value: string | null, now: number): number | null {
  if (value === null) return null;
  const wait = /^\s*\d+\s*$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now;
  return Number.isNaN(wait) ? null : Math.max(0, wait);
}
