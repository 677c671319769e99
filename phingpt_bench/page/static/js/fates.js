// What became of each row from one run to the other, and how sure an answer was.

import { t } from "./words.js";

const OF_ANSWERS = ["fixed", "broken", "wrong", "right"];
const OF_NUMBERS = ["better", "worse", "equal"];
const SIGNS = { fixed: "▲", broken: "▼", wrong: "✕", right: "✓", better: "▲", worse: "▼", equal: "=" };
const PARTS = 10000;

/** The fates that a row can have: right or wrong where there is a right answer, nearer or farther where it is a number. */
export function fatesOf(data) {
  return data.kind === "scores" ? OF_NUMBERS : OF_ANSWERS;
}

export function fateName(fate) {
  return {
    fixed: t("fixed"), broken: t("broken"), wrong: t("still wrong"), right: t("both right"),
    better: t("nearer"), worse: t("farther"), equal: t("as far"),
  }[fate];
}

export function fateSign(fate) {
  return SIGNS[fate];
}

/** One of `fatesOf` for row i. */
export function fateOf(data, i) {
  if (data.kind === "scores") {
    const [before, after] = [errorOf(data, data.a, i), errorOf(data, data.b, i)];
    return after < before ? "better" : after > before ? "worse" : "equal";
  }
  const [before, after] = [isRight(data, data.a, i), isRight(data, data.b, i)];
  return before ? (after ? "right" : "broken") : after ? "fixed" : "wrong";
}

/** Whether a run's answer to row i is right: the gold label; for entities exactly the gold ones, nothing else. */
export function isRight(data, run, i) {
  if (data.kind !== "spans") return run.pred[i] === data.gold[i];
  return run.counts[i].every(([hits, predicted, gold]) => hits === predicted && hits === gold);
}

/** How far an answer is off; an unreadable one as far as the scale from -1 to 1 allows. */
export function errorOf(data, run, i) {
  const gold = data.gold[i];
  return run.pred[i] === null ? 1 + Math.abs(gold) : Math.abs(run.pred[i] - gold);
}

/** The label probabilities of row i, as fractions, or null. */
export function probabilitiesOf(run, i) {
  return run.probs?.[i]?.map((parts) => parts / PARTS) ?? null;
}

/** The probability of the chosen label minus that of the best other one; null where there are no probabilities. */
export function marginOf(run, i) {
  const probabilities = probabilitiesOf(run, i);
  const chosen = run.pred?.[i] ?? -1;
  if (!probabilities || chosen < 0 || probabilities.length < 2) return null;
  return probabilities[chosen] - Math.max(...probabilities.filter((_, label) => label !== chosen));
}

/** An answer in few words: a label, a number, or how many entities were right. */
export function answerText(data, run, i) {
  if (data.kind === "labels") return labelText(data, run.pred[i]);
  if (data.kind === "scores") return run.pred[i] === null ? t("unreadable") : run.pred[i].toFixed(2);
  const [hits, predicted, gold] = entityCounts(run, i);
  return t("{hits} of {gold} right, {predicted} given", { hits, gold, predicted });
}

/** The same for a line of a list: entities as "2/3 +1", right ones of those that are there, and those that are not. */
export function shortAnswer(data, run, i) {
  if (data.kind !== "spans") return answerText(data, run, i);
  const [hits, predicted, gold] = entityCounts(run, i);
  return `${hits}/${gold}${predicted > hits ? ` +${predicted - hits}` : ""}`;
}

/** [right, given, gold] entities of row i, of all types. */
function entityCounts(run, i) {
  return [0, 1, 2].map((which) => run.counts[i].reduce((sum, triple) => sum + triple[which], 0));
}

/** What is right for row i, in few words. */
export function goldText(data, i) {
  if (data.kind === "labels") return labelText(data, data.gold[i]);
  if (data.kind === "scores") return data.gold[i].toFixed(2);
  const found = data.gold[i].map((count, type) => count && `${count} ${data.labels[type]}`).filter(Boolean);
  return found.join(", ") || t("no entity");
}

/** A label by its place; -1 is an answer without a readable label. */
export function labelText(data, place) {
  return data.labels[place] ?? t("unreadable");
}
