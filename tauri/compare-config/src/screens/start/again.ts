/** Doing a saved comparison, or a past run, once more. */

import type { SavedComparison } from "../../model/types";
import { remembered } from "../../state/remembered.svelte";
import { router } from "../../state/router.svelte";

/** It becomes what is typed on its screen, and Compare is pressed there. */
export function runAgain(what: SavedComparison["what"]): void {
  if (what.kind === "one") {
    remembered.setup = what.setup;
    router.go({ screen: "one" }, { compare: true });
  } else {
    remembered.manySetup = what.setup;
    router.go({ screen: "many" }, { compare: true });
  }
}
