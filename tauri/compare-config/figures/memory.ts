/** What the page takes of this machine's memory: Linux alone, from /proc. */

import { readFile } from "node:fs/promises";

import type { Browser, Page } from "playwright-core";

const KIB = 1024;

export interface Memory {
  /** Of Chromium's process for the page, in bytes: its own, and a part of what it shares (PSS). */
  process: number;
  /** What only that process has. */
  own: number;
  /** JavaScript's objects, in bytes, after a collection of garbage. */
  heap: number;
}

/** The page must be the only one of the browser: its process is the largest of those that draw. */
export async function memoryOf(browser: Browser, page: Page): Promise<Memory> {
  const sizes = await Promise.all((await renderers(browser)).map(sizeOf));
  const largest = sizes.reduce((one, other) => (other.process > one.process ? other : one));
  return { ...largest, heap: await heapOf(page) };
}

async function renderers(browser: Browser): Promise<number[]> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  await session.detach();
  return processInfo.filter(({ type }) => type === "renderer").map(({ id }) => id);
}

async function sizeOf(pid: number): Promise<{ process: number; own: number }> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, "utf8");
  const bytes = (key: string): number =>
    Number(new RegExp(`^${key}: +(\\d+) kB`, "m").exec(text)?.[1]) * KIB;
  return { process: bytes("Pss"), own: bytes("Private_Clean") + bytes("Private_Dirty") };
}

async function heapOf(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  await session.detach();
  return usedSize;
}
