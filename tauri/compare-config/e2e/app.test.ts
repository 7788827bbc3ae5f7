/** The page in the app: what the app keeps, its keychain, its files, its sidecar. */

import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { AppDouble, LOCKED } from "./app_double";
import { launch, Window } from "./browser";
import { chooseConnection, chooseTable, compare, go, keptByBrowser, verdict } from "./pages";
import { World } from "./processes";
import { Way } from "./way";

const PASSWORD = "compare_pw";

let world: World;
let browser: Browser;
/** To the database of UAT: it counts the logins. */
let way: Way;
let app: AppDouble;
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
beforeEach(async () => {
  app = await AppDouble.start();
});
afterEach(async () => {
  await nothingSecretIsKept();
  await window.close();
  await app.end();
});

async function open(): Promise<void> {
  window = await Window.open(browser, world, { app });
  page = window.page;
}

/** Two connections that were saved before, and whose passwords are in the keychain. */
async function openWithConnections(passwords: { DEV?: string; UAT?: string } = {}): Promise<void> {
  const connections = ["DEV", "UAT"].map((group) => connection(group));
  app.kept = JSON.stringify({ connections });
  for (const group of ["DEV", "UAT"] as const) {
    const password = passwords[group];
    if (password !== undefined) app.keychain.set(`id-${group}`, item(password));
  }
  await open();
}

function connection(group: string): object {
  const port = group === "UAT" ? way.port : world.database.port;
  const connectString = `127.0.0.1:${port}/${group}`;
  return {
    id: `id-${group}`,
    name: `Payments ${group}`,
    group,
    connectString,
    username: "compare",
  };
}

function item(password: string) {
  return { username: "compare", password, wallet_password: null };
}

async function nothingSecretIsKept(): Promise<void> {
  const kept = [await keptByBrowser(page), app.kept ?? "", ...window.said].join("\n");
  for (const secret of [PASSWORD, "not-this-one"]) expect(kept).not.toContain(secret);
}

const button = (name: string): Locator => page.getByRole("button", { name, exact: true });
const text = (name: string): Locator => page.getByRole("textbox", { name, exact: true });
const list = (): Locator => page.getByRole("complementary", { name: "Connections" });
const card = (side: 0 | 1): Locator => page.locator(".sidecard").nth(side);
const passwordOf = (side: 0 | 1): Locator => card(side).getByLabel("Password of compare");
const says = (sentence: string | RegExp): Promise<void> =>
  page.getByText(sentence).first().waitFor();

async function typeConnection(group: string): Promise<void> {
  await page.getByRole("button", { name: /^Add/ }).first().click();
  await text("Name").fill(`Payments ${group}`);
  await page.getByRole("combobox", { name: "Group" }).fill(group);
  await text("Connect string").fill(world.service(group));
  await text("User").fill("compare");
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
}

async function addConnection(group: string): Promise<void> {
  await typeConnection(group);
  await button("Save").click();
  await says("Saved.");
}

async function openOneTable(): Promise<void> {
  await go(page, "One table");
  await chooseConnection(page, 0, "Payments DEV");
  await chooseConnection(page, 1, "Payments UAT");
}

async function compareAppConfig(): Promise<void> {
  await chooseTable(page, ["CFG", "CFG"], "APP_CONFIG");
  await says("all 14 are compared");
  await compare(page);
  await verdict(page)
    .getByText(/rows? differ/)
    .waitFor();
}

async function typePassword(side: 0 | 1, password: string): Promise<void> {
  await passwordOf(side).fill(password);
  await passwordOf(side).press("Tab");
}

describe("the keychain", () => {
  test("has the passwords of saved connections, which the app's file has not", async () => {
    await open();
    await go(page, "Connections");
    await says("Add the databases you want to compare.");
    await addConnection("DEV");
    await says("Kept in this computer's keychain.");
    await addConnection("UAT");

    await expect.poll(() => [...app.keychain.values()]).toEqual([item(PASSWORD), item(PASSWORD)]);
    await expect.poll(() => app.kept).toContain("Payments UAT");
    await nothingSecretIsKept();
    expect(app.count("get_oracle_credentials")).toBe(0);
  });

  test("has a password when it is said that its connection is saved", async () => {
    let unlock = (): void => undefined;
    app.keychainWaits = new Promise<void>((resolve) => (unlock = resolve));
    await open();
    await go(page, "Connections");
    await typeConnection("DEV");
    await button("Save").click();
    await says("Saving…");
    await expect.poll(() => app.kept).toContain("Payments DEV");

    unlock();

    await says(/^Saved\.$/);
    expect([...app.keychain.values()]).toEqual([item(PASSWORD)]);
  });

  test("that does not take a password is said with the connection that is saved", async () => {
    app.keychainFailure = LOCKED;
    await open();
    await go(page, "Connections");
    await addConnection("DEV");
    await says("Saved. The password is not kept.");
    await says("This computer's keychain is locked, so a password that you type is used");

    app.keychainFailure = null;
    await button("Try the keychain again").click();

    await says(/^Saved\.$/);
    expect([...app.keychain.values()]).toEqual([item(PASSWORD)]);
  });

  test("is asked after a reload for what is needed, once, and nothing is typed", async () => {
    await openWithConnections({ DEV: PASSWORD, UAT: PASSWORD });
    await page.reload();
    await go(page, "Connections");
    await list().getByRole("button", { name: "Payments UAT" }).click();
    expect(app.count("get_oracle_credentials")).toBe(0);

    await openOneTable();
    await compareAppConfig();

    expect(app.count("get_oracle_credentials")).toBe(2);
    expect(app.count("set_oracle_credentials")).toBe(0);
    await go(page, "Connections");
    expect(await page.getByLabel("Password", { exact: true }).inputValue()).toBe("");
  });

  test("gets what is typed for a side once a login with it has worked", async () => {
    await openWithConnections({ DEV: PASSWORD });
    await openOneTable();

    await typePassword(1, PASSWORD);

    await compareAppConfig();
    expect(app.keychain.get("id-UAT")).toEqual(item(PASSWORD));
  });

  test("that is locked is said, and what is typed is used until the app is closed", async () => {
    app.keychainFailure = LOCKED;
    await openWithConnections({ DEV: PASSWORD, UAT: PASSWORD });
    await openOneTable();
    const sentence =
      "This computer's keychain is locked, so a password that you type is used until the app is " +
      "closed.";
    for (const side of [0, 1] as const) await card(side).getByText(sentence).waitFor();
    expect(app.count("get_oracle_credentials")).toBe(1);
    expect(await window.violations()).toEqual([]);

    for (const side of [0, 1] as const) await typePassword(side, PASSWORD);
    await compareAppConfig();
    expect(app.count("set_oracle_credentials")).toBe(0);

    app.keychainFailure = null;
    app.keychain.clear();
    await button("Setup").click();
    await card(0).getByRole("button", { name: "Try the keychain again" }).click();
    await page.getByText(sentence).first().waitFor({ state: "detached" });
    await expect.poll(() => [...app.keychain.keys()].sort()).toEqual(["id-DEV", "id-UAT"]);
  });

  test("that is unlocked is asked again, and gives what nobody has typed", async () => {
    app.keychainFailure = LOCKED;
    await openWithConnections({ DEV: PASSWORD, UAT: PASSWORD });
    await openOneTable();
    await card(1).getByText("This computer's keychain is locked").waitFor();

    app.keychainFailure = null;
    await card(1).getByRole("button", { name: "Try the keychain again" }).click();

    await compareAppConfig();
  });

  test("that asks its user first does not keep anybody from typing", async () => {
    let unlock = (): void => undefined;
    app.keychainWaits = new Promise<void>((resolve) => (unlock = resolve));
    await openWithConnections({ DEV: "not-this-one", UAT: "not-this-one" });
    await openOneTable();

    for (const side of [0, 1] as const) await typePassword(side, PASSWORD);
    unlock();

    await compareAppConfig();
    await expect.poll(() => [...app.keychain.values()]).toEqual([item(PASSWORD), item(PASSWORD)]);
  });

  test("that its user unlocks late gives the passwords, and none is asked for any more", async () => {
    let unlock = (): void => undefined;
    app.keychainWaits = new Promise<void>((resolve) => (unlock = resolve));
    await openWithConnections({ DEV: PASSWORD, UAT: PASSWORD });
    await openOneTable();
    for (const side of [0, 1] as const) await passwordOf(side).waitFor();

    unlock();

    for (const side of [0, 1] as const) await passwordOf(side).waitFor({ state: "detached" });
    await compareAppConfig();
  });

  test("has a password that the database refuses: it is sent once, asked for, and replaced", async () => {
    await openWithConnections({ DEV: PASSWORD, UAT: "not-this-one" });
    await openOneTable();
    await card(1).getByText("UAT refused the user name or the password.").waitFor();
    const logins = way.connections;
    expect(app.keychain.get("id-UAT")).toEqual(item("not-this-one"));

    await page.reload();
    await passwordOf(1).waitFor();
    await says("Type the password for UAT to see the key and the columns.");
    expect(way.connections).toBe(logins);

    await typePassword(1, PASSWORD);
    await compareAppConfig();
    expect(app.keychain.get("id-UAT")).toEqual(item(PASSWORD));
    await page.reload();
    await compareAppConfig();
  });

  test("has a password of another user than the connection: it is not sent", async () => {
    app.keychain.set("id-UAT", { ...item("not-this-one"), username: "somebody" });
    await openWithConnections({ DEV: PASSWORD });
    const logins = way.connections;

    await openOneTable();
    await passwordOf(1).waitFor();

    expect(way.connections).toBe(logins);
  });

  test("gives the editor's Test what the field does not show", async () => {
    await openWithConnections({ UAT: PASSWORD });
    await go(page, "Connections");
    await list().getByRole("button", { name: "Payments UAT" }).click();

    await button("Test").click();

    await says(/^Connected in [\d,]+ ms\./);
    expect(await page.getByLabel("Password", { exact: true }).inputValue()).toBe("");
  });

  test("does not get what is typed while the password before it is tested", async () => {
    await openWithConnections({ UAT: PASSWORD });
    await go(page, "Connections");
    await list().getByRole("button", { name: "Payments UAT" }).click();
    const held = way.hold(0);
    await button("Test").click();
    await held;

    await page.getByLabel("Password", { exact: true }).fill("not-this-one");
    await page.keyboard.press("Tab");
    way.release();
    await says(/^Connected in [\d,]+ ms\./);

    await go(page, "Start");
    expect(app.keychain.get("id-UAT")).toEqual(item(PASSWORD));
  });

  test("gives up the password of a removed connection, and gets it back by Undo", async () => {
    await openWithConnections({ DEV: PASSWORD, UAT: PASSWORD });
    await go(page, "Connections");
    await list().getByRole("button", { name: "Payments UAT" }).click();

    await button("Remove").click();
    await expect.poll(() => [...app.keychain.keys()]).toEqual(["id-DEV"]);
    await button("Undo").click();

    await expect.poll(() => app.keychain.get("id-UAT")).toEqual(item(PASSWORD));
    await openOneTable();
    await compareAppConfig();
  });

  test("that is locked keeps a removed connection's password, which is said", async () => {
    await openWithConnections({ UAT: PASSWORD });
    app.keychainFailure = LOCKED;
    await go(page, "Connections");
    await list().getByRole("button", { name: "Payments UAT" }).click();
    await button("Remove").click();
    await says("This computer's keychain is locked, so the password is still in it.");

    app.keychainFailure = null;
    await button("Try the keychain again").click();

    await expect.poll(() => app.keychain.size).toBe(0);
  });

  test("is emptied with everything else that is remembered", async () => {
    await openWithConnections({ DEV: PASSWORD, UAT: PASSWORD });
    await says("Passwords are in this computer's keychain alone");

    await button("Clear everything that is remembered").click();
    await button("Clear it, connections too").click();

    await expect.poll(() => app.keychain.size).toBe(0);
    await expect.poll(() => app.kept).not.toContain("Payments");
  });
});

describe("what the app keeps", () => {
  test("has what is typed, at the next start too, and beside what was there", async () => {
    await openWithConnections({ DEV: PASSWORD, UAT: PASSWORD });
    await openOneTable();
    await chooseTable(page, ["CFG", "CFG"], "APP_CONFIG");
    await expect.poll(() => app.kept?.split('"table":"APP_CONFIG"').length).toBe(3);
    await window.close();

    await open();
    await go(page, "One table");

    await says("all 14 are compared");
    expect(app.kept).toContain("Payments UAT");
  });

  test("is older than what this window has typed, which is taken after a reload", async () => {
    await openWithConnections({ DEV: PASSWORD, UAT: PASSWORD });
    await openOneTable();
    const before = app.kept;
    await chooseTable(page, ["CFG", "CFG"], "APP_CONFIG");
    await says("all 14 are compared");
    app.kept = before;

    await page.reload();

    await says("all 14 are compared");
    await expect.poll(() => app.kept).toContain('"table":"APP_CONFIG"');
    expect(app.kept).toContain("Payments UAT");
  });

  test("cannot be read: it is said, and written over by a change alone", async () => {
    const file = "/home/a/.local/share/compare-config/compare-config.json";
    app.keptFailure = {
      code: "KEPT_UNREADABLE",
      message: `${file} cannot be read: it is damaged.`,
    };
    app.kept = "{";
    await open();
    await says("What was remembered cannot be read.");
    await says("it is damaged. It stays as it is until you change something.");
    await go(page, "One table");
    expect(app.count("write_kept")).toBe(0);

    app.keptFailure = null;
    await button("Change to the dark theme").click();

    await expect.poll(() => app.kept).toContain('"theme":"dark"');
    await page.getByText("What was remembered cannot be read.").waitFor({ state: "detached" });
  });

  test("cannot be written: it is said in the app's words, and written with the next change", async () => {
    await open();
    app.keptFailure = { code: "KEPT_NOT_WRITTEN", message: "The disk is full." };
    await button("Change to the dark theme").click();
    await says("The disk is full. What you change now lasts until the app is closed.");

    app.keptFailure = null;
    await button("Change to the light theme").click();
    await page.getByText("The disk is full.").waitFor({ state: "detached" });
    expect(app.kept).toContain('"theme":"system"');
  });
});

describe("a file", () => {
  beforeEach(async () => {
    await openWithConnections({ DEV: PASSWORD, UAT: PASSWORD });
    await openOneTable();
    await compareAppConfig();
  });

  async function takeAway(): Promise<void> {
    await button("Take away").click();
    await page.getByRole("menuitem", { name: /^CSV/ }).click();
  }

  test("is saved where the user says, and the path is told", async () => {
    app.savesTo = "/home/a/Köln";
    await takeAway();

    await says(/^Saved to \/home\/a\/Köln\/.*\.csv$/);
    const [saved] = app.saved;
    expect(saved?.name).toMatch(/^APP_CONFIG.*\.csv$/);
    expect(saved?.text).toContain("CONFIG_KEY");
    expect(await window.violations()).toEqual([]);
    await page.keyboard.press("Escape");
    await page.getByText(/^Saved to/).waitFor({ state: "detached" });
    await verdict(page).waitFor();
  });

  test("that is cancelled is no error, and one that fails is", async () => {
    await takeAway();
    await expect.poll(() => app.count("save_file")).toBe(1);

    app.savingFailure = { code: "FILE_NOT_SAVED", message: "/x.csv cannot be written: read-only." };
    await takeAway();

    await page.getByRole("alert").getByText("/x.csv cannot be written: read-only.").waitFor();
    expect(await page.getByText(/^Saved to/).count()).toBe(0);
  });
});

describe("the app's sidecar", () => {
  const header = (word: string): Locator =>
    page.getByRole("button", { name: `${word}. Show details` });

  test("that crashes is restarted by itself, and what is on the screen stays", async () => {
    await openWithConnections({ DEV: PASSWORD, UAT: PASSWORD });
    await openOneTable();
    await compareAppConfig();
    const sentence = await verdict(page).textContent();
    let endPause = (): void => undefined;
    app.pauseIsOver = new Promise<void>((resolve) => (endPause = resolve));

    app.sidecar?.signal("SIGKILL");
    await says("The sidecar has stopped. Your input is kept.");
    await says("It is started again by itself.");
    await header("Sidecar restarting…").waitFor();
    expect(await window.violations()).toEqual([]);
    endPause();

    await says("The sidecar runs again.");
    await header("Sidecar ready").waitFor();
    expect(await verdict(page).textContent()).toBe(sentence);
    await page.getByRole("region", { name: "Sidecar" }).getByText("Compare again").click();
    await verdict(page)
      .getByText(/rows? differ/)
      .waitFor();
  });

  test("that keeps crashing is told with its reason, and started by Restart", async () => {
    app.restartsAtMost = 1;
    await openWithConnections({ DEV: PASSWORD, UAT: PASSWORD });
    app.sidecar?.signal("SIGKILL");
    await says("The sidecar runs again.");

    app.sidecar?.signal("SIGKILL");
    await says("The sidecar keeps ending by itself. The last time: The sidecar was ended by");
    await header("Sidecar error").waitFor();
    await openOneTable();
    expect(app.count("start_oracle_sidecar")).toBe(2);
    await button("Restart").first().click();

    await header("Sidecar ready").waitFor();
    await compareAppConfig();
  });

  test("that crashes under a comparison fails it, and it is compared again by one press", async () => {
    await openWithConnections({ DEV: PASSWORD, UAT: PASSWORD });
    await openOneTable();
    await compareAppConfig();
    await button("Setup").click();
    const held = way.hold(0);
    await page.keyboard.press("Control+Enter");
    await held;

    app.sidecar?.signal("SIGKILL");

    await verdict(page).getByText("The sidecar has stopped. Your input is kept.").waitFor();
    await says("It runs again by now.");
    way.release();
    await page.locator(".verdict").getByRole("button", { name: "Compare again" }).click();
    await verdict(page)
      .getByText(/rows? differ/)
      .waitFor();
  });
});

describe("what the driver lacks", () => {
  async function useOldAccount(): Promise<void> {
    app.keychain.set("id-UAT", { username: "oldpw", password: "oldpw_pw", wallet_password: null });
    const UAT = { ...connection("UAT"), username: "oldpw" };
    app.kept = JSON.stringify({ connections: [connection("DEV"), UAT] });
    await open();
    await go(page, "One table");
    await chooseConnection(page, 1, "Payments UAT");
    await card(1).getByText("UAT needs a feature this driver does not have.").waitFor();
    await card(1).getByText("Ask the DBA to reset your password").waitFor();
  }

  test("is told with the Oracle client that is here, and not used", async () => {
    app.oracleClient = { path: "/opt/oracle/instantclient_19_22", version: "19.22" };
    await useOldAccount();

    const sentence =
      "Oracle client 19.22 is on this computer, in /opt/oracle/instantclient_19_22. This app does " +
      "not use it; SQL*Plus or SQL Developer can reach the database with it.";
    await card(1).getByText(sentence).waitFor();
  });

  test("is told where there is no Oracle client, too", async () => {
    await useOldAccount();

    await card(1).getByText("No Oracle client was found on this computer.").waitFor();
  });
});

test("the app's policy lets the SQL editor have its looks, and the grid its sorting", async () => {
  await openWithConnections({ DEV: PASSWORD, UAT: PASSWORD });
  await openOneTable();
  await compareAppConfig();
  await page.getByRole("columnheader", { name: /^CONFIG_KEY/ }).click();
  await says(/sorted by CONFIG_KEY/);

  await button("Setup").click();
  await button("SQL").click();
  const editor = page.locator(".cm-content").first();
  await editor.waitFor();
  const look = await editor.evaluate((element) => getComputedStyle(element).whiteSpace);
  expect(look).toBe("break-spaces");
});

test("a file that is dropped on the page does not take its place", async () => {
  await open();
  const isRefused = await page.evaluate(() => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File(["x"], "x.txt"));
    const drop = new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true });
    return !document.body.dispatchEvent(drop);
  });
  expect(isRefused).toBe(true);
});
