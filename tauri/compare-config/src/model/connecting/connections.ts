/** Saved connections: which are production, which are the same, and what of them is sent. */

import type { Connection } from "oracle-sidecar-client";
import { holdsPassword, readConnectString } from "./connect_strings";
import { count } from "../formats";
import type { SavedConnection, Secrets } from "../types";
import { quote } from "../wording";

/** In this order in every list; groups of the user's own follow by name. */
export const GROUPS: readonly string[] = ["DEV", "UAT", "PROD"];

/** Most characters of a connection's name that the sidecar takes (COMPARE.md). */
const MOST_LABEL_CHARACTERS = 64;

export const PASSWORD_IN_USER =
  "A password stands behind the user. Put it into its own field, or it would be saved.";

/** A user as SQL*Plus takes it, `scott/tiger`: outside of double quotes a / begins a password. */
export function userHoldsPassword(username: string): boolean {
  return username.split('"').some((piece, place) => place % 2 === 0 && piece.includes("/"));
}

/** Whether it must not be remembered as it stands. */
export function holdsSecret(
  connection: Pick<SavedConnection, "connectString" | "username">,
): boolean {
  return holdsPassword(connection.connectString) || userHoldsPassword(connection.username);
}

type Named = Pick<SavedConnection, "group" | "name" | "connectString">;

/** Why "This is production" ticks itself; null where nothing says so. */
export function looksLikeProduction({ group, name, connectString }: Named): string | null {
  if (productionWord(group) !== null) return `Ticked for you because the group is ${group.trim()}.`;
  const word = productionWord(name);
  if (word !== null) return `Ticked for you because the name says ${quote(word)}.`;
  if (holdsPassword(connectString)) return null;
  const inside = productionWord(connectString);
  return inside === null
    ? null
    : `Ticked for you because the connect string says ${quote(inside)}.`;
}

/**
 * `prod`, `prd` and `live` as a word, at its end or its beginning: PAYPRD, db-prod2, proddb,
 * CFG_LIVE. Not "product" or "delivery", and not what is denied: "non-prod", "preprod".
 */
function productionWord(text: string): string | null {
  let before = "";
  for (const [word] of text.matchAll(/[\p{L}\d]+/gu)) {
    const isMeant = /^(?:prod(?!uc|ig)|prd)|(?:prod|prd|production)\d*$|^live\d*$/i.test(word);
    const isDenied = /^(?:non|not|no|pre)$/i.test(before) || /(?:non|pre)pro?d/i.test(word);
    if (isMeant && !isDenied) return word;
    before = word;
  }
  return null;
}

/** Whether two of them log in to one database as one user. */
export function sameTarget(a: SavedConnection, b: SavedConnection): boolean {
  return targetKey(a) === targetKey(b);
}

function targetKey(connection: SavedConnection): string {
  const read = readConnectString(connection.connectString);
  const target =
    read.kind === "host" && !/[?,;]/.test(read.sent)
      ? [read.host, read.port, read.service, /^tcps:/i.test(read.sent)].join(" ").toLowerCase()
      : (read.sent || connection.connectString).replace(/\s/g, "").toLowerCase();
  const folder = read.kind === "alias" ? connection.configDir.trim() : "";
  return JSON.stringify([target, folder, userKey(connection.username), connection.mode]);
}

/** In double quotes a user's name keeps its case. */
function userKey(username: string): string {
  const name = username.trim();
  return name.startsWith('"') ? name.replaceAll('"', "") : name.toUpperCase();
}

/** “The same database and user as “Payments PROD”.”; null where no other one is. */
export function sameAs(
  connection: SavedConnection,
  others: readonly SavedConnection[],
): string | null {
  if (connection.connectString.trim() === "" || connection.username.trim() === "") return null;
  const same = others.find((each) => each.id !== connection.id && sameTarget(each, connection));
  return same === undefined ? null : `The same database and user as ${quote(same.name)}.`;
}

export interface ConnectionGroup {
  group: string;
  connections: SavedConnection[];
}

/** DEV, UAT, PROD, then others by name, each with its connections by name; no empty ones. */
export function groupsOf(connections: readonly SavedConnection[]): ConnectionGroup[] {
  const groups = new Map<string, SavedConnection[]>();
  for (const connection of connections) {
    const group = connection.group.trim();
    groups.set(group, [...(groups.get(group) ?? []), connection]);
  }
  return [...groups]
    .map(([group, members]) => ({
      group,
      connections: [...members].sort((a, b) => a.name.localeCompare(b.name)),
    }))
    .sort((a, b) => rank(a.group) - rank(b.group) || a.group.localeCompare(b.group));
}

function rank(group: string): number {
  const known = GROUPS.indexOf(group.toUpperCase());
  if (known >= 0) return known;
  return group === "" ? GROUPS.length + 1 : GROUPS.length;
}

/** `APP_READ @ db-prod.example.net:1521/PAYPRD`, without a password that stands in it. */
export function targetLine(connection: SavedConnection): string {
  const read = readConnectString(connection.connectString);
  const target = read.sent || (read.fixed?.connectString ?? "");
  return [connection.username.trim(), target].filter((part) => part !== "").join(" @ ");
}

/** For a request. label: the side's, which then begins its errors. */
export function wireConnection(
  connection: SavedConnection,
  secrets: Secrets,
  label: string,
): Connection {
  const wire: Connection = {
    name: [...label].slice(0, MOST_LABEL_CHARACTERS).join(""),
    connect_string: readConnectString(connection.connectString).sent,
    username: connection.username.trim(),
    password: secrets.password,
  };
  const { configDir, walletLocation, mode } = connection;
  if (configDir.trim() !== "") wire.config_dir = configDir.trim();
  if (walletLocation.trim() !== "") wire.wallet_location = walletLocation.trim();
  if (secrets.walletPassword !== "") wire.wallet_password = secrets.walletPassword;
  if (mode !== "") wire.mode = mode;
  return wire;
}

/** “Connected in 182 ms. Oracle 19.24.” version: as the server says it, 19.24.0.0.0. */
export function testSentence(milliseconds: number, version: string, locale?: string): string {
  const short = version.replace(/(\.\d+)(?:\.0)+$/, "$1");
  return `Connected in ${count(Math.round(milliseconds), locale)} ms. Oracle ${short}.`;
}
