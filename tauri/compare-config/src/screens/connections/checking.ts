/** Why a connection cannot be saved, or tested, as it stands. */

import { readConnectString } from "../../model/connecting/connect_strings";
import { PASSWORD_IN_USER, userHoldsPassword } from "../../model/connecting/connections";
import type { SavedConnection } from "../../model/types";

export type FieldName = "name" | "connectString" | "username" | "password";
export interface Flaw {
  field: FieldName;
  sentence: string;
}

export function flawForSaving(
  connection: SavedConnection,
  others: readonly SavedConnection[],
): Flaw | null {
  const name = connection.name.trim();
  if (name === "") return { field: "name", sentence: "Type a name." };
  if (others.some((other) => other.id !== connection.id && other.name.trim() === name)) {
    return { field: "name", sentence: "Another connection has this name." };
  }
  return flawOfTarget(connection);
}

export function flawForTesting(connection: SavedConnection, password: string): Flaw | null {
  const flaw = flawOfTarget(connection);
  if (flaw !== null || password !== "") return flaw;
  return { field: "password", sentence: "Type the password." };
}

function flawOfTarget(connection: SavedConnection): Flaw | null {
  const read = readConnectString(connection.connectString);
  if (read.kind === "empty") return { field: "connectString", sentence: "Type a connect string." };
  if (read.sent === "") return { field: "connectString", sentence: read.sentence };
  if (connection.username.trim() === "") return { field: "username", sentence: "Type a user." };
  if (userHoldsPassword(connection.username)) {
    return { field: "username", sentence: PASSWORD_IN_USER };
  }
  return null;
}
