// How a page compares without /compare: two streams of NDJSON, both kept, and a Map by key.
// Told on standard input what to do, a JSON line each: {"port": …, "left": {…}, "right": {…}}.
// Answers a JSON line: seconds, CPU seconds, how many rows differ, and the peak of its memory.

import { createInterface } from "node:readline";

async function readRows(port, body) {
  const response = await fetch(`http://127.0.0.1:${port}/query`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/x-ndjson" },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(await response.text());
  const rows = [];
  let rest = "";
  for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop();
    for (const line of lines) rows.push(JSON.parse(line));
  }
  return rows.slice(1, -1);
}

function countDifferences(left, right) {
  const byKey = new Map(right.map((row) => [row[0], row]));
  let count = 0;
  for (const row of left) {
    const other = byKey.get(row[0]);
    byKey.delete(row[0]);
    if (other === undefined || row.some((value, at) => value !== other[at])) count += 1;
  }
  return count + byKey.size;
}

for await (const line of createInterface({ input: process.stdin })) {
  const { port, left, right } = JSON.parse(line);
  const cpu = process.cpuUsage();
  const started = performance.now();
  const [mine, theirs] = await Promise.all([readRows(port, left), readRows(port, right)]);
  const differences = countDifferences(mine, theirs);
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const peak = process.resourceUsage().maxRSS * 1024;
  console.log(JSON.stringify({ seconds, cpu: (user + system) / 1e6, differences, peak }));
}
