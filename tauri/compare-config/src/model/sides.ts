/** How the two sides of a comparison are named: PAGE.md, 1. */

import type { SavedConnection, SideKey, SideName, Sides } from "./types";

/** Both, the first one first. */
export const SIDES: readonly SideKey[] = ["left", "right"];

export function otherSide(side: SideKey): SideKey {
  return side === "left" ? "right" : "left";
}

/** The sides of a Setup and of a ManySetup are such. */
export interface SidePlace {
  connectionId: string;
  schema?: string;
  table?: string;
}

const NO_CONNECTION: Sides<SideName> = {
  left: { label: "First side", isProduction: false },
  right: { label: "Second side", isProduction: false },
};

/**
 * The group of each connection; the connection's name where both are of one group; schema and table
 * where both are one connection.
 */
export function sideNames(
  places: Sides<SidePlace>,
  connections: readonly SavedConnection[],
): Sides<SideName> {
  const left = connections.find(({ id }) => id === places.left.connectionId);
  const right = connections.find(({ id }) => id === places.right.connectionId);
  const labels = { left: groupOrName(left), right: groupOrName(right) };
  if (left !== undefined && right !== undefined) {
    if (left.id === right.id) Object.assign(labels, labelsOfOne(left, places));
    else if (isAlike(labels)) Object.assign(labels, { left: left.name, right: right.name });
  }
  const apart = isAlike(labels) ? told(labels) : labels;
  return {
    left: named(apart.left, left, NO_CONNECTION.left),
    right: named(apart.right, right, NO_CONNECTION.right),
  };
}

/** What stands on the plate of one connection by itself, as in a list of them. */
export function plateOf(connection: SavedConnection): SideName {
  return { label: groupOrName(connection), isProduction: connection.isProduction };
}

function groupOrName(connection: SavedConnection | undefined): string {
  return connection === undefined ? "" : connection.group.trim() || connection.name;
}

function labelsOfOne(connection: SavedConnection, places: Sides<SidePlace>): Sides<string> {
  const label = (place: SidePlace): string =>
    [place.schema ?? "", place.table ?? ""].filter((part) => part !== "").join(".");
  const labels = { left: label(places.left), right: label(places.right) };
  const both = groupOrName(connection);
  if (labels.left === "" && labels.right === "") return { left: both, right: both };
  return { left: labels.left || both, right: labels.right || both };
}

function isAlike(labels: Sides<string>): boolean {
  return labels.left === labels.right && labels.left !== "";
}

/** Two names for what is named alike: without them no sentence could say which side it means. */
function told(labels: Sides<string>): Sides<string> {
  return { left: `${labels.left} (first)`, right: `${labels.right} (second)` };
}

function named(
  label: string,
  connection: SavedConnection | undefined,
  otherwise: SideName,
): SideName {
  if (connection === undefined) return otherwise;
  return { label: label || connection.name, isProduction: connection.isProduction };
}
