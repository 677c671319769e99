// Every test row of a task with the answers of two runs: searched, filtered, walked through with the keyboard.

import { answerView } from "./answer.js";
import { board, sectionOf } from "./board.js";
import { html, name, once } from "./dom.js";
import { choice, search } from "./fields.js";
import { fateName, fateOf, fatesOf, fateSign, goldText, labelText, marginOf, shortAnswer } from "./fates.js";
import { whole } from "./numbers.js";
import { answered, answers, pairOf } from "./packed.js";
import { leftOut, pairFields } from "./pair.js";
import { address, go, keep } from "./route.js";
import { list } from "./list.js";
import { t } from "./words.js";

const LINE = { text: 76, bare: 56 };
const MARGINS = ["0.1", "0.25", "0.5"];

export function explorerView(key, settings) {
  const here = board.sections.filter((section) => answered(section).length > 1);
  const section = sectionOf(key) ?? here[0];
  const pair = section && pairOf(section, settings.get("a"), settings.get("b"));
  if (!pair) return [html("h1", {}, t("Answers")), html("p", {}, t("This page holds no answers to compare."))];
  const chosen = Object.fromEntries(["q", "fate", "gold", "answer", "margin"].map((name) => [name, settings.get(name) ?? ""]));
  const body = html("div", {}, html("p", { class: "note" }, t("Unpacking the answers …")));
  const again = (place, changes) => go(address("rows", place, changes));
  answers(section, pair[0].place, pair[1].place).then((data) => body.replaceChildren(...browser(data, pair, chosen)));
  return [
    html("header", { class: "intro" }, html("h1", {}, t("Answers")), html("p", { class: "lead" }, t("Every test row, with the answer before and after."))),
    textNotice(),
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

/** The licences of the texts that the page holds: it is not to be passed on without reading them. */
export function textNotice() {
  if (board.texts.length === 0) return null;
  return html(
    "aside",
    { class: "notice" },
    html("strong", {}, t("This page holds dataset text. Read the licences before you pass it on:")),
    html("ul", {}, board.texts.map(({ title, licence }) => html("li", {}, name(title), ": ", name(licence)))),
  );
}

/** Filters, list and the row that is looked at, as nodes. */
function browser(data, pair, chosen) {
  const rows = data.ids.map((id, i) => ({ i, fate: fateOf(data, i), margin: marginOf(data.b, i), words: wordsOf(data, i) }));
  const counts = Object.fromEntries(fatesOf(data).map((fate) => [fate, rows.filter((row) => row.fate === fate).length]));
  const detail = html("article", { class: "answer-view", tabindex: "-1", "aria-label": t("The row"), "aria-live": "polite" });
  const status = html("p", { class: "status", role: "status" });
  const lines = list({
    label: t("Rows"),
    height: data.texts ? LINE.text : LINE.bare,
    line: (row) => line(data, row),
    onSelect: (row) => {
      detail.replaceChildren(...answerView(data, pair, row.i));
      keep({ row: data.ids[row.i] });
    },
    onEnter: () => detail.focus(),
  });
  const find = search(t("Search id, label or text"), chosen.q, set("q"));
  const chips = html("div", { class: "chips", role: "group", "aria-label": t("What became of it") });
  const draw = once(show);

  function set(key) {
    return (value) => {
      chosen[key] = value;
      keep(chosen);
      draw();
    };
  }

  function show() {
    const words = chosen.q.toLowerCase().split(/\s+/).filter(Boolean);
    const found = rows.filter((row) =>
      (!chosen.fate || row.fate === chosen.fate)
      && (chosen.gold === "" || has(data, data.gold[row.i], chosen.gold))
      && (chosen.answer === "" || answerFits(data, row.i, chosen.answer))
      && (!chosen.margin || (row.margin !== null && row.margin < Number(chosen.margin)))
      && words.every((word) => row.words.includes(word)));
    status.textContent = t("{n} of {all} rows", { n: whole(found.length), all: whole(rows.length) });
    chips.replaceChildren(...["", ...fatesOf(data)].map((fate) => chip(fate)));
    if (found.length === 0) detail.replaceChildren(html("p", { class: "none" }, t("No row fits these filters.")));
    lines.show(found);
  }

  function chip(fate) {
    const label = fate ? [html("span", { class: "sign", "aria-hidden": "true" }, fateSign(fate)), fateName(fate), html("span", { class: "count" }, whole(counts[fate]))] : [t("all rows"), html("span", { class: "count" }, whole(rows.length))];
    const button = html("button", { type: "button", class: `chip${fate ? ` fate-${fate}` : ""}`, "aria-pressed": String(chosen.fate === fate) }, label);
    button.addEventListener("click", () => {
      set("fate")(fate);
      requestAnimationFrame(() => chips.querySelector('[aria-pressed="true"]')?.focus());
    });
    return button;
  }

  const view = html(
    "div",
    { class: "browser" },
    html("div", { class: "filters" }, find, labelFields(data, chosen, set)),
    chips,
    data.kind === "spans" && !(data.spans && (data.a.spans || data.b.spans)) ? html("p", { class: "note placeless" }, t("This record does not say where the entities stand; a new evaluation does.")) : null,
    status,
    html("div", { class: "panes" }, lines.element, detail),
    html("p", { class: "note keys" }, html("kbd", {}, "j"), " ", html("kbd", {}, "k"), " ", t("next and previous row"), " · ", html("kbd", {}, "Enter"), " ", t("to the row"), " · ", html("kbd", {}, "Esc"), " ", t("back to the list"), " · ", html("kbd", {}, "/"), " ", t("search")),
  );
  const keys = (event) => {
    if (!view.isConnected) document.removeEventListener("keydown", keys); // another view was opened
    else if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    else if (event.key === "Escape") {
      if (view.contains(event.target)) lines.focus();
    } else if (event.target.closest("input, select, textarea")) return;
    else if (event.key === "/") {
      event.preventDefault();
      find.querySelector("input").focus();
    } else if (event.key === "j" || event.key === "k") lines.step(event.key === "j" ? 1 : -1);
  };
  document.addEventListener("keydown", keys); // wherever the focus is: opening a view leaves it outside
  queueMicrotask(show);
  return [view];
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
