import { describe, expect, test } from "vitest";

import { emptySetup } from "../src/model/asking/setups";
import type { SavedConnection } from "../src/model/types";
import {
  emptyManySetup,
  nothingRemembered,
  readKeptTyped,
  readRemembered,
  readTyped,
} from "../src/state/remembered_data";

const DEV: SavedConnection = {
  id: "1",
  name: "Payments DEV",
  group: "DEV",
  isProduction: false,
  connectString: "db-dev:1521/PAYDEV",
  username: "APP_READ",
  configDir: "",
  walletLocation: "",
  mode: "",
};
const RUN = {
  id: "r",
  at: "2026-11-28T11:20:00.000Z",
  outcome: "differs",
  summary: "3 rows differ",
  title: "FX_RATE",
  names: {
    left: { label: "DEV", isProduction: false },
    right: { label: "PROD", isProduction: true },
  },
  rows: { left: 10, right: 12 },
  what: { kind: "one", setup: emptySetup() },
};

describe("what a browser has kept", () => {
  test.each([null, "", "{", "[]", "null", "7", '"text"', '{"connections": 7, "runs": {}}'])(
    "is nothing where it cannot be read: %s",
    (text) => expect(readRemembered(text)).toEqual(nothingRemembered()),
  );

  test("comes back as it was", () => {
    const kept = { ...nothingRemembered(), theme: "dark", connections: [DEV], runs: [RUN] };
    expect(readRemembered(JSON.stringify(kept))).toEqual(kept);
  });

  test("loses the pieces that do not fit, and only those", () => {
    const connections = [{ ...DEV, name: 5 }, DEV, null, { id: "2" }, "text"];
    const runs = [{ ...RUN, outcome: "perhaps" }, RUN, { ...RUN, at: "yesterday" }];
    const read = readRemembered(JSON.stringify({ connections, runs, theme: "pink" }));
    expect(read).toEqual({ ...nothingRemembered(), connections: [DEV], runs: [RUN] });
  });

  test("has no field that is not known: a password would be dropped", () => {
    const [read] = readRemembered(
      JSON.stringify({ connections: [{ ...DEV, password: "s3cret" }] }),
    ).connections;
    expect(read).toEqual(DEV);
  });

  test("has no connection with a password behind its user", () => {
    const kept = JSON.stringify({ connections: [{ ...DEV, username: "app_read/s3cret" }] });
    expect(readRemembered(kept).connections).toEqual([]);
  });

  test("has no connection whose connect string holds a password", () => {
    const connectString = "app_read/s3cret@db-dev:1521/PAYDEV";
    const text = JSON.stringify({ connections: [{ ...DEV, connectString }] });
    expect(readRemembered(text).connections).toEqual([]);
  });

  test("has 20 runs at most, the first ones", () => {
    const runs = Array.from({ length: 30 }, (_, i) => ({ ...RUN, id: `${i}` }));
    const read = readRemembered(JSON.stringify({ runs })).runs;
    expect(read.map((run) => run.id)).toEqual(runs.slice(0, 20).map((run) => run.id));
  });
});

describe("what was typed", () => {
  test("comes back without the values of its binds", () => {
    const setup = { ...emptySetup(), binds: [{ name: "day", type: "date", value: "2026-11-28" }] };
    const typed = readTyped(JSON.stringify({ setup, manySetup: emptyManySetup() }));
    expect(typed?.setup.binds).toEqual([{ name: "day", type: "date", value: "" }]);
  });

  test("is in the app's text with the rest, or in none", () => {
    const setup = { ...emptySetup(), mode: "sql" };
    const typed = { setup, manySetup: emptyManySetup() };
    const kept = JSON.stringify({ ...nothingRemembered(), typed });
    expect(readKeptTyped(kept)).toEqual(typed);
    expect(readRemembered(kept)).toEqual(nothingRemembered());
    for (const text of [null, "{", "{}", '{"typed": 7}']) expect(readKeptTyped(text)).toBeNull();
  });

  test("is empty where a part of it is of another form", () => {
    const typed = readTyped(JSON.stringify({ setup: { mode: "table", sides: {} } }));
    expect(typed).toEqual({ setup: emptySetup(), manySetup: emptyManySetup() });
  });
});
