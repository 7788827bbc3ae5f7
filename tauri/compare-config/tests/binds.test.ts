import { ExactNumber } from "oracle-sidecar-client";
import { expect, test } from "vitest";

import { bindNames, bindProblem, bindsFor, bindValue, wireBinds } from "../src/model/asking/binds";
import type { Bind } from "../src/model/types";
import { LONG_MS } from "./long";

test.each([
  ["SELECT * FROM t WHERE a = :id AND b > :Since AND c = :ID", ["ID", "SINCE"]],
  ["SELECT ':no', \":no\", q'[ :no ]', Q'!it's :no!' FROM t WHERE a = :yes", ["YES"]],
  ["SELECT 'it''s :no' FROM t -- :no\nWHERE /* :no */ a = :yes", ["YES"]],
  ["SELECT JSON_OBJECT('a' : b, 'c':d) FROM t WHERE e = :f", ["F"]],
  ["SELECT :1, :2 FROM dual", ["1", "2"]],
  ['SELECT :"Mixed" FROM dual', ['"Mixed"']],
  ["SELECT nq'(:no)', N':no' FROM dual", []],
  ["SELECT 'open :no", []],
  ["SELECT /* open :no", []],
  ["", []],
])("the binds of %s are found", (sql, names) => {
  expect(bindNames(sql)).toEqual(names);
});

test("binds keep their values while the statement is edited", () => {
  const given: Bind[] = [
    { name: "OLD", type: "text", value: "gone" },
    { name: "ID", type: "number", value: "5" },
  ];

  expect(bindsFor(["a = :id", "b = :day"], given)).toEqual([
    { name: "ID", type: "number", value: "5" },
    { name: "DAY", type: "text", value: "" },
  ]);
});

const bind = (type: Bind["type"], value: string): Bind => ({ name: "N", type, value });

test.each([
  [bind("text", " a "), " a "],
  [bind("text", "5"), "5"],
  [bind("null", "ignored"), null],
  [bind("number", " 5 "), new ExactNumber("5")],
  [bind("number", "+5"), new ExactNumber("5")],
  [bind("number", "-0.10"), new ExactNumber("-0.10")],
  [bind("number", "1e3"), new ExactNumber("1e3")],
  [bind("number", ".5"), new ExactNumber("0.5")],
  [bind("number", "5."), new ExactNumber("5")],
  [bind("number", "007"), new ExactNumber("7")],
  [bind("number", "0.000"), new ExactNumber("0.000")],
  [bind("number", "9007199254740993"), new ExactNumber("9007199254740993")],
  [bind("number", "0.12345678901234567891"), new ExactNumber("0.12345678901234567891")],
  [bind("date", "2026-01-28"), { $date: "2026-01-28" }],
  [bind("date", "2026-01-28T10:38:36.5"), { $date: "2026-01-28T10:38:36.5" }],
])("%j is sent as %j", (one, value) => {
  expect(bindValue(one)).toEqual({ value });
});

test.each([
  [bind("number", ""), ":N is a number: type one."],
  [bind("number", "1,5"), ":N is a number: “1,5” is none."],
  [bind("number", "."), ":N is a number: “.” is none."],
  [bind("number", "0x10"), ":N is a number: “0x10” is none."],
  [bind("date", "28.01.2026"), ":N is a date: type it as 2026-01-28 or 2026-01-28T10:38:36."],
])("%j is no such value", (one, problem) => {
  expect(bindValue(one)).toEqual({ problem });
});

test("each statement gets its own binds only", () => {
  const binds: Bind[] = [
    { name: "A", type: "number", value: "1" },
    { name: "B", type: "text", value: "b" },
  ];

  expect(wireBinds("x = :b", binds)).toEqual({ B: "b" });
  expect(wireBinds("x = 1", binds)).toBeUndefined();
});

test("the first bind without a fit value is named", () => {
  expect(bindProblem(["x = :a AND y = :b"], [{ name: "B", type: "date", value: "" }])).toEqual({
    name: "B",
    sentence: ":B is a date: type it as 2026-01-28 or 2026-01-28T10:38:36.",
  });
  expect(bindProblem(["x = 1"], [bind("number", "")])).toBeNull();
});

test("a long statement is read in time that grows with its length", () => {
  const started = performance.now();
  for (const part of ["'", "q'[", "/*", "--\n", '"', ":a ", "''"]) bindNames(part.repeat(20_000));
  expect(performance.now() - started).toBeLessThan(LONG_MS);
});
