import { ExactNumber, type CompareHead, type CompareRequest } from "oracle-sidecar-client";
import { describe, expect, test } from "vitest";

import { parseDifference } from "../src/model/rows/exact_rows";
import { canReadWhole, wholeRowRequest } from "../src/result/detail/whole_row";

const connection = { connect_string: "db/X", username: "u", password: "p" };

const number = (digits: string): ExactNumber => new ExactNumber(digits);

function headOf(key: Record<string, string>): CompareHead {
  const types = { ...key, VALUE: "VARCHAR2(40)", OTHER: "DATE" };
  return {
    key: Object.keys(key),
    columns: Object.keys(types),
    left_types: Object.values(types),
    right_types: Object.values(types),
    left_only_columns: [],
    right_only_columns: [],
    types_differ: [],
    ignored: ["UPDATED_AT"],
    empty_is_null: [],
    left_sql: "",
    right_sql: "",
    left_started: "",
    right_started: "",
  };
}

function changed(key: string): string {
  return `{"diff":"changed","key":{${key}},"columns":["VALUE"],"left":{"VALUE":"a"},"right":{"VALUE":"b"}}`;
}

function asked(
  key: string,
  types: Record<string, string>,
  request: Partial<CompareRequest> = { table: "T" },
): CompareRequest {
  const whole: CompareRequest = { left: { connection }, right: { connection }, ...request };
  return wholeRowRequest(whole, headOf(types), parseDifference(changed(key)));
}

describe("a whole row", () => {
  test("is read by its key, with all columns and what was left out left out again", () => {
    const request = asked('"ID":7', { ID: "NUMBER(10)" });

    expect(request.left).toEqual({
      connection,
      table: "T",
      where: "ID = :COMPARE_KEY_1",
      binds: { COMPARE_KEY_1: number("7") },
    });
    expect(request.rows).toBe("whole");
    expect(request.key).toEqual(["ID"]);
    expect(request.ignore).toEqual(["UPDATED_AT"]);
  });

  test.each([
    ['"K":"a\\"b"', "VARCHAR2(40)", "K = :COMPARE_KEY_1", 'a"b'],
    ['"K":null', "VARCHAR2(40)", "K IS NULL", undefined],
    [
      '"K":"12345678901234567890123"',
      "NUMBER",
      "K = :COMPARE_KEY_1",
      number("12345678901234567890123"),
    ],
    ['"K":1.50', "NUMBER", "K = :COMPARE_KEY_1", number("1.50")],
    ['"K":"2026-01-28T10:38:36"', "DATE", "K = :COMPARE_KEY_1", { $date: "2026-01-28T10:38:36" }],
    ['"K":"0AFF"', "RAW(16)", "K = HEXTORAW(:COMPARE_KEY_1)", "0AFF"],
    [
      '"K":"2026-01-28T10:38:36.123456789"',
      "TIMESTAMP(9)",
      `K = TO_TIMESTAMP(:COMPARE_KEY_1, 'SYYYY-MM-DD"T"HH24:MI:SS.FF9')`,
      "2026-01-28T10:38:36.123456789",
    ],
  ])("has of the key %s, a %s, the condition %s", (key, type, where, bind) => {
    const { left } = asked(key, { K: type });

    expect(left.where).toBe(where);
    expect(left.binds).toEqual(bind === undefined ? undefined : { COMPARE_KEY_1: bind });
  });

  test("keeps the condition and the binds that the comparison had", () => {
    const { left } = asked(
      '"A":1,"b c":2',
      { A: "NUMBER", "b c": "NUMBER" },
      { table: "T", where: "X = :X -- or not", binds: { X: 1 } },
    );

    expect(left.where).toBe(
      '(X = :X -- or not\n) AND A = :COMPARE_KEY_1 AND "b c" = :COMPARE_KEY_2',
    );
    expect(left.binds).toEqual({ X: 1, COMPARE_KEY_1: number("1"), COMPARE_KEY_2: number("2") });
  });

  test("of a statement is asked for around the statement", () => {
    const { left } = asked('"ID":7', { ID: "NUMBER" }, { sql: "SELECT * FROM t -- all;\n;" });

    expect(left.sql).toBe(
      "SELECT * FROM (\nSELECT * FROM t -- all;\n\n) WHERE ID = :COMPARE_KEY_1",
    );
  });

  test("is there to be read only where something was not sent", () => {
    const head = headOf({ ID: "NUMBER" });
    const part = parseDifference(changed('"ID":7'));
    const all = parseDifference(
      '{"diff":"changed","key":{"ID":7},"columns":["VALUE"],"left":{"ID":7,"VALUE":"a","OTHER":null},"right":{"ID":7,"VALUE":"b","OTHER":null}}',
    );

    expect(canReadWhole(head, part)).toBe(true);
    expect(canReadWhole(head, all)).toBe(false);
    expect(canReadWhole({ ...head, key: "row" }, part)).toBe(false);
  });
});
