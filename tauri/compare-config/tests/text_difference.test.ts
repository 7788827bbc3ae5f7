import { expect, test } from "vitest";
import {
  foldSentence,
  textDifference,
  textSummary,
  type TextBlock,
  type TextDifference,
} from "../src/model/pairs/text_difference";
import { seeded } from "./seeded";
import { LONG_MS } from "./long";

/** `[14]` is a place, `{2,094 characters the same}` a fold. */
function drawn(blocks: readonly TextBlock[]): string {
  return blocks
    .map((block) => {
      if (block.kind === "fold" || block.kind === "rest") return `{${foldSentence(block, "en")}}`;
      const text = block.pieces.map((piece) => piece.text).join("");
      return block.kind === "place" ? `[${text}]` : text;
    })
    .join("");
}

function both(difference: TextDifference): [string, string] {
  return [drawn(difference.left), drawn(difference.right)];
}

function sourceOfBlocks(blocks: readonly TextBlock[]): string {
  return blocks
    .map((block) =>
      block.kind === "fold" || block.kind === "rest"
        ? block.text
        : block.pieces.map((piece) => piece.source ?? piece.text).join(""),
    )
    .join("");
}

const TERMS =
  "The refund covers the full amount. Goods can be returned within 14 days of the delivery date, " +
  "unused and in the original box. The refund is paid within 5 working days.";

test("differing words are marked in both texts", () => {
  const other = TERMS.replace("14", "30").replace("5 ", "10 ");
  const difference = textDifference(TERMS, other);
  expect(both(difference)).toEqual([
    TERMS.replace("14", "[14]").replace("5 ", "[5] "),
    TERMS.replace("14", "[30]").replace("5 ", "[10] "),
  ]);
  expect(textSummary(difference, "en")).toBe("167 and 168 characters, 2 places differ");
});

test("long equal stretches are folded, and their length is told", () => {
  const long = Array.from({ length: 600 }, (_, n) => `word${n}`).join(" ");
  const [left, right] = both(textDifference(`${long} 14 days ${long}`, `${long} 30 days ${long}`));
  expect(left).toMatch(
    /^\{4,586 characters the same\}word587 .* word599 \[14\] days word0 .* word14\{4,595 .*\}$/,
  );
  expect(right).toBe(left.replace("[14]", "[30]"));
  expect(left.length).toBeLessThan(320);
});

test("lines that differ are looked at word by word", () => {
  const left = "a = 1\nb = 2\nc = 3\n";
  const right = "a = 1\nb = 20\nnew = 7\nc = 3\n";
  expect(both(textDifference(left, right))).toEqual([
    "a = 1\nb = [2]\n[]c = 3\n",
    "a = 1\nb = [20]\n[new = 7↵\n]c = 3\n",
  ]);
});

test("a difference of blanks, line ends and tabs is seen", () => {
  expect(both(textDifference("a b", "a  b"))).toEqual(["a[·]b", "a[··]b"]);
  expect(both(textDifference("a\r\nb", "a\nb"))).toEqual(["a[U+000D]\nb", "a[]\nb"]);
  expect(both(textDifference("a\tb", "a b"))).toEqual(["a[⇥\t]b", "a[·]b"]);
  expect(both(textDifference("a\n", "a"))).toEqual(["a[↵\n]", "a[]"]);
  expect(both(textDifference("INFO", "INFO  "))).toEqual(["INFO[]", "INFO[··]"]);
});

test("small and capital letters, and accents in two forms, differ", () => {
  expect(both(textDifference("Word", "word"))).toEqual(["[Word]", "[word]"]);
  const difference = textDifference("caf\u00e9 x", "cafe\u0301 x");
  expect(both(difference)).toEqual(["[caf\u00e9] x", "[cafe\u0301] x"]);
  expect(textSummary(difference, "en")).toBe(
    "6 and 7 characters, 1 place differs. They differ in U+00E9 and U+0065 at place 4.",
  );
});

test("JSON in text stays text that differs, with a word", () => {
  const difference = textDifference('{"a":1,"b":2}', '{"b":2,"a":1}');
  expect(difference.places).toBeGreaterThan(0);
  expect(difference.note).toBe("The text differs. As JSON both are the same.");
  expect(textSummary(difference, "en")).toContain(`differ. ${difference.note}`);
});

test("a long word without blanks is marked where its characters differ", () => {
  const left = `data:${"QUJD".repeat(500)}Z${"REVG".repeat(500)}`;
  const difference = textDifference(left, left.replace("Z", "Y"));
  const [first] = both(difference);
  expect(first).toMatch(/QUJD\[Z\]REVG/);
});

test("too long texts show their first difference, and say what was not looked at", () => {
  const left = "x".repeat(118_203) + "A" + "y".repeat(100_000);
  const difference = textDifference(left, left.replace("A", "B"));
  expect(textSummary(difference, "en")).toBe(
    "218,204 characters. Too long to mark every word. The first difference is at 118,204.",
  );
  const [first, second] = both(difference);
  expect(first).toMatch(
    /^\{118,103 characters the same\}x{100}\[A\]y{100}.*\{99,401 characters not looked at\}$/,
  );
  expect(second).toBe(first.replace("[A]", "[B]"));
});

test("blocks of both sides go together, and give back both texts", () => {
  const random = seeded(3);
  const blanks = [" ", "  ", "\n", "\r\n", "\t", "\u200b"];
  const words = ["same", "other", "é", "e\u0301", "😀", ".", ...blanks];
  for (let round = 0; round < 400; round++) {
    const left = random.text(random.integer(120), words);
    const right = random.integer(2) ? changed(left) : random.text(random.integer(60), words);
    const difference = textDifference(left, right);
    expect(sourceOfBlocks(difference.left)).toBe(left);
    expect(sourceOfBlocks(difference.right)).toBe(right);
    expect(difference.left.map(outline)).toEqual(difference.right.map(outline));
    const sames = (["left", "right"] as const).map((side) =>
      sourceOfBlocks(difference[side].filter(({ kind }) => kind === "same" || kind === "fold")),
    );
    expect(sames[0]).toBe(sames[1]);
    expect(difference.places).toBe(difference.left.filter(({ kind }) => kind === "place").length);
    if (left !== right) expect(difference.places).toBeGreaterThan(0);
  }
  function changed(text: string): string {
    const at = random.integer(text.length + 1);
    return text.slice(0, at) + random.pick(words) + text.slice(at + random.integer(4));
  }
});

function outline(block: TextBlock): string {
  return block.kind === "place" ? `place ${block.place}` : block.kind;
}

test.each<[string, (n: number) => string, (n: number) => string]>([
  ["words without anything in common", (n) => `a${n} `, (n) => `b${n} `],
  ["lines without anything in common", (n) => `a${n}\n`, (n) => `b${n}\n`],
  ["the same words in another order", (n) => `w${n} `, (n) => `w${(n * 7919) % 20_011} `],
  ["one character again and again", () => "aaaa ", (n) => (n % 3 ? "aaaa " : "a")],
  ["accents without a letter", () => "\u0301\u0302", (n) => (n % 2 ? "\u0301" : "\u0302\u0301")],
  ["nothing but blanks", () => "    ", () => "   \n"],
])("hostile texts take bounded time: %s", (_, left, right) => {
  const texts = [left, right].map((make) =>
    Array.from({ length: 30_000 }, (__, n) => make(n))
      .join("")
      .slice(0, 199_990),
  );
  const started = performance.now();
  const difference = textDifference(texts[0] ?? "", texts[1] ?? "");
  // Two slow processors that have other work as well.
  expect(performance.now() - started).toBeLessThan(LONG_MS);
  expect(sourceOfBlocks(difference.left)).toBe(texts[0]);
  expect(sourceOfBlocks(difference.right)).toBe(texts[1]);
});
