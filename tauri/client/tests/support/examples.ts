/** The examples in tests/contract: see the README there. */

import { readdirSync, readFileSync } from "node:fs";

import type { Database } from "./processes.js";
import { ROOT } from "./processes.js";

export interface Example {
  file: string;
  name: string;
  request: { method: string; path: string; accept?: string; body?: unknown };
  status: number;
  answer?: unknown;
  lines?: unknown[];
}

const FOLDER = `${ROOT}tests/contract/`;

export function readExamples(): Example[] {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith(".json"));
  return files.sort().map((file) => ({
    file,
    ...(JSON.parse(readFileSync(FOLDER + file, "utf-8")) as Omit<Example, "file">),
  }));
}

type Members = { [key: string]: unknown };

function isMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A request with its connections. */
export function filled(value: unknown, database: Database): unknown {
  if (Array.isArray(value)) return value.map((item) => filled(item, database));
  if (!isMembers(value)) return value;
  const { $connection: service, ...own } = value;
  if (typeof service === "string") return { ...database.connection(service), ...own };
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, filled(item, database)]),
  );
}

/** Where and how `found` is not as expected; null where it is. */
export function mismatch(expected: unknown, found: unknown, place = "answer"): string | null {
  const bad = `${place} is ${JSON.stringify(found)}`;
  if (isMembers(expected) && "$any" in expected) {
    return kindOf(found) === expected["$any"] ? null : bad;
  }
  if (isMembers(expected) && "$matches" in expected) {
    const pattern = new RegExp(String(expected["$matches"]));
    return typeof found === "string" && pattern.test(found) ? null : bad;
  }
  if (kindOf(expected) !== kindOf(found)) return bad;
  if (!isMembers(expected) && !Array.isArray(expected)) return expected === found ? null : bad;
  const keys = Object.keys(expected);
  const foundKeys = Object.keys(found as Members);
  if (keys.join() !== foundKeys.join()) return `${place} has the keys ${foundKeys.join()}`;
  for (const key of keys) {
    const inside = mismatch((expected as Members)[key], (found as Members)[key], `${place}.${key}`);
    if (inside !== null) return inside;
  }
  return null;
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

/** As mismatch, with {"$rows": n} for all the rows of so many items at its place. */
export function linesMismatch(expected: unknown[], found: unknown[]): string | null {
  const at = expected.findIndex((line) => isMembers(line) && "$rows" in line);
  if (at < 0) return mismatch(expected, found, "lines");
  const width = (expected[at] as { $rows: number }).$rows;
  const behind = found.length - (expected.length - at - 1);
  const rows = found.slice(at, behind);
  if (rows.length < 2 || !rows.every((row) => Array.isArray(row) && row.length === width)) {
    return `lines ${at} to ${behind} are no rows of that length`;
  }
  const rest = [...expected.slice(0, at), ...expected.slice(at + 1)];
  return mismatch(rest, [...found.slice(0, at), ...found.slice(behind)], "lines");
}
