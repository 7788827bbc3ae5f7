import { describe, expect, test } from "vitest";

import { hrefOf, routeOf, type Route } from "../src/state/routes";

const ROUTES: Route[] = [
  { screen: "start" },
  { screen: "connections" },
  { screen: "one" },
  { screen: "one_result" },
  { screen: "many" },
  { screen: "many_run" },
  { screen: "many_table", table: "APP_CONFIG" },
  { screen: "many_table", table: 'Odd/name #1 "%"' },
];

describe("a hash", () => {
  test.each(ROUTES)("leads back to the screen that it was made of: %o", (route) => {
    expect(routeOf(hrefOf(route))).toEqual(route);
  });

  test.each(["", "#", "#/", "#/nowhere", "#/many/table/", "#/many/table/%E0%A4%A", "#content"])(
    "that names no screen leads to the start: %s",
    (hash) => expect(routeOf(hash)).toEqual({ screen: "start" }),
  );
});
