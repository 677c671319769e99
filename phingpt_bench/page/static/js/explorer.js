// Every test row of a task with the answers of two runs: searched, filtered, walked through with the keyboard.

import { answerView } from "./answer.js";
import { board, sectionOf } from "./board.js";
import { browse } from "./browse.js";
import { html, name } from "./dom.js";
import { choice } from "./fields.js";
import { fateName, fateOf, fatesOf, fateSign, goldText, labelText, marginOf, shortAnswer } from "./fates.js";
import { textNotice } from "./notice.js";
import { answered, answers, pairOf } from "./packed.js";
import { leftOut, pairFields } from "./pair.js";
import { address, go } from "./route.js";
import { t } from "./words.js";

const MARGINS = ["0.1", "0.25", "0.5"];

export function explorerView(key, settings) {
  const here = board.sections.filter((section) => answered(section).length > 1);
  const section = sectionOf(key) ?? here[0];
  const pair = section && pairOf(section, settings.get("a"), settings.get("b"));
  if (!pair) return [html("h1", {}, t("Answers")), html("p", {}, t("This page holds no answers to compare."))];
  const chosen = Object.fromEntries(["q", "fate", "gold", "answer", "margin"].map((name) => [name, settings.get(name) ?? ""]));
  const body = html("div", {}, html("p", { class: "note" }, t("Unpacking the answers …")));
  const again = (place, changes) => go(address("rows", place, changes));
  answers(section, pair[0].place, pair[1].place).then((data) => body.replaceChildren(browser(data, pair, chosen)));
  return [
    html("header", { class: "intro" }, html("h1", {}, t("Answers")), html("p", { class: "lead" }, t("Every test row, with the answer before and after."))),
    textNotice(board.texts),
    html(
      "section",
      {},
      html(
        "div",
        { class: "filters" },
        choice(t("Task"), here.map((one) => [one.key, one.title]), section.key, (value) => again(value, {})),
        pairFields(section, pair, (a, b) => again(section.key, { ...chosen, a, b })),
      ),
      leftOut(section),
      body,
    ),
  ];
}

/** All rows of a pair to look through. */
function browser(data, pair, chosen) {
  return browse({
    rows: data.ids.map((id, i) => ({ id, i, fate: fateOf(data, i), margin: marginOf(data.b, i), words: wordsOf(data, i) })),
    texts: data.texts,
    fates: fatesOf(data),
    nameOf: fateName,
    chosen,
    fields: (set) => labelFields(data, chosen, set),
    fits: ({ i, margin }) =>
      (chosen.gold === "" || has(data, data.gold[i], chosen.gold))
      && (chosen.answer === "" || answerFits(data, i, chosen.answer))
      && (!chosen.margin || (margin !== null && margin < Number(chosen.margin))),
    line: (row) => line(data, row),
    open: ({ i }) => answerView(data, pair, i),
    aloud: true,
    note: data.kind === "spans" && !(data.spans && (data.a.spans || data.b.spans)) ? html("p", { class: "note placeless" }, t("This record does not say where the entities stand; a new evaluation does.")) : null,
  });
}

/** Lists of labels to filter by, where the task has labels or types. */
function labelFields(data, chosen, set) {
  if (data.kind === "scores") return [];
  const options = [["", t("all answers")], ...data.labels.map((label, i) => [String(i), label])];
  const fields = [
    choice(t("Right answer"), options, chosen.gold, set("gold")),
    choice(t("Answer after"), data.kind === "labels" ? [...options, ["-1", t("unreadable")]] : options, chosen.answer, set("answer")),
  ];
  if (data.b.probs) fields.push(choice(t("Margin"), [["", t("all")], ...MARGINS.map((value) => [value, t("below {n}", { n: value })])], chosen.margin, set("margin")));
  return fields;
}

/** Whether a label is the chosen one, or an entity of the chosen type is there. */
function has(data, gold, place) {
  return data.kind === "labels" ? gold === Number(place) : gold[Number(place)] > 0;
}

function answerFits(data, i, place) {
  return data.kind === "labels" ? data.b.pred[i] === Number(place) : data.b.counts[i][Number(place)][1] > 0;
}

function line(data, row) {
  const { i } = row;
  return [
    html("span", { class: `sign fate-${row.fate}`, title: fateName(row.fate) }, fateSign(row.fate)),
    html("span", { class: "what" }, data.texts?.[i] ? html("span", { class: "snippet" }, name(data.texts[i])) : null, html("code", {}, data.ids[i])),
    html("span", { class: "moves" }, html("span", { class: "gold" }, goldText(data, i)), html("span", { class: "answer-pair" }, `${shortAnswer(data, data.a, i)} → ${shortAnswer(data, data.b, i)}`)),
  ];
}

/** What a search looks at. */
function wordsOf(data, i) {
  const labels = data.kind === "labels" ? [labelText(data, data.gold[i]), labelText(data, data.b.pred[i])] : [goldText(data, i)];
  return [data.ids[i], data.texts?.[i] ?? "", ...labels].join(" ").toLowerCase();
}
