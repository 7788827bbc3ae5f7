import { SvelteMap } from "svelte/reactivity";

import type { Secrets } from "../model/types";
import { appHost, HostError, type AppHost } from "./app_host";

/** What the keychain holds of one connection. */
export interface Kept {
  /** Whose password it is: a connection may have got another user since. */
  username: string;
  secrets: Secrets;
}

/** What it has not done, and why. */
export interface KeychainFailure {
  doing: "read" | "write" | "delete";
  error: HostError;
}

type Credentials = AppHost["credentials"];
/** Throws where the keychain is not to be asked. */
type Reach = () => Credentials;

/** These hold for every item: it is not asked again, and its user with it, before somebody wants to. */
const CLOSED = new Set(["KEYCHAIN_LOCKED", "KEYCHAIN_UNAVAILABLE"]);

/**
 * The computer's keychain, as the app reaches it, one call after the other: each may ask the user
 * to unlock it. No call rejects; `failure` says what was not done. In a browser there is none.
 */
export class Keychain {
  readonly #credentials: Credentials | null = appHost()?.credentials ?? null;
  /** What it holds, as far as it has said or was told; null: nothing. */
  readonly #known = new Map<string, Kept | null>();
  readonly #takenOut = new Map<string, Kept | null>();
  readonly #failures = new SvelteMap<string, KeychainFailure>();
  #closed: HostError | null = null;
  #queue: Promise<unknown> = Promise.resolve();

  get isThere(): boolean {
    return this.#credentials !== null;
  }

  known(connectionId: string): Kept | null | undefined {
    return this.#known.get(connectionId);
  }

  failure(connectionId: string): KeychainFailure | null {
    return this.#failures.get(connectionId) ?? null;
  }

  get undeleted(): string[] {
    return [...this.#failures].filter(([, { doing }]) => doing === "delete").map(([id]) => id);
  }

  /** Somebody wants to try again what failed for this one. */
  retry(connectionId: string): void {
    this.#failures.delete(connectionId);
  }

  /** It may be asked again. What it has not done is given back, and no failure any more. */
  open(): [string, KeychainFailure][] {
    const failed = [...this.#failures];
    this.#closed = null;
    this.#failures.clear();
    return failed;
  }

  /** All but that its password is still in the keychain. */
  forget(connectionId: string): void {
    this.#known.delete(connectionId);
    this.#takenOut.delete(connectionId);
    if (this.failure(connectionId)?.doing !== "delete") this.#failures.delete(connectionId);
  }

  async read(connectionId: string): Promise<Kept | null> {
    await this.#inTurn(connectionId, "read", async (reach) => {
      // Who reads one that was taken out has got it back, by a putBack that may have failed.
      await this.#putBack(reach, connectionId);
      this.#known.set(connectionId, await read(reach(), connectionId));
    });
    return this.#known.get(connectionId) ?? null;
  }

  /** Whether it was written now. One that has failed is tried again only when somebody wants it. */
  async write(connectionId: string, wanted: Kept): Promise<boolean> {
    if (this.#failures.has(connectionId)) return false;
    return this.#inTurn(connectionId, "write", async (reach) => {
      const known = this.#known.get(connectionId);
      if (known?.secrets === wanted.secrets && known.username === wanted.username) return false;
      await this.#write(reach(), connectionId, wanted);
      return true;
    });
  }

  async delete(connectionId: string): Promise<void> {
    await this.#inTurn(connectionId, "delete", (reach) => this.#delete(reach(), connectionId));
  }

  /** As delete, for who may want it back. */
  async takeOut(connectionId: string): Promise<void> {
    await this.#inTurn(connectionId, "delete", async (reach) => {
      const credentials = reach();
      const known = this.#known.get(connectionId);
      const kept = known === undefined ? await read(credentials, connectionId) : known;
      await this.#delete(credentials, connectionId);
      this.#takenOut.set(connectionId, kept);
    });
  }

  async putBack(connectionId: string): Promise<void> {
    await this.#inTurn(connectionId, "write", (reach) => this.#putBack(reach, connectionId));
  }

  async #putBack(reach: Reach, connectionId: string): Promise<void> {
    const kept = this.#takenOut.get(connectionId) ?? null;
    // It had none, or still has it.
    if (kept !== null) await this.#write(reach(), connectionId, kept);
  }

  async #write(credentials: Credentials, connectionId: string, kept: Kept): Promise<void> {
    await write(credentials, connectionId, kept);
    this.#takenOut.delete(connectionId);
    this.#known.set(connectionId, kept);
  }

  async #delete(credentials: Credentials, connectionId: string): Promise<void> {
    await credentials.delete(connectionId);
    this.#known.set(connectionId, null);
  }

  #inTurn<T>(
    connectionId: string,
    doing: KeychainFailure["doing"],
    step: (reach: Reach) => Promise<T>,
  ): Promise<T | false> {
    const credentials = this.#credentials;
    if (credentials === null) return Promise.resolve(false);
    const reach: Reach = () => {
      if (this.#closed !== null) throw this.#closed;
      return credentials;
    };
    const done = this.#queue.then(async () => {
      try {
        const result = await step(reach);
        this.#failures.delete(connectionId);
        return result;
      } catch (error) {
        if (!(error instanceof HostError)) throw error;
        if (CLOSED.has(error.code)) this.#closed = error;
        this.#failures.set(connectionId, { doing, error });
        return false;
      }
    });
    this.#queue = done.catch(() => undefined);
    return done;
  }
}

async function read(credentials: Credentials, connectionId: string): Promise<Kept | null> {
  const found = await credentials.get(connectionId);
  if (found === null) return null;
  const { username, password, wallet_password } = found;
  return { username, secrets: { password, walletPassword: wallet_password ?? "" } };
}

function write(credentials: Credentials, connectionId: string, kept: Kept): Promise<void> {
  const { password, walletPassword } = kept.secrets;
  const wallet_password = walletPassword === "" ? null : walletPassword;
  return credentials.set(connectionId, { username: kept.username, password, wallet_password });
}
