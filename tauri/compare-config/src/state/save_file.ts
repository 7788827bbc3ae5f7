import { appHost, HostError } from "./app_host";

/** What became of a file that was handed over. */
export type Saved =
  /** The browser saves it, and says so itself. */
  | { kind: "handed_over" }
  | { kind: "saved"; path: string }
  | { kind: "cancelled" }
  | { kind: "failed"; reason: string };

/**
 * Hands a file to the user: the browser's own download, or the app's save dialog. Everything that
 * the page lets out of its hands goes through here.
 *
 * @param name as it is proposed; what file systems refuse in it is replaced
 * @param type a media type, with its charset where it is text
 */
export async function saveFile(
  name: string,
  parts: Iterable<BlobPart>,
  type: string,
): Promise<Saved> {
  const host = appHost();
  const blob = new Blob([...parts], { type });
  const proposed = name.replaceAll(REFUSED, "_");
  if (host === null) {
    download(proposed, blob);
    return { kind: "handed_over" };
  }
  try {
    const path = await host.saveFile(proposed, new Uint8Array(await blob.arrayBuffer()));
    return path === null ? { kind: "cancelled" } : { kind: "saved", path };
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    return { kind: "failed", reason: error.message };
  }
}

function download(name: string, blob: Blob): void {
  const address = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The download has begun by then in every engine; the blob is held in memory until it is revoked.
  setTimeout(() => URL.revokeObjectURL(address), KEPT_MS);
}

const REFUSED = /[\p{Cc}<>:"/\\|?*]/gu;
const KEPT_MS = 60_000;
