// One row followed from its text to the answers: words by contribution, what-if, rules, entities, prompts.

import { html, name } from "./dom.js";
import { fateName, fateSign } from "./fates.js";
import { choice } from "./fields.js";
import { held } from "./held.js";
import { axisOf, fate, quoted, shares, targetOf, turning, wordsOf } from "./why-held.js";
import { percent, signed } from "./numbers.js";
import { entities } from "./why-entities.js";
import { prompts, rules } from "./why-more.js";
import { reasons } from "./why-reasons.js";
import { sentenceOf, turningSentence } from "./why-sentence.js";
import { whatIf } from "./why-whatif.js";
import { wordGroup } from "./why-words.js";
import { t } from "./words.js";

/** Nodes for row i. */
export function rowView(all, i, row) {
  const text = all.texts ? all.texts[i] : null;
  const words = wordsOf(text, row.words);
  const state = { axis: held.kind === "labels" ? axisOf(row) : null, pieces: held.systems.map(() => 0), left: null };
  const panels = html("div", { class: "answers" });
  const without = html("section", { class: "what-if", "aria-live": "polite" });
  const context = { all, i, row, text, words, state };

  function draw() {
    const shown = row.sides.map((side, at) => targetOf(side, state.axis, state.pieces[at]));
    const scale = Math.max(...shown.flatMap((one) => one?.changes ?? []).map(Math.abs)) || 1;
    panels.replaceChildren(...row.sides.map((side, at) => panel(context, side, at, shown[at], scale, draw, leave)));
    drawWithout();
  }

  /** A word is left out, or put back where it was left out already. */
  function leave(at) {
    state.left = state.left === at ? null : at;
    for (const button of panels.querySelectorAll(".why-word")) button.setAttribute("aria-pressed", String(Number(button.dataset.word) === state.left));
    drawWithout();
    if (state.left !== null) without.scrollIntoView({ block: "nearest" }); // the answer may be below what is in view
  }

  function drawWithout() {
    without.replaceChildren(...whatIf(context, drawWithout));
  }

  draw();
  const became = fate(all.wrong[i]);
  return [
    html(
      "header",
      {},
      html("h2", { class: "row-id" }, html("code", {}, all.ids[i])),
      held.systems.length > 1 ? html("p", { class: `fate fate-${became}` }, html("span", { class: "sign", "aria-hidden": "true" }, fateSign(became)), fateName(became)) : null,
    ),
    text === null ? html("p", { class: "note" }, t("This page was written without dataset text, so words are numbers; --with-text adds it.")) : null,
    all.gold[i] === null ? null : html("p", { class: "gold" }, t("right answer"), ": ", html("strong", {}, name(all.gold[i]))),
    axisFields(state, all.gold[i], draw),
    panels,
    html("p", { class: "note" }, state.axis
      ? t("Under each word: how much the log-odds fall without it. Above 0 it speaks for the first label, below 0 for the second. They do not add up to the log-odds: a model leans to a label without any word, and words act together.")
      : t("Under each word: how much the log-likelihood of the piece falls without it.")),
    without,
    reasons(context),
    entities(context),
    rules(context),
    prompts(row),
  ].filter(Boolean);
}

/** Which label is explained against which other one. */
function axisFields(state, gold, draw) {
  if (!state.axis) return null;
  const options = held.labels.map((label, at) => [String(at), label === gold ? t("{label} (right answer)", { label }) : label]);
  const field = (label, side) => choice(label, options, String(state.axis[side]), (value) => {
    const other = state.axis[1 - side];
    if (Number(value) === other) state.axis[1 - side] = state.axis[side]; // a label is not compared with itself
    state.axis[side] = Number(value);
    for (const [at, select] of fields.querySelectorAll("select").entries()) select.value = String(state.axis[at]);
    draw();
  });
  const fields = html("div", { class: "filters" }, field(t("Words for"), 0), field(t("against"), 1));
  return fields;
}

/** A system's answer, how sure it is, its words, and the sentence that they give. */
function panel(context, side, at, target, scale, draw, leave) {
  const { all, i, row, text, words, state } = context;
  const wrong = all.wrong[i][at];
  const answer = all.answers[i][at];
  return html(
    "div",
    { class: "answer" },
    html("h3", {}, name(held.systems[at])),
    html("p", { class: "said" }, html("span", { class: wrong ? "bad" : "good" }, wrong ? "✕" : "✓"), " ", name(answer === null ? (wrong ? t("not right") : t("right")) : answer || t("(no answer)"))),
    state.axis ? html("p", { class: "of" }, t("how likely each label is: {shares}", { shares: chances(side) })) : null,
    state.axis
      ? html("p", { class: "of" }, t("log-odds of {label} against {other}: {odds}", { label: held.labels[state.axis[0]], other: held.labels[state.axis[1]], odds: signed(target.value, 2) }))
      : pieceField(side, at, state, draw),
    target ? wordGroup({ system: held.systems[at], text, places: row.words, words, changes: target.changes, scale, left: state.left, leave }) : html("p", { class: "none" }, !held.scored[at] ? t("This engine gives no likelihoods, so no contributions are known.") : answer === "" ? t("(no answer)") : t("No entity can be read in this answer.")),
    target ? html("p", { class: "sentence" }, sentenceOf(nameOf(state, side, at), target.changes, words.map(quoted))) : null,
    state.axis ? html("p", { class: "sentence" }, turningSentence(turning(side).map((word) => quoted(words[word])))) : null,
  );
}

/** The labels with their shares, the likeliest first. */
function chances(side) {
  const found = shares(side.scores[0]);
  return found.map((_, at) => at).sort((a, b) => found[b] - found[a]).map((at) => `${held.labels[at]} ${percent(found[at])}`).join(", ");
}

function nameOf(state, side, at) {
  return state.axis ? held.labels[state.axis[0]] : pieceName(side, state.pieces[at]);
}

function pieceName(side, piece) {
  return side.targets[piece].name ?? t("piece {n}", { n: piece + 1 });
}

/** Which piece of a written answer is explained. */
function pieceField(side, at, state, draw) {
  if (side.targets.length === 0) return null;
  return html("div", { class: "filters" }, choice(t("Piece of the answer"), side.targets.map((one, piece) => [String(piece), `${pieceName(side, piece)} (${signed(one.value, 2)})`]), String(state.pieces[at]), (value) => {
    state.pieces[at] = Number(value);
    draw();
  }, true));
}
