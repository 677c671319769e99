// What contributions say, in a sentence: made by a template, as in the terminal (render/why_blocks.py).

import { t, tn } from "./words.js";

const NAMED = 3; // words of a sentence
const TURNING = 5; // words named of those that turn an answer
const WEAK = 0.1; // of the strongest word: a weaker one is not named

/** The words that speak for a label or piece of an answer, and those against it. words: as they stand in a sentence. */
export function sentenceOf(label, changes, words) {
  const strongest = Math.max(0, ...changes.map(Math.abs));
  const ranked = changes.map((_, i) => i).sort((a, b) => Math.abs(changes[b]) - Math.abs(changes[a]));
  const named = ranked.filter((i) => strongest > 0 && Math.abs(changes[i]) >= WEAK * strongest).slice(0, NAMED);
  const list = (some) => some.map((i) => words[i]).join(", ");
  const speaking = list(named.filter((i) => changes[i] > 0));
  const others = list(named.filter((i) => changes[i] < 0));
  if (speaking && others) return t("{words} for {label}; {others} against it", { words: speaking, label, others });
  if (speaking) return t("{words} for {label}", { words: speaking, label });
  if (others) return t("{words} against {label}", { words: others, label });
  return t("no word makes a difference");
}

/** Which single words turn the answer where they are left out. words: these, as they stand in a sentence. */
export function turningSentence(words) {
  if (words.length === 0) return t("No single word turns the answer when it is left out.");
  const named = words.slice(0, TURNING).join(", ");
  const more = words.length - TURNING;
  if (more > 0) return t("Each of these words turns the answer when it alone is left out: {words} and {n} more.", { words: named, n: more });
  return tn("One word turns the answer when it is left out: {words}.", "Each of these words turns the answer when it alone is left out: {words}.", words.length, { words: named });
}
