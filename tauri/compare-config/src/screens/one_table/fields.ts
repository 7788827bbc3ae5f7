/** Where in the setup a problem is shown, and where the focus goes for it. */

import { draft } from "../../state/draft.svelte";

/** The sentence for a field where that is what keeps the comparison from running. */
export function invalidAt(field: string): string | undefined {
  const { problem } = draft;
  return problem?.field === field ? problem.sentence : undefined;
}

/** The word in a field that the database did not understand. */
export function wrongWordAt(field: string): string | undefined {
  const { problem } = draft;
  return problem?.field === field ? problem.word : undefined;
}

const FOCUSABLE = "input, textarea, [contenteditable=true], button, a[href]";

/** Brings the focus to the first control of the field; false where it is not on the screen. */
export function focusField(field: string): boolean {
  const box = document.querySelector(`[data-field="${CSS.escape(field)}"]`);
  const control = box?.querySelector<HTMLElement>(FOCUSABLE);
  control?.focus();
  return control !== null && control !== undefined;
}

/**
 * A panel that a choice in it has closed gives the focus back to its button. A frame later: the key
 * that made the choice would else press the button, too.
 */
export async function focusOpener(box: HTMLElement | undefined): Promise<void> {
  await new Promise(requestAnimationFrame);
  if (document.activeElement === document.body) {
    box?.querySelector<HTMLElement>("button[aria-expanded]")?.focus();
  }
}
