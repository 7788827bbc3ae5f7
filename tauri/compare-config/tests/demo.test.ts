import { describe, expect, test } from "vitest";

import { demoOf } from "../src/state/demo";

const UAT = {
  name: "UAT",
  group: "UAT",
  connect_string: "127.0.0.1:1521/UAT",
  username: "compare",
  password: "compare_pw",
};

function demo(url: string): unknown {
  return { sidecar: { url, token: null }, connections: [UAT] };
}

describe("the demo's description", () => {
  test("gives connections apart from their passwords", () => {
    const [read] = demoOf(demo("http://127.0.0.1:21521")).connections;
    expect(read?.password).toBe("compare_pw");
    expect(JSON.stringify(read?.connection)).not.toContain("compare_pw");
  });

  test("marks production by its names", () => {
    const described = {
      sidecar: { url: "http://localhost:1" },
      connections: [UAT, { ...UAT, name: "PROD", group: "PROD" }],
    };
    const marks = demoOf(described).connections.map((one) => one.connection.isProduction);
    expect(marks).toEqual([false, true]);
  });

  test.each([
    "http://example.net:21521",
    "https://127.0.0.1:21521",
    "http://127.0.0.1.example.net",
    "http://user@example.net/127.0.0.1",
  ])("may not send passwords to another machine: %s", (url) => {
    expect(() => demoOf(demo(url))).toThrow("on this machine");
  });

  test.each([null, [], {}, { sidecar: { url: 7 }, connections: [] }, { sidecar: {} }])(
    "is refused where it is something else: %o",
    (value) => expect(() => demoOf(value)).toThrow(TypeError),
  );
});
