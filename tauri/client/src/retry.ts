/** When what failed for the moment is tried again. */

import type { OracleSidecarError } from "./errors.js";

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 30_000;

/**
 * Milliseconds until the next try, null for none. failures: how many there were so far, this one
 * included; `random` is from 0 to 1.
 *
 * A busy database (503) is tried again `retries` times. A lost connection or a silent host is tried
 * once more: each such try may take as long as a login may. A refused login (403) never is, since
 * accounts lock; nor is a sidecar that does not answer, of which the status tells.
 */
export function waitBeforeRetry(
  error: OracleSidecarError,
  failures: number,
  retries: number,
  random: number,
): number | null {
  const isBusy = error.status === 503;
  const isOnce = error.status === 502 || error.status === 504;
  if (!error.retryable || !(isBusy || isOnce)) return null;
  if (failures > (isBusy ? retries : Math.min(retries, 1))) return null;
  // Half of it is left to chance, so that callers who failed together do not come back together.
  const wait = FIRST_WAIT_MS * 2 ** (failures - 1) * (0.5 + random / 2);
  const asked = error.retryAfterMs ?? 0;
  return asked > LONGEST_WAIT_MS ? null : Math.max(wait, asked + wait / 4);
}
