/** What is said where the computer's keychain has not done what it was asked for. */

const REASONS: Record<string, string> = {
  KEYCHAIN_LOCKED: "This computer's keychain is locked",
  KEYCHAIN_UNAVAILABLE: "This computer has no keychain that the app can reach",
};

/** message: the app's own sentence, for what is not known here. */
export function keychainSentence(
  doing: "read" | "write" | "delete",
  code: string,
  message: string,
): string {
  const reason = REASONS[code] ?? `The keychain failed (${message.trim().replace(/\.$/, "")})`;
  const consequence =
    doing === "delete"
      ? "so the password is still in it."
      : "so a password that you type is used until the app is closed.";
  return `${reason}, ${consequence}`;
}
