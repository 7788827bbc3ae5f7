import { beforeEach, describe, expect, test, vi } from "vitest";

import type { SavedConnection } from "../src/model/types";
import type { secrets as Secrets } from "../src/state/secrets.svelte";
import { installApp, type Asked } from "./fake_app";
import { DEV, PROD } from "./samples";

const PLUGIN = "plugin:oracle-sidecar|";
const LOCKED = { code: "KEYCHAIN_LOCKED", message: "The keyring is locked." };

interface Item {
  username: string;
  password: string;
  wallet_password: string | null;
}

let secrets: typeof Secrets;
let asked: Asked[];
let items: Map<string, Item>;
let failure: object | null;
/** A keychain that asks its user answers when the user does. */
let user: Promise<void>;
let connections: SavedConnection[];
let refused: Set<string>;

vi.mock("../src/state/remembered.svelte", () => ({
  remembered: {
    connection: (id: string) => connections.find((one) => one.id === id),
    isKeptPasswordRefused: (id: string) => refused.has(id),
    noteKeptPassword: (id: string, how: string) =>
      how === "refused" ? refused.add(id) : refused.delete(id),
  },
}));

beforeEach(async () => {
  items = new Map();
  failure = null;
  user = Promise.resolve();
  connections = [DEV, PROD];
  refused = new Set();
  const reach =
    <A extends unknown[], R>(act: (...args: A) => R) =>
    async (...args: A): Promise<R> => {
      await user;
      if (failure !== null) throw failure;
      return act(...args);
    };
  asked = installApp({
    [`${PLUGIN}get_oracle_credentials`]: reach(
      ({ connectionId }: { connectionId: string }) => items.get(connectionId) ?? null,
    ),
    [`${PLUGIN}set_oracle_credentials`]: reach(
      ({ connectionId, credentials }: { connectionId: string; credentials: Item }) => {
        items.set(connectionId, credentials);
        return null;
      },
    ),
    [`${PLUGIN}delete_oracle_credentials`]: reach(({ connectionId }: { connectionId: string }) =>
      items.delete(connectionId),
    ),
  });
  vi.resetModules();
  ({ secrets } = await import("../src/state/secrets.svelte"));
});

function keep({ id, username }: SavedConnection, password: string): void {
  items.set(id, { username, password, wallet_password: null });
}

function commands(): string[] {
  return asked.map(({ command }) => command.replace(PLUGIN, "").replace("_oracle_credentials", ""));
}

/** Until what was started by then has gone on. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve));
}

describe("a password of the keychain", () => {
  test("is fetched when it is needed, once, however many need it", async () => {
    keep(DEV, "kept");
    expect(asked).toEqual([]);

    await Promise.all([secrets.find(DEV.id), secrets.find(DEV.id)]);
    await secrets.find(DEV.id);

    expect(commands()).toEqual(["get"]);
    expect(secrets.of(DEV.id)).toEqual({ password: "kept", walletPassword: "" });
    expect(secrets.isNeeded(DEV.id)).toBe(false);
  });

  test("is not shown in a field, and stays the same object while it is used", async () => {
    keep(DEV, "kept");
    await secrets.find(DEV.id);

    expect(secrets.typed(DEV.id).password).toBe("");
    expect(secrets.of(DEV.id)).toBe(secrets.of(DEV.id));
  });

  test("is not asked for while it may come in a moment, and is where there is none", async () => {
    const looking = secrets.find(DEV.id);
    expect([secrets.isLooking(DEV.id), secrets.isAsked(DEV.id)]).toEqual([true, false]);

    await looking;
    await settled();

    expect([secrets.isLooking(DEV.id), secrets.isAsked(DEV.id)]).toEqual([false, true]);
  });

  test("is waited for a second: it may be typed meanwhile, and then comes too late", async () => {
    vi.useFakeTimers();
    let unlock = (): void => undefined;
    user = new Promise<void>((resolve) => (unlock = resolve));
    keep(DEV, "kept");
    const looking = secrets.find(DEV.id);

    await vi.advanceTimersByTimeAsync(1000);
    await looking;
    expect(secrets.isAsked(DEV.id)).toBe(true);
    secrets.set(DEV.id, { password: "typed" });
    unlock();
    await vi.advanceTimersByTimeAsync(0);

    expect(secrets.of(DEV.id).password).toBe("typed");
    vi.useRealTimers();
  });

  test("that comes late is not asked for any more, unless the database refuses it", async () => {
    vi.useFakeTimers();
    let unlock = (): void => undefined;
    user = new Promise<void>((resolve) => (unlock = resolve));
    keep(DEV, "kept");
    const looking = secrets.find(DEV.id);
    await vi.advanceTimersByTimeAsync(1000);
    await looking;
    secrets.ask(DEV.id);

    unlock();
    await vi.advanceTimersByTimeAsync(0);
    expect([secrets.isAsked(DEV.id), secrets.isFetched(DEV.id)]).toEqual([false, true]);
    secrets.markRefused(DEV.id);

    expect(secrets.isAsked(DEV.id)).toBe(true);
    vi.useRealTimers();
  });

  test("comes too late for who types it, too", async () => {
    let unlock = (): void => undefined;
    user = new Promise<void>((resolve) => (unlock = resolve));
    keep(DEV, "kept");
    const looking = secrets.find(DEV.id);
    secrets.noteTyping(DEV.id, true);

    unlock();
    await looking;

    expect(secrets.of(DEV.id).password).toBe("");
  });

  test("of another user is not used", async () => {
    keep({ ...DEV, username: "somebody" }, "kept");

    await secrets.find(DEV.id);

    expect(secrets.isNeeded(DEV.id)).toBe(true);
  });

  test("is forgotten when its connection gets another user", async () => {
    keep(DEV, "kept");
    await secrets.find(DEV.id);

    connections = [{ ...DEV, username: "somebody" }];
    await secrets.saved(DEV.id);

    expect(secrets.of(DEV.id).password).toBe("");
    expect(items.get(DEV.id)?.username).toBe(DEV.username);
  });

  test("does not come back for a connection that is forgotten meanwhile", async () => {
    let unlock = (): void => undefined;
    user = new Promise<void>((resolve) => (unlock = resolve));
    keep(DEV, "kept");
    const looking = secrets.find(DEV.id);
    secrets.forget(DEV.id);
    unlock();

    await looking;

    expect(secrets.of(DEV.id).password).toBe("");
  });
});

describe("a typed password", () => {
  test("is kept when a login with it has worked, and not written again", async () => {
    secrets.set(DEV.id, { password: "typed", walletPassword: "of the wallet" });
    expect(asked).toEqual([]);

    secrets.markAccepted(DEV.id);
    await settled();
    secrets.markAccepted(DEV.id);
    await settled();

    const { username } = DEV;
    expect(items.get(DEV.id)).toEqual({
      ...{ username, password: "typed", wallet_password: "of the wallet" },
    });
    expect(commands()).toEqual(["set"]);
  });

  test("is kept when its connection is saved, and not of one that is not", async () => {
    secrets.set(DEV.id, { password: "typed" });
    secrets.set("new", { password: "typed" });

    secrets.saved(DEV.id);
    secrets.markAccepted("new", false);
    await settled();

    expect([...items.keys()]).toEqual([DEV.id]);
  });

  test("is saved only when the keychain has it", async () => {
    let unlock = (): void => undefined;
    user = new Promise<void>((resolve) => (unlock = resolve));
    secrets.set(DEV.id, { password: "typed" });
    const isKept = vi.fn();
    const saved = secrets.saved(DEV.id).then(isKept);

    await settled();
    expect(isKept).not.toHaveBeenCalled();
    unlock();
    await saved;

    expect(items.get(DEV.id)?.password).toBe("typed");
  });

  test("of the wallet alone does not hide that the kept one was refused", async () => {
    keep(DEV, "kept");
    secrets.set(DEV.id, { walletPassword: "of the wallet" });
    await secrets.find(DEV.id);

    secrets.markRefused(DEV.id);

    expect(refused).toEqual(new Set([DEV.id]));
  });

  test("that only adds the wallet's leaves the kept one as it is", async () => {
    keep(DEV, "kept");
    secrets.set(DEV.id, { walletPassword: "of the wallet" });

    secrets.saved(DEV.id);
    await vi.waitFor(() => expect(commands()).toEqual(["get", "set"]));

    expect(items.get(DEV.id)).toMatchObject({
      password: "kept",
      wallet_password: "of the wallet",
    });
  });
});

describe("a kept password that the database refuses", () => {
  beforeEach(async () => {
    keep(DEV, "kept");
    await secrets.find(DEV.id);
    secrets.markRefused(DEV.id);
  });

  test("is asked for, and is not fetched again, after a reload neither", async () => {
    expect(secrets.isNeeded(DEV.id)).toBe(true);
    secrets.forget(DEV.id);

    await secrets.find(DEV.id);

    expect(commands()).toEqual(["get"]);
    expect([...refused]).toEqual([DEV.id]);
  });

  test("is replaced behind the login that works, not before", async () => {
    secrets.set(DEV.id, { password: "typed" });
    await secrets.saved(DEV.id);
    expect(secrets.isUnproven(DEV.id)).toBe(true);
    expect(items.get(DEV.id)?.password).toBe("kept");

    secrets.markAccepted(DEV.id);
    await settled();

    expect(items.get(DEV.id)?.password).toBe("typed");
    expect([...refused]).toEqual([]);
  });
});

describe("a keychain that is locked", () => {
  beforeEach(async () => {
    failure = LOCKED;
    keep(DEV, "kept");
    keep(PROD, "kept");
    await secrets.find(DEV.id);
    await secrets.find(PROD.id);
  });

  test("is asked once, and told of for every connection", () => {
    expect(commands()).toEqual(["get"]);
    for (const { id } of [DEV, PROD]) {
      expect(secrets.failure(id)).toMatchObject({ doing: "read", error: LOCKED });
      expect(secrets.isAsked(id)).toBe(true);
    }
  });

  test("is not written into by itself, however often a login works", async () => {
    secrets.set(DEV.id, { password: "typed" });
    for (let logins = 0; logins < 2; logins += 1) secrets.markAccepted(DEV.id);
    await settled();

    expect(commands()).toEqual(["get"]);
    expect(secrets.of(DEV.id).password).toBe("typed");
  });

  test("is asked again for all that it has not done, when somebody wants it", async () => {
    secrets.set(DEV.id, { password: "typed" });
    failure = null;

    await secrets.tryKeychainAgain();

    expect(items.get(DEV.id)?.password).toBe("typed");
    expect(secrets.of(PROD.id).password).toBe("kept");
    for (const { id } of [DEV, PROD]) expect(secrets.failure(id)).toBeNull();
  });

  test("that is still locked says so again", async () => {
    await secrets.tryKeychainAgain();

    expect(secrets.failure(PROD.id)).toMatchObject({ doing: "read" });
  });
});

describe("a keychain that fails", () => {
  beforeEach(async () => {
    failure = { code: "KEYCHAIN_FAILED", message: "The login is too long." };
    secrets.set(DEV.id, { password: "typed" });
    await secrets.saved(DEV.id);
  });

  test("is not tried again by itself", async () => {
    secrets.markAccepted(DEV.id);
    await settled();

    expect(commands()).toEqual(["set"]);
    expect(secrets.failure(DEV.id)).toMatchObject({ doing: "write", error: failure });
  });

  test("is tried again when the connection is saved again", async () => {
    failure = null;
    await secrets.saved(DEV.id);

    expect(items.get(DEV.id)?.password).toBe("typed");
    expect(secrets.failure(DEV.id)).toBeNull();
  });
});

describe("a removed connection", () => {
  test("takes its password along, and Undo brings both back", async () => {
    keep(DEV, "kept");

    await secrets.removed(DEV.id);
    expect(items.size).toBe(0);
    await secrets.restored(DEV.id);

    expect(items.get(DEV.id)?.password).toBe("kept");
  });

  test("that Undo could not bring back is brought back by the next try", async () => {
    keep(DEV, "kept");
    await secrets.removed(DEV.id);
    failure = LOCKED;
    await secrets.restored(DEV.id);
    expect(secrets.failure(DEV.id)).toMatchObject({ doing: "write" });

    failure = null;
    await secrets.tryKeychainAgain();

    expect(items.get(DEV.id)?.password).toBe("kept");
    expect(secrets.of(DEV.id).password).toBe("kept");
  });

  test("that Undo could not bring back does not come over a later one", async () => {
    keep(DEV, "kept");
    await secrets.removed(DEV.id);
    failure = LOCKED;
    await secrets.restored(DEV.id);
    failure = null;
    secrets.set(DEV.id, { password: "typed" });
    await secrets.tryKeychainAgain();

    secrets.set(DEV.id, { password: "" });
    await secrets.saved(DEV.id);

    expect(items.get(DEV.id)?.password).toBe("typed");
  });

  test("that had none in the keychain has none after Undo", async () => {
    secrets.set(DEV.id, { password: "typed" });

    await secrets.removed(DEV.id);
    await secrets.restored(DEV.id);

    expect(items.size).toBe(0);
    expect(secrets.of(DEV.id).password).toBe("typed");
  });

  test("that a locked keychain did not let go is undone without it", async () => {
    keep(DEV, "kept");
    failure = LOCKED;
    await secrets.removed(DEV.id);

    await secrets.restored(DEV.id);

    expect(secrets.failure(DEV.id)).toBeNull();
    expect(commands()).toEqual(["get"]);
  });

  test("is not kept again by a login that ends only then", async () => {
    secrets.set(DEV.id, { password: "typed" });
    connections = [];

    await secrets.removed(DEV.id);
    secrets.markAccepted(DEV.id);
    await settled();

    expect(items.size).toBe(0);
  });

  test("whose password stays in a locked keychain is told, and deleted later", async () => {
    keep(DEV, "kept");
    failure = LOCKED;
    await secrets.removed(DEV.id);
    expect(secrets.undeleted).toEqual([DEV.id]);

    failure = null;
    await secrets.tryKeychainAgain();

    expect([items.size, secrets.undeleted]).toEqual([0, []]);
  });
});

test("a password that was not deleted is told of when its connection is forgotten", async () => {
  keep(DEV, "kept");
  failure = LOCKED;
  await secrets.removed(DEV.id);

  secrets.forget(DEV.id);

  expect(secrets.undeleted).toEqual([DEV.id]);
});

test("forgetting everything deletes all passwords", async () => {
  keep(DEV, "kept");
  keep(PROD, "kept");
  await secrets.find(DEV.id);

  await secrets.forgetAll([DEV.id, PROD.id]);

  expect(items.size).toBe(0);
  expect(secrets.of(DEV.id).password).toBe("");
});

test("forgetting everything deletes those of connections that were removed before", async () => {
  keep(DEV, "kept");
  failure = { code: "KEYCHAIN_FAILED", message: "The keychain is busy." };
  await secrets.removed(DEV.id);
  failure = null;

  await secrets.forgetAll([PROD.id]);

  expect([items.size, secrets.undeleted]).toEqual([0, []]);
});
