import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { launch, Window } from "./browser";
import { compare, go, grid, verdict } from "./pages";
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

/** 72 columns, so that only those that differ are sent. */
async function comparedWide(): Promise<void> {
  const copies = Array.from({ length: 70 }, (_, i) => `module AS module_${i}`);
  await page.getByRole("main").getByRole("button", { name: /^SQL/ }).click();
  await page.locator(".cm-content").first().click();
  await page.keyboard.insertText(
    `SELECT config_id, config_value, ${copies.join(", ")} FROM app_config`,
  );
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Describe" }).click();
  await page.getByText("CONFIG_VALUE").first().waitFor();
  await page.getByRole("button", { name: /Choose the key|Change the key/ }).click();
  await page
    .getByRole("checkbox", { name: /CONFIG_ID/ })
    .first()
    .check({ force: true });
  await compare(page);
}

const focused = (): Promise<string> =>
  page.evaluate(() => document.activeElement?.textContent?.trim() ?? "");

const rowIndex = (): Promise<string | null> =>
  page.evaluate(
    () => document.activeElement?.closest("[role=row]")?.getAttribute("aria-rowindex") ?? null,
  );

function header(column: string): Locator {
  return page.getByRole("columnheader", { name: new RegExp(`^(key)?\\s*${column}`) });
}

async function press(...keys: string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key);
}

describe("the grid by keyboard", () => {
  beforeEach(async () => {
    await comparedAppConfig();
    await page.getByRole("rowheader").first().click();
    await page.getByRole("button", { name: "Close the detail" }).click();
  });

  test("is one stop of Tab, and comes back to the cell that was left", async () => {
    await press("ArrowDown", "ArrowDown", "ArrowRight");
    const cell = await focused();
    await press("Tab");
    expect(await grid(page).evaluate((it) => it.contains(document.activeElement))).toBe(false);
    await press("Shift+Tab");

    expect(await rowIndex()).toBe("4");
    expect(await focused()).toBe(cell);
  });

  test("reaches the first and the last cell, and pages in between", async () => {
    await press("Control+End");
    expect(await rowIndex()).toBe("41");
    expect(await page.evaluate(() => document.activeElement?.ariaColIndex)).toBe("11");
    await press("PageUp");
    const above = Number(await rowIndex());
    expect(above).toBeGreaterThan(2);
    expect(above).toBeLessThan(41);
    await press("Control+Home");

    expect(await rowIndex()).toBe("2");
    expect(await focused()).toMatch(/row 1, changed$/);
  });

  test("stops at every difference, and at rows of one side only", async () => {
    const stops = new Set<string>();
    for (let i = 0; i < 60; i++) {
      await press("n");
      stops.add((await rowIndex()) ?? "");
    }
    expect(stops.size).toBeGreaterThan(20);
    await press("Control+Home", "Shift+N");
    await expect.poll(() => page.getByText("No difference before this.").count()).toBe(1);
  });

  test("sorts, filters and widens a column from its header", async () => {
    await press("ArrowRight", "ArrowRight", "ArrowRight", "ArrowUp");
    expect(await focused()).toMatch(/^CONFIG_VALUE/);
    await press("Enter");
    await expect.poll(() => header("CONFIG_VALUE").getAttribute("aria-sort")).toBe("ascending");

    const width = async (): Promise<number> =>
      (await header("CONFIG_VALUE").boundingBox())?.width ?? 0;
    const before = await width();
    await press("Shift+ArrowRight");
    await expect.poll(width).toBe(before + 16);

    await press("ArrowRight", "Enter");
    await expect.poll(() => grid(page).getAttribute("aria-rowcount")).toBe("31");
    await page.getByRole("button", { name: /≠ in CONFIG_VALUE/ }).waitFor();
  });

  test("keeps a column's width for the next time", async () => {
    await press("ArrowRight", "ArrowUp", "Shift+ArrowRight", "Shift+ArrowRight");
    const width = async (): Promise<number> =>
      (await header("CONFIG_ID").boundingBox())?.width ?? 0;
    const before = await width();
    await page.getByRole("button", { name: "Compare again" }).click();
    await page.getByRole("rowheader").first().waitFor();

    await expect.poll(width).toBe(before);
  });

  test("shows blanks, and the detail in full height", async () => {
    await press("ArrowRight", "ArrowRight", "ArrowRight", "Enter");
    const detail = page.getByRole("region", { name: /^Row 1 of 40/ });
    const height = async (): Promise<number> => (await detail.boundingBox())?.height ?? 0;
    const before = await height();
    await press("f");
    await expect.poll(height).toBeGreaterThan(before + 50);
    await press("b");
    await expect.poll(() => detail.getByText("·").count()).toBeGreaterThan(0);
  });
});

test("every row says what it is and what differs in it, once the scrolling has ended", async () => {
  await comparedAppConfig();
  const rows = page.getByRole("row", { name: /^row \d+, (changed|only in)/ });
  const drawn = grid(page).locator("[data-position]");
  await page.mouse.move(640, 500);
  for (let turn = 0; turn < 10; turn++) await page.mouse.wheel(0, 200);
  await grid(page).locator('[data-position="39"]').waitFor();

  await expect.poll(async () => (await drawn.count()) - (await rows.count())).toBe(0);
  await page
    .getByRole("gridcell", { name: /^CONFIG_VALUE differs\. DEV / })
    .last()
    .waitFor();
});

describe("the verdict", () => {
  test("has the focus at the end, and N leads from it to the first difference", async () => {
    await comparedAppConfig();
    await expect.poll(focused).toMatch(/^40 rows differ\./);
    await press("n");

    await expect.poll(rowIndex).toBe("2");
    expect(await focused()).toContain("CONFIG_VALUE differs. DEV Straße 7. UAT Straße 7-uat.");
  });
});

describe("the row's detail", () => {
  test("follows the row that is chosen, by a click as by a key", async () => {
    await comparedAppConfig();
    await page.getByRole("rowheader").nth(3).click();
    await page.getByRole("region", { name: "Row 4 of 40" }).waitFor();
    await press("ArrowDown");
    await page.getByRole("region", { name: "Row 5 of 40" }).waitFor();
  });

  test("has the height that it was given, after a reload, too", async () => {
    await comparedAppConfig();
    await page.getByRole("rowheader").first().click();
    const detail = page.getByRole("region", { name: /^Row 1 of/ });
    const height = async (): Promise<number> => (await detail.boundingBox())?.height ?? 0;
    const before = await height();
    await page.getByRole("slider", { name: "Height of the row detail" }).focus();
    await press("ArrowUp", "ArrowUp");
    await expect.poll(height).toBe(before + 32);

    await page.reload();
    await page.getByText("all 10 are compared").waitFor();
    await compare(page);
    await page.getByRole("rowheader").first().click();
    await expect.poll(height).toBe(before + 32);
  });
});

describe("a table of many columns", () => {
  test("shows what was not sent as the same and not loaded, and reads it when asked", async () => {
    await comparedWide();
    await verdict(page)
      .getByText(/30 rows differ|rows differ\./)
      .waitFor();
    const notSent = page.getByText("the same on both sides, not loaded");
    expect(await notSent.count()).toBeGreaterThan(0);

    const changed = page.getByRole("rowheader", { name: /changed/ }).first();
    await changed.click();
    await page.getByRole("button", { name: "All 72", exact: true }).click();
    const detail = page.getByRole("region", { name: /^Row/ });
    expect(await detail.getByText("the same on both sides, not loaded").count()).toBe(70);

    await page.getByRole("button", { name: "Read the whole row" }).click();
    await page
      .getByText(/^Read at .*, later than the comparison\.$/)
      .first()
      .waitFor();
    expect(await detail.getByText("the same on both sides, not loaded").count()).toBe(0);
    expect(await detail.getByText("the same on both sides").count()).toBe(71);
    expect(await window.violations()).toEqual([]);
  });

  test("draws only the columns in view, and finds the others by name", async () => {
    await comparedWide();
    await page.getByRole("rowheader").first().waitFor();
    expect(await page.getByRole("columnheader").count()).toBeLessThan(20);
    expect(await grid(page).getAttribute("aria-colcount")).toBe("73");

    await page.getByRole("button", { name: "Columns: all 72" }).click();
    await page.getByRole("textbox", { name: "Find a column" }).fill("module_6");
    expect(await page.getByRole("list", { name: "Columns" }).getByRole("listitem").count()).toBe(
      11,
    );
    await page.getByRole("button", { name: /^Pin\b.*MODULE_69$/ }).click();
    await press("Escape");
    await header("MODULE_69").waitFor();
  });
});

describe("a result that was left", () => {
  test("is as it was when somebody comes back to it", async () => {
    await comparedAppConfig();
    await page.getByRole("button", { name: "Only in DEV 6" }).click();
    await page
      .getByRole("rowheader", { name: /only in DEV/ })
      .nth(2)
      .click();
    await page.goBack();
    await page.getByRole("heading", { name: "Compare one table" }).waitFor();
    await page.goForward();

    await page.getByRole("region", { name: "Row 3 of 6" }).waitFor();
    expect(await grid(page).getAttribute("aria-rowcount")).toBe("7");
  });
});
