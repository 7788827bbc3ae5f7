/** More than a busy machine takes for what grows with a text's length, and less than its square. */
export const LONG_MS = 10_000;
