/**
 * The page's own numbers, times and sentences in the form of a locale. Values of a database never
 * come here: they are shown as they are.
 *
 * `locale` is a BCP 47 tag; absent: the browser's.
 */

/** "12,453" */
export function count(number: number, locale?: string): string {
  return numberFormat(locale, 0).format(number);
}

/** "1 row", "12,453 rows" */
export function plural(number: number, one: string, many: string, locale?: string): string {
  return `${count(number, locale)} ${number === 1 ? one : many}`;
}

/** "14:03:07", or "2:03:07 PM" where that is the locale's form. */
export function clock(date: Date, locale?: string): string {
  return timeFormat(locale, CLOCK).format(date);
}

/** "28 Nov 2026" in the form of the locale. */
export function day(date: Date, locale?: string): string {
  return timeFormat(locale, DAY).format(date);
}

/** Day, time, and the zone in which they are told: for what is read elsewhere and later. */
export function moment(date: Date, locale?: string): string {
  return timeFormat(locale, MOMENT).format(date);
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** "182 ms", "4.4 s", "41 s", "2 min 41 s", "1 h 5 min" */
export function duration(milliseconds: number, locale?: string): string {
  const ms = Math.max(0, milliseconds);
  if (Math.round(ms) < SECOND) return `${count(Math.round(ms), locale)} ms`;
  const tenths = Math.round(ms / 100);
  if (tenths < 100) return `${numberFormat(locale, 1).format(tenths / 10)} s`;
  const seconds = Math.round(ms / SECOND);
  if (seconds < 60) return `${count(seconds, locale)} s`;
  if (seconds * SECOND < HOUR) {
    return `${count(Math.floor(seconds / 60), locale)} min ${count(seconds % 60, locale)} s`;
  }
  const minutes = Math.round(ms / MINUTE);
  return `${count(Math.floor(minutes / 60), locale)} h ${count(minutes % 60, locale)} min`;
}

/** "1 byte", "1,204 bytes": never rounded, for sizes are compared by eye. */
export function fileSize(bytes: number, locale?: string): string {
  return plural(bytes, "byte", "bytes", locale);
}

/** "A", "A and B", "A, B and C": the page's sentences are English in every locale. */
export function list(words: readonly string[]): string {
  if (words.length < 2) return words.join("");
  return `${words.slice(0, -1).join(", ")} and ${words[words.length - 1] ?? ""}`;
}

const CLOCK: Intl.DateTimeFormatOptions = {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
};
const DAY: Intl.DateTimeFormatOptions = { day: "numeric", month: "short", year: "numeric" };
const MOMENT: Intl.DateTimeFormatOptions = { ...DAY, ...CLOCK, timeZoneName: "short" };

// Making an Intl format costs some 50 µs, using one less than 1 µs. A page has one locale, so what
// is kept is bounded by the forms above.
const numberFormats = new Map<string, Intl.NumberFormat>();
const timeFormats = new Map<Intl.DateTimeFormatOptions, Map<string, Intl.DateTimeFormat>>();

function numberFormat(locale: string | undefined, digits: number): Intl.NumberFormat {
  const name = `${locale ?? ""} ${digits}`;
  let format = numberFormats.get(name);
  if (!format) {
    format = new Intl.NumberFormat(locale, { maximumFractionDigits: digits });
    numberFormats.set(name, format);
  }
  return format;
}

function timeFormat(
  locale: string | undefined,
  options: Intl.DateTimeFormatOptions,
): Intl.DateTimeFormat {
  const formats = timeFormats.get(options) ?? new Map<string, Intl.DateTimeFormat>();
  timeFormats.set(options, formats);
  let format = formats.get(locale ?? "");
  if (!format) {
    format = new Intl.DateTimeFormat(locale, options);
    formats.set(locale ?? "", format);
  }
  return format;
}
