/**
 * A connect string as it is typed: what it names, what of it is sent, and whether a password stands
 * in it. The sidecar and the driver behind it decide in the end; this says the same beforehand.
 */

import { listOf, quote } from "../wording";

export type ConnectStringKind =
  | "empty"
  | "host"
  | "sid"
  | "descriptor"
  | "alias"
  | "unbalanced"
  | "password"
  /** None of these: sent as it is, so that the database's driver says what is wrong with it. */
  | "other";

export interface ReadConnectString {
  kind: ConnectStringKind;
  /** What stands under the field. */
  sentence: string;
  /** What goes into the request; "" where it cannot be sent: empty, unbalanced, password. */
  sent: string;
  /** Of the first address. */
  host?: string;
  port?: number;
  service?: string;
  sid?: string;
  /** The parts, each for its own field; absent where they cannot be told apart. */
  fixed?: { connectString: string; username: string; password: string };
}

const EMPTY = "host:port/service, a full (DESCRIPTION=…), or a name from tnsnames.ora.";
const PASSWORD =
  "A password stands in the connect string. Put it into its own field, or it would be saved.";
const USER = "A user stands in the connect string. Put it into its own field.";
const DEFAULT_PORT = 1521;

export function readConnectString(text: string): ReadConnectString {
  const typed = text.trim();
  if (typed === "") return { kind: "empty", sentence: EMPTY, sent: "" };
  const { prefix, rest } = splitJdbc(typed);
  if (holdsCredentials(rest)) return credentialsIn(rest);
  const read = readPlain(rest);
  if (prefix === "" || read.sent === "") return read;
  return { ...read, sentence: `${read.sentence} The part ${prefix} is skipped.` };
}

/** What must not be remembered: user and password in front of @, a PASSWORD, user:pw@proxy. */
export function holdsPassword(text: string): boolean {
  return holdsCredentials(splitJdbc(text.trim()).rest);
}

/** `jdbc:oracle:thin:@//host`, whose @ is dropped, and `jdbc:oracle:thin:user/pw@host`. */
function splitJdbc(text: string): { prefix: string; rest: string } {
  const found = /^jdbc:oracle:(?:thin|oci8?):/i.exec(text);
  if (found === null) return { prefix: "", rest: text };
  const rest = text.slice(found[0].length);
  return { prefix: found[0], rest: (rest.startsWith("@") ? rest.slice(1) : rest).trim() };
}

function readPlain(text: string): ReadConnectString {
  if (text === "") return { kind: "empty", sentence: EMPTY, sent: "" };
  const open = openBrackets(text);
  if (open !== 0) return { kind: "unbalanced", sentence: bracketSentence(open), sent: "" };
  if (text.startsWith("(")) return readDescriptor(text);
  return readSid(text) ?? readEasyConnect(text) ?? readAlias(text) ?? readOther(text);
}

/** Like the sidecar, which counts both; a text that closes first is taken for one too many. */
function openBrackets(text: string): number {
  let depth = 0;
  for (const character of text) {
    if (character === "(") depth += 1;
    else if (character === ")") depth -= 1;
    if (depth < 0) return depth;
  }
  return depth;
}

function bracketSentence(open: number): string {
  if (open < 0) return "One bracket is closed but was never opened.";
  return open === 1 ? "One bracket is not closed." : `${open} brackets are not closed.`;
}

/** `HOST`, `PORT`, ... of a descriptor, in the order in which they stand there. */
function valuesOf(descriptor: string, name: string): string[] {
  const pattern = new RegExp(`\\(\\s*${name}\\s*=\\s*("[^"]*"|[^()"]*?)\\s*\\)`, "gi");
  return [...descriptor.matchAll(pattern)].map((found) => (found[1] ?? "").replaceAll('"', ""));
}

function readDescriptor(text: string): ReadConnectString {
  const hosts = valuesOf(text, "host");
  const ports = valuesOf(text, "port").map(Number);
  const addresses = hosts.map((host, at) => ({ host, port: ports[at] ?? DEFAULT_PORT }));
  const service = valuesOf(text, "service_name")[0];
  const sid = valuesOf(text, "sid")[0];
  const first = addresses[0];
  if (first === undefined) {
    const sentence = "A full descriptor. It names no host.";
    return { kind: "descriptor", sentence, sent: text };
  }
  const target = [addressWords(addresses)];
  if (service !== undefined) target.push(`service ${service}`);
  else if (sid !== undefined) target.push(`SID ${sid}`);
  return {
    kind: "descriptor",
    sentence: `A full descriptor. ${target.join(", ")}.`,
    sent: text,
    ...first,
    ...(service === undefined ? {} : { service }),
    ...(service !== undefined || sid === undefined ? {} : { sid }),
  };
}

interface Address {
  host: string;
  port: number;
}

/** "Host db-prod, port 1521", or "Hosts db1 and db2, port 1521", or with a port for each. */
function addressWords(addresses: readonly Address[]): string {
  const hosts = addresses.map((address) => address.host);
  const ports = new Set(addresses.map((address) => address.port));
  const word = addresses.length === 1 ? "Host" : "Hosts";
  if (ports.size === 1) return `${word} ${listOf(hosts)}, port ${[...ports][0]}`;
  return `${word} ${listOf(addresses.map(({ host, port }) => `${host}:${port}`))}`;
}

function readSid(text: string): ReadConnectString | null {
  const found = /^(?:\/\/)?(\[[\da-f:.%\w]+\]|[\w.-]+):(\d{1,5}):([\w$#.-]+)$/i.exec(text);
  if (found === null) return null;
  const [, written = "", port = "", sid = ""] = found;
  const host = withoutSquareBrackets(written);
  const address = `(ADDRESS=(PROTOCOL=tcp)(HOST=${host})(PORT=${port}))`;
  return {
    kind: "sid",
    sentence: "Old form with a SID. It is sent as a full descriptor.",
    sent: `(DESCRIPTION=${address}(CONNECT_DATA=(SID=${sid})))`,
    host,
    port: Number(port),
    sid,
  };
}

function withoutSquareBrackets(host: string): string {
  return host.startsWith("[") ? host.slice(1, -1) : host;
}

/** `[tcps:]//host[,host][:port]/service[:server][/instance][?name=value&...]`, Easy Connect Plus */
const EASY_CONNECT = new RegExp(
  String.raw`^(?:(?:(tcps?):)?\/\/)?([^/?()\s@]+)` +
    String.raw`\/([^/?():\s@]*)(?::([a-z]+))?(?:\/([^/?()\s@]+))?(?:\?(.*))?$`,
  "is",
);

function readEasyConnect(text: string): ReadConnectString | null {
  const found = EASY_CONNECT.exec(text);
  const addresses = found === null ? null : readAddresses(found[2] ?? "");
  const first = addresses?.[0];
  if (found === null || addresses === null || first === undefined) return null;
  const [, protocol = "", , service = "", server, instance, options] = found;
  const target = [addressWords(addresses)];
  if (service !== "") target.push(`service ${service}`);
  if (server !== undefined) target.push(server.toLowerCase());
  if (instance !== undefined) target.push(`instance ${instance}`);
  if (protocol.toLowerCase() === "tcps") target.push("with TLS");
  const named = options === undefined ? [] : options.split("&").map((each) => each.split("=")[0]);
  if (named.length > 0) target.push(`with ${listOf(named.map((name) => (name ?? "").trim()))}`);
  const missing = service === "" && instance === undefined ? " No service is named yet." : "";
  return {
    kind: "host",
    sentence: `${target.join(", ")}.${missing}`,
    sent: text,
    ...first,
    ...(service === "" ? {} : { service }),
  };
}

/** A port counts for the hosts in front of it that have none; 1521 where no one has. */
function readAddresses(text: string): Address[] | null {
  const addresses: (Omit<Address, "port"> & { port: number | null })[] = [];
  for (const part of text.split(/[,;]/)) {
    const found = /^(\[[\da-f:.]+(?:%[\w.-]+)?\]|[\w.-]+)(?::(\d{0,5}))?$/iu.exec(part.trim());
    if (found === null) return null;
    const port = found[2] === undefined || found[2] === "" ? null : Number(found[2]);
    addresses.push({ host: withoutSquareBrackets(found[1] ?? ""), port });
  }
  let port = DEFAULT_PORT;
  for (const address of [...addresses].reverse()) {
    if (address.port === null) address.port = port;
    else port = address.port;
  }
  return addresses.map((address) => ({ host: address.host, port: address.port ?? port }));
}

function readAlias(text: string): ReadConnectString | null {
  const found = /^([\p{L}_][\p{L}\d_.$#-]*)(?:\?TNS_ADMIN=([^&]*))?$/iu.exec(text);
  if (found === null) return null;
  const [, alias = "", folder] = found;
  const sentence = `${quote(alias)} is looked up in tnsnames.ora when you test.`;
  if (folder === undefined) return { kind: "alias", sentence, sent: alias };
  const move = `TNS_ADMIN is skipped: put ${quote(folder)} into the tnsnames folder below.`;
  return { kind: "alias", sentence: `${sentence} ${move}`, sent: alias };
}

function readOther(text: string): ReadConnectString {
  const place = /^(?:(?:tcps?:)?\/\/)?[\w.-]+:\d{0,5}:?$/i.test(text);
  if (place) return { kind: "other", sentence: "Not whole yet: host:port/service.", sent: text };
  if (/^ldaps?:/i.test(text)) {
    const sentence = "Names in a directory cannot be looked up. Type host:port/service.";
    return { kind: "other", sentence, sent: text };
  }
  return {
    kind: "other",
    sentence: "Not a form that is known: host:port/service. It is sent as it is.",
    sent: text,
  };
}

// A folder and a certificate's subject may have an @ in them; anywhere else it ends credentials.
const MAY_HOLD_AN_AT = ["wallet_location", "my_wallet_directory", "ssl_server_cert_dn"];

/** What the sidecar refuses as credentials (connect_strings/written.py). */
function holdsCredentials(text: string): boolean {
  const parts = text.startsWith("(") ? partsOfDescriptor(text) : partsOfEasyConnect(text);
  return parts.some(
    ({ name, value }) =>
      name.includes("password") || (value.includes("@") && !MAY_HOLD_AN_AT.includes(name)),
  );
}

interface Part {
  /** In lower case; "" where the value has none. */
  name: string;
  value: string;
}

function partsOfDescriptor(text: string): Part[] {
  const parts: Part[] = [];
  let name = "";
  const pieces = /\(\s*([\w.]+)\s*=\s*|[\s)]+|"[^"]*"\s*|[^()"\s][^()"]*|[^]/g;
  for (const piece of text.matchAll(pieces)) {
    if (piece[1] !== undefined) {
      name = piece[1].toLowerCase();
      parts.push({ name: "", value: name });
    } else if (/[^\s)]/.test(piece[0])) {
      parts.push({ name, value: piece[0] });
      name = "";
    }
  }
  return parts;
}

function partsOfEasyConnect(text: string): Part[] {
  const [address = "", ...options] = text.split("?");
  const parts: Part[] = [{ name: "", value: address }];
  if (options.length === 0) return parts;
  for (const option of options.join("?").split("&")) {
    const [name = "", ...value] = option.split("=");
    if (value.length === 0) parts.push({ name: "", value: name });
    else parts.push({ name: name.trim().toLowerCase(), value: value.join("=") });
    if (name.includes("@")) parts.push({ name: "", value: name });
  }
  return parts;
}

function credentialsIn(text: string): ReadConnectString {
  const fixed = movedFromFront(text) ?? movedFromDescriptor(text) ?? movedFromOptions(text);
  const sentence = fixed !== null && fixed.password === "" ? USER : PASSWORD;
  return { kind: "password", sentence, sent: "", ...(fixed === null ? {} : { fixed }) };
}

type Fixed = NonNullable<ReadConnectString["fixed"]>;

/**
 * `user/password@rest`. A password may hold an @, and so may what stands behind it, in an option:
 * the @ is the last one behind which something stands that reads as an address.
 */
function movedFromFront(text: string): Fixed | null {
  const places = [...text.matchAll(/@/g)].map((found) => found.index).reverse();
  const address = places.find((at) => namesAnAddress(text.slice(at + 1).trim()));
  // Behind a ? it may be the @ of an option.
  const at = address ?? (/^[^@]*\?/.test(text) ? undefined : places[0]);
  if (at === undefined || text.startsWith("(")) return null;
  const connectString = text.slice(at + 1).trim();
  if (holdsCredentials(connectString)) return null;
  const found = /^("[^"]*"|[^/]*)(?:\/([^]*))?$/.exec(text.slice(0, at).trim());
  return { connectString, username: found?.[1] ?? "", password: found?.[2] ?? "" };
}

function namesAnAddress(text: string): boolean {
  if (holdsCredentials(text)) return false;
  return ["host", "sid", "descriptor"].includes(readPlain(text).kind);
}

function movedFromDescriptor(text: string): Fixed | null {
  if (!text.startsWith("(")) return null;
  const connectString = text.replace(/\(\s*(?:password|user)\s*=\s*("[^"]*"|[^()]*)\)/gi, "");
  return moved(text, connectString, valuesOf(text, "user")[0], valuesOf(text, "password")[0]);
}

function movedFromOptions(text: string): Fixed | null {
  const [address = "", ...options] = text.split("?");
  const named = new Map<string, string>();
  const kept: string[] = [];
  for (const option of options.join("?").split("&")) {
    const [name = "", ...value] = option.split("=");
    if (/^\s*(?:password|user)\s*$/i.test(name)) {
      named.set(name.trim().toLowerCase(), value.join("="));
    } else {
      kept.push(option);
    }
  }
  const connectString = kept.length === 0 ? address : `${address}?${kept.join("&")}`;
  return moved(text, connectString, named.get("user"), named.get("password"));
}

/** Null where something that may be a secret would stay in the connect string. */
function moved(
  text: string,
  connectString: string,
  username: string | undefined,
  password: string | undefined,
): Fixed | null {
  if (connectString === text || password === undefined || holdsCredentials(connectString)) {
    return null;
  }
  return { connectString, username: username ?? "", password };
}
