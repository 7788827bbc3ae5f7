import { expect, test } from "vitest";
import {
  eachMember,
  endOfValue,
  findMember,
  unescaped,
  withoutBlanks,
} from "../src/model/rows/raw_json";
import { seeded, type Seeded } from "./seeded";

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

function randomValue(random: Seeded, depth: number): Json {
  const shape = random.integer(depth > 0 ? 6 : 4);
  if (shape === 0) return random.text(random.integer(8));
  if (shape === 1) return random.integer(1_000_000) / 100;
  if (shape === 2) return random.pick([null, true, false]);
  if (shape === 3) return random.pick([[], {}, "", 0]);
  const children = Array.from({ length: random.integer(4) }, () => randomValue(random, depth - 1));
  if (shape === 4) return children;
  return Object.fromEntries(children.map((child) => [random.text(random.integer(5)), child]));
}

test("each member of an object is found where it stands, whatever its name and value", () => {
  const random = seeded(21);
  for (let round = 0; round < 1000; round++) {
    const children = Array.from({ length: 5 }, (_, at) => [
      random.text(at) + at,
      randomValue(random, 3),
    ]);
    const object: { [name: string]: Json } = Object.fromEntries(children);
    const text = JSON.stringify(object);
    const found: [string, unknown][] = [];
    eachMember(text, 0, (rawName, from, to) => {
      found.push([unescaped(rawName), JSON.parse(text.slice(from, to))]);
    });
    expect(found).toEqual(Object.entries(object));
    expect(endOfValue(text, 0)).toBe(text.length);
    for (const [name, value] of Object.entries(object)) {
      expect(text.slice(...(findMember(text, 0, name) ?? []))).toBe(JSON.stringify(value));
    }
  }
});

test("a member that is not there is not found inside another", () => {
  expect(findMember('{"a":{"b":1},"c":"\\"b\\":2"}', 0, "b")).toBeNull();
  expect(findMember("{}", 0, "b")).toBeNull();
});

test("a name is found whichever way it is escaped", () => {
  expect(findMember('{"\\u0041":1}', 0, "A")).toEqual([10, 11]);
  const name = 'a"\\\n';
  expect(findMember(JSON.stringify({ [name]: 1 }), 0, name)).not.toBeNull();
});

test("a text that ends too soon is refused", () => {
  expect(() => endOfValue('{"a":[1,2', 0)).toThrow(SyntaxError);
  expect(() => endOfValue('"a\\"', 0)).toThrow(SyntaxError);
});

test("blanks go where they mean nothing, and stay inside texts", () => {
  expect(withoutBlanks(' { "a b" : [ 1 ,\n"  \\" x" ] }\t')).toBe('{"a b":[1,"  \\" x"]}');
});
