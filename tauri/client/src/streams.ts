/** From the lines of an NDJSON answer to events, kind by kind. */

import { localError, OracleSidecarError, readDetail } from "./errors.js";
import type { ErrorContext } from "./errors.js";
import { parseJson } from "./http.js";
import type { CompareHead, CompareLineEvent, CompareProgress, CompareTotals } from "./types.js";
import type { JsonValue, QueryHead, QueryTotals, RowEvent } from "./types.js";

/**
 * The events of lines that came together. Kinds of lines that are not known give none; the error
 * line throws.
 */
export type ReadEvents<E> = (lines: string[], context: ErrorContext) => Iterable<E>;

type Line = Record<string, unknown>;

/** Rows are arrays, and nothing else is: no row can be taken for the end or an error. */
export function rowEvents(lines: string[], context: ErrorContext): Generator<RowEvent> {
  return batched(
    lines,
    (line) => line.startsWith("["),
    (rows) => ({ kind: "rows", rows: parseRows(rows) }),
    (line) => rowEvent(readObject(line, context)),
  );
}

/** Lines of differences are not parsed here. */
export function compareLineEvents(
  lines: string[],
  context: ErrorContext,
): Generator<CompareLineEvent> {
  return batched(
    lines,
    (line) => line.startsWith(DIFFERENCE),
    (differences) => ({ kind: "lines", lines: differences }),
    (line) => compareEvent(readObject(line, context), line),
  );
}

/** Neighbours of the one kind as one event, and what each other line gives. */
function* batched<E>(
  lines: string[],
  isOfKind: (line: string) => boolean,
  together: (batch: string[]) => E,
  other: (line: string) => E | null,
): Generator<E> {
  let from = 0;
  for (let at = 0; at <= lines.length; at += 1) {
    const line = lines[at];
    if (line !== undefined && isOfKind(line)) continue;
    // Before the other line is read, which throws where it is the error.
    if (at > from) yield together(lines.slice(from, at));
    from = at + 1;
    const event = line === undefined ? null : other(line);
    if (event !== null) yield event;
  }
}

// A batch at once is parsed in half the time of its lines one by one.
function parseRows(lines: string[]): JsonValue[][] {
  return parseJson(`[${lines.join(",")}]`) as JsonValue[][];
}

function rowEvent(line: Line): RowEvent | null {
  if ("columns" in line) return { kind: "head", ...(line as unknown as QueryHead) };
  if ("row_count" in line) return { kind: "totals", ...(line as unknown as QueryTotals) };
  if ("progress" in line) {
    return { kind: "progress", ...(line["progress"] as { rows: number; elapsed_ms: number }) };
  }
  return null;
}

const DIFFERENCE = '{"diff":';

function compareEvent(line: Line, text: string): CompareLineEvent | null {
  // As another sidecar may write it.
  if ("diff" in line) return { kind: "lines", lines: [text] };
  if ("left_sql" in line) return { kind: "head", ...(line as unknown as CompareHead) };
  if ("same" in line) return { kind: "totals", ...(line as unknown as CompareTotals) };
  if ("progress" in line) return { kind: "progress", ...(line["progress"] as CompareProgress) };
  return null;
}

/** Throws what an error line tells. */
function readObject(text: string, context: ErrorContext): Line {
  const line = parseJson(text);
  if (typeof line !== "object" || line === null) {
    throw localError("BAD_ANSWER", "a line of the answer is neither a row nor an object");
  }
  if (!("error" in line)) return line as Line;
  const detail = readDetail(line.error);
  throw detail === null
    ? localError("BAD_ANSWER", "the error line has no full_code")
    : new OracleSidecarError(detail, context);
}
