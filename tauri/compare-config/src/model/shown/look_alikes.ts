/** Two texts that differ and may look the same. */

import { codeOf, characterCount } from "./pieces";
import { commonStart } from "./stretches";

/**
 * Letters that most fonts draw alike. What Unicode itself has as a form of another (full width,
 * ligatures, accents apart) is not here: NFKD brings it to one form.
 */
const ALIKE = [
  ..."AАΑᎪ BВΒᏴ CСϹᏟ EЕΕᎬ FϜ GᏀԌ HНΗᎻ JЈᎫ KКΚᏦ LᏞ MМΜᎷ NΝ PРΡᏢ QԚ SЅᏚ TТΤᎢ VѴᏙ".split(" "),
  ..."WԜᎳ XХΧ YУΥҮ ZΖᏃ aаɑα cсϲ dԁ eеҽ gɡ hһ iі jј kκк nո oоοօ OОΟՕ0 pрρ qԛ sѕ uսυ".split(" "),
  ..."vνѵ wԝ xхχ× yуγү zᴢ I1lІΙӀ|ǀ∣│ ÐĐƉ ßβ μµ".split(" "),
  ..."-‐‑‒–—―−﹣ー一 '’‘ʼʹ′`´‛ \"“”„″‟ ·•∙‧・⋅ :׃∶꞉ /⁄∕ ~∼˜ *∗⁎ <‹ >› .․ ,‚".split(" "),
  ..."カ力 ロ口囗 ニ二 ハ八 ト卜 エ工 タ夕 へヘ".split(" "),
];

const FIRST_OF = new Map(
  ALIKE.flatMap((group) => {
    const [first = "", ...others] = group;
    return others.map((letter) => [letter, first] as const);
  }),
);

function skeleton(text: string): string {
  let made = "";
  for (const letter of text.normalize("NFKD")) made += FIRST_OF.get(letter) ?? letter;
  return made;
}

const SCRIPTS = ["Latin", "Cyrillic", "Greek", "Armenian", "Cherokee", "Han", "Hiragana"].map(
  (script) => new RegExp(`^\\p{Script=${script}}$`, "u"),
);
const LETTER = /^\p{L}$/u;

/**
 * "They differ in U+0430 and U+0061 at place 7.", where two values look alike; null, where their
 * difference is seen. A place is counted in characters, from 1.
 *
 * @param pictures how the two are drawn
 */
export function lookAlikeNote(
  left: string,
  right: string,
  pictures: { left: string; right: string },
): string | null {
  const at = placeOfDifference(left, right);
  const [a, b] = [left.codePointAt(at), right.codePointAt(at)];
  if (isPlain(a) && isPlain(b)) return null;
  if (!looksAlike(pictures.left, pictures.right) && !isHardToTell(left, right, at)) return null;
  const place = characterCount(left.slice(0, at)) + 1;
  if (a !== undefined && b !== undefined) {
    return `They differ in ${codeOf(a)} and ${codeOf(b)} at place ${place}.`;
  }
  return `They differ in ${codeOf(a ?? b ?? 0)} at place ${place}, which one side has alone.`;
}

/** Letters that are like no others of ASCII, the pictures of blanks and controls among them. */
function isPlain(codePoint: number | undefined): boolean {
  if (codePoint === undefined || codePoint < 0x21 || codePoint > 0x7e) return false;
  return !ALIKE_IN_ASCII.includes(String.fromCodePoint(codePoint));
}

const ALIKE_IN_ASCII = "O0I1l|-";

function placeOfDifference(left: string, right: string): number {
  const at = commonStart(left, right);
  const isInPair = /^[\udc00-\udfff]/.test(left.slice(at, at + 1) || right.slice(at, at + 1));
  return isInPair && /[\ud800-\udbff]$/.test(left.slice(0, at)) ? at - 1 : at;
}

function looksAlike(left: string, right: string): boolean {
  const at = commonStart(left, right);
  const [a, b] = [left.slice(at), right.slice(at)].map((rest) => firstOf(rest));
  // Most differences are seen at their first character: no need to look at all of them.
  const mayBe = a !== undefined && b !== undefined && (a.startsWith(b) || b.startsWith(a));
  return mayBe && skeleton(left) === skeleton(right);
}

function firstOf(text: string): string {
  return skeleton(String.fromCodePoint(text.codePointAt(0) ?? 0));
}

/** One character against one that no table knows to look alike, though it may. */
function isHardToTell(left: string, right: string, at: number): boolean {
  const [a, b] = [left, right].map((text) => String.fromCodePoint(text.codePointAt(at) ?? 0));
  if (a === undefined || b === undefined) return false;
  const isOnly = left.slice(at + a.length) === right.slice(at + b.length);
  if (!isOnly) return false;
  if (a.length > 1 && b.length > 1) return true;
  return LETTER.test(a) && LETTER.test(b) && scriptOf(a) !== scriptOf(b);
}

function scriptOf(letter: string): number {
  return SCRIPTS.findIndex((script) => script.test(letter));
}
