/** A server that does what a sidecar never would: cuts, stays silent, refuses for a while. */

import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void;

export interface RoughServer {
  url: string;
  /** Paths and bodies, in the order in which they came. */
  asked: { path: string; body: string }[];
  stop(): Promise<void>;
}

const HEALTH = JSON.stringify({ status: "ok", active_pools: 0 });

/** Answers /health as a sidecar does, everything else by `answer`. */
export async function roughServer(answer: Answer): Promise<RoughServer> {
  const asked: RoughServer["asked"] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      if (request.url === "/health") return void response.end(HEALTH);
      const body = Buffer.concat(parts).toString();
      asked.push({ path: request.url ?? "", body });
      answer(request, response, body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function refuse(
  response: ServerResponse,
  status: number,
  fullCode: string,
  { retryable = false, retryAfter }: { retryable?: boolean; retryAfter?: string } = {},
): void {
  const detail = {
    code: 0,
    message: "in its own words",
    hint: null,
    full_code: fullCode,
    retryable,
  };
  if (retryAfter !== undefined) response.setHeader("Retry-After", retryAfter);
  response.writeHead(status, { "Content-Type": "application/json" });
  response.end(JSON.stringify({ detail }));
}

export function ndjson(response: ServerResponse, lines: unknown[]): void {
  response.writeHead(200, { "Content-Type": "application/x-ndjson; charset=utf-8" });
  response.end(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
}
