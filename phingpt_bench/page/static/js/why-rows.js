// All explained rows: searched, filtered, walked through with the keyboard.

import { browse } from "./browse.js";
import { html, name } from "./dom.js";
import { fateName, fateSign } from "./fates.js";
import { held } from "./held.js";
import { textNotice } from "./notice.js";
import { whole } from "./numbers.js";
import { fate, index, rowOf } from "./why-held.js";
import { rowView } from "./why-row.js";
import { t, tn } from "./words.js";

const FATES = ["fixed", "broken", "wrong", "right"];

export function rowsView(settings) {
  const body = html("div", {}, html("p", { class: "note" }, t("Unpacking the answers …")));
  index().then((all) => body.replaceChildren(browser(all, settings)));
  const about = tn("{choice}: {k} of {n} row", "{choice}: {k} of {n} rows", held.asked, { k: whole(held.n), n: whole(held.asked), choice: choiceText() });
  return [
    html(
      "header",
      { class: "intro" },
      html("h1", {}, t("Why: {task}", { task: held.task })),
      html("p", { class: "lead" }, t("Each word was left out in turn, and the model was asked again. How much less likely its answer becomes is the contribution of the word.")),
      html("p", { class: "note" }, name(held.systems.join(" → ")), " · ", about),
    ),
    textNotice(held.texts),
    html("section", {}, body),
  ];
}

function choiceText() {
  return { flips: t("answers differ"), errors: t("errors"), all: t("all"), ids: t("chosen by id") }[held.choice.en] ?? held.choice.en;
}

/** All rows to look through. */
function browser(all, settings) {
  const rows = all.ids.map((id, i) => ({ id, i, fate: fate(all.wrong[i]), words: [id, all.gold[i] ?? "", ...all.answers[i], all.texts?.[i] ?? ""].join(" ").toLowerCase() }));
  return browse({
    rows,
    texts: all.texts,
    fates: FATES.filter((one) => rows.some((row) => row.fate === one)),
    nameOf,
    chosen: { q: settings.get("q") ?? "", fate: settings.get("fate") ?? "" },
    line: (row) => line(all, row),
    open: async ({ i }) => rowView(all, i, await rowOf(i)),
    first: settings.get("row"),
    note: html("p", { class: "note" }, all.gold.some((gold) => gold !== null) ? t("Each row: the right answer in bold, then what was answered.") : t("Each row: ✓ is right, ✕ is not.")),
  });
}

function nameOf(one) {
  if (held.systems.length > 1) return fateName(one);
  return one === "right" ? t("right") : t("wrong");
}

function line(all, { i, fate: became }) {
  const answers = all.answers[i].some((answer) => answer === null)
    ? all.wrong[i].map((wrong) => (wrong ? "✕" : "✓")).join(" → ")
    : all.answers[i].join(" → ");
  return [
    html("span", { class: `sign fate-${became}`, title: nameOf(became) }, fateSign(became)),
    html("span", { class: "what" }, all.texts ? html("span", { class: "snippet" }, name(all.texts[i])) : null, html("code", {}, all.ids[i])),
    html("span", { class: "moves" }, all.gold[i] === null ? null : html("span", { class: "gold snippet" }, name(all.gold[i])), html("span", { class: "answer-pair snippet" }, name(answers))),
  ];
}
