/** A real Chromium with the page in it, and what is held of every page that a test opens. */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

import type { AxeResults } from "axe-core";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

import type { AppDouble } from "./app_double";
import type { World } from "./processes";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

export interface WindowOptions {
  theme?: "light" | "dark";
  width?: number;
  height?: number;
  /** Whether the databases of the demo are set up, with their passwords. */
  demo?: boolean;
  /** The page is in the app's window then, and nothing comes with it. */
  app?: AppDouble;
}

export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
    // Root has no sandbox of Chromium's; a proxy of the environment is not for loopback.
    args: ["--no-sandbox", "--no-proxy-server", "--enable-precise-memory-info"],
  });
}

/** A window with storage and memory of its own. */
export class Window {
  readonly faults: string[] = [];
  /** All that the page wrote to its console. */
  readonly said: string[] = [];

  private constructor(
    private readonly context: BrowserContext,
    readonly page: Page,
  ) {
    page.on("pageerror", (error) => this.faults.push(String(error)));
    page.on("console", (message) => {
      this.said.push(message.text());
      // What a policy refuses is told nowhere else.
      if (message.text().includes("Content Security Policy")) this.faults.push(message.text());
    });
  }

  static async open(browser: Browser, world: World, options: WindowOptions = {}): Promise<Window> {
    const { theme = "light", width = 1280, height = 800, demo = true } = options;
    const context = await browser.newContext({
      colorScheme: theme,
      locale: "en-GB",
      viewport: { width, height },
    });
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    const window = new Window(context, await context.newPage());
    await options.app?.surround(window.page);
    await window.page.route("**/demo.json", (route) =>
      route.fulfill({ json: demoOf(world, demo) }),
    );
    await window.page.goto(options.app?.url ?? world.url);
    await window.page.getByText("Sidecar ready").waitFor();
    return window;
  }

  /** @throws Error where the page threw one meanwhile. */
  async close(): Promise<void> {
    await this.context.close();
    if (this.faults.length > 0) throw new Error(`the page threw: ${this.faults.join("; ")}`);
  }

  /** What axe finds wrong with the page as it is now, a line each. */
  async violations(): Promise<string[]> {
    await this.page.evaluate(AXE);
    const results = await this.page.evaluate(() =>
      (globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
    );
    return results.violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(" ")).join(", ")}`,
    );
  }
}

function demoOf(world: World, hasConnections: boolean): object {
  const groups = hasConnections ? ["DEV", "UAT", "PROD"] : [];
  const connections = groups.map((group) => ({
    name: `Payments ${group}`,
    group,
    connect_string: world.service(group),
    username: "compare",
    password: "compare_pw",
  }));
  return { sidecar: { url: world.sidecarUrl }, connections };
}
