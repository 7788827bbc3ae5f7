/** What a run of many tables is made of, and what it sends and says of one of them. */

import type { Connection, OracleSidecarError } from "oracle-sidecar-client";

import { compareColumns, pinnedColumns } from "../../model/tables/columns";
import { sameTarget, wireConnection } from "../../model/connecting/connections";
import { errorSentence, type ErrorSentence } from "../../model/outcome/error_sentences";
import { keyState } from "../../model/tables/key_choice";
import type { TablesToCompare } from "../../model/outcome/many";
import { compareRequest } from "../../model/asking/requests";
import { tableSetup } from "../../model/asking/setups";
import type {
  ManySetup,
  SavedConnection,
  Setup,
  SideKey,
  SideName,
  Sides,
  TableShape,
} from "../../model/types";
import type { RunInput } from "../comparison.svelte";
import { choiceOf } from "./choices";
import { remembered } from "../remembered.svelte";
import { secrets } from "../secrets.svelte";

export interface ManyInput {
  /** With the choices of its tables. */
  setup: ManySetup;
  title: string;
  names: Sides<SideName>;
  /** As they stand beside the plates: by name where the setup has "" for the user's own. */
  schemas: Sides<string>;
  connections: Sides<SavedConnection>;
  tables: TablesToCompare;
  /** Names and patterns that no table of either side fits. */
  unmatched: string[];
}

/** Both sides are sessions of one pool of the sidecar's. */
export function isOneConnection({ connections: { left, right } }: ManyInput): boolean {
  return sameTarget(left, right);
}

/** With the passwords as they are typed now. */
export function wireOf({ connections, names }: ManyInput): Sides<Connection> {
  const of = (side: SideKey): Connection => {
    const connection = connections[side];
    return wireConnection(connection, secrets.of(connection.id), names[side].label);
  };
  return { left: of("left"), right: of("right") };
}

/** One table of the run as a comparison. setup: with the choices that were made since. */
export function comparisonOf(
  input: ManyInput,
  setup: ManySetup,
  table: string,
  shapes: Sides<TableShape | null>,
  mostKept: number,
): RunInput {
  const { names, schemas } = input;
  const perTable = { [table]: choiceOf(setup, table) };
  const single = tableSetup({ ...setup, perTable }, table);
  const key = keyState(shapes, single.key, names, single).columns;
  const pins = pinnedColumns(shapes, compareColumns(shapes, key, single, names));
  const request = compareRequest(single, wireOf(input), { shapes, mostKept, pins });
  const shown = { title: table, names, schemas, ...targetsOf(input), last: lastOf(single) };
  return { setup: single, request, mostKept, pins, ...shown };
}

/** table: whose condition ran; null where it was no table's. */
export function sentenceOf(
  input: ManyInput,
  setup: ManySetup,
  error: OracleSidecarError,
  table: string | null,
  side = error.side,
): ErrorSentence {
  const { users, targets } = targetsOf(input);
  const where = table === null ? "" : choiceOf(setup, table).where;
  return errorSentence(error, input.names, {
    users,
    connectStrings: targets,
    where: { left: where, right: where },
    ...(side === undefined ? {} : { side }),
  });
}

function targetsOf({ connections: { left, right } }: ManyInput): {
  users: Sides<string>;
  targets: Sides<string>;
} {
  return {
    users: { left: left.username, right: right.username },
    targets: { left: left.connectString, right: right.connectString },
  };
}

function lastOf(setup: Setup): RunInput["last"] {
  const past = remembered.lastRun({ kind: "one", setup });
  return past?.rows ? { rows: past.rows, at: past.at } : null;
}
