import { announce } from "./announce.svelte";

/** Says `sentence` once it is copied. Whoever pastes must know when it is not. */
export async function copyText(text: string, sentence: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    announce(sentence);
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    announce("Nothing was copied: this browser does not let the page copy.");
  }
}
