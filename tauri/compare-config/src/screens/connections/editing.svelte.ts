import { untrack } from "svelte";
import { SvelteMap } from "svelte/reactivity";

import { holdsSecret } from "../../model/connecting/connections";
import { looksLikeProduction } from "../../model/connecting/connections";
import type { SavedConnection } from "../../model/types";
import { remembered } from "../../state/remembered.svelte";
import { readConnection } from "../../state/remembered_data";
import { secrets } from "../../state/secrets.svelte";

const KEY = "compare-config.1.connection-drafts";

/** A connection as it is typed, until it is saved. Its password is kept by `secrets`. */
export class Draft {
  connection = $state<SavedConnection>(emptyConnection());
  /** "This is production" was set by hand: it does not follow the names any more. */
  isTickedByHand = $state(false);

  constructor(connection: SavedConnection) {
    this.connection = { ...connection };
    const looks = looksLikeProduction(connection) !== null;
    this.isTickedByHand = looks !== connection.isProduction;
  }

  /** Why it is taken for production; null where nothing says so. */
  get reason(): string | null {
    return looksLikeProduction(this.connection);
  }

  get isNew(): boolean {
    return remembered.connection(this.connection.id) === undefined;
  }

  get isChanged(): boolean {
    const kept = remembered.connection(this.connection.id);
    if (kept === undefined) return true;
    const fields = Object.keys(kept) as (keyof SavedConnection)[];
    return fields.some((field) => kept[field] !== this.connection[field]);
  }

  /** After a name, a group or a connect string has changed. */
  followNames(): void {
    if (!this.isTickedByHand) this.connection.isProduction = this.reason !== null;
  }
}

/**
 * Which connection is edited, and what was typed and not saved: for each connection, so that a look
 * at another one loses nothing. It outlives the screen, and a reload of this tab.
 */
class Editing {
  selectedId = $state<string | null>(null);
  readonly #drafts = new SvelteMap<string, Draft>();

  constructor() {
    for (const connection of keptDrafts()) this.#drafts.set(connection.id, new Draft(connection));
    $effect.root(() => {
      $effect(() => keepDrafts(this.unsaved.map((draft) => draft.connection)));
    });
  }

  get unsaved(): Draft[] {
    return [...this.#drafts.values()].filter((draft) => draft.isChanged);
  }

  get newOnes(): Draft[] {
    return [...this.#drafts.values()].filter((draft) => draft.isNew);
  }

  isUnsaved(id: string): boolean {
    return this.#drafts.get(id)?.isChanged === true;
  }

  /** The one that is edited; null where there is none to edit. */
  get draft(): Draft | null {
    return this.selectedId === null ? null : (this.#drafts.get(this.selectedId) ?? null);
  }

  select(id: string): void {
    const kept = remembered.connection(id);
    const draft = untrack(() => this.#drafts.get(id));
    if (kept !== undefined && draft?.isChanged !== true) this.#drafts.set(id, new Draft(kept));
    this.selectedId = this.#drafts.has(id) ? id : null;
  }

  /** Selects another one where there is no selection, or what was selected is gone. */
  settle(): void {
    if (this.draft !== null) return;
    const first = remembered.connections[0]?.id ?? this.newOnes[0]?.connection.id;
    if (first === undefined) this.selectedId = null;
    else this.select(first);
  }

  add(from: SavedConnection = emptyConnection()): void {
    const connection = { ...from, id: crypto.randomUUID() };
    this.#drafts.set(connection.id, new Draft(connection));
    this.selectedId = connection.id;
  }

  /** What was typed is given up. The password stays where the removal may be undone. */
  drop(id: string, { keepSecrets }: { keepSecrets: boolean }): void {
    this.#drafts.delete(id);
    if (!keepSecrets) secrets.forget(id);
    if (this.selectedId === id) this.selectedId = null;
  }

  forgetAll(): void {
    this.#drafts.clear();
    this.selectedId = null;
  }
}

function emptyConnection(): SavedConnection {
  return {
    id: crypto.randomUUID(),
    name: "",
    group: "",
    isProduction: false,
    connectString: "",
    username: "",
    configDir: "",
    walletLocation: "",
    mode: "",
  };
}

function keptDrafts(): SavedConnection[] {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? "[]");
    if (!Array.isArray(kept)) return [];
    return kept.map(readConnection).filter((one) => one !== undefined);
  } catch (error) {
    if (error instanceof DOMException || error instanceof SyntaxError) return [];
    throw error;
  }
}

function keepDrafts(connections: SavedConnection[]): void {
  const kept = connections.filter((one) => !holdsSecret(one));
  try {
    if (kept.length === 0) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, JSON.stringify(kept));
  } catch (error) {
    // The browser keeps nothing: `remembered.problem` says so already.
    if (!(error instanceof DOMException)) throw error;
  }
}

export const editing = new Editing();
