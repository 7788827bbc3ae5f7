import { parseExact } from "oracle-sidecar-client";
import { expect, test } from "vitest";
import {
  differingPaths,
  jsonPath,
  jsonSummary,
  sameJson,
  sortedLines,
  type JsonLine,
} from "../src/model/pairs/json_difference";
import { seeded, type Seeded } from "./seeded";

function paths(left: string, right: string): string[] {
  return differingPaths(parseExact(left), parseExact(right)).paths.map(({ path }) => path);
}

test("the paths that differ are told in the order of sorted keys", () => {
  const left = '{"limits":{"daily":5000,"monthly":60000},"approval":"two-step"}';
  const right = '{"approval":"one-step","limits":{"monthly":60000,"daily":7500}}';
  expect(paths(left, right)).toEqual(["$.approval", "$.limits.daily"]);
});

test("the order of keys is no difference, that of a list is", () => {
  expect(paths('{"a":1,"b":[1,2]}', '{"b":[1,2],"a":1}')).toEqual([]);
  expect(paths('{"a":1,"b":[1,2]}', '{"b":[2,1],"a":1}')).toEqual(["$.b[0]", "$.b[1]"]);
});

test("a key that is not there is told apart from one that is null", () => {
  const [difference] = differingPaths(parseExact("{}"), parseExact('{"a":null}')).paths;
  expect(difference).toEqual({ path: "$.a", left: undefined, right: null });
});

test("a number, a text, a truth and null are never one another", () => {
  for (const [left, right] of [
    ["1", '"1"'],
    ["true", '"true"'],
    ["null", '"null"'],
    ["0", "false"],
    ["[]", "{}"],
    ["{}", "null"],
    ["0.0", "-0.0"],
    ['""', "null"],
  ] as const) {
    expect(paths(left, right), `${left} ${right}`).toEqual(["$"]);
  }
});

test("numbers are compared by all their digits, and by value", () => {
  expect(paths("9007199254740993", "9007199254740992")).toEqual(["$"]);
  expect(paths("[1.0, 1E2, 0.10]", "[1, 100.0, 0.1]")).toEqual([]);
});

test("hostile keys are keys like others", () => {
  expect(paths('{"__proto__":1}', '{"__proto__":2}')).toEqual(["$.__proto__"]);
  expect(paths("{}", '{"toString":1}')).toEqual(["$.toString"]);
  expect(paths('{"constructor":{}}', "{}")).toEqual(["$.constructor"]);
  expect(paths('{"__proto__":{"a":1}}', "{}")).toEqual(["$.__proto__"]);
});

test("a path is written so that it can be read only one way", () => {
  expect(jsonPath([])).toBe("$");
  expect(jsonPath(["a", 0, "b c", "x.y", "", '"', "größe"])).toBe(
    '$.a[0]["b c"]["x.y"][""]["\\""].größe',
  );
});

test("no more paths are made than asked for, and it is said that there are more", () => {
  const left = parseExact(JSON.stringify(Array(5).fill(1)));
  const right = parseExact(JSON.stringify(Array(5).fill(2)));
  expect(differingPaths(left, right, 4)).toMatchObject({ paths: { length: 4 }, more: true });
  expect(differingPaths(left, right, 5)).toMatchObject({ paths: { length: 5 }, more: false });
});

test("the summary names the first paths", () => {
  const summary = (n: number, most?: number) => {
    const values = [1, 2].map((value) => parseExact(JSON.stringify(Array(n).fill(value))));
    return jsonSummary(differingPaths(values[0], values[1], most), "en");
  };
  expect(summary(0)).toBe("0 paths differ");
  expect(summary(1)).toBe("1 path differs: $[0]");
  expect(summary(2)).toBe("2 paths differ: $[0], $[1]");
  expect(summary(1200, 2000)).toBe("1,200 paths differ: $[0], $[1], $[2], +1,197");
  expect(summary(1200, 1000)).toBe("More than 1,000 paths differ");
});

const textOf = (line: JsonLine | null): string | null =>
  line && line.pieces.map((piece) => (piece.mark ? `[${piece.text}]` : piece.text)).join("");

function drawn(left: string, right: string): string[] {
  const { lines } = sortedLines(parseExact(left), parseExact(right));
  return lines.map((line) =>
    [line.differs ? "x" : " ", textOf(line.left) ?? "-", "|", textOf(line.right) ?? "-"].join(" "),
  );
}

test("lines of one path stand beside each other, differing ones marked", () => {
  const left = '{"limits":{"daily":5000,"monthly":60000},"approval":"two-step","z":[]}';
  const right = '{"limits":{"monthly":60000,"daily":7500,"weekly":{"a":1}},"approval":"two-step"}';
  expect(drawn(left, right)).toEqual([
    "  { | {",
    '    "approval": "two-step", |   "approval": "two-step",',
    '    "limits": { |   "limits": {',
    'x     "daily": [50]00, |     "daily": [75]00,',
    '      "monthly": 60000 |     "monthly": 60000,',
    'x - |     "weekly": [{]',
    'x - |       ["a": 1]',
    "x - |     [}]",
    "    }, |   }",
    'x   "z": [[]] | -',
    "  } | }",
  ]);
});

test("a value that changes its shape stands with all of its lines", () => {
  expect(drawn('{"a":[1,2]}', '{"a":"x"}')).toEqual([
    "  { | {",
    'x   "a": [[] |   "a": ["x"]',
    "x     [1,] | -",
    "x     [2] | -",
    "x   []] | -",
    "  } | }",
  ]);
});

test("invisible characters in JSON are drawn", () => {
  const { lines } = sortedLines("a\u200b\u00a0b", "ab");
  expect(lines[0]?.left?.pieces).toEqual([
    { text: '"a', mark: false, kind: "text" },
    { text: "U+200B", mark: true, kind: "control", source: "\u200b" },
    { text: "⍽", mark: true, kind: "control", source: "\u00a0" },
    { text: 'b"', mark: false, kind: "text" },
  ]);
});

test("the lines end where a page would stand still, and it is said", () => {
  const long = parseExact(JSON.stringify(Array(30_000).fill(1)));
  expect(sortedLines(long, long)).toMatchObject({ lines: { length: 20_000 }, cut: true });
  expect(sortedLines(long, long, { most: 30_002 }).cut).toBe(false);
  expect(sortedLines(long, null)).toMatchObject({ lines: { length: 20_000 }, cut: true });
});

/** A JSON text and the same with its keys in another order. */
function randomJson(random: Seeded, depth: number): [string, string] {
  const shape = random.integer(depth > 0 ? 5 : 3);
  if (shape === 0) return same(String(random.bigInteger()));
  if (shape === 1) return same(JSON.stringify(random.text(random.integer(6))));
  if (shape === 2) return same(random.pick(["null", "true", "false", "[]", "{}", "0.50"]));
  const children = Array.from({ length: 1 + random.integer(4) }, () =>
    randomJson(random, depth - 1),
  );
  if (shape === 3) {
    return [`[${children.map(([a]) => a).join(",")}]`, `[${children.map(([, b]) => b).join(",")}]`];
  }
  const member = (text: string, at: number): string => `"k${at}":${text}`;
  const first = children.map(([a], at) => member(a, at));
  const second = children.map(([, b], at) => member(b, at)).reverse();
  return [`{${first.join(",")}}`, `{${second.join(",")}}`];
}

const same = (text: string): [string, string] => [text, text];

test("equal documents have no path, and their lines join to the document itself", () => {
  const random = seeded(7);
  for (let round = 0; round < 500; round++) {
    const [left, right] = randomJson(random, 3).map((text) => parseExact(text));
    if (left === undefined || right === undefined) throw new Error("two documents are made");
    expect(sameJson(left, right)).toBe(true);
    const { lines } = sortedLines(left, right);
    expect(lines.some((line) => line.differs)).toBe(false);
    for (const side of ["left", "right"] as const) {
      const text = lines.map((line) => sourceOfLine(line[side])).join("");
      expect(parseExact(text)).toEqual(left);
    }
  }
});

test("lines are marked where paths differ and nowhere else, and still join to a document", () => {
  const random = seeded(8);
  for (let round = 0; round < 500; round++) {
    const [left, right] = [0, 1].map(() => parseExact(randomJson(random, 2)[0]));
    const { paths: differing } = differingPaths(left, right);
    const { lines } = sortedLines(left, right);
    const marked = new Set(lines.filter((line) => line.differs).map((line) => line.path));
    expect(marked).toEqual(new Set(differing.map(({ path }) => path)));
    const text = lines.map((line) => sourceOfLine(line.left)).join("");
    expect(parseExact(text)).toEqual(left);
  }
});

function sourceOfLine(line: JsonLine | null): string {
  return line?.pieces.map((piece) => piece.source ?? piece.text).join("") ?? "";
}
