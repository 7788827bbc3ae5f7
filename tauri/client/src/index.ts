/** Client of the Oracle sidecar: see docs/client.md. */

export { getOracleSidecarClient, OracleSidecarClient } from "./client.js";
export { OracleSidecarClient as default } from "./client.js";
export { OracleSidecarError } from "./errors.js";
export type { ErrorContext } from "./errors.js";
export { parseExact } from "./exact_json.js";
export * from "./types.js";
export { bytesOf, canonicalText, exactText, ExactNumber } from "./values.js";
export type { ExactValue } from "./values.js";
