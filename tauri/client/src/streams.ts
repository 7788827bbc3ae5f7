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
export function* rowEvents(lines: string[], context: ErrorContext): Generator<RowEvent> {
  let from = 0;
  for (let at = 0; at <= lines.length; at += 1) {
    const line = lines[at];
    if (line?.startsWith("[")) continue;
    if (at > from) yield { kind: "rows", rows: parseRows(lines.slice(from, at)) };
    from = at + 1;
    const event = line === undefined ? null : rowEvent(readObject(line, context));
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

/** Lines of differences are not parsed here. */
export function* compareLineEvents(
  lines: string[],
  context: ErrorContext,
): Generator<CompareLineEvent> {
  let differences: string[] = [];
  for (const line of lines) {
    const other = line.startsWith(DIFFERENCE) ? null : readObject(line, context);
    if (other === null || "diff" in other) {
      differences.push(line);
      continue;
    }
    const event = compareEvent(other);
    if (event === null) continue;
    if (differences.length > 0) yield { kind: "lines", lines: differences };
    differences = [];
    yield event;
  }
  if (differences.length > 0) yield { kind: "lines", lines: differences };
}

function compareEvent(line: Line): CompareLineEvent | null {
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
