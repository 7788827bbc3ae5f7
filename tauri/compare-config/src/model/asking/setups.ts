/** Setups as values: empty ones, what of them is asked, one table of many. */

import type { SidePlace } from "../sides";
import type { ManySetup, Setup, SideKey, Sides, SideSetup, TableChoice } from "../types";

export function emptySideSetup(): SideSetup {
  return { connectionId: "", schema: "", table: "", where: "", sql: "" };
}

export function emptySetup(): Setup {
  return {
    mode: "table",
    sides: { left: emptySideSetup(), right: emptySideSetup() },
    sameWhere: true,
    sameSql: true,
    binds: [],
    key: { kind: "found" },
    leftOut: [],
    leftOutPatterns: [],
  };
}

export function emptyTableChoice(): TableChoice {
  return { where: "", key: { kind: "found" }, leftOut: [], leftOutPatterns: [] };
}

/** What the sides are named by: in SQL no schema and no table is used. */
export function setupPlaces({ mode, sides }: Setup): Sides<SidePlace> {
  if (mode === "table") return sides;
  const place = ({ connectionId }: SideSetup): SidePlace => ({ connectionId });
  return { left: place(sides.left), right: place(sides.right) };
}

/** The condition of a side as it is sent, without a WHERE in front of it; "" for none. */
export function whereOf(setup: Setup, side: SideKey): string {
  if (setup.mode === "sql") return "";
  const typed = setup.sides[setup.sameWhere ? "left" : side].where.trim();
  return typed.replace(/^where\s+/i, "");
}

/** Whether a condition chooses the rows of a side. */
export function hasWhere(setup: Setup): boolean {
  return whereOf(setup, "left") !== "" || whereOf(setup, "right") !== "";
}

/** The statement of a side, "" in table mode. */
export function sqlOf(setup: Setup, side: SideKey): string {
  return setup.mode === "table" ? "" : setup.sides[setup.sameSql ? "left" : side].sql;
}

/** One table of many as a comparison of its own, the same name on both sides. */
export function tableSetup(many: ManySetup, table: string): Setup {
  const choice = many.perTable[table] ?? emptyTableChoice();
  const side = (key: SideKey): SideSetup => ({
    ...emptySideSetup(),
    ...many.sides[key],
    table,
    where: choice.where,
  });
  return {
    ...emptySetup(),
    sides: { left: side("left"), right: side("right") },
    key: choice.key,
    leftOut: [...choice.leftOut],
    leftOutPatterns: [...choice.leftOutPatterns],
  };
}

/** Whether two ask the databases for the same: what is not used makes no difference. */
export function sameSetup(a: Setup, b: Setup): boolean {
  return JSON.stringify(asked(a)) === JSON.stringify(asked(b));
}

function asked(setup: Setup): unknown {
  const side = (key: SideKey): unknown => {
    const { connectionId, schema, table } = setup.sides[key];
    return setup.mode === "table"
      ? [connectionId, schema, table, whereOf(setup, key)]
      : [connectionId, sqlOf(setup, key)];
  };
  const key = setup.key.kind === "columns" ? setup.key.columns : setup.key.kind;
  const leftOut = [[...setup.leftOut].sort(), [...setup.leftOutPatterns].sort()];
  const binds = setup.binds.map(({ name, type, value }) => [name, type, value]);
  return [setup.mode, side("left"), side("right"), key, leftOut, binds];
}
