/** What is measured inside the page. Each of these functions runs there, so it closes over nothing. */

import type { Page } from "playwright-core";

/** Milliseconds by the page's clock, each at the end of the frame that showed it. */
export interface ComparisonTimes {
  first: number;
  end: number;
}

interface Watched {
  comparison?: Promise<ComparisonTimes>;
  ready?: Promise<number>;
  frames?: number[];
}

declare global {
  var watched: Watched;
}

/** From the press of Compare that follows; `times` waits for it. */
export async function watchComparison(page: Page, ended: RegExp): Promise<void> {
  await page.evaluate((pattern) => {
    const shown = (): Promise<number> =>
      new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(performance.now()))));
    const seen = (isThere: () => boolean): Promise<void> =>
      new Promise((done) => {
        const observer = new MutationObserver(() => {
          if (!isThere()) return;
          observer.disconnect();
          done();
        });
        observer.observe(document, { subtree: true, childList: true, characterData: true });
      });
    const pressed = new Promise<number>((done) =>
      document.addEventListener(
        "keydown",
        ({ key, timeStamp }) => key === "Enter" && done(timeStamp),
        { capture: true },
      ),
    );
    const row = seen(() => document.querySelector("[role=grid] [data-position]") !== null);
    const sentence = (): string => document.querySelector(".verdict h1")?.textContent ?? "";
    const verdict = seen(() => new RegExp(pattern).test(sentence()));
    globalThis.watched = {
      comparison: Promise.all([pressed, row.then(shown), verdict.then(shown)]).then(
        ([from, first, end]) => ({ first: first - from, end: end - from }),
      ),
    };
  }, ended.source);
}

export async function times(page: Page): Promise<ComparisonTimes> {
  const found = await page.evaluate(() => globalThis.watched.comparison);
  if (found === undefined) throw new Error("no comparison is watched");
  return found;
}

/** Milliseconds between frames from now on. */
export async function watchFrames(page: Page): Promise<void> {
  await page.evaluate(() => {
    const frames: number[] = [];
    let last: number | undefined;
    const note = (now: number): void => {
      if (globalThis.watched.frames !== frames) return;
      if (last !== undefined) frames.push(now - last);
      last = now;
      requestAnimationFrame(note);
    };
    globalThis.watched = { frames };
    requestAnimationFrame(note);
  });
}

export async function frames(page: Page): Promise<number[]> {
  return page.evaluate(() => {
    const found = globalThis.watched.frames ?? [];
    globalThis.watched = {};
    return found;
  });
}

/** Before the page is opened; `readyTime` waits for it. */
export async function watchStart(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const isReady = (): boolean => document.body?.textContent?.includes("Sidecar ready") === true;
    globalThis.watched = {
      ready: new Promise((done) => {
        const observer = new MutationObserver(() => {
          if (!isReady()) return;
          observer.disconnect();
          requestAnimationFrame(() => setTimeout(() => done(performance.now())));
        });
        observer.observe(document, { subtree: true, childList: true, characterData: true });
      }),
    };
  });
}

/** Milliseconds from the navigation's start to the frame that says “Sidecar ready”. */
export async function readyTime(page: Page): Promise<number> {
  const found = await page.evaluate(() => globalThis.watched.ready);
  if (found === undefined) throw new Error("no start is watched");
  return found;
}
