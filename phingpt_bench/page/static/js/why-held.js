// The explained rows, and what leaving out a word does to each system's answer.

import { held } from "./held.js";
import { unpacked } from "./packed.js";
import { t } from "./words.js";

/** {ids, gold, answers, wrong, texts} of all rows. */
export function index() {
  return unpacked("index");
}

/** Row i in full: {words, sides, spans, rules}. */
export async function rowOf(i) {
  return (await unpacked(`rows-${Math.floor(i / held.chunk)}`))[i % held.chunk];
}

/** "fixed", "broken" ... of two systems; of one "right" or "wrong". */
export function fate(wrong) {
  const [before, after] = [wrong[0], wrong[wrong.length - 1]];
  return before ? (after ? "wrong" : "fixed") : after ? "broken" : "right";
}

/** The words of a text as strings; of a text that the page does not hold, their numbers. */
export function wordsOf(text, places) {
  if (text === null) return places.map((_, i) => String(i + 1));
  const letters = [...text]; // offsets count characters, not the halves that JavaScript counts
  return places.map(([start, end]) => letters.slice(start, end).join(""));
}

/** A word in a sentence: 'fell', or word 3. */
export function quoted(word) {
  return held.with_text ? `'${word}'` : t("word {n}", { n: word });
}

/** The place of the highest value. */
export function best(values) {
  return values.indexOf(Math.max(...values));
}

/** How likely each label is to a system, as shares of all labels. scores: their log-likelihoods. */
export function shares(scores) {
  const top = Math.max(...scores);
  const odds = scores.map((score) => Math.exp(score - top));
  const sum = odds.reduce((total, one) => total + one, 0);
  return odds.map((one) => one / sum);
}

/** The places of the words without any one of which a side has another answer. */
export function turning(side) {
  return side.scores.slice(1).flatMap((scores, i) => (best(scores) === best(side.scores[0]) ? [] : [i]));
}

/** The labels that a row is explained by: [label, other]. */
export function axisOf(row) {
  const { name, against } = row.sides[0].targets[0];
  return [held.labels.indexOf(name), held.labels.indexOf(against)];
}

/**
 * What is explained of a side, {value, changes}: by word, how much lower the value is without it. axis: two labels; null
 * for a written answer, of which a piece is explained.
 */
export function targetOf(side, axis, piece) {
  if (!axis) return side.targets[piece] ?? null;
  const odds = side.scores.map((scores) => scores[axis[0]] - scores[axis[1]]);
  return { value: odds[0], changes: odds.slice(1).map((one) => odds[0] - one) };
}
