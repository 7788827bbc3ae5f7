import { isInApp } from "../state/place";
import { announce } from "./announce.svelte";

/** Says `sentence` once it is copied. Whoever pastes must know when it is not. */
export async function copyText(text: string, sentence: string): Promise<void> {
  const isCopied = (await write(text)) || copyFromField(text);
  announce(isCopied ? sentence : NOT_COPIED);
}

const NOT_COPIED = `Nothing was copied: ${isInApp ? "the system" : "this browser"} does not let the page copy.`;

async function write(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    return false;
  }
}

/** The older way, which webviews allow where they refuse the newer one. */
function copyFromField(text: string): boolean {
  const before = document.activeElement;
  const field = document.createElement("textarea");
  field.value = text;
  field.style.position = "fixed";
  field.style.opacity = "0";
  document.body.append(field);
  field.select();
  const isCopied = document.execCommand("copy");
  field.remove();
  if (before instanceof HTMLElement) before.focus({ preventScroll: true });
  return isCopied;
}
