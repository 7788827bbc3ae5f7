/**
 * The order of values, by their type and exactly: digits are compared as digits, never as doubles.
 *
 * Values come as the texts that `sortText` of `exact_rows.ts` gives, so that the keys of a column
 * are plain data and can be posted to a worker.
 */

import type { ValueKind } from "./exact_rows";

/** The text of a value; `null`: NULL; `undefined`: not sent, so not known. */
export type SortText = string | null | undefined;

/** What a view is to be sorted by. `first` and `second` go with the places of `view`. */
export interface SortKeys {
  kind: ValueKind;
  /** Row numbers, in the order in which equal ones stay. */
  view: Int32Array;
  /** The first side's values; where it has no row, the second side's. */
  first: SortText[];
  /** The second side's, which decide where the first are equal. */
  second: SortText[];
}

/**
 * The row numbers of `keys.view` in the order of their values. Equal ones keep their order; NULL
 * stands last and what was not sent behind it, whichever the direction.
 */
export function sortedOrder(keys: SortKeys, descending: boolean): Int32Array {
  return withOrderOf(keys.kind, (prepare, order) => {
    const first = keys.first.map(withGaps(prepare));
    const second = keys.second.map(withGaps(prepare));
    const sign = descending ? -1 : 1;
    const places = Uint32Array.from(keys.view, (_, place) => place);
    places.sort(
      (a, b) =>
        gapsLast(first[a], first[b], order, sign) ||
        gapsLast(second[a], second[b], order, sign) ||
        a - b,
    );
    return Int32Array.from(places, (place) => keys.view[place] ?? 0);
  });
}

/** Less than, equal to, or greater than 0. NULL is behind every value, `undefined` behind NULL. */
export function compareValues(a: SortText, b: SortText, kind: ValueKind): number {
  return withOrderOf(kind, (prepare, order) => {
    const parts = withGaps(prepare);
    return gapsLast(parts(a), parts(b), order, 1);
  });
}

/** By value: `1.50` is `1.5`. Both are decimal digits, with an exponent or without, or NaN, … */
export function compareDecimals(a: string, b: string): number {
  return compareNumbers(decimal(a), decimal(b));
}

/** By UTF-16 code unit, which no locale changes. */
export function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

type Prepare<T> = (text: string) => T;
type Order<T> = (a: T, b: T) => number;

/** Hands over how texts of that kind are taken apart, once each, and how the parts are ordered. */
function withOrderOf<R>(
  kind: ValueKind,
  use: <T extends object | string>(prepare: Prepare<T>, order: Order<T>) => R,
): R {
  switch (kind) {
    case "number":
      return use(decimal, compareNumbers);
    case "moment":
    case "zoned":
      return use(instant, compareSpans);
    case "days":
    case "months":
      return use(interval, compareSpans);
    case "base64":
      return use((text) => text, compareBase64);
    default:
      return use((text) => text, compareTexts);
  }
}

function withGaps<T>(prepare: Prepare<T>): (text: SortText) => T | null | undefined {
  return (text) => (text === null || text === undefined ? text : prepare(text));
}

function gapsLast<T extends object | string>(
  a: T | null | undefined,
  b: T | null | undefined,
  order: Order<T>,
  sign: number,
): number {
  if (a === null || a === undefined || b === null || b === undefined) return gap(a) - gap(b);
  return sign * order(a, b);
}

function gap(value: object | string | null | undefined): number {
  return value === undefined ? 2 : value === null ? 1 : 0;
}

/** `0.digits` times ten to the power of `exponent`. Zero has no digits. */
interface Decimal {
  /** -2 and 2 are the infinities, 3 is what is no number. */
  sign: number;
  exponent: number;
  digits: string;
}

const NUMBER = /^([+-]?)0*(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;
const NAMED: Record<string, number> = { "-Infinity": -2, Infinity: 2 };

function decimal(text: string): Decimal {
  const parts = NUMBER.exec(text);
  if (!parts) return { sign: NAMED[text] ?? 3, exponent: 0, digits: text };
  const [, minus, whole = "", fraction = "", power = "0"] = parts;
  const all = whole + fraction;
  let from = 0;
  while (from < all.length && all.charCodeAt(from) === 48) from++;
  let to = all.length;
  while (to > from && all.charCodeAt(to - 1) === 48) to--;
  if (from === to) return { sign: 0, exponent: 0, digits: "" };
  const exponent = whole.length - from + Number(power);
  return { sign: minus === "-" ? -1 : 1, exponent, digits: all.slice(from, to) };
}

function compareNumbers(a: Decimal, b: Decimal): number {
  if (a.sign !== b.sign) return a.sign - b.sign;
  const sizes = a.exponent - b.exponent || compareTexts(a.digits, b.digits);
  return a.sign < 0 ? -sizes : sizes;
}

/** A point in time, or a length of it: whole units, and the digits of what is behind the point. */
interface Span {
  units: number;
  /** Its digits without trailing zeros; of a negative length they make it smaller. */
  fraction: string;
  negative: boolean;
  text: string;
}

const MOMENT = /^(-?\d+)-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:([+-])(\d\d):(\d\d))?/;

function instant(text: string): Span {
  const parts = MOMENT.exec(text);
  if (!parts) return { units: Infinity, fraction: "", negative: false, text };
  const [year, month, dayOfMonth, hour, minute, second] = parts.slice(1, 7).map(Number);
  const offset = (Number(parts[9] ?? 0) * 60 + Number(parts[10] ?? 0)) * 60;
  const time = ((hour ?? 0) * 60 + (minute ?? 0)) * 60 + (second ?? 0);
  const zone = parts[8] === "-" ? offset : -offset;
  return {
    units: dayNumber(year ?? 0, month ?? 0, dayOfMonth ?? 0) * 86_400 + time + zone,
    fraction: parts[7] ?? "",
    negative: false,
    text,
  };
}

/**
 * Days in the proleptic Gregorian calendar (Howard Hinnant, "chrono-compatible low-level date
 * algorithms"). Oracle's calendar is the Julian one before 1582: the order is the same.
 */
function dayNumber(year: number, month: number, dayOfMonth: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + dayOfMonth - 1;
  const leaps = Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100);
  return era * 146_097 + yearOfEra * 365 + leaps + dayOfYear;
}

/** Whether both moments have a zone and are one point in time. */
export function isSameInstant(a: string, b: string): boolean {
  const hasZone = MOMENT.exec(a)?.[8] !== undefined && MOMENT.exec(b)?.[8] !== undefined;
  if (!hasZone) return false;
  const [one, other] = [instant(a), instant(b)];
  return one.units === other.units && one.fraction === other.fraction;
}

const YEARS = /^(-?)P(?:(\d+)Y)?(?:(\d+)M)?$/;
const DAYS = /^(-?)P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d+))?S)?)?$/;

function interval(text: string): Span {
  const years = YEARS.exec(text);
  if (years) {
    const months = Number(years[2] ?? 0) * 12 + Number(years[3] ?? 0);
    return span(months, "", years[1] === "-", text);
  }
  const days = DAYS.exec(text);
  if (!days) return span(Infinity, "", false, text);
  const [d, h, m, s] = days.slice(2, 6).map((part) => Number(part ?? 0));
  const seconds = (((d ?? 0) * 24 + (h ?? 0)) * 60 + (m ?? 0)) * 60 + (s ?? 0);
  return span(seconds, days[6] ?? "", days[1] === "-", text);
}

function span(size: number, fraction: string, negative: boolean, text: string): Span {
  return { units: negative ? -size : size, fraction, negative, text };
}

function compareSpans(a: Span, b: Span): number {
  if (a.negative !== b.negative) return a.negative ? -1 : 1;
  if (a.units !== b.units) return a.units < b.units ? -1 : 1;
  const fractions = compareTexts(a.fraction, b.fraction);
  if (fractions !== 0) return a.negative ? -fractions : fractions;
  return compareTexts(a.text, b.text);
}

const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** By the bytes: the letters of base64 are not in the order of what they stand for. */
function compareBase64(a: string, b: string): number {
  const most = Math.min(a.length, b.length);
  let at = 0;
  while (at < most && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  // "=" pads a shorter one: -1, before every letter.
  return BASE64.indexOf(a[at] ?? "=") - BASE64.indexOf(b[at] ?? "=");
}
