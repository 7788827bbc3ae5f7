import { untrack } from "svelte";
import { SvelteMap } from "svelte/reactivity";

import { hrefOf, routeOf, type Route } from "./routes";

export { hrefOf, type Route };

interface Going {
  /** Takes the place of the present entry, so that Back does not come here again. */
  replace?: boolean;
  /** As if Compare had been pressed on the screen that is gone to; not part of the URL. */
  compare?: boolean;
}

/** Which screen is shown. It lives in the hash, so that Back and Reload survive. */
class Router {
  #route = $state.raw<Route>(routeOf(location.hash));
  #compare = $state(false);

  constructor() {
    const follow = () => {
      this.#route = routeOf(location.hash);
    };
    addEventListener("hashchange", follow);
    addEventListener("popstate", follow);
  }

  get route(): Route {
    return this.#route;
  }

  go(route: Route, going: Going = {}): void {
    const href = hrefOf(route);
    const from = hrefOf(untrack(() => this.#route));
    if (going.replace === true) history.replaceState(history.state, "", href);
    else if (href !== from) history.pushState({ from }, "", href);
    this.#compare = going.compare === true;
    this.#route = route;
  }

  /** True once after `go(…, {compare: true})`. */
  takeCompare(): boolean {
    const asked = this.#compare;
    if (asked) this.#compare = false;
    return asked;
  }

  /** Goes back where the entry before is `fallback`, else puts `fallback` into this one's place. */
  back(fallback: Route): void {
    const state: unknown = history.state;
    const from = typeof state === "object" && state !== null && "from" in state && state.from;
    if (from === hrefOf(fallback)) history.back();
    else this.go(fallback, { replace: true });
  }
}

export const router = new Router();

/** A run that goes on, whatever screen is shown. */
export interface TitledRun {
  /** "(8) 143/212" */
  progress: string;
  isProduction: boolean;
}

/** What the whole window says of the work in it. */
class Page {
  /** Each living screen's answer to "is a PROD side chosen here?". */
  readonly claims = new SvelteMap<symbol, boolean>();
  run = $state.raw<TitledRun | null>(null);

  /** Whether a PROD side is chosen on the screen that is shown. */
  get isProduction(): boolean {
    return [...this.claims.values()].includes(true);
  }

  /** "(8) 143/212 · PROD · Compare Config" */
  get title(): string {
    const isProduction = this.isProduction || this.run?.isProduction === true;
    const parts = [this.run?.progress, isProduction ? "PROD" : undefined, "Compare Config"];
    return parts.filter((part) => part !== undefined && part !== "").join(" · ");
  }
}

export const page = new Page();

/** Says, while the calling component lives, whether a PROD side is chosen in it. */
export function tellProduction(isProduction: () => boolean): void {
  const claim = Symbol("screen");
  $effect(() => {
    const chosen = isProduction();
    untrack(() => page.claims.set(claim, chosen));
    return () => untrack(() => page.claims.delete(claim));
  });
}
