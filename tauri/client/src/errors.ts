/** What failed, for people and for code. */

import type { ErrorDetail, Side, Stopped } from "./types.js";
import { lateStatus, sentenceOf } from "./catalogue.js";

/** More than the sidecar's own words tell of a failure. */
export interface ErrorContext {
  /** The answer's HTTP status; absent for an error line, whose answer had begun with 200. */
  status?: number;
  /** What `Retry-After` asked for. */
  retryAfterMs?: number;
  /** What the sides of a comparison are called. */
  sideNames?: Record<Side, string | undefined>;
  /** For people, where whoever failed has said one. */
  sentence?: string;
  cause?: unknown;
}

/**
 * Every failure of the sidecar, of a database, and of reaching either. `message` is a sentence for
 * people; what `signal` ended rejects with the signal's own reason instead.
 */
export class OracleSidecarError extends Error {
  override readonly name = "OracleSidecarError";
  /** The number in fullCode: 1017. 0 for a word. */
  readonly code: number;
  /** One sentence on what to do. */
  readonly hint: string | null;
  /** The database's or the sidecar's own words. */
  readonly rawMessage: string;
  /** `ORA-01017`, `DPY-6005`, or a word: `READ_ONLY`, `SIDECAR_UNREACHABLE`. */
  readonly fullCode: string;
  /** The HTTP status. Of an error line the one that its code has elsewhere; 0 without an answer. */
  readonly status: number;
  /** Whether the same call may go well a little later. */
  readonly retryable: boolean;
  /** The side of a comparison that failed; undefined where both are meant. */
  readonly side: Side | undefined;
  /** Of a comparison: whether each database has confirmed that its statement ended. */
  readonly stopped: Stopped | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(detail: ErrorDetail | string, context: ErrorContext = {}) {
    const told = typeof detail === "string" ? ownWords(detail) : detail;
    super(friendly(told, context), "cause" in context ? { cause: context.cause } : undefined);
    this.code = told.code;
    this.hint = told.hint;
    this.rawMessage = told.message;
    this.fullCode = told.full_code;
    this.status = context.status ?? (told.full_code === "" ? 0 : lateStatus(told.full_code));
    this.retryable = told.retryable;
    this.side = told.side;
    this.stopped = told.stopped;
    this.retryAfterMs = context.retryAfterMs;
  }
}

function ownWords(message: string): ErrorDetail {
  return { code: 0, message, hint: null, full_code: "", retryable: false };
}

function friendly(told: ErrorDetail, { sideNames, sentence: said }: ErrorContext): string {
  const sentence = said ?? sentenceOf(told.full_code) ?? told.hint ?? told.message;
  if (told.side === undefined) return sentence;
  const otherwise = told.side === "left" ? "Left side" : "Right side";
  return `${sideNames?.[told.side] || otherwise}: ${sentence}`;
}

/** The failures that no sidecar tells. */
const LOCAL = {
  SIDECAR_UNREACHABLE: {
    hint:
      "Start it again. If it runs, it may need --allow-origin for this page, or the page's CSP " +
      "lacks its address.",
    retryable: true,
  },
  SIDECAR_NOT_STARTED: { hint: "Start it first.", retryable: true },
  SIDECAR_START_FAILED: { hint: "Try again; the sidecar's log says more.", retryable: true },
  SIDECAR_STOP_FAILED: { hint: "Close the app if it keeps running.", retryable: true },
  INCOMPLETE_ANSWER: { hint: "Nothing of it can be relied on; try again.", retryable: true },
  BAD_ANSWER: { hint: "Something else may answer at the sidecar's address.", retryable: false },
  TIMED_OUT: { hint: "Try again, or allow it more time.", retryable: false },
} as const;

export type LocalCode = keyof typeof LOCAL;

/** An error of the client's own. */
export function localError(
  fullCode: LocalCode,
  message: string,
  context: ErrorContext = {},
): OracleSidecarError {
  const { hint, retryable } = LOCAL[fullCode];
  const detail = { code: 0, message, hint, full_code: fullCode, retryable };
  return new OracleSidecarError(detail, { status: fullCode === "TIMED_OUT" ? 504 : 0, ...context });
}

/** What the app's manager said of itself: its own code, and its sentence. */
export function managerError(
  fullCode: string,
  message: string,
  cause: unknown,
): OracleSidecarError {
  const detail = { code: 0, message, hint: null, full_code: fullCode, retryable: true };
  return new OracleSidecarError(detail, { status: 0, sentence: message, cause });
}

/** Whether the client itself tells it, rather than the sidecar. */
export function isLocal(error: OracleSidecarError): boolean {
  return error.fullCode in LOCAL;
}

/** The `detail` of an error answer or line, as far as it has the contract's shape. */
export function readDetail(value: unknown): ErrorDetail | null {
  if (typeof value !== "object" || value === null) return null;
  const told = value as Partial<ErrorDetail>;
  return typeof told.full_code === "string" && typeof told.message === "string"
    ? (told as ErrorDetail)
    : null;
}
