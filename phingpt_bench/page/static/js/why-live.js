// Questions to the loaded models, where the program serves the page: words left out or replaced, several at once.

import { html, name, unique } from "./dom.js";
import { held } from "./held.js";
import { decimals, signed } from "./numbers.js";
import { framed, table } from "./table.js";
import { quoted } from "./why-held.js";
import { t } from "./words.js";

/** A form and the last answer; null for a page from a file. redraw: draws the part that this is in again. */
export function live(context, redraw) {
  if (!held.live) return null;
  const { state, words } = context;
  state.edits ??= new Map();
  const result = html("div", { "aria-live": "polite" }, state.reply ? reply(context) : null);
  return html(
    "div",
    { class: "live" },
    state.left === null ? null : form(context, redraw),
    state.edits.size ? html("p", { class: "note" }, [...state.edits].sort(([a], [b]) => a - b).map(([at, word]) => (word ? t("{word} instead of {old}", { word: `'${word}'`, old: quoted(words[at]) }) : t("without {word}", { word: quoted(words[at]) }))).join(", "), " ", html("button", { type: "button", onclick: () => forget(state, redraw) }, t("Back to the text"))) : null,
    result,
  );
}

function form(context, redraw) {
  const { state, words } = context;
  const id = unique("instead");
  const input = html("input", { id, type: "text", maxlength: 200, autocomplete: "off", value: state.edits.get(state.left) ?? "" });
  const button = html("button", { type: "submit" }, t("Ask the model"));
  const send = async (event) => {
    event.preventDefault();
    button.disabled = true; // one question at a time
    state.edits.set(state.left, input.value.trim());
    state.reply = await answered(context);
    redraw();
  };
  return html("form", { class: "filters", onsubmit: send }, html("div", { class: "field" }, html("label", { for: id }, t("Instead of {word} (empty: leave it out)", { word: quoted(words[state.left]) })), input), button);
}

function forget(state, redraw) {
  state.edits.clear();
  state.reply = null;
  redraw();
}

/** {sides} of the models, or {failed} with a reason. */
async function answered({ all, i, state }) {
  try {
    const response = await fetch("ask", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ row: all.ids[i], words: [...state.edits] }) });
    return response.ok ? await response.json() : { failed: String(response.status) };
  } catch {
    return { failed: t("the program has ended") };
  }
}

function reply({ row, state }) {
  if (state.reply.failed) return html("p", { class: "bad" }, t("The model did not answer: {reason}", { reason: state.reply.failed }));
  const { sides } = state.reply;
  const answers = html("ul", { class: "plain" }, sides.map((side, at) => html("li", {}, html("strong", {}, name(held.systems[at])), ": ", name(side.answer ?? t("the answer holds text, which this page does not show")))));
  if (!sides[0].scores) return answers;
  const columns = [
    { key: "label", head: t("label"), header: true, cell: (label) => name(held.labels[label]) },
    ...sides.map((side, at) => ({ key: `side-${at}`, head: name(held.systems[at]), numeric: true, cell: (label) => `${decimals(side.scores[label], 2)} (${signed(side.scores[label] - row.sides[at].scores[0][label], 2)})` })),
  ];
  const caption = t("Log-likelihood of each label, and the change from the whole text");
  return [answers, framed(table({ name: "counts", caption, columns, rows: held.labels.map((_, at) => at) }).element, caption)];
}
