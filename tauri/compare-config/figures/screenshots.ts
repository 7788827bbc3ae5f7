/**
 * Pictures of the page's main states, made on the real sidecar and the stand-in database, each light
 * and dark and in a smaller window.
 *
 * SCREENSHOTS: the folder they are written into; build/screenshots by default.
 */

import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, test } from "vitest";

import { launch, Window } from "../e2e/browser";
import { chooseConnection, chooseSchemas, chooseTable, compare, go, verdict } from "../e2e/pages";
import { World } from "../e2e/processes";
import { Way } from "../e2e/way";
import { openWith } from "./opened";

const FOLDER =
  process.env["SCREENSHOTS"] ?? fileURLToPath(new URL("../build/screenshots", import.meta.url));
const LARGE = { width: 1280, height: 800 };
const SMALL = { width: 1024, height: 700 };

let world: World;
let browser: Browser;

beforeAll(async () => {
  await mkdir(FOLDER, { recursive: true });
  [world, browser] = await Promise.all([World.start({ database: ["--bench"] }), launch()]);
});
afterAll(async () => {
  await browser.close();
  await world.end();
});

async function shoot(page: Page, name: string): Promise<void> {
  await shootOnce(page, name);
  await page.emulateMedia({ colorScheme: "dark" });
  await shootOnce(page, `${name}-dark`);
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize(SMALL);
  await shootOnce(page, `${name}-small`);
  await page.setViewportSize(LARGE);
}

/** For a state that does not last. */
async function shootOnce(page: Page, name: string): Promise<void> {
  await page.evaluate(
    () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
  );
  await page.screenshot({ path: `${FOLDER}/${name}.png` });
}

async function inWindow(act: (page: Page) => Promise<void>): Promise<void> {
  const window = await Window.open(browser, world);
  await act(window.page);
  await window.close();
}

/** Takes the focus away from where a Tab has put it. */
async function leaveFields(page: Page): Promise<void> {
  await page.evaluate(() => {
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
  });
}

async function chooseDevAndProd(page: Page, table: string): Promise<void> {
  await go(page, "One table");
  await chooseConnection(page, 1, "Payments PROD");
  await chooseTable(page, ["CFG", "CFG_LIVE"], table);
  await leaveFields(page);
}

async function chooseManyTables(page: Page, patterns: string): Promise<void> {
  await go(page, "Many tables");
  await chooseConnection(page, 1, "Payments PROD");
  await chooseSchemas(page, ["CFG", "CFG_LIVE"]);
  await page.getByRole("textbox", { name: "Which tables" }).fill(patterns);
  await page.getByText(/tables in both/).waitFor();
  await leaveFields(page);
}

async function saveAs(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name: "Save as…" }).click();
  await page.getByRole("textbox", { name: "Name" }).fill(name);
  await page.getByRole("button", { name: "Save", exact: true }).click();
}

test("the start without a connection", async () => {
  const window = await Window.open(browser, world, { demo: false });
  await shoot(window.page, "start-empty");
  await window.close();
});

test("the connections, and a refused password", () =>
  inWindow(async (page) => {
    await go(page, "Connections");
    await page.getByText("Payments PROD").first().click();
    await leaveFields(page);
    await shoot(page, "connections");
    await page.getByRole("textbox", { name: "Password" }).fill("not this one");
    await page.getByRole("button", { name: "Test" }).click();
    await page.getByText("refused the user name or the password").waitFor();
    await page.getByText("What Oracle said").click();
    await shoot(page, "connections-refused");
  }));

test("one table: its setup, its result, a row in full", () =>
  inWindow(async (page) => {
    await chooseDevAndProd(page, "APP_CONFIG");
    await page.getByText(/are compared/).waitFor();
    await shoot(page, "setup");
    await page.getByRole("textbox", { name: "WHERE, for both sides" }).click();
    await page.keyboard.type("MODULE <> 'SANDBOX' AND VAL");
    await page.locator(".cm-tooltip-autocomplete").waitFor();
    await shoot(page, "setup-completion");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Control+a");
    await page.keyboard.press("Delete");
    await compare(page);
    await shoot(page, "result");
    await page.getByText("mail.terms.text").click();
    await page.getByRole("region", { name: /^Row \d+ of/ }).waitFor();
    await shoot(page, "result-detail");
    await page.getByRole("button", { name: "Take away" }).click();
    await shoot(page, "result-takeaway");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: /^Columns/ }).click();
    await shoot(page, "result-columns");
  }));

test("one table: what is not the usual outcome", () =>
  inWindow(async (page) => {
    await chooseDevAndProd(page, "FEE_SCHEDULE");
    await page.keyboard.press("Control+Enter");
    await page
      .getByText(/may not read it/)
      .first()
      .waitFor();
    await shoot(page, "refused-table");
    for (const [table, name] of [
      ["CONTRACT_TYPE", "same"],
      ["MAIL_TEMPLATE", "not-fully"],
      ["SHIFT_CAL", "zero-rows"],
      ["LETTER_TEMPLATE", "long-texts"],
    ] as const) {
      await chooseDevAndProd(page, table);
      await compare(page);
      await shoot(page, name);
    }
  }));

test("SQL", () =>
  inWindow(async (page) => {
    await page.getByRole("main").getByRole("button", { name: /^SQL/ }).click();
    await page.locator(".cm-content").first().click();
    await page.keyboard.type(
      "SELECT config_id, config_value FROM app_config WHERE config_id < :last",
    );
    await page.keyboard.press("Escape");
    await page.getByRole("textbox", { name: /last/i }).fill("2000");
    await page.getByRole("button", { name: "Describe" }).click();
    await page.getByText("CONFIG_VALUE").first().waitFor();
    await shoot(page, "sql");
  }));

test("a comparison that runs, and one that was cancelled", async () => {
  const way = await Way.to(() => world.database.port);
  const service = (name: string): string => `127.0.0.1:${way.port}/${name}`;
  const { context, page } = await openWith(browser, world, [
    { name: "Billing DEV", group: "DEV", connectString: service("BENCH") },
    { name: "Billing PROD", group: "PROD", connectString: service("BENCH2") },
  ]);
  await go(page, "One table");
  await chooseTable(page, ["BENCH", "BENCH"], "KEYED_ALL");
  await page.getByText(/are compared/).waitFor();
  const held = way.hold(2_000_000);
  await page.keyboard.press("Control+Enter");
  await held;
  await page
    .getByText(/rows\/s/)
    .first()
    .waitFor();
  await leaveFields(page);
  await shoot(page, "running");
  await page.keyboard.press("Escape");
  await verdict(page)
    .getByText(/^Cancelled/)
    .waitFor();
  await shoot(page, "cancelled");
  await context.close();
  way.close();
});

test("many tables: setup, run, and what is opened from it", () =>
  inWindow(async (page) => {
    await chooseManyTables(page, "%");
    await shoot(page, "many-setup");
    await page.keyboard.press("Control+Enter");
    await page.getByText(/^[3-9]\d of \d+ tables done/).waitFor();
    await shootOnce(page, "many-running");
    await page
      .getByText(/are the same\. \d+ need you\./)
      .first()
      .waitFor();
    await leaveFields(page);
    await shoot(page, "many-done");
    await page
      .getByRole("row", { name: /USER_PREF/ })
      .getByRole("button", { name: /Open/ })
      .click();
    await page.getByRole("button", { name: "Next table" }).waitFor();
    await shoot(page, "many-opened");
  }));

test("the start after some work, and the sidecar gone", () =>
  inWindow(async (page) => {
    await chooseDevAndProd(page, "APP_CONFIG");
    await page.getByText(/are compared/).waitFor();
    await saveAs(page, "APP_CONFIG before the release");
    await compare(page);
    await chooseDevAndProd(page, "CARD_LIMIT");
    await compare(page);
    await chooseDevAndProd(page, "FX_RATE");
    await compare(page);
    await chooseManyTables(page, "%RATE%, %LIMIT%, -%_BAK");
    await saveAs(page, "Release 4.12: rates and limits");
    await page.keyboard.press("Control+Enter");
    await page
      .getByText(/need you\./)
      .first()
      .waitFor();
    await go(page, "Start");
    await leaveFields(page);
    await shoot(page, "start");

    await world.sidecar.end("SIGKILL");
    await page.getByText("The sidecar has stopped.").waitFor();
    await shoot(page, "sidecar-gone");
    await world.startSidecarAgain();
  }));
