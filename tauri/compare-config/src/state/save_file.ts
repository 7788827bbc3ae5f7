/**
 * Hands a file to the user: the browser's own download. Everything that the page lets out of its
 * hands goes through here.
 *
 * @param name as it is proposed; what file systems refuse in it is replaced
 * @param type a media type, with its charset where it is text
 */
export function saveFile(name: string, parts: Iterable<BlobPart>, type: string): void {
  const address = URL.createObjectURL(new Blob([...parts], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name.replaceAll(REFUSED, "_");
  link.click();
  // The download has begun by then in every engine; the blob is held in memory until it is revoked.
  setTimeout(() => URL.revokeObjectURL(address), KEPT_MS);
}

const REFUSED = /[\p{Cc}<>:"/\\|?*]/gu;
const KEPT_MS = 60_000;
