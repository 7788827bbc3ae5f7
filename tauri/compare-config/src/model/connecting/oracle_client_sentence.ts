/** What is said of an Oracle client where a database asks for more than the driver has. */

/** found: what is installed on this machine. */
export function oracleClientSentence(
  found: { path: string; version: string | null } | null,
): string {
  if (found === null) {
    return (
      "No Oracle client was found on this computer. This app would not use one; SQL*Plus or SQL " +
      "Developer can reach the database with one."
    );
  }
  const which = found.version === null ? "An Oracle client" : `Oracle client ${found.version}`;
  return (
    `${which} is on this computer, in ${found.path}. This app does not use it; SQL*Plus or SQL ` +
    "Developer can reach the database with it."
  );
}
