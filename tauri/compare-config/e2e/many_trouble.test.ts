import type { Browser, Page } from "playwright-core";
import { afterEach, beforeAll, beforeEach, afterAll, expect, test } from "vitest";

import { launch, Window } from "./browser";
import { chooseSchemas, gate, go, verdict } from "./pages";
import { World } from "./processes";

let world: World;
let browser: Browser;
let window: Window;
let page: Page;

beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());
beforeEach(async () => {
  world = await World.start();
  window = await Window.open(browser, world);
  page = window.page;
});
afterEach(async () => {
  await window.close();
  await world.end();
});

const chip = (name: string) =>
  page.getByRole("group", { name: "Show" }).getByText(name).locator("..");
const goOn = () => page.getByRole("button", { name: /^Go on with these \d+$/ });
const runFailedAgain = () => page.getByRole("button", { name: /^Run the .* again$/ });

/** Of a release check; two more tables are only on one side. */
const DONE_AT_FIRST = 12;

/**
 * A release check of DEV and UAT that has begun, and has most of its way before it: it goes on when
 * what is returned is called.
 */
async function checkHasBegun(): Promise<() => void> {
  const letGo = await gate(page, DONE_AT_FIRST);
  await go(page, "Many tables");
  await chooseSchemas(page, ["CFG", "CFG"]);
  await page.getByRole("textbox", { name: "Which tables" }).fill("%");
  await page.getByText("124 tables in both, 1 only in DEV, 1 only in UAT.").waitFor();
  await page.keyboard.press("Control+Enter");
  await verdict(page)
    .getByText(`${DONE_AT_FIRST + 2} of 126 tables done.`)
    .waitFor();
  return letGo;
}

async function numberOf(kind: string): Promise<number> {
  return Number(await chip(kind).locator("b").textContent());
}

test("a sidecar that is killed fails what runs, and what waits goes on after a restart", async () => {
  const letGo = await checkHasBegun();
  await world.sidecar.end("SIGKILL");
  letGo();

  await verdict(page)
    .getByText(/^The sidecar has stopped\. \d+ tables wait\.$/)
    .waitFor();
  const failed = await numberOf("Failed");
  expect(failed).toBeGreaterThan(0);
  expect(failed).toBeLessThanOrEqual(2);
  expect(await numberOf("Waiting")).toBeGreaterThan(80);

  await world.startSidecarAgain();
  await verdict(page)
    .getByText(/^The sidecar runs again\. \d+ tables wait\.$/)
    .waitFor();
  await goOn().click();
  await verdict(page)
    .getByText(/^10\d of 126 are the same\./)
    .waitFor();
  await runFailedAgain().click();
  await verdict(page).getByText("109 of 126 are the same. 17 need you.").waitFor();
});

test("a database that is gone stops the run after a few tables, and not all of them fail", async () => {
  const letGo = await checkHasBegun();
  await world.database.end("SIGKILL");
  letGo();

  await verdict(page)
    .getByText(/^(DEV|UAT|The connection) .* \d+ tables wait\.$/)
    .waitFor();
  expect(await numberOf("Failed")).toBeLessThanOrEqual(4);
  expect(await numberOf("Waiting")).toBeGreaterThan(80);

  await world.startDatabaseAgain();
  await goOn().click();
  await verdict(page)
    .getByText(/^10\d of 126 are the same\./)
    .waitFor();
});

test("a refused password fails all that waits with its sentence, and is not tried again", async () => {
  const letGo = await checkHasBegun();
  await page.getByRole("button", { name: /^Cancel all/ }).click();
  await verdict(page)
    .getByText(/^Cancelled: \d+ tables were not compared\.$/)
    .waitFor();
  letGo();
  await go(page, "Connections");
  await page.getByRole("complementary").getByRole("button", { name: "Payments UAT" }).click();
  await page.getByLabel("Password", { exact: true }).fill("not-this-one");
  await page.keyboard.press("Tab");
  await go(page, "Many tables");
  await page.getByRole("link", { name: "Show" }).click();
  const logins = page.waitForEvent("response", (response) => response.status() === 403);
  await goOn().click();
  await logins;

  const refused = /^UAT refused the user name or the password\. \d+ tables were not compared\.$/;
  await verdict(page).getByText(refused).waitFor();
  expect(await numberOf("Failed")).toBeGreaterThan(80);
  const sent: string[] = [];
  page.on("request", (request) => sent.push(new URL(request.url()).pathname));
  await runFailedAgain().click();
  await page.getByText("Type the password for UAT.").waitFor();
  expect(sent.filter((path) => path !== "/health")).toEqual([]);

  await page.getByLabel("Password of compare").fill("compare_pw");
  await page.keyboard.press("Enter");
  await verdict(page).getByText("109 of 126 are the same. 17 need you.").waitFor();
});

test("after ten seconds of work, cancelling is asked about once, and Escape keeps it running", async () => {
  await page.clock.install();
  await checkHasBegun();
  await page.clock.fastForward(11_000);

  await page.keyboard.press("Escape");
  await page.getByText(/^\d+ tables are not done\.$/).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: /^Cancel all/ }).waitFor();
  await page.keyboard.press("Escape");
  await expect
    .poll(() => page.evaluate(() => document.activeElement?.textContent?.trim()))
    .toBe("Cancel them");
  await page.keyboard.press("Enter");
  await verdict(page)
    .getByText(/^Cancelled: \d+ tables were not compared\.$/)
    .waitFor();
});
