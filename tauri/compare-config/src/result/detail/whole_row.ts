import {
  ExactNumber,
  type CompareHead,
  type CompareRequest,
  type CompareSide,
  type ExactValue,
  type BindValue,
} from "oracle-sidecar-client";

import { cellOf, valueKind, type DifferenceRow } from "../../model/rows/exact_rows";
import { quoteIdentifier } from "../../model/tables/identifiers";
import type { SideKey } from "../../model/types";

const BIND = "COMPARE_KEY_";

/** One row and what its key says twice would be an error, so that two are enough. */
const MOST = 2;

/** Whether the answer left out what is the same in this row, and its key can ask for it. */
export function canReadWhole(head: CompareHead, row: DifferenceRow): boolean {
  if (head.key === "row" || row.kind !== "changed") return false;
  return head.columns.some((column) => cellOf(row, column).state === "not_sent");
}

/**
 * The comparison of one row alone, with all its columns: the same statements, with the row's key as
 * one more condition. It is compared rather than queried, so that its values come in the very form
 * of all others.
 */
export function wholeRowRequest(
  request: CompareRequest,
  head: CompareHead,
  row: DifferenceRow,
): CompareRequest {
  const { left, right, numbers, timeoutMs } = request;
  const ofSide = (side: SideKey, asked: CompareSide): CompareSide =>
    withCondition({ ...sharedPart(request), ...asked }, keyCondition(head, row, side));
  return {
    left: ofSide("left", left),
    right: ofSide("right", right),
    key: head.key,
    rows: "whole",
    max_differences: MOST,
    ...(head.ignored.length > 0 && { ignore: head.ignored }),
    ...(numbers !== undefined && { numbers }),
    ...(timeoutMs !== undefined && { timeoutMs }),
  };
}

/** What a side has from beside `left` and `right`, unless it has its own. */
function sharedPart({ table, sql, where, binds }: CompareRequest): Partial<CompareSide> {
  return {
    ...(table !== undefined && { table }),
    ...(sql !== undefined && { sql }),
    ...(where !== undefined && { where }),
    ...(binds !== undefined && { binds }),
  };
}

interface Condition {
  text: string;
  binds: { [name: string]: BindValue };
}

function withCondition(side: CompareSide, { text, binds }: Condition): CompareSide {
  const given = Array.isArray(side.binds) ? {} : (side.binds ?? {});
  const all = { ...given, ...binds };
  const withBinds = Object.keys(all).length > 0 ? { ...side, binds: all } : side;
  if (side.sql !== undefined) {
    const statement = side.sql.trim().replace(/;\s*$/, "");
    return { ...withBinds, sql: `SELECT * FROM (\n${statement}\n) WHERE ${text}` };
  }
  const where = side.where === undefined ? text : `(${side.where}\n) AND ${text}`;
  return { ...withBinds, where };
}

function keyCondition(head: CompareHead, row: DifferenceRow, side: SideKey): Condition {
  const binds: { [name: string]: BindValue } = {};
  const parts = [...(row.key ?? [])].map(([name, value], i) => {
    const type = head[`${side}_types`][head.columns.indexOf(name)] ?? "";
    const bindName = `${BIND}${i + 1}`;
    const { text, bind } = equalTo(value, type, `:${bindName}`);
    if (bind !== undefined) binds[bindName] = bind;
    return `${quoteIdentifier(name)} ${text}`;
  });
  return { text: parts.join(" AND "), binds };
}

function equalTo(
  value: ExactValue,
  type: string,
  placeholder: string,
): { text: string; bind?: BindValue } {
  if (value === null) return { text: "IS NULL" };
  const digits = value instanceof ExactNumber ? value.digits : value;
  if (typeof digits !== "string") throw new TypeError(`no key can be ${typeof value}`);
  switch (valueKind(type)) {
    case "number":
      return { text: `= ${placeholder}`, bind: new ExactNumber(digits) };
    case "moment":
      return equalToMoment(digits, placeholder);
    case "hex":
      return { text: `= HEXTORAW(${placeholder})`, bind: digits };
    default:
      return { text: `= ${placeholder}`, bind: digits };
  }
}

/** A bind carries microseconds; what is finer goes as a text. */
function equalToMoment(text: string, placeholder: string): { text: string; bind: BindValue } {
  if (!/\.\d{7,}$/.test(text)) return { text: `= ${placeholder}`, bind: { $date: text } };
  const format = `'SYYYY-MM-DD"T"HH24:MI:SS.FF9'`;
  return { text: `= TO_TIMESTAMP(${placeholder}, ${format})`, bind: text };
}
