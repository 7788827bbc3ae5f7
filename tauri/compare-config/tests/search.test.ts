import { expect, test } from "vitest";
import { hexOfBase64, sizeOfBase64 } from "../src/model/shown/bytes";
import type { Piece } from "../src/model/shown/pieces";
import { hitsIn, needleOf, withHits } from "../src/model/rows/search";
import { seeded } from "./seeded";

test("hits are found in small and capital letters, and do not overlap", () => {
  expect(hitsIn("aXax aXA", needleOf("axa"))).toEqual([
    [0, 3],
    [5, 8],
  ]);
  expect(hitsIn("aaaa", needleOf("aa"))).toEqual([
    [0, 2],
    [2, 4],
  ]);
  expect(hitsIn("abc", needleOf(""))).toEqual([]);
});

test("a letter that is longer when it is small does not shift the hits behind it", () => {
  expect("İ".toLowerCase().length).toBe(2);
  expect(hitsIn("İİx pay", needleOf("PAY"))).toEqual([[4, 7]]);
  expect(hitsIn("aİb", needleOf("İ"))).toEqual([[1, 2]]);
});

test("pieces are parted at hits, pictures stay whole", () => {
  const pieces: Piece[] = [
    { text: "pay me", mark: false, kind: "text" },
    { text: "··", mark: true, kind: "blank", source: "  " },
    { text: "…", mark: false, kind: "ellipsis", source: "" },
  ];
  expect(withHits(pieces, needleOf("me "))).toEqual([
    { text: "pay ", mark: false, kind: "text" },
    { text: "me", mark: false, kind: "text", hit: true },
    { text: "··", mark: true, kind: "blank", source: "  ", hit: true },
    { text: "…", mark: false, kind: "ellipsis", source: "" },
  ]);
});

test("words of ours are never a hit", () => {
  const pieces: Piece[] = [{ text: "NULL", mark: false, kind: "null", source: "" }];
  expect(withHits(pieces, needleOf("null"))).toEqual(pieces);
});

test("any part of a base64 text is read as the bytes that it stands for", () => {
  const random = seeded(31);
  for (let round = 0; round < 300; round++) {
    const length = random.integer(50);
    const bytes = Buffer.from(Array.from({ length }, () => random.integer(256)));
    const text = bytes.toString("base64");
    expect(sizeOfBase64(text)).toBe(bytes.length);
    const from = random.integer(bytes.length + 1);
    const to = from + random.integer(bytes.length - from + 1);
    const hex = bytes.subarray(from, to).toString("hex").toUpperCase();
    expect(hexOfBase64(text, from, to)).toBe(hex);
    expect(hexOfBase64(text)).toBe(bytes.toString("hex").toUpperCase());
  }
});
