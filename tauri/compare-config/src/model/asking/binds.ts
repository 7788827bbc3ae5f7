/** Binds of a statement: which it has, and their values as they are sent. */

import { ExactNumber, type BindValue } from "oracle-sidecar-client";
import type { Bind } from "../types";
import { quote } from "../wording";

const COMMENT = String.raw`--[^\n]*|\/\*[^]*?(?:\*\/|$)`;
// An open one reaches to the end, so that the search for its end is not made again and again.
const BRACKETED = [String.raw`\[[^]*?(?:\]'|$)`, String.raw`\{[^]*?(?:\}'|$)`]
  .concat(String.raw`<[^]*?(?:>'|$)`, String.raw`\([^]*?(?:\)'|$)`)
  .join("|");
const OTHER_QUOTING = String.raw`n?q'(?:${BRACKETED}|(\S)[^]*?(?:\1'|$))`;
// A colon behind a text is JSON_OBJECT's, as in 'a' : b, and begins no bind.
const TEXT = String.raw`'(?:[^']|'')*(?:'(?:\s*:)?|$)`;
const QUOTED_NAME = `"[^"]*(?:"|$)`;
const BIND = String.raw`:\s*("[^"]+"|[\p{L}\d][\p{L}\d_$#]*)`;
const TOKEN = new RegExp([COMMENT, OTHER_QUOTING, TEXT, QUOTED_NAME, BIND].join("|"), "giu");

/** In the order met, each once, in upper case unless in quotes. */
export function bindNames(sql: string): string[] {
  const names = new Set<string>();
  for (const [, , name] of sql.matchAll(TOKEN)) {
    if (name !== undefined) names.add(name.startsWith('"') ? name : name.toUpperCase());
  }
  return [...names];
}

/** The binds that the statements have: those given before with their values, others anew. */
export function bindsFor(statements: readonly string[], given: readonly Bind[]): Bind[] {
  const names = [...new Set(statements.flatMap(bindNames))];
  return names.map(
    (name) => given.find((bind) => bind.name === name) ?? { name, type: "text", value: "" },
  );
}

export type BindReading = { value: BindValue } | { problem: string };

const NUMBER = /^([+-]?)(?=\.?\d)(\d*)\.?(\d*)(e[+-]?\d+)?$/i;
const DATE = /^-?\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d:\d\d(?:\.\d{1,6})?)?$/;

export function bindValue({ name, type, value }: Bind): BindReading {
  switch (type) {
    case "null":
      return { value: null };
    case "text":
      return { value };
    case "date":
      return DATE.test(value.trim())
        ? { value: { $date: value.trim() } }
        : { problem: `:${name} is a date: type it as 2026-01-28 or 2026-01-28T10:38:36.` };
    case "number":
      return numberValue(name, value.trim());
  }
}

function numberValue(name: string, text: string): BindReading {
  const [, sign, whole = "", fraction = "", exponent = ""] = NUMBER.exec(text) ?? [];
  if (sign === undefined) {
    return {
      problem: `:${name} is a number: ${text === "" ? "type one" : `${quote(text)} is none`}.`,
    };
  }
  // JSON has no +5, no 05, no 5. and no .5.
  const digits = whole.replace(/^0+(?=\d)/, "") || "0";
  const point = fraction === "" ? "" : `.${fraction}`;
  return { value: new ExactNumber(`${sign === "-" ? "-" : ""}${digits}${point}${exponent}`) };
}

/** Those of one statement or condition, by name; undefined where it has none. */
export function wireBinds(
  statement: string,
  binds: readonly Bind[],
): { [name: string]: BindValue } | undefined {
  const names = bindNames(statement);
  if (names.length === 0) return undefined;
  const values: { [name: string]: BindValue } = {};
  for (const bind of binds) {
    const read = bindValue(bind);
    if (names.includes(bind.name) && "value" in read) values[bind.name] = read.value;
  }
  return values;
}

/** The first bind that cannot be sent, and why; null where all can. */
export function bindProblem(
  statements: readonly string[],
  binds: readonly Bind[],
): { name: string; sentence: string } | null {
  for (const bind of bindsFor(statements, binds)) {
    const read = bindValue(bind);
    if ("problem" in read) return { name: bind.name, sentence: read.problem };
  }
  return null;
}
