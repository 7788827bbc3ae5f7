import { readFile } from "node:fs/promises";

import type { Browser, Download, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { launch, Window } from "./browser";
import { chooseConnection, chooseTable, compare, go, grid, verdict } from "./pages";
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
});
afterEach(() => window.close());

async function comparedAppConfig(): Promise<void> {
  await go(page, "One table");
  await page.getByText("all 10 are compared").waitFor();
  await compare(page);
}

async function downloaded(name: RegExp): Promise<{ file: string; text: string }> {
  await page.getByRole("button", { name: "Take away" }).click();
  const [download] = await Promise.all([
    page.waitForEvent("download") as Promise<Download>,
    page.getByRole("menuitem", { name }).click(),
  ]);
  const text = await readFile(await download.path(), "utf8");
  return { file: download.suggestedFilename(), text };
}

describe("a newcomer of the demo", () => {
  test("opens the first card, presses Compare, and reads what differs", async () => {
    await page.keyboard.press("Tab");
    await page
      .getByRole("main")
      .getByRole("button", { name: /^One table/ })
      .click();
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.textContent))
      .toMatch(/^Compare/);
    await page.keyboard.press("Enter");

    await verdict(page)
      .getByText("40 rows differ. 2,964 are the same in all 10 columns.")
      .waitFor();
    expect(
      await page.getByRole("button", { name: "All differences 40" }).getAttribute("aria-pressed"),
    ).toBe("true");
    expect(await grid(page).getAttribute("aria-rowcount")).toBe("41");
  });
});

describe("a result", () => {
  test("is filtered by kind, by column, and by what is searched", async () => {
    await comparedAppConfig();
    const rows = () => grid(page).getAttribute("aria-rowcount");
    const changed = page.getByRole("button", { name: "11 rows differ in NUM_VALUE" });

    await page.getByRole("button", { name: "Only in DEV 6" }).click();
    await expect.poll(rows).toBe("7");
    await page.getByRole("button", { name: "All differences 40" }).click();
    await changed.click();
    await expect.poll(rows).toBe("12");
    await changed.click();
    await expect.poll(rows).toBe("41");

    await page.getByRole("gridcell").first().focus();
    await page.keyboard.press("/");
    await page.keyboard.type("Paulo");
    await page
      .getByText(/^[1-9]\d? of 40 shown differences/)
      .first()
      .waitFor();
    await page.keyboard.type(" no such value");
    await page.getByText("Nothing of this kind.").waitFor();
    await page.getByRole("button", { name: "Show all 40" }).click();
    await expect.poll(rows).toBe("41");
  });

  test("is sorted by a column, the other way round, and by the key again", async () => {
    await comparedAppConfig();
    const header = page.getByRole("columnheader", { name: /NUM_VALUE/ });
    const name = header.getByRole("button", { name: /NUM_VALUE/ }).first();

    for (const order of ["ascending", "descending"]) {
      await name.click();
      await expect.poll(() => header.getAttribute("aria-sort")).toBe(order);
    }
    await name.click();
    await expect.poll(() => header.getAttribute("aria-sort")).not.toBe("descending");
    await page
      .getByRole("gridcell", { name: /CONFIG_ID.*154/ })
      .or(page.getByText("154", { exact: true }))
      .first()
      .waitFor();
  });

  test("is walked through by keyboard, with the row's detail below", async () => {
    await comparedAppConfig();
    await grid(page).focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("N");
    await page.keyboard.press("Enter");
    const detail = page.getByRole("region", { name: /^Row 2 of 40/ });
    await detail.waitFor();
    await detail.getByText("CONFIG_ID 198").waitFor();
    for (const back of ["into the grid", "out of the detail"]) {
      expect(await detail.isVisible(), back).toBe(true);
      await page.keyboard.press("Escape");
    }
    await detail.waitFor({ state: "detached" });

    await grid(page).focus();
    await page.keyboard.press("Control+End");
    await page.keyboard.press("Enter");
    await page.getByRole("region", { name: /^Row 40 of 40/ }).waitFor();
  });

  test("copies both values of a cell, and each by itself", async () => {
    await comparedAppConfig();
    await grid(page).focus();
    await page.keyboard.press("N");
    const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
    await page.keyboard.press("1");
    await expect.poll(clipboard).toBe("Straße 7");
    await page.keyboard.press("2");
    await expect.poll(clipboard).toBe("Straße 7-uat");
    await page.keyboard.press("Control+c");
    await expect.poll(clipboard).toMatch(/Straße 7[^-]*\n.*Straße 7-uat/s);
  });

  test("is taken away as CSV, as JSON, and as a report without a script", async () => {
    await comparedAppConfig();
    const csv = await downloaded(/^CSV/);
    expect(csv.file).toMatch(/\.csv$/);
    expect(csv.text).toContain("Straße 7-uat");
    expect(csv.text.trim().split("\n").length).toBeGreaterThanOrEqual(30 * 2 + 10 + 1);

    const json = await downloaded(/^JSON/);
    expect(JSON.parse(json.text)).toBeTypeOf("object");
    expect(json.text).toContain('"Straße 7-uat"');

    const report = await downloaded(/^HTML report/);
    expect(report.text).toContain("40 rows differ. 2,964 are the same in all 10 columns.");
    expect(report.text).not.toMatch(
      /<script|compare_pw|https?:\/\/(?!www\.w3\.org)(?!payment|[a-z.-]*example)/,
    );
  });

  test("keeps the setup behind it, and says when that has changed", async () => {
    await comparedAppConfig();
    await page.goBack();
    await page.getByRole("heading", { name: "Compare one table" }).waitFor();
    await page.getByText("Compare CONFIG_VALUE").click({ force: true });
    await page.goForward();
    await page.getByText("The setup has changed since this result.").waitFor();
    await page.getByRole("button", { name: "Compare again" }).first().click();
    await verdict(page)
      .getByText(/rows differ\. .* are the same in the 9 columns compared\./)
      .waitFor();
    await page.getByText("CONFIG_VALUE (you left it out)").waitFor();
  });
});

describe("what was not compared", () => {
  test("is named, and never drawn as the same", async () => {
    await go(page, "One table");
    await chooseConnection(page, 1, "Payments PROD");
    await chooseTable(page, ["CFG", "CFG_LIVE"], "MAIL_TEMPLATE");
    await page
      .getByText(/LAYOUT.*cannot be compared, so the result cannot be “the same”/)
      .waitFor();
    await compare(page);
    await page.getByText(/LAYOUT \(text in DEV, JSON in PROD\)/).waitFor();
    expect(await page.locator(".vi.ok").count()).toBe(0);
    expect(await page.title()).toMatch(/^PROD · /);
  });

  test("no row on either side is no success", async () => {
    await go(page, "One table");
    await chooseTable(page, ["CFG", "CFG"], "HOLIDAY_CAL");
    await compare(page);
    await verdict(page).getByText("Both sides gave 0 rows, so nothing was compared.").waitFor();
    expect(await page.locator(".vi.ok").count()).toBe(0);
  });

  test("a table without a key asks for one", async () => {
    await go(page, "One table");
    await chooseTable(page, ["CFG", "CFG"], "MSG_ROUTE_LOG");
    await page
      .getByText(
        "No key found. Choose the columns that tell the rows apart, or compare whole rows.",
      )
      .waitFor();
    await page.keyboard.press("Control+Enter");
    // It says so at the key, which has the focus then, and runs nothing.
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.textContent))
      .toBe("Choose the key");
    expect(page.url()).toMatch(/#\/one$/);
  });
});

describe("a condition", () => {
  test("stands in the statement, in the verdict, and comes back with a saved comparison", async () => {
    await go(page, "One table");
    await page.getByText("all 10 are compared").waitFor();
    await page.getByRole("textbox", { name: "WHERE, for both sides" }).click();
    await page.keyboard.type("module = 'payroll'");
    await page.getByRole("heading", { name: "What will run" }).click();
    await page.locator("pre", { hasText: "module = 'payroll'" }).first().waitFor();
    await page.getByRole("button", { name: "Save as…" }).click();
    await page.getByRole("textbox", { name: "Name" }).fill("Payroll before go-live");
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await compare(page);
    await page.getByText("where module = 'payroll'").first().waitFor();
    const sentence = await verdict(page).textContent();

    await go(page, "Start");
    const line = page.getByRole("row", { name: /Payroll before go-live/ });
    await line.getByRole("button", { name: /Run/ }).click();
    await expect.poll(() => verdict(page).textContent()).toBe(sentence);
  });
});

describe("a statement", () => {
  test("runs with its binds on both sides", async () => {
    await page.getByRole("main").getByRole("button", { name: /^SQL/ }).click();
    await page.locator(".cm-content").first().click();
    await page.keyboard.type(
      "SELECT config_id, config_value FROM app_config WHERE config_id <= :last",
    );
    await page.keyboard.press("Escape");
    const value = page.getByRole("textbox", { name: /last/i });
    await value.fill("200");
    await page.getByRole("button", { name: "Describe" }).click();
    await page.getByText("CONFIG_VALUE").first().waitFor();
    await page.getByRole("button", { name: /Choose the key|Change the key/ }).click();
    await page
      .getByRole("checkbox", { name: /CONFIG_ID/ })
      .first()
      .check({ force: true });
    await compare(page);
    await verdict(page)
      .getByText(/2 rows differ\. 198 are the same/)
      .waitFor();
  });
});
