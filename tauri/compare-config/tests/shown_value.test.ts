import { ExactNumber, parseExact, type ExactValue } from "oracle-sidecar-client";
import { expect, test } from "vitest";
import { needleOf } from "../src/model/rows/search";
import {
  shownPair,
  shownValue,
  shownWhole,
  sourceOf,
  spoken,
  valueText,
  type ShownPair,
  type ShownValue,
} from "../src/model/shown/shown_value";
import { seeded } from "./seeded";
import { LONG_MS } from "./long";

const TEXT = "VARCHAR2(4000)";
const WIDE = { width: 1000, locale: "en" };

/**
 * A line as one text: `[x]` is marked, `<NULL>` framed, `…` a cut, and behind two blanks the tag.
 * Pictures of blanks and controls are as they are drawn.
 */
function drawn(shown: ShownValue): string {
  const pieces = shown.pieces.map((piece) => {
    const text = piece.kind === "null" || piece.kind === "empty" ? `<${piece.text}>` : piece.text;
    return piece.mark ? `[${text}]` : text;
  });
  return pieces.join("").replaceAll("][", "") + (shown.tag === undefined ? "" : `  ${shown.tag}`);
}

function one(value: ExactValue, type = TEXT, options = WIDE): string {
  return drawn(shownValue(value, type, options));
}

function pair(
  left: ExactValue,
  right: ExactValue,
  type: string | { left: string; right: string } = TEXT,
  options: Parameters<typeof shownPair>[3] = WIDE,
): string[] {
  const types = typeof type === "string" ? { left: type, right: type } : type;
  return lines(shownPair(left, right, types, options));
}

function lines(shown: ShownPair): string[] {
  const both = [drawn(shown.left), drawn(shown.right)];
  return shown.note === undefined ? both : [...both, shown.note];
}

const number = (digits: string): ExactNumber => new ExactNumber(digits);
const base64 = (bytes: Iterable<number>): string => Buffer.from([...bytes]).toString("base64");

test("what differs is marked, and only that", () => {
  expect(pair("https://gw-dev.example.net/v2", "https://gw.example.net/v2")).toEqual([
    "https://gw[-dev].example.net/v2",
    "https://gw.example.net/v2",
  ]);
  expect(pair("true", "false")).toEqual(["[tru]e", "[fals]e"]);
  expect(pair("5", "3")).toEqual(["[5]", "[3]"]);
});

test("two places that differ are marked each, however much is the same between", () => {
  expect(pair("within 14 days, paid in 5 days", "within 30 days, paid in 10 days")).toEqual([
    "within [14] days, paid in [5] days",
    "within [30] days, paid in [10] days",
  ]);
});

test("NULL is framed, and the text NULL is upright with a word behind it", () => {
  expect(shownValue(null, TEXT, WIDE)).toEqual({
    pieces: [{ text: "NULL", mark: false, kind: "null", source: "" }],
    alignRight: false,
  });
  expect(pair(null, "from 1 Jan")).toEqual(["<NULL>", "[from 1 Jan]"]);
  expect(pair(null, "NULL")).toEqual(["<NULL>", "[NULL]  text"]);
  expect(one("NULL")).toBe("NULL  text");
  expect(one("null")).toBe("null  text");
  expect(one("empty")).toBe("empty  text");
});

test("a text of only blanks is dots and their number", () => {
  expect(pair(null, "   ")).toEqual(["<NULL>", "[···]  3 blanks"]);
  expect(one(" ")).toBe("·  1 blank");
});

test("blanks at the ends are dots, with where they stand", () => {
  expect(pair("INFO", "INFO  ")).toEqual(["INFO", "INFO[··]  2 blanks at the end"]);
  expect(pair(" a", "a")).toEqual(["[·]a  1 blank at the start", "a"]);
  expect(one("  a ")).toBe("··a·  2 blanks at the start, 1 at the end");
});

test("the padding of CHAR is blanks at the end", () => {
  expect(pair("Y   ", "N   ", "CHAR(4)")).toEqual([
    "[Y]···  3 blanks at the end",
    "[N]···  3 blanks at the end",
  ]);
});

test("blanks inside are seen where they differ", () => {
  expect(pair("a b", "a  b")).toEqual(["a b", "a [·]b"]);
  expect(pair("a b", "ab")).toEqual(["a[·]b", "ab"]);
});

test("B shows all blanks", () => {
  expect(one("a b  c", TEXT)).toBe("a b  c");
  expect(drawn(shownValue("a b  c", TEXT, { ...WIDE, showBlanks: true }))).toBe("a·b··c");
});

test("an empty CLOB is not NULL, and neither is an empty BLOB", () => {
  expect(pair({ empty: true }, null, "CLOB")).toEqual(["<empty>", "<NULL>"]);
  expect(pair({ empty: true }, "x", "CLOB")).toEqual(["<empty>", "[x]"]);
  expect(pair({ empty: true }, null, "BLOB")).toEqual(["<empty>", "<NULL>"]);
});

test("a JSON null is neither NULL nor empty, and a document written like it is told", () => {
  expect(pair({ empty: true }, null, "JSON")).toEqual([
    '<JSON null>  or the document {"empty":true}',
    "<NULL>",
  ]);
  expect(pair({ empty: true }, { empty: true }, "JSON")[2]).toBe(
    'One is a JSON null, the other the document {"empty":true}.',
  );
});

test("tabs, line ends and blanks that do not break have a picture, others their code", () => {
  expect(one("a\tb\nc\u00a0d")).toBe("a⇥b↵c⍽d");
  expect(one("a\u200bb\u0007c\u00add\ufeff")).toBe("aU+200BbU+0007cU+00ADdU+FEFF");
  expect(one("a\u2003b\u3000c\u202fd")).toBe("aU+2003bU+3000cU+202Fd");
  expect(one("\u202ea\u2066b\ud800c\ue000d")).toBe("U+202EaU+2066bU+D800cU+E000d");
  expect(pair("a\r\nb", "a\nb")).toEqual(["a[U+000D]↵b", "a↵b"]);
  expect(pair("pay", "pay\u200b")).toEqual(["pay", "pay[U+200B]"]);
  expect(shownValue("a\t\tb", TEXT, WIDE).pieces[1]).toEqual({
    text: "⇥⇥",
    mark: false,
    kind: "control",
    source: "\t\t",
  });
});

test("letters that look alike get a word", () => {
  expect(pair("pay.g\u0430teway", "pay.gateway")).toEqual([
    "pay.g[\u0430]teway",
    "pay.g[a]teway",
    "They differ in U+0430 and U+0061 at place 6.",
  ]);
  expect(pair("caf\u00e9", "cafe\u0301")[2]).toBe("They differ in U+00E9 and U+0065 at place 4.");
  expect(pair("O1", "01")[2]).toBe("They differ in U+004F and U+0030 at place 1.");
  expect(pair("a-b", "a\u2013b")[2]).toBe("They differ in U+002D and U+2013 at place 2.");
  expect(pair("😀 a", "😀 \u0430")[2]).toBe("They differ in U+0061 and U+0430 at place 3.");
  expect(pair("\ufb01x", "fix")[2]).toBe("They differ in U+FB01 and U+0066 at place 1.");
  expect(pair("ё", "ë")[2]).toBe("They differ in U+0451 and U+00EB at place 1.");
});

test("a picture that is also a text gets a word, too", () => {
  expect(pair("a\tb", "a⇥b")[2]).toBe("They differ in U+0009 and U+21E5 at place 2.");
  expect(pair("a ", "a·")[2]).toBe("They differ in U+0020 and U+00B7 at place 2.");
  expect(pair("\u200b", "U+200B")[2]).toBe("They differ in U+200B and U+0055 at place 1.");
  expect(pair("\u202f", "\u00a0")[2]).toBeUndefined();
});

test("single letters of two scripts, and characters that fonts may lack, get a word", () => {
  expect(pair("\u13a2", "i")[2]).toBe("They differ in U+13A2 and U+0069 at place 1.");
  expect(pair("🂡", "🂢")[2]).toBe("They differ in U+1F0A1 and U+1F0A2 at place 1.");
});

test("differences that are seen get no word", () => {
  expect(pair("plain", "brand")).toHaveLength(2);
  expect(pair("Привет", "Hello")).toHaveLength(2);
  expect(pair("No", "NO")).toHaveLength(2);
  expect(pair("ä", "a")).toHaveLength(2);
});

test("an accent stays with its letter", () => {
  expect(pair("cafe\u0301", "cafe")).toEqual(["caf[e\u0301]", "caf[e]"]);
  expect(pair("a😀b", "a😁b")[0]).toBe("a[😀]b");
});

test("a number is the digits as received, right-aligned", () => {
  expect(pair(number("1.25"), number("1.25000001"), "NUMBER(20,8)")).toEqual([
    "1.25",
    "1.25[000001]",
  ]);
  const digits = "12345678901234567890.12345678901234567890";
  expect(one(digits, "NUMBER")).toBe(digits);
  expect(shownValue(number("1.50"), "NUMBER", WIDE)).toMatchObject({
    pieces: [{ text: "1.50" }],
    alignRight: true,
  });
  expect(pair(number("-0.0"), number("0.0"), "BINARY_DOUBLE")).toEqual(["[-]0.0", "0.0"]);
  expect(one("NaN", "BINARY_DOUBLE")).toBe("NaN");
});

test("a number is cut to where it differs, with how many digits it has", () => {
  const shown = pair("1".repeat(38) + "2", "1".repeat(38) + "3", "NUMBER", { ...WIDE, width: 20 });
  expect(shown).toEqual(["…1111111111[2]  39 digits", "…1111111111[3]  39 digits"]);
});

test("dates are as received, and one instant in two zones says so", () => {
  expect(pair("2026-01-01T00:00:00", "2026-02-01T00:00:00", "DATE")).toEqual([
    "2026-0[1]-01T00:00:00",
    "2026-0[2]-01T00:00:00",
  ]);
  const zoned = "TIMESTAMP(6) WITH TIME ZONE";
  expect(pair("2026-01-28T10:38:36+07:00", "2026-01-28T03:38:36+00:00", zoned)).toEqual([
    "2026-01-28T[10]:38:36+0[7]:00",
    "2026-01-28T[03]:38:36+0[0]:00",
    "the same instant, other zone",
  ]);
  expect(pair("2026-01-28T10:38:36+07:00", "2026-01-28T04:38:36+00:00", zoned)).toHaveLength(2);
});

const JSON_LEFT = parseExact('{"limits":{"daily":5000,"monthly":1},"approval":"two-step","a":""}');
const JSON_RIGHT = parseExact('{"approval":"two-step","limits":{"monthly":1,"daily":7500},"a":""}');

test("JSON shows the first path that differs, and how many others do", () => {
  expect(pair(JSON_LEFT, JSON_RIGHT, "JSON")).toEqual([
    "$.limits.daily [50]00",
    "$.limits.daily [75]00",
  ]);
  expect(pair([number("1"), "a", true], [number("2"), "b"], "JSON")).toEqual([
    "$[0] [1]  +2 paths",
    "$[0] [2]  +2 paths",
  ]);
});

test("in JSON what is not there, null, an empty text, and a text are told apart", () => {
  expect(pair({}, { a: null }, "JSON")).toEqual(["$.a <not there>", "$.a [null]"]);
  expect(pair({ a: "" }, { a: null }, "JSON")).toEqual(["$.a <empty>", "$.a [null]"]);
  expect(pair({ a: number("5") }, { a: "5" }, "JSON")).toEqual(["$.a [5]", '$.a ["5"]']);
  expect(pair("5", number("5"), "JSON")).toEqual(['$ ["5"]', "$ [5]"]);
  expect(one("", "JSON")).toBe("<empty>");
  expect(one("NULL", "JSON")).toBe('"NULL"');
});

test("letters that look alike inside JSON get a word", () => {
  expect(pair({ a: "p\u0430y" }, { a: "pay" }, "JSON")[2]).toBe(
    "They differ in U+0430 and U+0061 at place 2.",
  );
});

test("JSON that is written alike on both sides gets a word", () => {
  const digits = "12345678901234567890123";
  expect(pair({ a: digits }, { a: digits }, "JSON")[2]).toBe(
    "Both are written alike here. In the databases they differ.",
  );
});

test("JSON kept in text is text, and a word says where only its form differs", () => {
  expect(pair('{"a": 1, "b": 2}', '{"b":2,"a":1}')[2]).toBe(
    "The text differs. As JSON both are the same.",
  );
  expect(pair('{"a":1}', '{"a":2}')).toEqual(['{"a":[1]}', '{"a":[2]}']);
  expect(pair('{"a":1,"a":2}', '{"a":2}')).toHaveLength(2);
  expect(pair('{"a":1,', '{"a":1')).toHaveLength(2);
  const deep = "[".repeat(9000) + "]".repeat(9000);
  expect(pair(deep, `${deep} `)[1]).toMatch(/18,001 chars, 1 blank at the end$/);
});

test("a long path is cut at its beginning, and its value stays", () => {
  const name = "x".repeat(60);
  const [left] = pair({ [name]: number("1") }, { [name]: number("2") }, "JSON", {
    ...WIDE,
    width: 30,
  });
  expect(left).toBe("…xxxxxxxxxxxxxx [1]");
});

test("an array of a vector has paths, too", () => {
  const vector = (...values: string[]): ExactValue => values.map(number);
  expect(pair(vector("1.5", "2"), vector("1.5", "3"), "VECTOR(2, FLOAT32)")).toEqual([
    "$[1] [2]",
    "$[1] [3]",
  ]);
});

test("bytes are their size and the first that differ, as hexadecimal digits", () => {
  const left = [...Array(500).keys()];
  const right = left.map((byte, at) => (at === 300 ? 0xff : byte));
  const options = { ...WIDE, width: 30 };
  expect(pair(base64(left), base64(right), "BLOB", options)).toEqual([
    "…28292A2B[2C]2D2E2F3031…  500 bytes",
    "…28292A2B[FF]2D2E2F3031…  500 bytes",
  ]);
  expect(pair("0AFF", "0AFE", "RAW(16)")).toEqual(["0A[FF]", "0A[FE]"]);
  expect(pair("0AFF", "0A", "RAW(16)")).toEqual(["0A[FF]  2 bytes", "0A  1 byte"]);
  expect(one("0AFF", "RAW(16)")).toBe("0AFF");
  expect(one(base64([1, 2]), "BLOB")).toBe("0102  2 bytes");
});

test("a RAW and a BLOB are compared by their bytes", () => {
  expect(pair("0AFF", base64([0x0a, 0xfe]), { left: "RAW(2)", right: "BLOB" })).toEqual([
    "0A[FF]",
    "0A[FE]  2 bytes",
  ]);
});

test("the first byte that differs is found at every place of a group of base64", () => {
  for (let at = 0; at < 7; at++) {
    const left = Array.from({ length: 7 }, () => 0x41);
    const right = left.map((byte, place) => (place === at ? 0x42 : byte));
    const plain = "41".repeat(7);
    const marked = (byte: string): string =>
      `${plain.slice(0, at * 2)}[${byte}]${plain.slice(at * 2 + 2)}  7 bytes`;
    expect(pair(base64(left), base64(right), "BLOB")).toEqual([marked("41"), marked("42")]);
  }
});

test("booleans are words", () => {
  expect(pair(true, false, "BOOLEAN")).toEqual(["[tru]e", "[fals]e"]);
});

const LONG = "Lorem ipsum dolor sit amet, consectetur adipiscing elit. ".repeat(40);

test("a cut cell shows the part that differs, its ellipses, and its length", () => {
  const [left, right] = [14, 30].map(
    (days) => `${LONG}Goods can be returned within ${days} days of the delivery date. ${LONG}`,
  );
  expect(pair(left ?? "", right ?? "", "CLOB", { ...WIDE, width: 41 })).toEqual([
    "…ned within [14] days of the del…  4,619 chars",
    "…ned within [30] days of the del…  4,619 chars",
  ]);
});

test("two lines that are cut begin at the same place, though one ends sooner", () => {
  const options = { ...WIDE, width: 40 };
  const [left, right] = pair(`${LONG}14 days at`, `${LONG}30 days at ${LONG}`, "CLOB", options);
  expect(left).toBe("…lit. [14] days at  2,290 chars");
  expect(right).toBe("…lit. [30] days …  4,571 chars, 1 blank at the end");
});

test("values that are written alike, though they differ, have a word", () => {
  expect(pair("x", "x")).toEqual([
    "x",
    "x",
    "Both are written alike here. In the databases they differ.",
  ]);
});

test("a value that does not differ is cut at its end", () => {
  const options = { ...WIDE, width: 30 };
  expect(one(LONG, "CLOB", options)).toBe("Lorem ipsum dolor s…  2,280 chars");
});

test("a cut value shows what a search has found", () => {
  const shown = shownValue(`${LONG}needle${LONG}`, "CLOB", {
    ...WIDE,
    width: 40,
    needle: needleOf("NEEDLE"),
  });
  expect(shown.pieces.find((piece) => piece.hit)?.text).toBe("needle");
  expect(shown.pieces[0]?.kind).toBe("ellipsis");
});

test("what a search has found is marked beside what differs", () => {
  const types = { left: TEXT, right: TEXT };
  const shown = shownPair("gateway-dev", "gateway-uat", types, {
    ...WIDE,
    needle: needleOf("Way-d"),
  });
  expect(shown.left.pieces.map(({ text, mark, hit = false }) => [text, mark, hit])).toEqual([
    ["gate", false, false],
    ["way-", false, true],
    ["d", true, true],
    ["ev", true, false],
  ]);
  expect(shown.right.pieces.some(({ hit }) => hit)).toBe(false);
});

const RANDOM_TYPES = [TEXT, "CLOB", "NUMBER", "DATE"];

test("joined, the pieces of a value that was not cut give it back exactly", () => {
  const random = seeded(11);
  for (let round = 0; round < 1500; round++) {
    const text = random.text(1 + random.integer(60));
    const type = random.pick(RANDOM_TYPES);
    const showBlanks = random.integer(2) === 1;
    expect(sourceOf(shownValue(text, type, { ...WIDE, showBlanks }).pieces)).toBe(text);
    expect(sourceOf(shownWhole(text, type, { showBlanks }).pieces)).toBe(text);
  }
});

test("joined, the lines of a pair give both values back, and what has no mark is the same", () => {
  const random = seeded(12);
  for (let round = 0; round < 1500; round++) {
    const left = random.text(1 + random.integer(80));
    const right = changedText(left);
    if (left === right || right === "") continue;
    const shown = shownPair(left, right, { left: TEXT, right: TEXT }, WIDE);
    expect(sourceOf(shown.left.pieces)).toBe(left);
    expect(sourceOf(shown.right.pieces)).toBe(right);
    const [same, other] = [shown.left, shown.right].map((line) =>
      sourceOf(line.pieces.filter(({ mark }) => !mark)),
    );
    expect(same).toBe(other);
    expect([...shown.left.pieces, ...shown.right.pieces].some(({ mark }) => mark)).toBe(true);
  }
  function changedText(text: string): string {
    let made = text;
    for (let change = random.integer(3); change >= 0; change--) {
      const at = random.integer(made.length + 1);
      const piece = random.text(random.integer(4));
      made = made.slice(0, at) + piece + made.slice(at + random.integer(4));
    }
    return made;
  }
});

test("two pictures that are the same always have a word", () => {
  const random = seeded(13);
  const pictures = ["·", "⇥", "⍽", "U+0020", "…"];
  const confusing = ["a", "\u0430", " ", "\t", "\u00a0", "\u0301", "é", "e", ...pictures];
  for (let round = 0; round < 3000; round++) {
    const [left, right] = [0, 1].map(() => random.text(1 + random.integer(4), confusing));
    if (left === undefined || right === undefined || left === right) continue;
    const shown = shownPair(left, right, { left: TEXT, right: TEXT }, WIDE);
    const [a, b] = [shown.left, shown.right].map((line) =>
      line.pieces
        .map((piece) => piece.text)
        .join("")
        .normalize("NFC"),
    );
    if (a === b) expect(shown.note, `${left} ${right}`).toMatch(/^They differ in U\+/);
  }
});

test("a cut always has its ellipsis, and the text between ellipses stands in the value", () => {
  const random = seeded(14);
  for (let round = 0; round < 1500; round++) {
    const start = random.text(random.integer(80));
    const left = start + random.text(random.integer(60));
    const right = start + random.text(random.integer(60));
    if (left === right || left === "" || right === "") continue;
    const width = 8 + random.integer(60);
    const shown = shownPair(left, right, { left: TEXT, right: TEXT }, { width, locale: "en" });
    for (const [text, line] of [
      [left, shown.left],
      [right, shown.right],
    ] as const) {
      const source = sourceOf(line.pieces);
      const isCutAtStart = line.pieces[0]?.kind === "ellipsis";
      const isCutAtEnd = line.pieces.at(-1)?.kind === "ellipsis" && line.pieces.length > 1;
      expect(text.includes(source)).toBe(true);
      if (!isCutAtStart) expect(text.startsWith(source)).toBe(true);
      if (!isCutAtEnd) expect(text.endsWith(source)).toBe(true);
      if (source !== text) expect(isCutAtStart || isCutAtEnd).toBe(true);
      if (source !== text) expect(line.tag).toMatch(/^[\d,]+ chars?/);
    }
  }
});

test("of a pair that is cut, the first difference is in sight", () => {
  const random = seeded(15);
  for (let round = 0; round < 1000; round++) {
    const start = random.text(random.integer(200), [..."abcdef "]);
    const end = random.text(random.integer(200), [..."abcdef "]);
    const types = { left: TEXT, right: TEXT };
    const width = 20 + random.integer(30);
    const shown = shownPair(`${start}L${end}`, `${start}R${end}`, types, { width });
    for (const line of [shown.left, shown.right]) {
      expect(line.pieces.some(({ mark }) => mark)).toBe(true);
    }
  }
});

test("the whole value keeps its line ends, and B shows them", () => {
  expect(drawn(shownWhole("a\n b\tc\n", "CLOB"))).toBe("a\n b⇥\tc\n");
  expect(drawn(shownWhole("a\n b\tc\n", "CLOB", { showBlanks: true }))).toBe("a↵\n·b⇥\tc↵\n");
  expect(drawn(shownWhole(base64([1, 255]), "BLOB", { locale: "en" }))).toBe("01FF  2 bytes");
});

test("the text for copies is the value, never its picture", () => {
  expect(valueText("a\t  b ", TEXT)).toBe("a\t  b ");
  expect(valueText(null, TEXT)).toBeNull();
  expect(valueText(number("1.50"), "NUMBER")).toBe("1.50");
  expect(valueText({ empty: true }, "CLOB")).toBe("");
  expect(valueText({ b: number("1.0"), a: "x" }, "JSON")).toBe('{"a":"x","b":1.0}');
  expect(valueText(base64([1, 255]), "BLOB")).toBe("01FF");
});

test("a screen reader is told what cannot be seen", () => {
  const words = (value: ExactValue, type = TEXT): string => spoken(shownValue(value, type, WIDE));
  expect(words(null)).toBe("NULL");
  expect(words("INFO  ")).toBe("INFO  , 2 blanks at the end");
  expect(words("a\tb")).toBe("a tab b");
  expect(words("a\u200bb")).toBe("a U+200B b");
  expect(words({ empty: true }, "CLOB")).toBe("empty");
});

test("hostile values are drawn in bounded time", () => {
  const accents = "\u0301".repeat(100_000);
  const pairs = [
    [accents, `${accents}\u0302`],
    ["ab".repeat(100_000), "ba".repeat(100_000)],
    [" ".repeat(200_000), " ".repeat(199_999)],
    ["\u200b".repeat(100_000), "\u200c".repeat(100_000)],
    ["x".repeat(500_000), `${"x".repeat(250_000)}y${"x".repeat(250_000)}`],
  ] as const;
  const started = performance.now();
  for (const [left, right] of pairs) {
    const shown = shownPair(left, right, { left: "CLOB", right: "CLOB" }, { width: 40 });
    expect(shown.left.pieces.length).toBeLessThan(60);
  }
  expect(performance.now() - started).toBeLessThan(LONG_MS);
});
