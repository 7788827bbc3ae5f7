import { describe, expect, test } from "vitest";

import type { SavedConnection } from "../src/model/types";
import { flawForSaving, flawForTesting } from "../src/screens/connections/checking";

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

describe("a connection", () => {
  test("that is whole can be saved and tested", () => {
    expect(flawForSaving(DEV, [DEV])).toBeNull();
    expect(flawForTesting(DEV, "pw")).toBeNull();
  });

  test.each([
    [{ name: " " }, "name", "Type a name."],
    [{ connectString: "" }, "connectString", "Type a connect string."],
    [{ connectString: "(DESCRIPTION=" }, "connectString", "One bracket is not closed."],
    [{ username: "" }, "username", "Type a user."],
  ] as const)("cannot be saved with %o: the field is named", (change, field, sentence) => {
    expect(flawForSaving({ ...DEV, ...change }, [DEV])).toEqual({ field, sentence });
  });

  test("cannot have the name of another one", () => {
    const sentence = "Another connection has this name.";
    expect(flawForSaving({ ...DEV, id: "2" }, [DEV])).toEqual({ field: "name", sentence });
  });

  test("is neither saved nor tested while a password stands behind its user", () => {
    const connection = { ...DEV, username: "app_read/s3cret" };
    expect(flawForSaving(connection, [])?.field).toBe("username");
    expect(flawForTesting(connection, "pw")?.field).toBe("username");
    expect(flawForSaving({ ...DEV, username: '"odd/name"[READER]' }, [])).toBeNull();
  });

  test("is neither saved nor tested while a password stands in its connect string", () => {
    const connection = { ...DEV, connectString: "u/s3cret@db-dev:1521/PAYDEV" };
    expect(flawForSaving(connection, [])?.field).toBe("connectString");
    expect(flawForTesting(connection, "pw")?.field).toBe("connectString");
  });

  test("is tested without a name, but not without its password", () => {
    expect(flawForTesting({ ...DEV, name: "" }, "pw")).toBeNull();
    expect(flawForTesting(DEV, "")).toEqual({ field: "password", sentence: "Type the password." });
  });
});
