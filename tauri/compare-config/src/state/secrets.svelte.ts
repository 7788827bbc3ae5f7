import { untrack } from "svelte";
import { SvelteMap, SvelteSet } from "svelte/reactivity";

import type { Secrets } from "../model/types";
import { Keychain, type Kept, type KeychainFailure } from "./keychain.svelte";
import { remembered } from "./remembered.svelte";

const NOTHING: Secrets = Object.freeze({ password: "", walletPassword: "" });
/** A keychain that asks its user first takes longer: the password may be typed meanwhile. */
const SLOW_MS = 1000;

/** One look into the keychain, and how it stands. */
interface Search {
  done: Promise<void>;
  state: "soon" | "slow" | "over";
}

/**
 * The passwords of this page's life, by connection id. In a browser they are kept here and nowhere
 * else, and go when the page is closed. In the app those of saved connections live in the
 * computer's keychain, and each is fetched when it is needed. Nothing here writes to storage.
 */
class SecretStore {
  readonly #keychain = new Keychain();
  readonly #inUse = new SvelteMap<string, Secrets>();
  readonly #refused = new SvelteSet<string>();
  readonly #asked = new SvelteSet<string>();
  /** Half of a password stands in a field: one that the keychain gives now comes too late. */
  readonly #typing = new Set<string>();
  /** Of `#inUse` what the keychain gave: a field shows only what was typed. */
  readonly #fetched = new SvelteSet<string>();
  readonly #searches = new SvelteMap<string, Search>();
  /** Refused since a login has worked: what is typed now replaces the kept one behind the next. */
  readonly #unproven = new SvelteSet<string>();

  /** What a login sends; empty texts where nothing is known. */
  of(connectionId: string): Secrets {
    return this.#inUse.get(connectionId) ?? NOTHING;
  }

  /** What stands in the fields. */
  typed(connectionId: string): Secrets {
    return this.#fetched.has(connectionId) ? NOTHING : this.of(connectionId);
  }

  /** Whether the user has to type the password before the connection can be used. */
  isNeeded(connectionId: string): boolean {
    return this.#refused.has(connectionId) || this.of(connectionId).password === "";
  }

  /** Whether its field stands in a side's card: from the first need until a login has worked. */
  isAsked(connectionId: string): boolean {
    if (this.#asked.has(connectionId) || this.failure(connectionId) !== null) return true;
    return this.isNeeded(connectionId) && !this.isLooking(connectionId);
  }

  /** Whether the keychain has given it: there is nothing to type while a login with it works. */
  isFetched(connectionId: string): boolean {
    return this.#fetched.has(connectionId);
  }

  /** Its field is shown now, and stays while it is typed into. */
  ask(connectionId: string): void {
    this.#asked.add(connectionId);
  }

  /** `isTyping`: something stands in its field that is no password yet. */
  noteTyping(connectionId: string, isTyping: boolean): void {
    if (isTyping) this.#typing.add(connectionId);
    else this.#typing.delete(connectionId);
  }

  isRefused(connectionId: string): boolean {
    return this.#refused.has(connectionId);
  }

  set(connectionId: string, secrets: Partial<Secrets>): void {
    const before = untrack(() => this.of(connectionId));
    this.#inUse.set(connectionId, { ...before, ...secrets });
    this.#fetched.delete(connectionId);
    this.#refused.delete(connectionId);
  }

  /** A login with it has worked. `isSaved`: with the connection as it is saved. */
  markAccepted(connectionId: string, isSaved = true): void {
    this.#asked.delete(connectionId);
    this.#refused.delete(connectionId);
    this.#unproven.delete(connectionId);
    if (isSaved) void this.#keep(connectionId);
  }

  /** The database refused it: it is asked for again, never sent again as it is. Accounts lock. */
  markRefused(connectionId: string): void {
    this.#refused.add(connectionId);
    this.#unproven.add(connectionId);
    const kept = this.#keychain.known(connectionId)?.secrets.password;
    if (this.of(connectionId).password === kept)
      remembered.noteKeptPassword(connectionId, "refused");
  }

  forget(connectionId: string): void {
    this.#inUse.delete(connectionId);
    this.#refused.delete(connectionId);
    this.#asked.delete(connectionId);
    this.#fetched.delete(connectionId);
    this.#searches.delete(connectionId);
    this.#unproven.delete(connectionId);
    this.#keychain.forget(connectionId);
  }

  // The app's keychain. In a browser none of this does anything.

  /** Whether passwords of saved connections outlive the page. */
  get areKept(): boolean {
    return this.#keychain.isThere;
  }

  /** It may be there in a moment, without being typed. */
  isLooking(connectionId: string): boolean {
    return this.isNeeded(connectionId) && this.#searches.get(connectionId)?.state === "soon";
  }

  /** Whether saving the connection does not keep what is typed before a login has worked. */
  isUnproven(connectionId: string): boolean {
    return this.areKept && this.#unproven.has(connectionId);
  }

  /** What the keychain has not done for this connection. */
  failure(connectionId: string): KeychainFailure | null {
    return this.#keychain.failure(connectionId);
  }

  /** Connections that are gone, and whose passwords are not. */
  get undeleted(): string[] {
    return this.#keychain.undeleted;
  }

  /**
   * Fetches it from the keychain where it is needed, once. Resolves when it is there, or somebody
   * has to type it.
   */
  find(connectionId: string): Promise<void> {
    return untrack(() => {
      const known = this.#searches.get(connectionId);
      if (known !== undefined) return known.done;
      const connection = remembered.connection(connectionId);
      const isNeeded = this.isNeeded(connectionId) && !this.isRefused(connectionId);
      if (!this.areKept || connection === undefined || !isNeeded) return Promise.resolve();
      if (remembered.isKeptPasswordRefused(connectionId)) return Promise.resolve();
      return this.#search(connectionId, connection.username);
    });
  }

  /** The connection was saved, with what is typed. Resolves when the keychain has it, or has failed. */
  async saved(connectionId: string): Promise<void> {
    const username = untrack(() => remembered.connection(connectionId)?.username);
    const kept = this.#keychain.known(connectionId);
    const isOfAnother = kept !== undefined && kept?.username !== username;
    if (isOfAnother && this.#fetched.has(connectionId)) this.#dropFetched(connectionId);
    if (this.of(connectionId).password === "") this.#searches.delete(connectionId);
    this.#keychain.retry(connectionId);
    if (!this.#unproven.has(connectionId)) await this.#keep(connectionId);
  }

  /** The connection was removed. Its password stays here, for who undoes that. */
  async removed(connectionId: string): Promise<void> {
    await this.#keychain.takeOut(connectionId);
  }

  async restored(connectionId: string): Promise<void> {
    await this.#keychain.putBack(connectionId);
  }

  /** Forgets all, and what the keychain has of these connections. */
  async forgetAll(savedIds: readonly string[] = []): Promise<void> {
    for (const id of [...this.#inUse.keys(), ...this.#asked, ...this.#searches.keys()]) {
      this.forget(id);
    }
    const kept = new Set([...savedIds, ...untrack(() => this.undeleted)]);
    await Promise.all([...kept].map((id) => this.#keychain.delete(id)));
  }

  /** For all that it has not done. */
  async tryKeychainAgain(): Promise<void> {
    const failed = untrack(() => this.#keychain.open());
    await Promise.all(
      failed.map(async ([id, { doing }]) => {
        this.#searches.delete(id);
        if (doing === "delete") await this.#keychain.delete(id);
        else if (this.of(id).password === "") await this.find(id);
        else if (!this.#unproven.has(id)) await this.#keep(id);
      }),
    );
  }

  #search(connectionId: string, username: string): Promise<void> {
    const slow = new Promise((resolve) => setTimeout(resolve, SLOW_MS));
    const fetched = this.#fetch(connectionId, username);
    const done = Promise.race([slow, fetched]).then(() => undefined);
    this.#searches.set(connectionId, { done, state: "soon" });
    const become = (state: Search["state"]) => {
      const search = this.#searches.get(connectionId);
      const isOurs = search?.done === done && search.state !== "over";
      if (isOurs) this.#searches.set(connectionId, { done, state });
    };
    void slow.then(() => become("slow"));
    void fetched.then(() => become("over"));
    return done;
  }

  async #fetch(connectionId: string, username: string): Promise<void> {
    const kept = await this.#keychain.read(connectionId);
    // One of another user would be a wrong login, and what is typed by then comes first.
    const isTyped = this.of(connectionId).password !== "" || this.#typing.has(connectionId);
    const isWanted = this.#searches.has(connectionId) && !isTyped;
    if (kept === null || kept.username !== username || !isWanted) return;
    const { walletPassword } = this.of(connectionId);
    if (walletPassword === "") this.#fetched.add(connectionId);
    const secrets = walletPassword === "" ? kept.secrets : { ...kept.secrets, walletPassword };
    this.#inUse.set(connectionId, secrets);
    this.#asked.delete(connectionId);
  }

  async #keep(connectionId: string): Promise<void> {
    if (!this.areKept) return;
    // Of what is not typed the kept one stays.
    if (this.of(connectionId).password === "") await this.find(connectionId);
    const connection = untrack(() => remembered.connection(connectionId));
    const secrets = untrack(() => this.of(connectionId));
    if (connection === undefined || secrets.password === "") return;
    const wanted: Kept = { username: connection.username, secrets };
    if (await this.#keychain.write(connectionId, wanted)) {
      remembered.noteKeptPassword(connectionId, "good");
    }
  }

  #dropFetched(connectionId: string): void {
    this.#inUse.delete(connectionId);
    this.#fetched.delete(connectionId);
  }
}

export const secrets = new SecretStore();
