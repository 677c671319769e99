// What the answer is without a word: stored when the page was written, or asked now.

import { html, name } from "./dom.js";
import { held } from "./held.js";
import { decimals, signed } from "./numbers.js";
import { framed, table } from "./table.js";
import { best, quoted } from "./why-held.js";
import { live } from "./why-live.js";
import { t } from "./words.js";

/** Nodes: what to do, or what each system answers without the word that is left out. */
export function whatIf(context, redraw) {
  const { row, words, state } = context;
  const heading = html("h3", {}, t("What if a word were not there?"));
  const asked = live(context, redraw);
  if (state.left === null) return [heading, html("p", { class: "note" }, t("Press a word above to leave it out.")), asked].filter(Boolean);
  const word = quoted(words[state.left]);
  const labels = state.axis !== null;
  return [
    heading,
    html("ul", { class: "plain" }, row.sides.map((side, at) => html("li", {}, html("strong", {}, name(held.systems[at])), ": ", labels ? answerWithout(side, state.left, word) : pieceWithout(side, state.left, word, state.pieces[at])))),
    labels ? likelihoods(row, state.left, word) : null,
    asked,
  ].filter(Boolean);
}

function answerWithout(side, left, word) {
  const [before, after] = [best(side.scores[0]), best(side.scores[left + 1])].map((at) => held.labels[at]);
  return before === after
    ? t("still {label} without {word}", { label: after, word })
    : t("{before} becomes {after} without {word}", { before, after, word });
}

function pieceWithout(side, left, word, piece) {
  const target = side.targets[piece];
  if (!target) return t("(no answer)");
  return t("log-likelihood of the piece {before}, without {word} {after}", { before: decimals(target.value, 2), word, after: decimals(target.value - target.changes[left], 2) });
}

/** The log-likelihood of each label, whole and without the word, for each system. */
function likelihoods(row, left, word) {
  const columns = [
    { key: "label", head: t("label"), header: true, cell: (label) => name(held.labels[label]) },
    ...row.sides.flatMap((side, at) => [
      { key: `whole-${at}`, head: row.sides.length > 1 ? t("{system}, whole text", { system: held.systems[at] }) : t("whole text"), numeric: true, cell: (label) => decimals(side.scores[0][label], 2) },
      { key: `without-${at}`, head: t("without {word}", { word }), numeric: true, cell: (label) => change(side, left, label) },
    ]),
  ];
  const caption = t("Log-likelihood of each label");
  return framed(table({ name: "counts", caption, columns, rows: held.labels.map((_, at) => at) }).element, caption);
}

function change(side, left, label) {
  const [before, after] = [side.scores[0][label], side.scores[left + 1][label]];
  return [decimals(after, 2), " ", html("small", {}, `(${signed(after - before, 2)})`)];
}
