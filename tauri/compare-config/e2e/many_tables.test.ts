import { readFile } from "node:fs/promises";

import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";

import { launch, Window } from "./browser";
import { chooseConnection, chooseSchemas, gate, go, verdict } from "./pages";
import { World } from "./processes";

let world: World;
let browser: Browser;
let window: Window;
let page: Page;

beforeAll(async () => {
  [world, browser] = await Promise.all([World.start(), launch()]);
});
afterAll(async () => {
  await browser.close();
  await world.end();
});
beforeEach(async () => {
  window = await Window.open(browser, world);
  page = window.page;
  await go(page, "Many tables");
  await chooseConnection(page, 1, "Payments PROD");
  await chooseSchemas(page, ["CFG", "CFG_LIVE"]);
});
afterEach(() => window.close());

const headline = (sentence: RegExp) => page.getByRole("heading", { level: 1, name: sentence });
const line = (table: string) =>
  page.getByRole("row", { name: new RegExp(`\\b${table}\\b`) }).first();

async function run(patterns: string): Promise<void> {
  await page.getByRole("textbox", { name: "Which tables" }).fill(patterns);
  await page.getByText(/tables? in both/).waitFor();
  await page.keyboard.press("Control+Enter");
  await headline(/are the same|need/).waitFor();
  await page.getByText("Nothing runs any more").waitFor();
}

test("a release check tells what differs among more than a hundred tables", async () => {
  await run("%");

  await headline(/^103 of 126 are the same\. 23 need you\.$/).waitFor();
  const cells = await line("APP_CONFIG").getByRole("cell").allTextContents();
  expect(cells.slice(1, 5).map((text) => text.trim())).toEqual(["14", "9", "4", "453"]);
  // What was not compared is neither the same nor zero rows.
  await line("FEE_SCHEDULE")
    .getByText("PROD: no such table, or compare may not read it.")
    .waitFor();
  expect(await line("FEE_SCHEDULE").getByRole("img", { name: "not known" }).count()).toBe(4);
  await line("HOLIDAY_CAL")
    .getByText(/^Both sides gave 0 rows/)
    .waitFor();
  await line("LEGACY_TARIFF").getByText("Only in PROD").waitFor();
  await page.getByRole("button", { name: "Not fully compared 1" }).waitFor();
  expect(await page.title()).toMatch(/PROD/);
});

test("a line opens the differences, and leads to the next table and back to itself", async () => {
  await run("APP_CONFIG, FX_RATE, CURRENCY%");

  await page.getByRole("button", { name: "Open: APP_CONFIG" }).click();
  await verdict(page)
    .getByText(/^27 rows differ/)
    .waitFor();
  await page.getByRole("button", { name: "Next table" }).click();
  await verdict(page)
    .getByText(/^3 rows differ/)
    .waitFor();
  await page.getByRole("button", { name: "All tables" }).click();
  await headline(/need you/).waitFor();
  await expect
    .poll(() => page.evaluate(() => document.activeElement?.textContent))
    .toMatch(/FX_RATE|Open/);
});

test("a table without a common key is given one, and runs", async () => {
  await run("EVENT_ROUTE");
  await page.getByRole("button", { name: "Choose key: EVENT_ROUTE" }).click();
  const editor = page
    .getByRole("region", { name: "What EVENT_ROUTE is compared with" })
    .or(page.getByRole("group", { name: "What EVENT_ROUTE is compared with" }));
  await editor.getByRole("button", { name: "Whole rows" }).click();
  await page.keyboard.press("Control+Enter");
  await line("EVENT_ROUTE")
    .getByText(/Differs|Same|Not fully/)
    .first()
    .waitFor();
});

test("what was looked at goes into the report, with its note", async () => {
  await run("APP_CONFIG, FX_RATE, CURRENCY%");
  await page.getByText("FX_RATE looked at").click({ force: true });
  await page.getByRole("button", { name: "Note for FX_RATE" }).click();
  await page.getByRole("textbox", { name: "Note for FX_RATE" }).fill("agreed with treasury");
  await page.keyboard.press("Enter");
  await page.getByText("1 of 2 looked at").waitFor();

  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Report" }).first().click(),
  ]);
  const report = await readFile(await download.path(), "utf8");
  expect(report).toContain("agreed with treasury");
  expect(report).toContain("APP_CONFIG");
  expect(report).not.toMatch(/<script|compare_pw/);
});

test("a run is cancelled, says what was not compared, and goes on with that", async () => {
  await page.getByRole("textbox", { name: "Which tables" }).fill("%");
  await page.getByText("123 tables in both").waitFor();
  const letGo = await gate(page, 12);
  await page.keyboard.press("Control+Enter");
  await page.getByRole("button", { name: /^Cancel all/ }).click();
  await headline(/tables? (was|were) not compared/).waitFor();
  letGo();
  expect(await page.locator(".vi.ok").count()).toBe(0);

  await page.getByRole("button", { name: /^Go on with/ }).click();
  await headline(/^103 of 126 are the same\. 23 need you\.$/).waitFor();
});

test("a saved check is run again with one press, and stands among the last runs", async () => {
  await page.getByRole("textbox", { name: "Which tables" }).fill("CURRENCY%");
  await page.getByRole("button", { name: "Save as…" }).click();
  await page.getByRole("textbox", { name: "Name" }).fill("Currencies");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await go(page, "Start");
  await page
    .getByRole("row", { name: /Currencies/ })
    .getByRole("button", { name: /^Run/ })
    .click();
  await headline(/same/).waitFor();
  await go(page, "Start");
  await page
    .getByRole("row", { name: /Currencies/ })
    .getByText(/same/i)
    .first()
    .waitFor();
});
