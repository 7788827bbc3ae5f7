/**
 * The differences of one comparison: each line kept as it was received, and parsed when it is seen.
 */

import { parseExact } from "oracle-sidecar-client";
import {
  kindOfLine,
  parseDifference,
  sortText,
  valueKind,
  type DifferenceKind,
  type DifferenceRow,
  type ValueKind,
} from "./exact_rows";
import { KeptLines } from "./kept_lines";
import { eachMember, findMember, unescaped, withoutBlanks } from "./raw_json";
import { folded, holds, needleOf, type Needle } from "./search";
import { inSlices } from "./slices";
import type { SortKeys, SortText } from "./sorting";
import type { Column } from "../types";

export interface Filter {
  kind?: DifferenceKind | null;
  /** Only changed rows that differ in this column. */
  column?: string | null;
  /** Row numbers, ascending: the hits of a search. */
  among?: Int32Array | null;
}

export interface SearchHits {
  text: string;
  /** Row numbers, ascending. */
  hits: Int32Array;
  /** How many rows were looked at: all that were there when the search began. */
  searched: number;
}

const KINDS: readonly DifferenceKind[] = ["changed", "left_only", "right_only"];
const RIGHT_ONLY = 2;

/** Rows that stay parsed: what is on the screen, and what was a moment ago. */
const MOST_CACHED_ROWS = 512;
const MOST_CACHED_BYTES = 8 << 20;

export class Differences {
  readonly mostKept: number;
  readonly mostBytes: number;
  readonly counts: Record<DifferenceKind, number> = { changed: 0, left_only: 0, right_only: 0 };
  #lines = new KeptLines();
  #kinds = new Uint8Array(64);
  /** By row: which of `#columnSets` differ. Rows mostly differ in the same few columns. */
  #sets = new Int32Array(64);
  #columnSets: ReadonlySet<string>[] = [new Set()];
  #setNumbers = new Map<string, number>([["[]", 0]]);
  #columnCounts = new Map<string, number>();
  #valueKinds = new Map<string, ValueKind>();
  #hasBase64 = false;
  #hasJson = false;
  #rows = new Map<number, DifferenceRow>();
  #cachedBytes = 0;
  #refused = 0;

  /**
   * @param mostBytes of lines in UTF-8. Behind it lines are refused as they are behind `mostKept`:
   * rows with large texts would otherwise take more memory than a page has.
   */
  constructor(columns: readonly Column[] = [], mostKept = 100_000, mostBytes = 128 << 20) {
    this.mostKept = mostKept;
    this.mostBytes = mostBytes;
    this.setColumns(columns);
  }

  /** The columns that are compared and shown, once the first line has told them. */
  setColumns(columns: readonly Column[]): void {
    this.#valueKinds = new Map(columns.map(({ name, type }) => [name, valueKind(type)]));
    const kinds = new Set(this.#valueKinds.values());
    this.#hasBase64 = kinds.has("base64");
    this.#hasJson = kinds.has("json") || kinds.has("structure");
  }

  get length(): number {
    return this.#lines.length;
  }

  /** Lines that came and were not kept: what was searched and shown is not all that differs. */
  get refused(): number {
    return this.#refused;
  }

  /** How many changed rows differ in each column. */
  get columnCounts(): ReadonlyMap<string, number> {
    return this.#columnCounts;
  }

  /**
   * Adds lines in the order of their key, those of an unknown kind left out.
   *
   * @returns how many were kept: fewer once there are `mostKept`, or more than `mostBytes`
   */
  append(lines: readonly string[]): number {
    let kept = 0;
    for (const line of lines) {
      const kind = kindOfLine(line);
      if (kind === null) continue;
      if (this.length >= this.mostKept || this.#lines.bytes >= this.mostBytes) this.#refused++;
      else {
        this.#add(line.startsWith('{"') ? line : withoutBlanks(line), kind);
        kept++;
      }
    }
    return kept;
  }

  kind(index: number): DifferenceKind {
    const kind = KINDS[this.#kinds[index] ?? -1];
    if (kind === undefined || index >= this.length) throw new RangeError(`no difference ${index}`);
    return kind;
  }

  /** As it was received. */
  line(index: number): string {
    return this.#lines.at(index);
  }

  row(index: number): DifferenceRow {
    const cached = this.#rows.get(index);
    if (cached) return cached;
    const row = parseDifference(this.line(index));
    this.#cache(index, row);
    return row;
  }

  /** Whether a changed row differs in the column; a row on one side only differs in none. */
  differsIn(index: number, column: string): boolean {
    return this.columnsOf(index).has(column);
  }

  /** The columns that differ, without parsing the row. */
  columnsOf(index: number): ReadonlySet<string> {
    return this.#columnSets[this.#sets[index] ?? 0] ?? new Set();
  }

  /** The numbers of the rows that pass, ascending: in the order of the key. */
  view(filter: Filter = {}): Int32Array {
    const wanted = filter.kind ? KINDS.indexOf(filter.kind) : -1;
    const sets = this.#setsWith(filter.column ?? null);
    const found = new Int32Array(filter.among?.length ?? this.length);
    let length = 0;
    for (let place = 0; place < found.length; place++) {
      const index = filter.among?.[place] ?? place;
      if (wanted !== -1 && this.#kinds[index] !== wanted) continue;
      if (sets && sets[this.#sets[index] ?? 0] !== 1) continue;
      found[length++] = index;
    }
    return found.slice(0, length);
  }

  /**
   * Looks for a text in the values of all rows, whether they differ or not, keys included; small
   * and capital letters are the same. NULL has no text. The work is done in short slices.
   *
   * @throws the signal's reason
   */
  async search(
    text: string,
    options: { signal?: AbortSignal; onProgress?: (searched: number) => void } = {},
  ): Promise<SearchHits> {
    const searched = this.length;
    const needle = needleOf(text);
    const found = new Int32Array(searched);
    let hits = 0;
    const look = (index: number): void => {
      if (this.#holds(index, needle)) found[hits++] = index;
    };
    await inSlices(searched, look, options.signal, options.onProgress);
    return { text, hits: found.slice(0, hits), searched };
  }

  /** What to sort a view by, as plain data. The work is done in short slices. */
  async sortKeys(column: string, view: Int32Array, signal?: AbortSignal): Promise<SortKeys> {
    const first: SortText[] = [];
    const second: SortText[] = [];
    const read = (place: number): void => {
      const index = view[place] ?? -1;
      const line = this.line(index);
      const right = sortTextIn(rawCell(line, "right", column));
      const isRightAlone = this.#kinds[index] === RIGHT_ONLY;
      first.push(isRightAlone ? right : sortTextIn(rawCell(line, "left", column)));
      second.push(isRightAlone ? undefined : right);
    };
    await inSlices(view.length, read, signal);
    return { kind: this.#valueKinds.get(column) ?? "text", view, first, second };
  }

  #add(line: string, kind: DifferenceKind): void {
    const index = this.length;
    if (index === this.#kinds.length) this.#grow();
    this.#lines.add(line);
    this.#kinds[index] = KINDS.indexOf(kind);
    this.counts[kind]++;
    if (kind !== "changed") return;
    const set = this.#setNumber(line);
    this.#sets[index] = set;
    for (const name of this.#columnSets[set] ?? []) {
      this.#columnCounts.set(name, (this.#columnCounts.get(name) ?? 0) + 1);
    }
  }

  #setNumber(line: string): number {
    const place = findMember(line, 0, "columns");
    const raw = place ? line.slice(...place) : "[]";
    return this.#setNumbers.get(raw) ?? this.#addSet(raw);
  }

  #addSet(raw: string): number {
    const names = namesIn(raw);
    // Not `raw` itself, which as a part of its line would keep all of it in memory.
    const written = JSON.stringify(names);
    const known = this.#setNumbers.get(written);
    if (known !== undefined) return known;
    const number = this.#columnSets.length;
    this.#columnSets.push(new Set(names));
    this.#setNumbers.set(written, number);
    return number;
  }

  #setsWith(column: string | null): Uint8Array | null {
    if (column === null) return null;
    return Uint8Array.from(this.#columnSets, (set) => Number(set.has(column)));
  }

  #cache(index: number, row: DifferenceRow): void {
    this.#rows.set(index, row);
    this.#cachedBytes += this.#lines.sizeOf(index);
    for (const oldest of this.#rows.keys()) {
      const isFull = this.#rows.size > MOST_CACHED_ROWS || this.#cachedBytes > MOST_CACHED_BYTES;
      if (!isFull || oldest === index) break;
      this.#rows.delete(oldest);
      this.#cachedBytes -= this.#lines.sizeOf(oldest);
    }
  }

  #holds(index: number, needle: Needle): boolean {
    const line = this.line(index);
    // Quick, and true of some lines that hold it elsewhere than in a value.
    if (!this.#isSeenOnlyParsed(line, needle) && !folded(line).includes(needle.folded)) {
      return false;
    }
    let found = false;
    eachMember(line, 0, (side, from) => {
      if (side !== "key" && side !== "left" && side !== "right") return false;
      eachMember(line, from, (rawName, start, end) => {
        const kind = this.#valueKinds.get(unescaped(rawName)) ?? "text";
        found = holds(line.slice(start, end), kind, needle);
        return found;
      });
      return found;
    });
    return found;
  }

  #isSeenOnlyParsed(line: string, needle: Needle): boolean {
    return this.#hasBase64 || (this.#hasJson && needle.spansJson) || line.includes("\\");
  }

  #grow(): void {
    const kinds = new Uint8Array(this.#kinds.length * 2);
    kinds.set(this.#kinds);
    this.#kinds = kinds;
    const sets = new Int32Array(this.#sets.length * 2);
    sets.set(this.#sets);
    this.#sets = sets;
  }
}

function namesIn(rawList: string): string[] {
  const names: unknown = JSON.parse(rawList);
  return Array.isArray(names) ? names.map(String) : [];
}

/** The value of a column on a side as JSON; null: no row there, or not sent. */
function rawCell(line: string, side: "left" | "right", column: string): string | null {
  const row = findMember(line, 0, side);
  if (!row) return null;
  const key = findMember(line, 0, "key");
  const place = findMember(line, row[0], column) ?? (key && findMember(line, key[0], column));
  return place && line.slice(...place);
}

function sortTextIn(raw: string | null): SortText {
  if (raw === null) return undefined;
  const first = raw[0];
  if (first === "{" || first === "[") return sortText(parseExact(raw));
  // Parsed as a string, a number keeps its digits, and does not keep its line in memory.
  const value: unknown = JSON.parse(first === '"' || first === "n" ? raw : `"${raw}"`);
  return value === null ? null : String(value);
}
