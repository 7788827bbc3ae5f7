/**
 * What `python -m benchmarks.page` works the page's figures out of: samples, as JSON.
 *
 * FIGURES: the file they are written into. FIGURES_ROUNDS: how often each is taken.
 */

import { writeFile } from "node:fs/promises";

import type { Browser, Page, Request } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";

import { launch } from "../e2e/browser";
import { chooseSchemas, chooseTable, go, grid } from "../e2e/pages";
import { World } from "../e2e/processes";
import { memoryOf } from "./memory";
import { openWith } from "./opened";
import {
  frames,
  readyTime,
  times,
  watchComparison,
  watchFrames,
  watchStart,
  type ComparisonTimes,
} from "./watching";

const ROUNDS = Number(process.env["FIGURES_ROUNDS"] ?? 3);
const FILE = process.env["FIGURES"];
const DONE = /^[\d,]+ rows differ\./;
const TABLES = 200;
const WHEEL_TURNS = 300;
const WHEEL_PIXELS = 240;
/** Of the grid, in the window. */
const MIDDLE = { x: 640, y: 500 };
const PAGES = 120;
/** A key that is held down repeats about so often. */
const REPEAT_MS = 33;

const figures: Record<string, unknown> = { tables: TABLES };
let world: World;
let browser: Browser;

beforeAll(async () => {
  world = await World.start({ database: ["--bench"] });
});
afterAll(async () => {
  await world.end();
  const text = JSON.stringify(figures, null, 2);
  if (FILE === undefined) console.log(text);
  else await writeFile(FILE, text);
});

/** In a browser of its own, so that its processes and caches are those of this figure alone. */
async function inPage(act: (page: Page) => Promise<void>): Promise<void> {
  browser = await launch();
  try {
    const { page } = await openWith(browser, world, [
      { name: "Billing DEV", group: "DEV", connectString: world.service("BENCH") },
      { name: "Billing UAT", group: "UAT", connectString: world.service("BENCH2") },
    ]);
    await page.getByText("Sidecar ready").waitFor();
    await act(page);
  } finally {
    await browser.close();
  }
}

async function setUp(page: Page, table: string): Promise<void> {
  await go(page, "One table");
  await chooseTable(page, ["BENCH", "BENCH"], table);
  await page.getByText("all 10 are compared").waitFor();
}

async function compareOnce(page: Page): Promise<ComparisonTimes> {
  await watchComparison(page, DONE);
  await page.keyboard.press("Control+Enter");
  return times(page);
}

/** What the page asks for when Compare is pressed. All that comes first has come then. */
async function askedOnce(page: Page): Promise<Request> {
  const [request] = await Promise.all([
    page.waitForRequest(/\/compare$/),
    page.keyboard.press("Control+Enter"),
  ]);
  await page.locator(".verdict h1", { hasText: DONE }).waitFor();
  return request;
}

/** Milliseconds for a caller who asks for the same, reads all bytes and looks into none. */
async function sidecarAlone(request: Request): Promise<number> {
  const from = performance.now();
  const answer = await fetch(request.url(), {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/x-ndjson" },
    body: request.postData(),
  });
  for await (const chunk of answer.body ?? []) expect(chunk.length).toBeGreaterThan(0);
  return performance.now() - from;
}

async function backToSetup(page: Page): Promise<void> {
  await page.goBack();
  await page.getByText("all 10 are compared").waitFor();
}

test.each([
  ["ten", "KEYED_10"],
  ["all", "KEYED_ALL"],
])("Compare pressed, 100,000 rows a side, %s differ", async (name, table) => {
  const found: ComparisonTimes[] = [];
  const alone: number[] = [];
  await inPage(async (page) => {
    await setUp(page, table);
    const request = await askedOnce(page);
    for (let round = 0; round < ROUNDS; round++) {
      await backToSetup(page);
      found.push(await compareOnce(page));
      alone.push(await sidecarAlone(request));
    }
  });
  figures[name] = {
    first: found.map(({ first }) => first),
    end: found.map(({ end }) => end),
    alone,
  };
});

test("memory, and frames while 100,000 differences are scrolled", () =>
  inPage(async (page) => {
    const before = await memoryOf(browser, page);
    await setUp(page, "KEYED_ALL");
    await compareOnce(page);
    const after = await memoryOf(browser, page);

    await watchFrames(page);
    await page.waitForTimeout(2000);
    const idle = await frames(page);

    await page.mouse.move(MIDDLE.x, MIDDLE.y);
    await watchFrames(page);
    for (let turn = 0; turn < WHEEL_TURNS; turn++) await page.mouse.wheel(0, WHEEL_PIXELS);
    const wheel = await frames(page);
    expect(await scrolled(page)).toBeGreaterThan(WHEEL_TURNS * WHEEL_PIXELS * 0.9);

    await grid(page).focus();
    await watchFrames(page);
    for (let time = 0; time < PAGES; time++) {
      await page.keyboard.down("PageDown");
      await page.waitForTimeout(REPEAT_MS);
    }
    await page.keyboard.up("PageDown");
    const pageDown = await frames(page);
    expect(await scrolled(page)).toBeGreaterThan(PAGES * WHEEL_PIXELS);

    figures["frames"] = { idle, wheel, pageDown };
    figures["memory"] = { before, after, scrolled: await memoryOf(browser, page) };
  }));

function scrolled(page: Page): Promise<number> {
  return grid(page).evaluate((element) => element.parentElement?.scrollTop ?? 0);
}

test(`${TABLES} tables of 1,000 rows`, async () => {
  const seconds: number[] = [];
  const longest: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await inPage(async (page) => {
      await go(page, "Many tables");
      await chooseSchemas(page, ["BENCH", "BENCH"]);
      await page.getByRole("textbox", { name: "Which tables" }).fill("RELEASE_%");
      await page.getByText(`${TABLES} tables in both`).waitFor();
      await watchFrames(page);
      const from = performance.now();
      await page.keyboard.press("Control+Enter");
      await page.getByText(`180 of ${TABLES} are the same. 20 need you.`).first().waitFor();
      seconds.push((performance.now() - from) / 1000);
      longest.push(Math.max(...(await frames(page))));
    });
  }
  figures["many"] = { seconds, longest };
});

test("from the start of the page to “Sidecar ready”", async () => {
  const ready: number[] = [];
  browser = await launch();
  for (let round = 0; round < ROUNDS + 2; round++) {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.route("**/demo.json", (route) =>
      route.fulfill({ json: { sidecar: { url: world.sidecarUrl }, connections: [] } }),
    );
    await watchStart(page);
    await page.goto(world.url);
    ready.push(await readyTime(page));
    await context.close();
  }
  await browser.close();
  figures["start"] = ready;
});
