/**
 * Reading what a browser has kept. The text may come from an older page, from a newer one, or from
 * anybody who opened the developer tools: each piece is looked at, and what does not fit is dropped.
 */

import { holdsSecret } from "../model/connecting/connections";
import { emptySetup } from "../model/asking/setups";
import type {
  KeyChoice,
  ManySetup,
  Outcome,
  PastRun,
  SavedComparison,
  SavedConnection,
  Setup,
  SideName,
  Sides,
  SideSetup,
  TableChoice,
} from "../model/types";

export type Theme = "system" | "light" | "dark";

/** How somebody has arranged a table's grid. */
export interface TableLayout {
  pinned: string[];
  /** CSS pixels by column. */
  widths: Record<string, number>;
}

export interface RememberedData {
  theme: Theme;
  connections: SavedConnection[];
  /** Ids of those whose password in the keychain was refused: it is not sent again. */
  refused: string[];
  saved: SavedComparison[];
  runs: PastRun[];
  choices: Record<string, TableChoice>;
  layouts: Record<string, TableLayout>;
  panelHeight: number;
}

export interface Typed {
  setup: Setup;
  manySetup: ManySetup;
}

export const MOST_RUNS = 20;
export const PANEL_HEIGHT = 262;

export function nothingRemembered(): RememberedData {
  return {
    theme: "system",
    connections: [],
    refused: [],
    saved: [],
    runs: [],
    choices: {},
    layouts: {},
    panelHeight: PANEL_HEIGHT,
  };
}

export function emptyManySetup(): ManySetup {
  return {
    sides: {
      left: { connectionId: "", schema: "" },
      right: { connectionId: "", schema: "" },
    },
    patterns: [],
    perTable: {},
  };
}

/** Of a text that this browser kept; null is "nothing was kept". */
export function readRemembered(text: string | null): RememberedData {
  const data = asObject(parsed(text));
  const empty = nothingRemembered();
  if (data === undefined) return empty;
  return {
    theme: asOneOf(data["theme"], ["system", "light", "dark"]) ?? empty.theme,
    connections: asList(data["connections"], readConnection),
    refused: asList(data["refused"], asText),
    saved: asList(data["saved"], readSaved),
    runs: asList(data["runs"], readRun).slice(0, MOST_RUNS),
    choices: asRecord(data["choices"], readChoice),
    layouts: asRecord(data["layouts"], readLayout),
    panelHeight: asPixels(data["panelHeight"]) ?? empty.panelHeight,
  };
}

/** Whether it is a text of this page's at all. */
export function isReadable(text: string): boolean {
  return asObject(parsed(text)) !== undefined;
}

export function nothingTyped(): Typed {
  return { setup: emptySetup(), manySetup: emptyManySetup() };
}

export function readTyped(text: string | null): Typed | null {
  return typedOf(parsed(text));
}

/** Of a text of the app's, which keeps it with the rest. */
export function readKeptTyped(text: string | null): Typed | null {
  return typedOf(asObject(parsed(text))?.["typed"]);
}

function typedOf(value: unknown): Typed | null {
  const data = asObject(value);
  if (data === undefined) return null;
  return {
    setup: readSetup(data["setup"]) ?? emptySetup(),
    manySetup: readManySetup(data["manySetup"]) ?? emptyManySetup(),
  };
}

export function readConnection(value: unknown): SavedConnection | undefined {
  const data = asObject(value);
  const id = asText(data?.["id"]);
  const name = asText(data?.["name"]);
  const connectString = asText(data?.["connectString"]);
  if (data === undefined || !id || name === undefined || connectString === undefined) {
    return undefined;
  }
  const username = asText(data["username"]) ?? "";
  if (holdsSecret({ connectString, username })) return undefined;
  return {
    id,
    name,
    group: asText(data["group"]) ?? "",
    isProduction: data["isProduction"] === true,
    connectString,
    username,
    configDir: asText(data["configDir"]) ?? "",
    walletLocation: asText(data["walletLocation"]) ?? "",
    mode: asText(data["mode"]) ?? "",
  };
}

function readSetup(value: unknown): Setup | undefined {
  const data = asObject(value);
  const mode = asOneOf(data?.["mode"], ["table", "sql"]);
  const sides = readSides(data?.["sides"], readSide);
  if (data === undefined || mode === undefined || sides === undefined) return undefined;
  return {
    mode,
    sides,
    sameWhere: data["sameWhere"] !== false,
    sameSql: data["sameSql"] !== false,
    binds: asList(data["binds"], readBind),
    key: readKey(data["key"]),
    leftOut: asList(data["leftOut"], asText),
    leftOutPatterns: asList(data["leftOutPatterns"], asText),
  };
}

function readSide(value: unknown): SideSetup | undefined {
  const data = asObject(value);
  if (data === undefined) return undefined;
  return {
    connectionId: asText(data["connectionId"]) ?? "",
    schema: asText(data["schema"]) ?? "",
    table: asText(data["table"]) ?? "",
    where: asText(data["where"]) ?? "",
    sql: asText(data["sql"]) ?? "",
  };
}

/** What the user typed for a bind is a value, and no value is stored: its place is kept alone. */
function readBind(value: unknown): Setup["binds"][number] | undefined {
  const data = asObject(value);
  const name = asText(data?.["name"]);
  if (data === undefined || !name) return undefined;
  const type = asOneOf(data["type"], ["text", "number", "date", "null"]) ?? "text";
  return { name, type, value: "" };
}

function readManySetup(value: unknown): ManySetup | undefined {
  const data = asObject(value);
  const sides = readSides(data?.["sides"], (side) => {
    const read = readSide(side);
    return read && { connectionId: read.connectionId, schema: read.schema };
  });
  if (data === undefined || sides === undefined) return undefined;
  return {
    sides,
    patterns: asList(data["patterns"], asText),
    perTable: asRecord(data["perTable"], readChoice),
  };
}

function readChoice(value: unknown): TableChoice | undefined {
  const data = asObject(value);
  if (data === undefined) return undefined;
  return {
    where: asText(data["where"]) ?? "",
    key: readKey(data["key"]),
    leftOut: asList(data["leftOut"], asText),
    leftOutPatterns: asList(data["leftOutPatterns"], asText),
  };
}

function readKey(value: unknown): KeyChoice {
  const data = asObject(value);
  const columns = asList(data?.["columns"], asText);
  if (data?.["kind"] === "row") return { kind: "row" };
  if (data?.["kind"] === "columns" && columns.length > 0) return { kind: "columns", columns };
  return { kind: "found" };
}

function readLayout(value: unknown): TableLayout | undefined {
  const data = asObject(value);
  if (data === undefined) return undefined;
  return {
    pinned: asList(data["pinned"], asText),
    widths: asRecord(data["widths"], asPixels),
  };
}

export type What = SavedComparison["what"];

export function readWhat(value: unknown): What | undefined {
  const data = asObject(value);
  const setup = readSetup(data?.["setup"]);
  const many = readManySetup(data?.["setup"]);
  if (data?.["kind"] === "one" && setup !== undefined) return { kind: "one", setup };
  if (data?.["kind"] === "many" && many !== undefined) return { kind: "many", setup: many };
  return undefined;
}

function readSaved(value: unknown): SavedComparison | undefined {
  const data = asObject(value);
  const id = asText(data?.["id"]);
  const name = asText(data?.["name"]);
  const what = readWhat(data?.["what"]);
  if (data === undefined || !id || !name || what === undefined) return undefined;
  return { id, name, what, last: readLast(data["last"]) ?? null };
}

function readLast(value: unknown): NonNullable<SavedComparison["last"]> | undefined {
  const data = asObject(value);
  const at = asMoment(data?.["at"]);
  const outcome = asOneOf(data?.["outcome"], OUTCOMES);
  const summary = asText(data?.["summary"]);
  if (at === undefined || outcome === undefined || summary === undefined) return undefined;
  return { at, outcome, summary };
}

export function readRun(value: unknown): PastRun | undefined {
  const data = asObject(value);
  const last = readLast(value);
  const id = asText(data?.["id"]);
  const title = asText(data?.["title"]);
  const names = readSides(data?.["names"], readName);
  const what = readWhat(data?.["what"]);
  if (data === undefined || last === undefined || !id || title === undefined) return undefined;
  if (names === undefined || what === undefined) return undefined;
  return { id, ...last, title, names, rows: readSides(data["rows"], asCount) ?? null, what };
}

function readName(value: unknown): SideName | undefined {
  const data = asObject(value);
  const label = asText(data?.["label"]);
  if (data === undefined || label === undefined) return undefined;
  return { label, isProduction: data["isProduction"] === true };
}

const OUTCOMES: readonly Outcome[] = [
  "same",
  "same_left_out",
  "differs",
  "not_fully",
  "zero_rows",
  "no_key",
  "failed",
  "cancelled",
  "only_first",
  "only_second",
];

type Reader<T> = (value: unknown) => T | undefined;

function parsed(text: string | null): unknown {
  if (text === null) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function asObject(value: unknown): Record<string, unknown> | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return value as Record<string, unknown>;
}

function asText(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function asCount(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && Number(value) >= 0 ? Number(value) : undefined;
}

function asPixels(value: unknown): number | undefined {
  return typeof value === "number" && value >= 0 && value <= 10_000 ? value : undefined;
}

function asMoment(value: unknown): string | undefined {
  return typeof value === "string" && !Number.isNaN(Date.parse(value)) ? value : undefined;
}

function asOneOf<T extends string>(value: unknown, known: readonly T[]): T | undefined {
  return known.find((word) => word === value);
}

function asList<T>(value: unknown, read: Reader<T>): T[] {
  if (!Array.isArray(value)) return [];
  return value.map(read).filter((item): item is T & {} => item !== undefined);
}

function asRecord<T>(value: unknown, read: Reader<T>): Record<string, T> {
  const found: [string, T][] = [];
  for (const [name, item] of Object.entries(asObject(value) ?? {})) {
    const fitting = read(item);
    if (fitting !== undefined) found.push([name, fitting]);
  }
  return Object.fromEntries(found);
}

function readSides<T>(value: unknown, read: Reader<T>): Sides<T> | undefined {
  const data = asObject(value);
  const left = read(data?.["left"]);
  const right = read(data?.["right"]);
  return left === undefined || right === undefined ? undefined : { left, right };
}
