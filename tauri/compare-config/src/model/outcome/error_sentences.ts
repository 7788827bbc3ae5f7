/** Failures as sentences: what happened, what to do, and by which button. PAGE.md, 11. */

import type { OracleSidecarError } from "oracle-sidecar-client";
import { readConnectString, type ReadConnectString } from "../connecting/connect_strings";
import { duration } from "../formats";
import { keysDiffer, keyTypeProblem, NO_KEY } from "../tables/key_choice";
import {
  readDuplicateKey,
  readKeys,
  readKeyType,
  readOrder,
  type KeyPart,
} from "../tables/key_messages";
import type { SideKey, SideName, Sides } from "../types";
import { quote } from "../wording";

/** What is known around a failure. */
export interface ErrorContext {
  /** User names of both sides. */
  users?: Sides<string>;
  /** Connect strings of both sides, as they were typed. */
  connectStrings?: Sides<string>;
  /** Whose the call was, where the error does not say it: reading a dictionary, a test. */
  side?: SideKey;
  /** The conditions that ran; a statement's error is then one of the condition. */
  where?: Sides<string>;
  /** When the client tries again by itself. */
  retryInSeconds?: number;
}

export interface ErrorAction {
  kind: "retry" | "password" | "key" | "restart" | "where" | "connection";
  label: string;
}

export interface ErrorSentence {
  sentence: string;
  /** What to do; "" where nothing helps. */
  what: string;
  /** Where the failure is shown beside its field. */
  field: "where" | "password" | "key" | null;
  /** In the condition: the word that is not understood. */
  word: string | null;
  action: ErrorAction | null;
  /** For "What Oracle said". */
  raw: string;
  /** ORA-01017, or a word of the sidecar's. */
  code: string;
  /** False: the server's own words and its hint. */
  isKnown: boolean;
  /** The connection broke while it was used: nothing is wrong with what was asked. */
  isLost: boolean;
  /** The database wants what this driver lacks, and an Oracle client has. */
  clientMayHelp: boolean;
  /** The same without any value of a database, for what is remembered. */
  summary: string;
}

type Told = Partial<ErrorSentence> & { sentence: string };

/** The status of all that the driver does not have. */
const LACKING = 501;
/** TO_CHAR helps there. */
const TIME_ZONE_REGION = "DPY-3022";
const RETRY: ErrorAction = { kind: "retry", label: "Try again" };
const CHOOSE_KEY: ErrorAction = { kind: "key", label: "Change the key" };

/** names: null for a connection by itself, which is called “The database” then. */
export function errorSentence(
  error: OracleSidecarError,
  names: Sides<SideName> | null,
  context: ErrorContext = {},
): ErrorSentence {
  const at = new Place(error, names, context);
  const told = ofSidecar(error) ?? ofLogin(at) ?? ofNetwork(at) ?? ofStatement(at) ?? ofKey(at);
  const summary = told?.summary ?? told?.sentence.replace(/\.$/, "") ?? `${at.label} failed`;
  return {
    what: "",
    field: null,
    word: null,
    action: null,
    raw: error.rawMessage,
    code: error.fullCode,
    isKnown: told !== null,
    isLost: LOST.has(error.fullCode),
    clientMayHelp: error.status === LACKING && error.fullCode !== TIME_ZONE_REGION,
    ...(told ?? inItsOwnWords(at)),
    summary,
  };
}

/** The side that failed, and what is known of it. */
class Place {
  readonly side: SideKey | undefined;
  readonly label: string;

  constructor(
    readonly error: OracleSidecarError,
    readonly names: Sides<SideName> | null,
    readonly context: ErrorContext,
  ) {
    this.side = error.side ?? context.side;
    const name = this.side === undefined ? undefined : names?.[this.side];
    this.label = name?.label ?? (names === null ? "The database" : "One of the databases");
  }

  /** Within a sentence. */
  get inside(): string {
    return this.label.startsWith("The ") || this.label.startsWith("One ")
      ? this.label.charAt(0).toLowerCase() + this.label.slice(1)
      : this.label;
  }

  get user(): string {
    const user = this.side === undefined ? "" : (this.context.users?.[this.side] ?? "");
    return user.trim();
  }

  get target(): ReadConnectString | null {
    const text = this.side === undefined ? undefined : this.context.connectStrings?.[this.side];
    return text === undefined ? null : readConnectString(text);
  }

  get where(): string {
    return this.side === undefined
      ? `${this.context.where?.left ?? ""}${this.context.where?.right ?? ""}`
      : (this.context.where?.[this.side] ?? "");
  }
}

// The sidecar.

const SIDECAR_GONE = new Set(["SIDECAR_UNREACHABLE", "SIDECAR_NOT_STARTED", "SHUTTING_DOWN"]);

function ofSidecar(error: OracleSidecarError): Told | null {
  if (SIDECAR_GONE.has(error.fullCode)) {
    return {
      sentence: "The sidecar has stopped. Your input is kept.",
      what: "Restart it, then press Compare again.",
      action: { kind: "restart", label: "Restart" },
      summary: "The sidecar had stopped",
    };
  }
  if (error.fullCode.startsWith("SIDECAR_")) {
    return {
      sentence: error.rawMessage,
      what: "Nothing can be read without the sidecar. Your input is kept.",
      action: { kind: "restart", label: "Restart" },
      summary: "The sidecar did not start",
    };
  }
  if (error.fullCode !== "INCOMPLETE_ANSWER") return null;
  return {
    sentence: "The answer of the sidecar broke off before its end. Your input is kept.",
    what: "Nothing of it can be relied on.",
    action: RETRY,
    summary: "The answer broke off",
  };
}

// Logins.

/** ORA-01017, told where the password is typed again, too. */
export function refusedLogin(label: string): { sentence: string; what: string } {
  return {
    sentence: `${label} refused the user name or the password.`,
    what: "Type the password again. Some databases lock the account after a few wrong tries.",
  };
}

function ofLogin(at: Place): Told | null {
  const account = at.user === "" ? "The account" : `The account ${at.user}`;
  switch (at.error.fullCode) {
    case "ORA-01017":
      return {
        ...refusedLogin(at.label),
        field: "password",
        action: { kind: "password", label: "Type the password" },
        summary: `${at.label} refused the login`,
      };
    case "ORA-28000":
      return {
        sentence: `${account} is locked on ${at.inside}.`,
        what: "Ask its administrator.",
        summary: `${account} was locked on ${at.inside}`,
      };
    case "ORA-28001":
    case "ORA-65162": {
      const whose = at.user === "" ? "the account" : at.user;
      return {
        sentence: `The password of ${whose} has expired on ${at.inside}.`,
        what: at.error.hint ?? "",
        summary: `The password of ${whose} had expired on ${at.inside}`,
      };
    }
    default:
      return null;
  }
}

// Ways to the database.

const UNREACHABLE = new Set(["ORA-12541", "ORA-12543", "ORA-12545", "ORA-12170", "DPY-6005"]);
const LOST = new Set(
  `DPY-4011 DPY-1001 ORA-03113 ORA-03114 ORA-03135 ORA-01012 ORA-00028 ORA-12537 ORA-12547`.split(
    " ",
  ),
);
const BUSY = new Set(["DPY-4005", "TOO_MANY_REQUESTS", "TOO_MANY_POOLS"]);
const UNKNOWN_ALIAS = new Set(["ORA-12154", "DPY-4000", "DPY-4026", "DPY-4027"]);

function ofNetwork(at: Place): Told | null {
  const { error } = at;
  if (UNKNOWN_ALIAS.has(error.fullCode)) return unknownAlias(at);
  if (error.fullCode === "ORA-12514") return unknownService(at);
  if (error.fullCode === "ORA-12505") return unknownSid(at);
  if (UNREACHABLE.has(error.fullCode)) return unreachable(at);
  if (LOST.has(error.fullCode)) {
    return {
      sentence: `The connection to ${at.inside} was lost.`,
      what: "Check the VPN and try again.",
      action: RETRY,
    };
  }
  if (error.status === 504) return tookLonger(at);
  if (BUSY.has(error.fullCode)) return busy(at);
  if (error.fullCode === "POOL_TOO_SMALL") {
    return {
      sentence: "Comparing a database with itself needs two sessions.",
      what: error.hint ?? "",
    };
  }
  if (error.status !== LACKING) return null;
  return {
    sentence: `${at.label} needs a feature this driver does not have.`,
    what: error.hint ?? "",
  };
}

function unknownAlias(at: Place): Told {
  const { target } = at;
  const alias = target === null || target.sent === "" ? null : quote(target.sent);
  const isFileMissing = at.error.fullCode === "DPY-4026" || at.error.fullCode === "DPY-4027";
  return {
    sentence: isFileMissing
      ? `There is no tnsnames.ora in which ${alias ?? "the name"} could be looked up.`
      : `${alias ?? "The name"} is not in tnsnames.ora.`,
    what: at.error.hint ?? "",
    action: { kind: "connection", label: "Change the connection" },
    summary: `${at.label}: the name was not in tnsnames.ora`,
  };
}

function unknownService(at: Place): Told {
  const service = at.target?.service;
  const named = service === undefined ? "such service" : `service ${quote(service)}`;
  return {
    sentence: `${at.label} answers, but knows no ${named}.`,
    what: "Check the end of the connect string. The database may still be starting.",
    action: RETRY,
    summary: `${at.label} did not know the service`,
  };
}

function unknownSid(at: Place): Told {
  const sid = at.target?.sid;
  const named = sid === undefined ? "such SID" : `SID ${quote(sid)}`;
  return {
    sentence: `${at.label} answers, but knows no ${named}.`,
    what: at.error.hint ?? "",
    action: { kind: "connection", label: "Change the connection" },
    summary: `${at.label} did not know the SID`,
  };
}

function unreachable(at: Place): Told {
  const target = at.target;
  const host = target?.host?.includes(":") ? `[${target.host}]` : target?.host;
  const place = host === undefined ? "" : ` at ${host}:${target?.port ?? ""}`;
  const isName = at.error.fullCode === "ORA-12545";
  return {
    sentence: `${at.label} cannot be reached${place}.`,
    what: isName ? "The host name is not known. Is the VPN on?" : "Is the VPN on?",
    action: RETRY,
    summary: `${at.label} could not be reached`,
  };
}

function tookLonger(at: Place): Told {
  const seconds = /(?:limit of|within) ([\d.]+) s/.exec(at.error.rawMessage)?.[1];
  const who = at.side === undefined && at.names !== null ? "The comparison" : at.label;
  const limit = seconds === undefined ? "its limit" : duration(Number(seconds) * 1000);
  return {
    sentence: `${who} took longer than ${limit}.`,
    what: "Narrow the rows with WHERE, or try again when there is less to do.",
    action: RETRY,
  };
}

function busy({ context, error }: Place): Told {
  const seconds = context.retryInSeconds;
  return {
    sentence:
      seconds === undefined
        ? "All sessions are busy."
        : `All sessions are busy. It goes on by itself in ${seconds} s.`,
    what: seconds === undefined ? (error.hint ?? "") : "",
    action: seconds === undefined ? RETRY : null,
    summary: "All sessions were busy",
  };
}

// Statements.

const PRIVILEGES = new Set(["ORA-00942", "ORA-01031", "ORA-41900"]);

function ofStatement(at: Place): Told | null {
  const { fullCode } = at.error;
  if (PRIVILEGES.has(fullCode)) {
    const user = at.user === "" ? "the account" : at.user;
    return {
      sentence: `${at.label}: no such table, or ${user} may not read it.`,
      summary: `${at.label} had no such table, or it may not be read`,
    };
  }
  // 009xx, and what stands for two of them since 23ai; 01756 and 01740: a quote is open.
  if (!/^ORA-(?:009\d\d|03048|03049|01740|01756)$/.test(fullCode)) return null;
  const isWhere = at.where !== "";
  const what = isWhere ? "the WHERE condition" : "the statement";
  const word = /(?:"([^".]+)"|([\w$#]+)): invalid identifier/.exec(at.error.rawMessage);
  const name = word?.[1] ?? word?.[2] ?? null;
  const reason = name === null ? reasonOf(at.error) : `${quote(name)} is no column`;
  return {
    sentence: `${at.label} does not understand ${what}: ${reason}.`,
    field: isWhere ? "where" : null,
    word: name,
    action: isWhere ? { kind: "where", label: "Change WHERE" } : null,
    summary: `${at.label} did not understand ${what}`,
  };
}

/** The hint as a part of a sentence, without its dot. */
function reasonOf({ hint, rawMessage }: OracleSidecarError): string {
  const text = (hint ?? rawMessage.replace(/^(?:.*?: )?ORA-\d+: /, "")).replace(/\.$/, "");
  return text.charAt(0).toLowerCase() + text.slice(1);
}

// Keys.

function ofKey(at: Place): Told | null {
  const { error, names } = at;
  const label = (side: SideKey): SideName =>
    names?.[side] ?? { label: side === "left" ? "the first" : "the second", isProduction: false };
  const sides = { left: label("left"), right: label("right") };
  switch (error.fullCode) {
    case "NO_KEY":
      return { sentence: noKey(error, sides), ...KEY, summary: "No key" };
    case "KEY_TYPE":
      return keyType(error, sides);
    case "DUPLICATE_KEY":
      return duplicateKey(at);
    case "NOT_ORDERED":
      return notOrdered(at);
    default:
      return null;
  }
}

const KEY = { field: "key", action: CHOOSE_KEY } as const;

function noKey(error: OracleSidecarError, names: Sides<SideName>): string {
  const keys = readKeys(error.rawMessage);
  if (keys === null || (keys.left.length === 0 && keys.right.length === 0)) return NO_KEY;
  return keysDiffer(keys, names);
}

function keyType(error: OracleSidecarError, names: Sides<SideName>): Told | null {
  const read = readKeyType(error.rawMessage);
  const sentence = read === null ? null : keyTypeProblem(read.column, read, names);
  return read === null || sentence === null
    ? null
    : { sentence, ...KEY, summary: `${read.column} cannot be in the key` };
}

function duplicateKey(at: Place): Told {
  const read = readDuplicateKey(at.error.rawMessage);
  const parts = read?.key.map((part, place) => `${read.columns[place] ?? ""} ${partWords(part)}`);
  const key = parts === undefined ? "" : `: ${parts.join(", ")}`;
  return {
    sentence: `${at.label} has two rows with the same key${key}.`,
    what: "Add a column to the key, or compare whole rows.",
    ...KEY,
    summary: `${at.label} has two rows with the same key`,
  };
}

function notOrdered(at: Place): Told {
  const read = readOrder(at.error.rawMessage);
  const how =
    read === null
      ? "the rows otherwise than by their key"
      : `${partWords(read.earlier)} before ${partWords(read.later)}`;
  return {
    sentence: `${at.label} sorts ${how}, so the rows cannot be paired safely.`,
    what: at.error.hint ?? "",
    ...KEY,
    summary: `${at.label} does not sort by the key`,
  };
}

function partWords({ text, isText }: KeyPart): string {
  return isText ? quote(text) : text;
}

/** Everything else: the server's sentence and its hint. */
function inItsOwnWords(at: Place): Told {
  const { error } = at;
  const named = at.side === undefined ? undefined : at.names?.[at.side]?.label;
  const isNamed = named === undefined || error.rawMessage.startsWith(`${named}: `);
  const said = isNamed ? error.rawMessage : `${named}: ${error.rawMessage}`;
  const first = named === undefined ? said.charAt(0).toUpperCase() : said.charAt(0);
  return {
    sentence: `${first}${said.slice(1)}${/[.!?]$/.test(said) ? "" : "."}`,
    what: error.hint ?? "",
    action: error.retryable ? RETRY : null,
  };
}
