import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { launch, Window } from "./browser";
import { go, isFocused, keptByBrowser } from "./pages";
import { World } from "./processes";
import { Way } from "./way";

const SECRETS = ["compare_pw", "tiger-7", "not-this-one"];

let world: World;
let browser: Browser;
let way: Way;
let window: Window;
let page: Page;

beforeAll(async () => {
  [world, browser] = await Promise.all([World.start(), launch()]);
  way = await Way.to(() => world.database.port);
});
afterAll(async () => {
  await browser.close();
  way.close();
  await world.end();
});

async function open(options: { demo: boolean }): Promise<void> {
  window = await Window.open(browser, world, options);
  page = window.page;
  await go(page, "Connections");
}

async function nothingSecretIsKept(): Promise<void> {
  const kept = await keptByBrowser(page);
  for (const secret of SECRETS) expect(kept).not.toContain(secret);
}

afterEach(async () => {
  await nothingSecretIsKept();
  await window.close();
});

const text = (name: string): Locator => page.getByRole("textbox", { name, exact: true });
const button = (name: string): Locator => page.getByRole("button", { name, exact: true });
const password = (): Locator => page.getByLabel("Password", { exact: true });
const list = (): Locator => page.getByRole("complementary", { name: "Connections" });
const editor = (): Locator => page.locator(".editor");
const outcome = (): Locator => page.locator(".outcome");
const connected = (): Locator =>
  outcome().getByText(/^Connected in [\d,]+ ms\. Oracle \d[\d.]+\.$/);
const failure = (): Locator => outcome().getByRole("alert");
const isProduction = (): Locator => page.getByRole("checkbox", { name: "This is production" });

async function type(fields: Record<"name" | "group" | "target" | "user" | "password", string>) {
  await text("Name").fill(fields.name);
  await page.getByRole("combobox", { name: "Group" }).fill(fields.group);
  await text("Connect string").fill(fields.target);
  await text("User").fill(fields.user);
  await password().fill(fields.password);
}

describe("a newcomer", () => {
  beforeEach(() => open({ demo: false }));

  test("adds PROD, marked by itself, and finds it again without its password", async () => {
    await page.getByText("Add the databases you want to compare.").waitFor();
    await button("Add connection").click();
    await expect.poll(() => isFocused(text("Name"))).toBe(true);
    await button("Save").click();
    await page.getByRole("alert").getByText("Type a name.").waitFor();

    const target = `127.0.0.1:${way.port}/PROD`;
    expect(await isProduction().isChecked()).toBe(false);
    const login = { user: "compare", password: "compare_pw" };
    await type({ name: "Payments", group: "PROD", target, ...login });
    await page.getByText("Ticked for you because the group is PROD.").waitFor();
    expect(await isProduction().isChecked()).toBe(true);
    await editor().locator(".env.prod", { hasText: "PROD" }).waitFor();
    await page.getByText(`Host 127.0.0.1, port ${way.port}, service PROD.`).waitFor();
    const kept = "Kept in memory until this page is closed. Never saved.";
    await page.getByText(kept).first().waitFor();
    await nothingSecretIsKept();

    const before = way.connections;
    await button("Test").click();
    await connected().waitFor();
    expect(way.connections - before).toBe(1);
    await button("Save").click();
    await page.getByText("Saved.", { exact: true }).waitFor();
    await nothingSecretIsKept();

    await page.reload();
    await list().getByRole("button", { name: "Payments" }).click();
    await list().locator(".env.prod", { hasText: "PROD" }).waitFor();
    expect(await text("Connect string").inputValue()).toBe(target);
    expect(await password().inputValue()).toBe("");
    await button("Test").click();
    await page.getByRole("alert").getByText("Type the password.").waitFor();
    expect(way.connections - before).toBe(1);
  });

  test("is told while typing what a connect string is taken for", async () => {
    await button("Add connection").click();
    const hint = editor().locator(".hint").first();
    const told = [
      ["", "host:port/service, a full (DESCRIPTION=…), or a name from tnsnames.ora."],
      [
        "jdbc:oracle:thin:@//db-prod:1521/PAYPRD",
        "Host db-prod, port 1521, service PAYPRD. The part jdbc:oracle:thin: is skipped.",
      ],
      ["db-dev:1521:PAY", "Old form with a SID. It is sent as a full descriptor."],
      ["PAYDEV", "“PAYDEV” is looked up in tnsnames.ora when you test."],
      ["(DESCRIPTION=(ADDRESS=(HOST=db-dev)(PORT=1521))", "One bracket is not closed."],
    ] as const;
    for (const [typed, sentence] of told) {
      await text("Connect string").fill("");
      await text("Connect string").pressSequentially(typed);
      await expect.poll(async () => (await hint.textContent())?.trim()).toBe(sentence);
    }
    await page.getByText("Ticked for you").waitFor({ state: "detached" });
    await text("Connect string").fill("jdbc:oracle:thin:@//db-prod:1521/PAY");
    await page.getByText("Ticked for you because the connect string says “prod”.").waitFor();
  });

  test("moves a password out of the connect string, where it would be saved", async () => {
    await button("Add connection").click();
    await text("Name").fill("Payments DEV");
    await text("Connect string").pressSequentially("scott/tiger-7@db-dev:1521/PAYDEV");
    const sentence =
      "A password stands in the connect string. Put it into its own field, or it would be saved.";
    await page.getByText(sentence).waitFor();
    await button("Save").click();
    expect(await list().getByText("not saved", { exact: true }).count()).toBe(1);
    await nothingSecretIsKept();

    await button("Move it").click();
    await page.getByText("Host db-dev, port 1521, service PAYDEV.").waitFor();
    expect(await text("Connect string").inputValue()).toBe("db-dev:1521/PAYDEV");
    expect(await text("User").inputValue()).toBe("scott");
    expect(await password().inputValue()).toBe("tiger-7");
    expect(await password().getAttribute("type")).toBe("password");
    await button("Save").click();
    await page.getByText("Saved.", { exact: true }).waitFor();
  });
});

describe("a test", () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tnsnames-"));
    const address = `(ADDRESS=(PROTOCOL=tcp)(HOST=127.0.0.1)(PORT=${way.port}))`;
    const descriptor = `(DESCRIPTION=${address}(CONNECT_DATA=(SERVICE_NAME=DEV)))`;
    await writeFile(join(folder, "tnsnames.ora"), `PAYDEV = ${descriptor}\n`);
  });
  afterAll(() => rm(folder, { recursive: true }));
  beforeEach(async () => {
    await open({ demo: true });
    await list().getByRole("button", { name: "Payments DEV" }).click();
  });

  test("takes jdbc: and tnsnames, and says what a listener does not know", async () => {
    await text("Connect string").fill(`jdbc:oracle:thin:@//127.0.0.1:${way.port}/DEV`);
    await button("Test").click();
    await connected().waitFor();

    await text("Connect string").fill("PAYDEV");
    await button("Test again").click();
    const missing = "There is no tnsnames.ora in which “PAYDEV” could be looked up.";
    await failure().getByText(missing).waitFor();
    await button("Wallet, tnsnames folder, SYSDBA").click();
    await text("tnsnames folder").fill(folder);
    await button("Test again").click();
    await connected().waitFor();

    await text("Connect string").fill(`127.0.0.1:${way.port}:PAY`);
    await button("Test again").click();
    await failure().getByText("The database answers, but knows no SID “PAY”.").waitFor();
  });

  test("of a wrong password logs in once for each press, and tells all on demand", async () => {
    await text("Connect string").fill(`127.0.0.1:${way.port}/DEV`);
    await password().fill("not-this-one");
    const before = way.connections;
    await button("Test").click();
    await failure().getByText("The database refused the user name or the password.").waitFor();
    await failure().getByText("Some databases lock the account after a few wrong tries.").waitFor();
    expect(await page.getByText("ORA-01017").count()).toBe(0);
    await button("What Oracle said").click();
    await failure().getByText("ORA-01017").waitFor();
    expect(way.connections - before).toBe(1);

    await button("Type the password").click();
    await expect.poll(() => isFocused(password())).toBe(true);
    await password().fill("compare_pw");
    await page.keyboard.press("Enter");
    await connected().waitFor();
    expect(way.connections - before).toBe(2);
  });

  test("runs once, however often its button is pressed meanwhile", async () => {
    await text("Connect string").fill(`127.0.0.1:${way.port}/DEV`);
    const before = way.connections;
    const held = way.hold(0);
    await button("Test").click();
    await held;
    const resting = button("Testing…");
    expect(await resting.getAttribute("aria-disabled")).toBe("true");
    await resting.click({ force: true });
    await resting.press("Enter");
    way.release();
    await connected().waitFor();
    expect(way.connections - before).toBe(1);
  });
});

describe("a connection", () => {
  beforeEach(async () => {
    await open({ demo: true });
    await list().getByRole("button", { name: "Payments DEV" }).click();
  });

  test("is edited and kept as it is typed, also while another one is looked at", async () => {
    await text("User").fill("app_read");
    await page.getByText("Not saved yet.").waitFor();
    await list().getByRole("button", { name: "Payments UAT" }).click();
    expect(await text("User").inputValue()).toBe("compare");
    await list().getByRole("button", { name: "Payments DEV" }).click();
    expect(await text("User").inputValue()).toBe("app_read");
    await button("Save").click();
    await list().getByText("app_read @").waitFor();
  });

  test("is duplicated, without its password, and named as the same database", async () => {
    await button("Duplicate").click();
    expect(await text("Name").inputValue()).toBe("Payments DEV copy");
    expect(await password().inputValue()).toBe("");
    await page.getByText("The same database and user as “Payments DEV”.").waitFor();
    await text("Name").fill("Payments DEV");
    await button("Save").click();
    await page.getByRole("alert").getByText("Another connection has this name.").waitFor();
    await text("Name").fill("Payments DEV 2");
    await button("Save").click();
    await list().getByRole("button", { name: "Payments DEV 2" }).waitFor();
    expect(await list().getByText("not saved", { exact: true }).count()).toBe(0);
  });

  test("is removed, brought back with its password, and gone for good after 10 s", async () => {
    await page.clock.install();
    const line = list().getByRole("button", { name: "Payments DEV" });
    await button("Remove").click();
    await page.getByText("“Payments DEV” is removed.").first().waitFor();
    expect(await line.count()).toBe(0);
    await button("Undo").click();
    await line.waitFor();
    expect(await password().inputValue()).toBe("compare_pw");

    await button("Remove").click();
    await page.clock.fastForward(5_000);
    expect(await button("Undo").count()).toBe(1);
    await page.clock.fastForward(5_500);
    await button("Undo").waitFor({ state: "detached" });
    expect(await line.count()).toBe(0);
    await go(page, "One table");
    await page.getByText("Choose the connection of the first side.").waitFor();
  });
});
