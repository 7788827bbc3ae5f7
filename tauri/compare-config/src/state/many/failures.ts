/** Which failures of one table mean that the tables behind it would fail as well. */

import type { OracleSidecarError } from "oracle-sidecar-client";

/**
 * The login was refused: wrong password, locked, expired, no CREATE SESSION. Another try may lock
 * the account, so nothing that waits is tried.
 */
const REFUSALS = new Set(["ORA-01017", "ORA-28000", "ORA-28001", "ORA-01045"]);

/** Connect strings that lead nowhere: an unknown alias, a malformed one. */
const NO_TARGET = new Set([
  "DPY-4000",
  "DPY-4017",
  "DPY-4018",
  "DPY-4026",
  "DPY-4027",
  "ORA-12154",
]);

const NO_ANSWER = new Set(["DPY-6005", "ORA-12170"]);

export type Failure = "refused" | "sidecar_gone" | "database_away" | "of_the_table";

export function failureOf(error: OracleSidecarError): Failure {
  if (REFUSALS.has(error.fullCode)) return "refused";
  // Whatever the app says of a sidecar that does not run, too.
  const isGone = error.fullCode.startsWith("SIDECAR_") || error.fullCode === "INCOMPLETE_ANSWER";
  if (isGone) return "sidecar_gone";
  // 502: no connection, or a lost one. A 504 is a long query too, unless the connect ran out.
  const isAway = error.status === 502 || NO_TARGET.has(error.fullCode);
  return isAway || NO_ANSWER.has(error.fullCode) ? "database_away" : "of_the_table";
}
