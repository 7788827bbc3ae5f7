import { expect, test } from "vitest";

import {
  readDuplicateKey,
  readKeys,
  readKeyType,
  readOrder,
} from "../src/model/tables/key_messages";

const duplicate = (values: string, columns = "K"): unknown =>
  readDuplicateKey(`DEV: two rows have the key ${columns} = ${values}`)?.key;

test.each([
  ["'pay.gateway.url'", [{ text: "pay.gateway.url", isText: true }]],
  [`"it's"`, [{ text: "it's", isText: true }]],
  ["'a, b = \\'c\\''", [{ text: "a, b = 'c'", isText: true }]],
  ["'\\x00\\u200b\\n\\\\'", [{ text: "\u0000\u200b\n\\", isText: true }]],
  ["'\\U0001f600'", [{ text: "😀", isText: true }]],
  ["'abc...", [{ text: "abc…", isText: true }]],
  ["12345678901234567890", [{ text: "12345678901234567890", isText: false }]],
  ["1.5", [{ text: "1.5", isText: false }]],
  ["NULL", [{ text: "NULL", isText: false }]],
  ["2026-01-28T10:38:36", [{ text: "2026-01-28T10:38:36", isText: false }]],
])("the key %s is read back", (written, key) => {
  expect(duplicate(written)).toEqual(key);
});

test("a key of several columns is read back part by part", () => {
  expect(duplicate("5, 'a, b', NULL", "ID, CODE, REGION")).toEqual([
    { text: "5", isText: false },
    { text: "a, b", isText: true },
    { text: "NULL", isText: false },
  ]);
});

test("a message of another form is none", () => {
  expect(readDuplicateKey("two rows are alike")).toBeNull();
  expect(readDuplicateKey("two rows have the key K = 'a', 'b'")).toBeNull();
  expect(readOrder("the rows are upside down")).toBeNull();
  expect(readKeyType("NAME is odd")).toBeNull();
  expect(readKeys("no key")).toBeNull();
});

test("of two keys out of order the parts that differ are told", () => {
  const message =
    "PROD: the rows are not in the order of their key at column NAME: " +
    "7, 'B comes behind A' comes behind 7, 'b'";

  expect(readOrder(message)).toEqual({
    later: { text: "B comes behind A", isText: true },
    earlier: { text: "b", isText: true },
  });
});

test("a column's types are read back", () => {
  expect(
    readKeyType("A B cannot be a key: it is NUMBER(10,2) on the left and DATE on the right"),
  ).toEqual({ column: "A B", left: "NUMBER(10,2)", right: "DATE" });
});

test("the keys of both sides are read back", () => {
  const message = "no key is common to both sides: the left has (A), (B, C), the right none";

  expect(readKeys(message)).toEqual({ left: [["A"], ["B", "C"]], right: [] });
});
