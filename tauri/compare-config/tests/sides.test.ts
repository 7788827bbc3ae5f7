import { expect, test } from "vitest";

import { sideNames } from "../src/model/sides";
import { setupPlaces } from "../src/model/asking/setups";
import { connection, DEV, PROD, setup } from "./samples";

const labels = (names: ReturnType<typeof sideNames>): [string, string] => [
  names.left.label,
  names.right.label,
];

test("sides are named by their groups, and production says so", () => {
  expect(sideNames(setup().sides, [DEV, PROD])).toEqual({
    left: { label: "DEV", isProduction: false },
    right: { label: "PROD", isProduction: true },
  });
});

test("two connections of one group are named by their own names", () => {
  const other = connection({ id: "2", name: "Core DEV" });

  expect(labels(sideNames(setup().sides, [DEV, other]))).toEqual(["Payments DEV", "Core DEV"]);
});

test("one connection on both sides is named by schema and table", () => {
  const one = setup({}, { schema: "CFG" }, { connectionId: "1", schema: "CFG_OLD" });

  expect(labels(sideNames(one.sides, [DEV]))).toEqual(["CFG.APP_CONFIG", "CFG_OLD.APP_CONFIG"]);
});

test("what is named alike all the same is told apart", () => {
  const one = setup({ mode: "sql" }, {}, { connectionId: "1" });

  expect(labels(sideNames(setupPlaces(one), [DEV]))).toEqual(["DEV (first)", "DEV (second)"]);
});

test("a side without a connection has a name to be asked for by", () => {
  const one = setup({}, { connectionId: "" }, { connectionId: "" });

  expect(labels(sideNames(one.sides, [DEV]))).toEqual(["First side", "Second side"]);
});

test("a connection without a group is named by its own name", () => {
  const own = connection({ group: " ", name: "Scratch" });

  expect(labels(sideNames(setup().sides, [own, PROD]))).toEqual(["Scratch", "PROD"]);
});
