/** A page whose databases are not those of the demo. */

import type { Browser, BrowserContext, Page } from "playwright-core";

import type { World } from "../e2e/processes";

export interface Database {
  name: string;
  group: string;
  connectString: string;
}

/** Resolves as soon as the page is there; it may not have found the sidecar yet. */
export async function openWith(
  browser: Browser,
  world: World,
  databases: readonly Database[],
): Promise<{ context: BrowserContext; page: Page }> {
  const connections = databases.map(({ name, group, connectString }) => ({
    name,
    group,
    connect_string: connectString,
    username: "compare",
    password: "compare_pw",
  }));
  const demo = { sidecar: { url: world.sidecarUrl }, connections };
  const context = await browser.newContext({
    locale: "en-GB",
    viewport: { width: 1280, height: 800 },
  });
  const page = await context.newPage();
  await page.route("**/demo.json", (route) => route.fulfill({ json: demo }));
  await page.goto(world.url);
  return { context, page };
}
