import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { launch, Window, type WindowOptions } from "./browser";
import { chooseConnection, chooseSchemas, chooseTable, compare, go, grid, verdict } from "./pages";
import { World } from "./processes";

let world: World;
let browser: Browser;

beforeAll(async () => {
  [world, browser] = await Promise.all([World.start(), launch()]);
});
afterAll(async () => {
  await browser.close();
  await world.end();
});

async function inWindow(
  options: WindowOptions,
  act: (window: Window) => Promise<void>,
): Promise<void> {
  const window = await Window.open(browser, world, options);
  await act(window);
  await window.close();
}

async function compareProduction(page: Page): Promise<void> {
  await go(page, "One table");
  await chooseConnection(page, 1, "Payments PROD");
  await chooseTable(page, ["CFG", "CFG_LIVE"], "APP_CONFIG");
  await page.getByText(/are compared/).waitFor();
  await compare(page);
}

describe.each(["light", "dark"] as const)("in %s colours axe finds nothing wrong with", (theme) => {
  test("the start, the help, and connections", () =>
    inWindow({ theme }, async (window) => {
      const { page } = window;
      await page.getByRole("heading", { name: "What do you want to compare?" }).waitFor();
      expect(await window.violations()).toEqual([]);
      await page.getByRole("button", { name: "Keys and help" }).click();
      expect(await window.violations()).toEqual([]);
      await page.keyboard.press("Escape");
      await go(page, "Connections");
      await page.getByRole("heading", { name: /Payments DEV/ }).waitFor();
      expect(await window.violations()).toEqual([]);
    }));

  test("a setup, in tables and in SQL", () =>
    inWindow({ theme }, async (window) => {
      const { page } = window;
      await go(page, "One table");
      await page.getByText("all 10 are compared").waitFor();
      expect(await window.violations()).toEqual([]);
      await page.getByRole("button", { name: "SQL", exact: true }).click();
      await page.locator(".cm-content").first().waitFor();
      expect(await window.violations()).toEqual([]);
    }));

  test("a result with production in it, and a row's detail", () =>
    inWindow({ theme }, async (window) => {
      await compareProduction(window.page);
      expect(await window.violations()).toEqual([]);
      await window.page.getByRole("gridcell").first().focus();
      await window.page.keyboard.press("Enter");
      await window.page.getByRole("region", { name: /^Row 1 of/ }).waitFor();
      expect(await window.violations()).toEqual([]);
    }));

  test("many tables, before and after", () =>
    inWindow({ theme }, async (window) => {
      const { page } = window;
      await go(page, "Many tables");
      await chooseConnection(page, 1, "Payments PROD");
      await chooseSchemas(page, ["CFG", "CFG_LIVE"]);
      await page.getByRole("textbox", { name: "Which tables" }).fill("APP_%, FEE_%, MSG_%");
      await page.getByText(/tables? in both/).waitFor();
      expect(await window.violations()).toEqual([]);
      await page.keyboard.press("Control+Enter");
      await page.getByText("Nothing runs any more").waitFor();
      expect(await window.violations()).toEqual([]);
    }));
});

describe("at 200 % zoom of a small window", () => {
  const small = { width: 640, height: 400 };

  test.each(["Start", "Many tables", "One table", "Connections"])("%s fits its width", (screen) =>
    inWindow(small, async ({ page }) => {
      await go(page, screen);
      await page.getByRole("heading").first().waitFor();
      await expect
        .poll(() => page.evaluate(() => document.documentElement.scrollWidth))
        .toBeLessThanOrEqual(small.width);
    }),
  );

  test("a result can be read, and its grid scrolls by itself", () =>
    inWindow(small, async ({ page }) => {
      await compareProduction(page);
      await verdict(page).scrollIntoViewIfNeeded();
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(
        small.width,
      );
      await grid(page).scrollIntoViewIfNeeded();
      expect((await grid(page).boundingBox())!.height).toBeGreaterThan(100);
    }));
});

test("a comparison is set up, run and read without a mouse", () =>
  inWindow({}, async ({ page }) => {
    await page.getByRole("link", { name: "One table" }).focus();
    await page.keyboard.press("Enter");
    await page.getByText("all 10 are compared").waitFor();
    await page.keyboard.press("Control+Enter");
    await verdict(page)
      .getByText(/rows differ/)
      .waitFor();
    // The focus is on the verdict: filters, search and grid follow it.
    await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe("H1");
    const isInGrid = () =>
      page.evaluate(() => document.activeElement?.closest("[role=grid]") !== null);
    for (let presses = 0; !(await isInGrid()) && presses < 40; presses += 1) {
      await page.keyboard.press("Tab");
    }
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("n");
    const said = await page.evaluate(() => {
      const cell = document.activeElement;
      return cell?.getAttribute("aria-label") ?? cell?.textContent;
    });
    expect(said).toMatch(/CONFIG_VALUE differs\. DEV .* UAT .*/);
  }));
