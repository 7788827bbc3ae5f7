/** What a person does on the page, in the words that stand on it. */

import type { Locator, Page } from "playwright-core";

export async function go(page: Page, screen: string): Promise<void> {
  await page.getByRole("navigation").getByText(screen, { exact: true }).click();
}

/** The sentence at the top of a result. */
export function verdict(page: Page): Locator {
  return page.locator(".verdict h1");
}

export function grid(page: Page): Locator {
  return page.getByRole("grid");
}

/** A field of the first or the second side. */
export function field(page: Page, side: 0 | 1, label: string): Locator {
  return page.locator(".sidecard").nth(side).getByRole("combobox", { name: label });
}

export async function chooseSchemas(page: Page, schemas: readonly [string, string]): Promise<void> {
  for (const side of [0, 1] as const) {
    const schema = field(page, side, "Schema");
    await schema.fill(schemas[side]);
    await schema.press("Tab");
  }
}

export async function chooseTable(
  page: Page,
  schemas: readonly [string, string],
  table: string,
): Promise<void> {
  await chooseSchemas(page, schemas);
  const tables = field(page, 0, "Table");
  await tables.fill(table);
  await tables.press("Tab");
}

export async function chooseConnection(page: Page, side: 0 | 1, name: string): Promise<void> {
  const card = page.locator(".sidecard").nth(side);
  await card.getByRole("button", { name: /^(Change|Choose)/ }).click();
  await card.getByRole("button", { name }).click();
}

/** From the start of the page to the end of a comparison. */
export async function compare(page: Page): Promise<void> {
  await page.keyboard.press("Control+Enter");
  await page.locator(".verdict h1", { hasNotText: /^(Comparing|Starting|Stopping)/ }).waitFor();
}

/** So many comparisons pass, and the others wait until what is returned is called. */
export async function gate(page: Page, most: number): Promise<() => void> {
  let open = (): void => undefined;
  const isOpen = new Promise<void>((done) => (open = done));
  let sent = 0;
  await page.route("**/compare", async (route) => {
    if (route.request().method() === "POST") sent += 1;
    if (sent > most) await isOpen;
    // It may have been cancelled meanwhile.
    await route.continue().catch(() => undefined);
  });
  return open;
}

/** All that the browser keeps of the page, and what stands in its address, as one text. */
export function keptByBrowser(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const stores = [...(await indexedDB.databases()), ...(await caches.keys())];
    const address = [location.href, document.title, document.cookie, history.state];
    return JSON.stringify([address, { ...localStorage }, { ...sessionStorage }, stores]);
  });
}

export function isFocused(field: Locator): Promise<boolean> {
  return field.evaluate((element) => element === document.activeElement);
}
