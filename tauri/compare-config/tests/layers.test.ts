import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

const SOURCE = fileURLToPath(new URL("../src", import.meta.url));
/** Imports only go down this line, or stay on their floor. */
const FLOORS = ["screens", "result", "ui", "state", "model"];
const IMPORT = /(?:\bfrom|\bimport|\bimport\()\s*"([^"]+)"/g;
const AT_THE_DOOR = ["svelte", "@tanstack", "@codemirror"];

const files = readdirSync(SOURCE, { recursive: true, encoding: "utf8" })
  .filter((path) => /\.(ts|svelte)$/.test(path))
  .map((path) => ({ path, text: readFileSync(join(SOURCE, path), "utf8") }));

function imports({ path, text }: { path: string; text: string }): { from: string; to: string }[] {
  return [...text.matchAll(IMPORT)].map(([, to = ""]) => ({
    from: path,
    to: to.startsWith(".") ? relative(SOURCE, normalize(join(SOURCE, dirname(path), to))) : to,
  }));
}

const floorOf = (path: string): number => FLOORS.indexOf(path.split("/")[0] ?? "");

test("imports go down the floors: screens, result, ui, state, model", () => {
  const upward = files
    .flatMap(imports)
    .filter(
      ({ from, to }) => floorOf(from) >= 0 && floorOf(to) >= 0 && floorOf(to) < floorOf(from),
    );

  expect(upward).toEqual([]);
});

test("the model knows no framework, no page and no storage", () => {
  const model = files.filter(({ path }) => floorOf(path) === FLOORS.indexOf("model"));
  const strangers = model
    .flatMap(imports)
    .filter(({ to }) => AT_THE_DOOR.some((name) => to === name || to.startsWith(`${name}/`)));
  const users = model.filter(({ text }) =>
    /\b(?:document|localStorage|sessionStorage)\.|\bfetch\(|\$state\b/.test(text),
  );

  expect(model.length).toBeGreaterThan(20);
  expect(strangers).toEqual([]);
  expect(users.map(({ path }) => path)).toEqual([]);
});
