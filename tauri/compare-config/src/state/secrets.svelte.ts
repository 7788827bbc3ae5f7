import { untrack } from "svelte";
import { SvelteMap, SvelteSet } from "svelte/reactivity";

import type { Secrets } from "../model/types";

const NOTHING_TYPED: Secrets = Object.freeze({ password: "", walletPassword: "" });

/**
 * The passwords of this page's life, by connection id. They are kept here and nowhere else: nothing
 * in this class writes to storage, and it goes when the page is closed.
 */
class SecretStore {
  readonly #typed = new SvelteMap<string, Secrets>();
  readonly #refused = new SvelteSet<string>();
  readonly #asked = new SvelteSet<string>();

  /** What was typed for a connection; empty texts where nothing was. */
  of(connectionId: string): Secrets {
    return this.#typed.get(connectionId) ?? NOTHING_TYPED;
  }

  /** Whether the user has to type the password before the connection can be used. */
  isNeeded(connectionId: string): boolean {
    return this.#refused.has(connectionId) || this.of(connectionId).password === "";
  }

  /** Whether its field stands in a side's card: from the first need until a login has worked. */
  isAsked(connectionId: string): boolean {
    return this.isNeeded(connectionId) || this.#asked.has(connectionId);
  }

  /** Its field is shown now, and stays while it is typed into. */
  ask(connectionId: string): void {
    this.#asked.add(connectionId);
  }

  /** A login with it has worked. */
  markAccepted(connectionId: string): void {
    this.#asked.delete(connectionId);
    this.#refused.delete(connectionId);
  }

  isRefused(connectionId: string): boolean {
    return this.#refused.has(connectionId);
  }

  set(connectionId: string, secrets: Partial<Secrets>): void {
    const before = untrack(() => this.of(connectionId));
    this.#typed.set(connectionId, { ...before, ...secrets });
    this.#refused.delete(connectionId);
  }

  /** The database refused it: it is asked for again, never sent again as it is. Accounts lock. */
  markRefused(connectionId: string): void {
    this.#refused.add(connectionId);
  }

  forget(connectionId: string): void {
    this.#typed.delete(connectionId);
    this.#refused.delete(connectionId);
    this.#asked.delete(connectionId);
  }

  forgetAll(): void {
    this.#typed.clear();
    this.#refused.clear();
    this.#asked.clear();
  }
}

export const secrets = new SecretStore();
