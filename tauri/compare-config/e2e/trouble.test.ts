import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { launch, Window } from "./browser";
import {
  chooseConnection,
  chooseTable,
  compare,
  field,
  go,
  grid,
  isFocused,
  verdict,
} from "./pages";
import { PATIENT_SIDECAR, World } from "./processes";
import { Way } from "./way";

/** Of TARIFF_STEP, enough for a row that differs: the other side has rows left then, too. */
const SOME_ROWS_BYTES = 400_000;
/** As a side of a comparison fails with it. */
const DIVIDED_BY_ZERO = {
  code: 1476,
  message: "DEV: A value was divided by zero.",
  hint: null,
  full_code: "ORA-01476",
  retryable: false,
  side: "left",
  stopped: { left: true, right: true },
};
/** Runs for hours, in each database. */
const ENDLESS = "(SELECT COUNT(*) FROM dual CONNECT BY LEVEL <= 1000000000) > 0";

let world: World;
let browser: Browser;
let window: Window;
let page: Page;
/** To the database of UAT. That of DEV and PROD is reached without it. */
let way: Way;

beforeAll(async () => {
  [world, browser] = await Promise.all([World.start(), launch()]);
  way = await Way.to(() => world.database.port);
  world.service = (name) => `127.0.0.1:${name === "UAT" ? way.port : world.database.port}/${name}`;
});
afterAll(async () => {
  await browser.close();
  way.close();
  await world.end();
});
beforeEach(async () => {
  window = await Window.open(browser, world);
  page = window.page;
});
afterEach(async () => {
  await window.close();
  way.release();
  for (const stopped of [world.database, world.sidecar]) stopped.signal("SIGCONT");
});

const button = (name: string): Locator => page.getByRole("button", { name, exact: true });
const card = (side: 0 | 1): Locator => page.locator(".sidecard").nth(side);
const whereField = (): Locator => page.getByRole("textbox", { name: "WHERE, for both sides" });

const says = (text: string | RegExp): Promise<void> => page.getByText(text).first().waitFor();
const verdictSays = (text: string | RegExp): Promise<void> =>
  verdict(page).getByText(text).waitFor();

async function typeWhere(where: string): Promise<void> {
  await whereField().click();
  await page.keyboard.type(where);
  await page.keyboard.press("Escape");
}

async function openAppConfig(where: string): Promise<void> {
  await go(page, "One table");
  await says("all 10 are compared");
  await typeWhere(where);
}

/** The comparison has found a difference, and cannot go on. */
async function compareHalf(where = ""): Promise<void> {
  await go(page, "One table");
  await chooseTable(page, ["CFG", "CFG"], "TARIFF_STEP");
  await says("all 7 are compared");
  await typeWhere(where);
  const held = way.hold(SOME_ROWS_BYTES);
  await page.keyboard.press("Control+Enter");
  await held;
  await verdictSays("Comparing. 1 difference so far.");
  await page
    .getByText(/^[\d,]+ rows$/)
    .nth(1)
    .waitFor();
}

async function compareEndlessly(): Promise<void> {
  await openAppConfig(ENDLESS);
  await chooseConnection(page, 1, "Payments PROD");
  await page.keyboard.press("Control+Enter");
  await page
    .getByText(/^running the query, .* no row yet$/)
    .nth(1)
    .waitFor();
}

/** Every sentence that stood in the verdict from now on, and its line. */
async function listen(): Promise<() => Promise<string[]>> {
  await page.evaluate(() => {
    const told: string[] = [];
    const note = (): void => {
      told.push(document.querySelector<HTMLElement>(".verdict")?.innerText ?? "");
    };
    new MutationObserver(note).observe(document.body, {
      subtree: true,
      childList: true,
      characterData: true,
    });
    Object.assign(globalThis, { told });
  });
  return () => page.evaluate(() => (globalThis as unknown as { told: string[] }).told);
}

/** How many sessions the sidecar has in use, over both databases. */
async function busy(): Promise<number> {
  const answer = await fetch(`${world.sidecarUrl}/pools`);
  const { pools } = (await answer.json()) as { pools: { busy: number }[] };
  return pools.reduce((sum, pool) => sum + pool.busy, 0);
}

describe("a password", () => {
  test("is asked for in its side's card, and a wrong one is not tried twice", async () => {
    await go(page, "Connections");
    await page.getByRole("complementary").getByRole("button", { name: "Payments UAT" }).click();
    await page.getByLabel("Password", { exact: true }).fill("");
    await go(page, "One table");
    const asked = card(1).getByLabel("Password of compare");
    await asked.waitFor();
    expect(await card(0).getByLabel("Password of compare").count()).toBe(0);

    const before = way.connections;
    await page.keyboard.press("Control+Enter");
    await card(1).getByText("Type the password for UAT.").waitFor();
    expect(await isFocused(asked)).toBe(true);

    await page.keyboard.type("not-this-one");
    await page.keyboard.press("Enter");
    const refused = /^UAT refused the user name or the password\. Type the password again\. Some/;
    await card(1).getByText(refused).waitFor();
    expect(await asked.inputValue()).toBe("");
    await page.keyboard.press("Control+Enter");
    await expect.poll(() => isFocused(asked)).toBe(true);
    await go(page, "Start");
    await go(page, "One table");
    await card(1).getByText(refused).waitFor();
    expect(way.connections - before).toBe(1);

    await asked.fill("compare_pw");
    await asked.press("Control+Enter");
    await verdictSays("40 rows differ.");
  });
});

describe("a database", () => {
  test("that ends in the middle is said, and compared again when it is back", async () => {
    await compareHalf();
    expect(await grid(page).getAttribute("aria-rowcount")).toBe("-1");
    await world.database.end("SIGKILL");
    way.release();

    await verdictSays(/^(DEV|UAT) failed after [\d,]+ rows, so there is no result\.$/);
    await says(/^The connection was lost \((ORA|DPY)-\d+\)\. What was found until then/);
    expect(await page.locator(".vi.err").count()).toBe(1);
    await grid(page).waitFor();
    await button("What Oracle said").click();
    await page.locator("pre", { hasText: /(ORA|DPY)-\d+/ }).waitFor();

    await button("Compare again").first().click();
    await verdictSays(/^(DEV|UAT) cannot be reached|^The connection to (DEV|UAT) was lost/);
    await world.startDatabaseAgain();
    await button("Compare again").first().click();
    await verdictSays("2 rows differ. 19,997 are the same in all 7 columns.");
  });

  test("that is silent is named, and not called free before it has said so", async () => {
    await compareEndlessly();
    const told = await listen();
    world.database.signal("SIGSTOP");
    await page.keyboard.press("Escape");
    await says("DEV and PROD have not confirmed yet. Their queries may still run.");
    expect((await told()).join()).toContain("Stopping both databases…");
    expect((await told()).join()).not.toMatch(/free/i);
  });

  test("that alone is silent is named alone", async () => {
    await compareHalf();
    await button("Cancel both sides").click();
    await verdictSays(/^Cancelled after [\d,]+ rows in DEV and [\d,]+ in UAT\.$/);
    await says(/stays below, as not final\. UAT has not confirmed yet\. Its query/);
    expect(await page.getByText(/DEV has not|free/).count()).toBe(0);
  });

  test("that fails late leaves what was found, as not final", async () => {
    await compareHalf("1 / (tariff_id - 19990) <> 5");
    way.release();
    await verdictSays(/^(DEV|UAT) failed after [\d,]+ rows, so there is no result\.$/);
    await says(/divided by zero.*stays below, as not final/i);
    await grid(page).getByText("HEATPUMP-76").waitFor();
    await button("Take away").click();
    await says("This result is not final: only a report marked “Not complete”.");
    expect(await page.getByRole("menuitem", { name: /^CSV/ }).isDisabled()).toBe(true);
  });

  test("that fails soon leaves it as not final, too", async () => {
    await openAppConfig("");
    // Of a real one it depends on which side is first whether anything was found before.
    await page.route("**/compare", async (route) => {
      const response = await route.fetch();
      const lines = (await response.text()).trimEnd().split("\n");
      const told = [...lines.slice(0, -1), JSON.stringify({ error: DIVIDED_BY_ZERO })];
      await route.fulfill({ response, body: `${told.join("\n")}\n` });
    });
    await compare(page);
    await says(/divided by zero.*stays below, as not final/i);
    await says("Found, not final");
    await grid(page).getByText("Straße 7-uat").first().waitFor();
  });
});

describe("Cancel", () => {
  beforeAll(async () => {
    await world.sidecar.end();
    await world.startSidecarAgain(PATIENT_SIDECAR);
  });

  test("stops both databases, and says so when they have", async () => {
    await compareEndlessly();
    expect(await busy()).toBe(2);
    await page.keyboard.press("Escape");
    await verdictSays("Cancelled before the first row.");
    await says("There is no result. Both databases are free.");
    await expect.poll(busy).toBe(0);
  });

  test("that is not answered within 5 s says what is not known, and later what is", async () => {
    await compareEndlessly();
    const told = await listen();
    world.sidecar.signal("SIGSTOP");
    await page.keyboard.press("Escape");
    await verdictSays("Stopping both databases…");
    await says("DEV and PROD have not confirmed yet. Their queries may still run.");
    expect((await told()).join()).not.toMatch(/free/i);
    world.sidecar.signal("SIGCONT");
    await says("There is no result. Both databases are free.");
    await expect.poll(busy).toBe(0);
  });
});

describe("the sidecar", () => {
  test("that ends in the middle and starts again finds what was typed", async () => {
    const where = "currency = 'EUR'";
    await compareHalf(where);

    await world.sidecar.end("SIGKILL");
    const trouble = page.getByRole("region", { name: "Sidecar" });
    await trouble.getByText("The sidecar has stopped. Your input is kept.").waitFor();
    await page.getByRole("button", { name: /^Sidecar (stopped|error)/ }).waitFor();
    expect(await verdict(page).textContent()).not.toMatch(/Comparing|differ\b/);

    way.release();
    await world.startSidecarAgain();
    const runsAgain = trouble.getByText("The sidecar runs again.");
    const restart = trouble.getByRole("button", { name: "Restart" });
    await restart.or(runsAgain).first().waitFor();
    // The page looks for it by itself, too, and may have found it.
    await restart.click({ timeout: 2000 }).catch(() => undefined);
    await runsAgain.waitFor();
    await trouble.getByRole("button", { name: "Compare again" }).click();
    await verdictSays(/rows? differs?\. [\d,]+ are the same in all 7 columns\./);
    await says(`where ${where}`);

    await page.goBack();
    await expect.poll(() => whereField().textContent()).toBe(where);
    expect(await field(page, 0, "Table").inputValue()).toBe("TARIFF_STEP");
  });
});
