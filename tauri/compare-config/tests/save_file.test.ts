import { afterEach, expect, test, vi } from "vitest";

import { saveFile } from "../src/state/save_file";
import { installApp } from "./fake_app";

afterEach(() => vi.unstubAllGlobals());

test("in the app a file goes to where the user says, as bytes", async () => {
  const asked = installApp({ save_file: () => "/home/a/x.csv" });

  const saved = await saveFile("APP/CONFIG: 1.csv", ["Kö", "ln"], "text/csv;charset=utf-8");

  expect(saved).toEqual({ kind: "saved", path: "/home/a/x.csv" });
  expect(asked[0]?.args).toEqual(new TextEncoder().encode("Köln"));
  expect(asked[0]?.options).toEqual({
    headers: { "file-name": "APP_CONFIG_%201.csv" },
  });
});

test("in the app a user who cancels is no failure", async () => {
  installApp({ save_file: () => null });

  expect(await saveFile("x.csv", [], "text/csv")).toEqual({ kind: "cancelled" });
});

test("in the app a failure is told in its words", async () => {
  const reason = "/x.csv cannot be written: the disk is full.";
  installApp({
    save_file: () => {
      throw { code: "FILE_NOT_SAVED", message: reason };
    },
  });

  expect(await saveFile("x.csv", [], "text/csv")).toEqual({ kind: "failed", reason });
});
