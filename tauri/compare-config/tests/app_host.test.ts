import { afterEach, describe, expect, test, vi } from "vitest";

import { appHost, HostError } from "../src/state/app_host";
import { installApp } from "./fake_app";

const PLUGIN = "plugin:oracle-sidecar|";
const LOGIN = { username: "compare", password: "compare_pw", wallet_password: null };

afterEach(() => vi.unstubAllGlobals());

function hostWith(commands: Parameters<typeof installApp>[0]) {
  const asked = installApp(commands);
  const host = appHost();
  if (host === null) throw new Error("there is no app");
  return { host, asked };
}

test("there is no app around the page in a browser", () => {
  expect(appHost()).toBeNull();
});

describe("the app's commands", () => {
  test("read and write what is kept", async () => {
    const { host, asked } = hostWith({ read_kept: () => "{}", write_kept: () => null });

    expect(await host.readKept()).toBe("{}");
    await host.writeKept('{"theme":"dark"}');

    expect(asked[1]).toMatchObject({ command: "write_kept", args: { text: '{"theme":"dark"}' } });
  });

  test("save a file: its bytes as they are, its name in a header, percent-encoded", async () => {
    const { host, asked } = hostWith({ save_file: () => "/home/a/Köln 1.csv" });
    const bytes = new TextEncoder().encode("Köln");

    expect(await host.saveFile("Köln 1.csv", bytes)).toBe("/home/a/Köln 1.csv");

    expect(asked[0]?.args).toBe(bytes);
    const headers = { "file-name": "K%C3%B6ln%201.csv" };
    expect(asked[0]?.options).toEqual({ headers });
  });

  test("reach the keychain through the plugin, by the connection's id", async () => {
    const { host, asked } = hostWith({
      [`${PLUGIN}get_oracle_credentials`]: () => LOGIN,
      [`${PLUGIN}set_oracle_credentials`]: () => null,
      [`${PLUGIN}delete_oracle_credentials`]: () => true,
      [`${PLUGIN}has_oracle_credentials`]: () => false,
    });
    const { credentials } = host;

    expect(await credentials.get("dev")).toEqual(LOGIN);
    await credentials.set("dev", LOGIN);
    expect(await credentials.delete("dev")).toBe(true);
    expect(await credentials.has("dev")).toBe(false);

    const connectionId = "dev";
    expect(asked.map(({ args }) => args)).toEqual([
      { connectionId },
      { connectionId, credentials: LOGIN },
      { connectionId },
      { connectionId },
    ]);
  });

  test("fail with the app's code and sentence, or with Tauri's words", async () => {
    const { host } = hostWith({
      read_kept: () => {
        throw { code: "KEPT_UNREADABLE", message: "The file is damaged." };
      },
    });

    const told = await host.readKept().catch((error: unknown) => error);
    expect(told).toBeInstanceOf(HostError);
    expect(told).toMatchObject({ code: "KEPT_UNREADABLE", message: "The file is damaged." });
    const message = `Command ${PLUGIN}find_oracle_client not found`;
    await expect(host.findOracleClient()).rejects.toMatchObject({ code: "", message });
  });
});
