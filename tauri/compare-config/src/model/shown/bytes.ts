/** Bytes that come as base64, looked at without decoding all of them. */

/** How many bytes a base64 text stands for. */
export function sizeOfBase64(base64: string): number {
  const padding = base64.endsWith("==") ? 2 : base64.endsWith("=") ? 1 : 0;
  return (base64.length / 4) * 3 - padding;
}

/** Upper-case hexadecimal digits of the bytes from `from` up to, but without, `to`. */
export function hexOfBase64(base64: string, from = 0, to = sizeOfBase64(base64)): string {
  const group = Math.floor(from / 3);
  const bytes = atob(base64.slice(group * 4, Math.ceil(to / 3) * 4));
  let hex = "";
  for (let at = from - group * 3; at < to - group * 3 && at < bytes.length; at++) {
    hex += HEX[bytes.charCodeAt(at)] ?? "";
  }
  return hex;
}

const HEX = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).toUpperCase().padStart(2, "0"),
);
