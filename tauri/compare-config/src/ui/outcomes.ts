import type { Outcome, SideName, Sides } from "../model/types";
import type { IconName } from "./icons";

/** What a line of the differences is. */
export type RowKind = "changed" | "left_only" | "right_only";

interface Look {
  /** The class of the square: see .k in app.css. */
  tone: "chg" | "lo" | "ro" | "ok" | "err" | "part" | "wait" | "run";
  icon: IconName;
  word: string | ((names: Sides<SideName>) => string);
}

const onlyIn = (side: keyof Sides<SideName>) => (names: Sides<SideName>) =>
  `Only in ${names[side].label}`;

const FIRST: Look = { tone: "lo", icon: "first", word: onlyIn("left") };
const SECOND: Look = { tone: "ro", icon: "second", word: onlyIn("right") };

const LOOKS: Record<Outcome | RowKind, Look> = {
  same: { tone: "ok", icon: "check", word: "Same" },
  same_left_out: { tone: "ok", icon: "equal", word: "Same, with columns left out" },
  differs: { tone: "chg", icon: "differs", word: "Differs" },
  not_fully: { tone: "part", icon: "partial", word: "Not fully" },
  zero_rows: { tone: "part", icon: "zero", word: "0 rows" },
  no_key: { tone: "err", icon: "key", word: "No key" },
  failed: { tone: "err", icon: "alert", word: "Failed" },
  cancelled: { tone: "part", icon: "stop", word: "Cancelled" },
  only_first: FIRST,
  only_second: SECOND,
  running: { tone: "run", icon: "spinner", word: "Comparing" },
  waiting: { tone: "wait", icon: "clock", word: "Waiting" },
  changed: { tone: "chg", icon: "differs", word: "Changed" },
  left_only: FIRST,
  right_only: SECOND,
};

export function toneOf(outcome: Outcome | RowKind): Look["tone"] {
  return LOOKS[outcome].tone;
}

export function iconOf(outcome: Outcome | RowKind): IconName {
  return LOOKS[outcome].icon;
}

/** "Differs", "Only in DEV": what stands beside the icon. */
export function wordOf(outcome: Outcome | RowKind, names: Sides<SideName>): string {
  const { word } = LOOKS[outcome];
  return typeof word === "string" ? word : word(names);
}
