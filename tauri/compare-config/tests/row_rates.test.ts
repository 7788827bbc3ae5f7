import type { CompareProgress } from "oracle-sidecar-client";
import { describe, expect, test } from "vitest";

import { RowRates, stepsSince, withFound } from "../src/state/row_rates";

function progress(
  elapsed_ms: number,
  rows: number,
  part: Partial<CompareProgress> = {},
): CompareProgress {
  return {
    left_step: "rows",
    right_step: "rows",
    left_rows: rows,
    right_rows: rows,
    equal: rows,
    changed: 0,
    left_only: 0,
    right_only: 0,
    elapsed_ms,
    ...part,
  };
}

function ratesOf(...lines: CompareProgress[]): RowRates["rates"] {
  const rates = new RowRates();
  for (const line of lines) rates.add(line);
  return rates.rates;
}

describe("rows per second", () => {
  test("are not known from one line", () => {
    expect(ratesOf(progress(1000, 40_000))).toEqual({ left: null, right: null });
  });

  test("are those of the rows that came in between", () => {
    expect(ratesOf(progress(1000, 40_000), progress(3000, 60_000)).left).toBe(10_000);
  });

  test("do not count the time before the first row", () => {
    const waits = progress(5000, 0, { left_step: "query" });

    expect(ratesOf(waits, progress(6000, 1000), progress(7000, 3000)).left).toBe(2000);
  });

  test("follow a side that becomes slower", () => {
    const lines = [0, 1, 2, 3, 4, 5, 6].map((second) =>
      progress(second * 1000, second < 3 ? second * 10_000 : 20_000 + (second - 2) * 100),
    );

    expect(ratesOf(...lines).left).toBe(100);
  });

  test("end with the rows of a side", () => {
    const done = progress(3000, 60_000, { right_step: "done" });

    expect(ratesOf(progress(1000, 40_000), progress(2000, 60_000), done)).toEqual({
      left: 10_000,
      right: null,
    });
  });
});

describe("since when a side is at its step", () => {
  test("is told by the line that first had the step", () => {
    const login = progress(1000, 0, { left_step: "login", right_step: "query" });
    const query = progress(2000, 0, { left_step: "query", right_step: "query" });
    const first = stepsSince(null, login);

    expect(first).toEqual({ left: 1000, right: 1000 });
    expect(stepsSince({ progress: login, since: first }, query)).toEqual({
      left: 2000,
      right: 1000,
    });
  });
});

test("what was found was read, though no progress line has said so yet", () => {
  const found = { changed: 900, left_only: 40, right_only: 3 };

  expect(withFound(progress(1000, 500), found)).toMatchObject({ left_rows: 940, right_rows: 903 });
  expect(withFound(progress(1000, 5000), found)).toMatchObject({
    left_rows: 5000,
    right_rows: 5000,
  });
});
