import { describe, expect, test } from "vitest";

import { emptySetup } from "../src/model/asking/setups";
import type { Setup } from "../src/model/types";
import { describe as describeWhat, when } from "../src/screens/start/describing";
import { emptyManySetup } from "../src/state/remembered_data";

function many(...patterns: string[]): string {
  return describeWhat({ kind: "many", setup: { ...emptyManySetup(), patterns } });
}

function one(changes: (setup: Setup) => void): string {
  const setup = emptySetup();
  changes(setup);
  return describeWhat({ kind: "one", setup });
}

describe("what is compared, in a list", () => {
  test("is named by its patterns, or its tables", () => {
    expect(many("%CONFIG%")).toBe("tables like %CONFIG%");
    expect(many("%CONFIG%", "FX_%", "-%_LOG")).toBe("tables like %CONFIG% and FX_%, without %_LOG");
    expect(many("FX_RATE")).toBe("table FX_RATE");
    expect(many("A", "B")).toBe("tables A and B");
    expect(many("A", "B", "C", "D")).toBe("4 tables");
  });

  test("is one table's name where both sides have the same", () => {
    const table = (name: string) => ({ ...emptySetup().sides.left, schema: "CFG", table: name });
    expect(one((setup) => (setup.sides = { left: table("A"), right: table("A") }))).toBe("CFG.A");
    expect(one((setup) => (setup.sides = { left: table("A"), right: table("B") }))).toBe(
      "CFG.A and CFG.B",
    );
  });

  test("says whether SQL is one statement or two", () => {
    expect(one((setup) => (setup.mode = "sql"))).toBe("SQL, one for both sides");
    expect(one((setup) => Object.assign(setup, { mode: "sql", sameSql: false }))).toBe(
      "SQL, one for each side",
    );
  });
});

describe("when it was", () => {
  const now = new Date(2026, 10, 28, 0, 30);

  test("goes by the calendar's days, not by hours", () => {
    expect(when(new Date(2026, 10, 28, 0, 5).toISOString(), now, "en-GB")).toBe("today 00:05");
    expect(when(new Date(2026, 10, 27, 23, 50).toISOString(), now, "en-GB")).toBe(
      "yesterday 23:50",
    );
    expect(when(new Date(2026, 10, 26, 12).toISOString(), now, "en-GB")).toBe("26 Nov 2026");
  });
});
