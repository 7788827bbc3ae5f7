/** Patterns for names of tables and columns, with % and _ as LIKE has them. */

/** Case makes no difference. `\` takes the meaning from a % or _ behind it. */
export function likeMatches(pattern: string, name: string): boolean {
  const wanted = tokens(pattern);
  const given = [...name.toLowerCase()];
  let at = 0;
  // The last % seen, and how far it reaches: only that one is ever stretched, so that a pattern of
  // many of them costs no more than its length times the name's.
  let star = -1;
  let reached = 0;
  for (let place = 0; place < given.length;) {
    const token = wanted[at];
    if (token === ANY) {
      star = at;
      reached = place;
      at += 1;
    } else if (token === ONE || (token !== undefined && token === given[place])) {
      at += 1;
      place += 1;
    } else if (star >= 0) {
      at = star + 1;
      reached += 1;
      place = reached;
    } else {
      return false;
    }
  }
  return wanted.slice(at).every((token) => token === ANY);
}

const ANY = Symbol("%");
const ONE = Symbol("_");

function tokens(pattern: string): (string | symbol)[] {
  const characters = [...pattern.toLowerCase()];
  const found: (string | symbol)[] = [];
  for (let at = 0; at < characters.length; at += 1) {
    const character = characters[at] ?? "";
    const next = characters[at + 1];
    if (character === "\\" && (next === "%" || next === "_" || next === "\\")) {
      found.push(next);
      at += 1;
    } else {
      found.push(character === "%" ? ANY : character === "_" ? ONE : character);
    }
  }
  return found;
}

/** The names that a pattern takes and none that begins with - takes away, in their own order. */
export function chooseNames(patterns: readonly string[], names: readonly string[]): string[] {
  const given = patterns.map((pattern) => pattern.trim()).filter((pattern) => pattern !== "");
  const taken = given.filter((pattern) => !pattern.startsWith("-"));
  const dropped = given.filter((pattern) => pattern.startsWith("-")).map((p) => p.slice(1).trim());
  const isOneOf = (list: readonly string[], name: string): boolean =>
    list.some((pattern) => likeMatches(pattern, name));
  return names.filter((name) => isOneOf(taken, name) && !isOneOf(dropped, name));
}

/** As typed into one field: separated by blanks, commas, semicolons or line ends, each once. */
export function parsePatterns(text: string): string[] {
  return [...new Set(text.split(/[\s,;]+/).filter((pattern) => pattern !== "" && pattern !== "-"))];
}
