/** A page of another origin, in the browser of somebody who has the demo open. */

import { createServer, type Server } from "node:http";
import { type AddressInfo } from "node:net";

import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";

import { launch } from "./browser";
import { compare, go } from "./pages";
import { Started } from "./processes";
import { Way } from "./way";

/** What demo.sh starts, without the samples that it shows before. */
const DEMO = `
import json, signal, sys, threading
from tests.harness import Sidecar
from tests.tools.demo import PAGE, StandIn, allowed, demo_file
from tests.tools.page_server import PageServer

signal.signal(signal.SIGTERM, lambda *_: sys.exit())
standin = StandIn()
try:
    with PageServer(PAGE, 0) as pages, Sidecar(*allowed(pages)) as sidecar:
        pages.demo = demo_file(sidecar, standin)
        print(json.dumps({"port": pages.port}), flush=True)
        threading.Event().wait()
finally:
    standin.stop()
`;

interface DemoFile {
  sidecar: { url: string };
  connections: { connect_string: string; username: string; password: string }[];
}

interface Targets {
  /** Of the page's server, and of the sidecar. */
  pages: string[];
  sidecar: string[];
  /** Everything that any path of the sidecar wants, with passwords that are right. */
  bodies: string[];
}

let demo: Started;
let file: DemoFile;
let browser: Browser;
let context: BrowserContext;
let own: Page;
/** Serves an empty page, by whichever name it is called. */
let foreign: Server;
/** Leads to the demo's database: whoever comes there has logged in. */
let way: Way;
let targets: Targets;

beforeAll(async () => {
  [demo, browser] = await Promise.all([Started.start("-c", DEMO), launch()]);
  const origin = `http://localhost:${demo.port}`;
  file = (await (await fetch(`${origin}/demo.json`)).json()) as DemoFile;
  const [database = { connect_string: "", username: "", password: "" }] = file.connections;
  way = await Way.to(() => Number(/:(\d+)\//.exec(database.connect_string)?.[1]));
  foreign = createServer((_, response) => {
    response.setHeader("Content-Type", "text/html").end("<!doctype html><body></body>");
  });
  await new Promise<void>((listening) => foreign.listen(0, listening));

  context = await browser.newContext({ locale: "en-GB" });
  own = await context.newPage();
  await own.goto(`${origin}/`);
  const script = await own.locator("script[src]").first().getAttribute("src");
  targets = {
    pages: ["/", "/demo.json", `/${script?.replace(/^[./]+/, "")}`].map((path) => origin + path),
    sidecar: ["/health", "/pools", "/query", "/compare", "/test-connection", "/cancel"].map(
      (path) => file.sidecar.url + path,
    ),
    bodies: [database.connect_string, `127.0.0.1:${way.port}/DEV`].map((connect_string) =>
      bodyFor({ ...database, connect_string }),
    ),
  };
});

afterAll(async () => {
  await browser.close();
  foreign.close();
  way.close();
  await demo.end();
});

function bodyFor(connection: object): string {
  const side = { connection, sql: "SELECT 1 AS a FROM dual" };
  return JSON.stringify({ ...side, left: side, right: side, key: ["A"], query_id: "x" });
}

interface Pool {
  key: string;
  last_used: string;
}

/** When each pool was last used, in milliseconds: a statement changes that. */
async function lastUses(): Promise<Map<string, number>> {
  const answer = await fetch(`${file.sidecar.url}/pools`);
  const { pools } = (await answer.json()) as { pools: Pool[] };
  return new Map(pools.map(({ key, last_used }) => [key, Date.parse(last_used)]));
}

async function usedSince(before: Map<string, number>): Promise<string[]> {
  // The sidecar reckons the time back from the idle seconds: its last digits vary.
  const isLater = ([key, time]: [string, number]): boolean => time > (before.get(key) ?? 0) + 500;
  return [...(await lastUses())].filter(isLater).map(([key]) => key);
}

/**
 * Runs in a page: all that it can try. By the name of what was tried, what could be seen of the
 * answer; attempts that saw nothing are "".
 */
async function attack({ pages, sidecar, bodies }: Targets): Promise<Record<string, string>> {
  const seen: Record<string, string> = {};
  const patience = 5000;
  const attempt = async (name: string, act: () => Promise<string>): Promise<void> => {
    const nothing = new Promise<string>((done) => setTimeout(() => done(""), patience));
    seen[name] = await Promise.race([act(), nothing]).catch(() => "");
  };
  const visible = async (answer: Response): Promise<string> => {
    const text = await answer.text();
    return answer.status > 0 || text !== "" ? `${answer.type} ${answer.status} ${text}` : "";
  };
  const element = <T extends HTMLElement>(tag: string, attributes: object): Promise<T> =>
    new Promise((done, fail) => {
      const made = Object.assign(document.createElement(tag) as T, attributes);
      made.onload = () => done(made);
      made.onerror = () => fail(new Error("not loaded"));
      document.body.append(made);
    });
  const inside = (view: Window | null): string => {
    const looks = [
      () => view?.document.documentElement.outerHTML,
      () => view?.location.href,
      () => JSON.stringify(view?.localStorage),
    ];
    return (
      looks
        .map((look) => {
          try {
            return look() ?? "";
          } catch {
            return "";
          }
        })
        // A frame that is refused stays the empty one that this page may read.
        .filter((text) => !["", "about:blank", "{}"].includes(text) && !/<body><\/body>/.test(text))
        .join()
    );
  };

  const submit = async (action: string, enctype: string, body: string): Promise<string> => {
    const target = crypto.randomUUID();
    const frame = Object.assign(document.createElement("iframe"), { name: target });
    const form = Object.assign(document.createElement("form"), { action, target, enctype });
    form.method = "POST";
    // As text/plain it is name=value: JSON, with the = inside a string of its own.
    const field = document.createElement("input");
    form.append(Object.assign(field, { name: `${body.slice(0, -1)}, "ignored": "`, value: '"}' }));
    document.body.append(frame, form);
    const loaded = new Promise((done) => (frame.onload = done));
    form.submit();
    await loaded;
    return inside(frame.contentWindow);
  };

  const json = { "Content-Type": "application/json" };
  const asks: [string, RequestInit][] = [
    ["get", {}],
    ["get no-cors", { mode: "no-cors" }],
    ["get same-origin", { mode: "same-origin" }],
    ["get with credentials", { credentials: "include" }],
    ...bodies.flatMap((body, at): [string, RequestInit][] => [
      [`post json ${at}`, { method: "POST", headers: json, body }],
      [`post json no-cors ${at}`, { method: "POST", mode: "no-cors", headers: json, body }],
      [`post text no-cors ${at}`, { method: "POST", mode: "no-cors", body }],
      [`post kept alive ${at}`, { method: "POST", mode: "no-cors", keepalive: true, body }],
    ]),
  ];
  for (const url of [...pages, ...sidecar]) {
    await Promise.all([
      ...asks.map(([name, init]) =>
        attempt(`${name} ${url}`, async () => visible(await fetch(url, init))),
      ),
      attempt(
        `request ${url}`,
        () =>
          new Promise((done) => {
            const request = new XMLHttpRequest();
            request.onloadend = () => done(request.responseText);
            request.open("GET", url);
            request.send();
          }),
      ),
      attempt(`script ${url}`, async () => `ran ${await element("script", { src: url })}`),
      attempt(`module ${url}`, async () => JSON.stringify(await import(/* @vite-ignore */ url))),
      attempt(`style ${url}`, async () => {
        const link = await element<HTMLLinkElement>("link", { rel: "stylesheet", href: url });
        return `${link.sheet?.cssRules.length} rules`;
      }),
      attempt(`image ${url}`, async () => `${await element("img", { src: url })}`),
      attempt(`frame ${url}`, async () =>
        inside((await element<HTMLIFrameElement>("iframe", { src: url })).contentWindow),
      ),
      attempt(
        `events ${url}`,
        () =>
          new Promise((done) => {
            const events = new EventSource(url);
            events.onopen = () => done("open");
            events.onerror = () => done("");
          }),
      ),
      attempt(
        `socket ${url}`,
        () =>
          new Promise((done) => {
            const socket = new WebSocket(url.replace("http", "ws"));
            socket.onopen = () => done("open");
            socket.onerror = () => done("");
          }),
      ),
      ...["text/plain", "application/x-www-form-urlencoded"].flatMap((enctype) =>
        bodies.map((body, at) =>
          attempt(`form ${enctype} ${at} ${url}`, () => submit(url, enctype, body)),
        ),
      ),
    ]);
  }
  for (const url of pages) {
    await attempt(`window ${url}`, async () => {
      const opened = open(url);
      await new Promise((done) => setTimeout(done, 300));
      opened?.postMessage({ compare: true }, "*");
      const read = inside(opened);
      opened?.close();
      return read;
    });
  }
  for (const entry of performance.getEntriesByType("resource")) {
    const { transferSize, decodedBodySize, responseStatus } = entry as PerformanceResourceTiming;
    const told = [transferSize, decodedBodySize, responseStatus].filter((size) => size > 0);
    if (!entry.name.startsWith(location.origin)) seen[`timing ${entry.name}`] = told.join();
  }
  return seen;
}

const readable = (seen: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(seen).filter(([, text]) => text !== ""));

test.each(["localhost", "127.0.0.1"])(
  "a page of %s on another port reads nothing of the demo, and no statement runs",
  async (host) => {
    await go(own, "One table");
    await own.getByText("all 10 are compared").waitFor();
    await compare(own);
    const before = await lastUses();

    const page = await context.newPage();
    await page.goto(`http://${host}:${(foreign.address() as AddressInfo).port}/`);
    const seen = await page.evaluate(attack, targets);

    expect(Object.keys(seen).length).toBeGreaterThan(200);
    expect(readable(seen)).toEqual({});
    const frames = await Promise.all(
      page
        .frames()
        .slice(1)
        .map((frame) => frame.content()),
    );
    expect(frames.join()).not.toMatch(/Compare Config|compare_pw/);
    expect(await usedSince(before)).toEqual([]);
    expect(way.connections).toBe(0);
    await page.close();
  },
);

test("the demo's own page reads and runs all of that", async () => {
  const before = await lastUses();
  const { pages, sidecar, bodies } = targets;
  const few = { pages: pages.slice(1, 2), sidecar: sidecar.slice(1, 3), bodies: bodies.slice(1) };
  const seen = readable(await own.evaluate(attack, few));

  expect(seen[`get ${few.pages[0]}`]).toContain("compare_pw");
  expect(seen[`get ${few.sidecar[0]}`]).toContain('"pools"');
  expect(seen[`post json 0 ${few.sidecar[1]}`]).toMatch(/^cors 200 .*"rows":\[\[1\]\]/);
  expect(way.connections).toBeGreaterThan(0);
  expect(await usedSince(before)).toHaveLength(1);
});
