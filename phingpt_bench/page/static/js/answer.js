// One test row in full: what is right, what each run answered, and how sure it was.

import { html, name } from "./dom.js";
import { answerText, errorOf, fateName, fateOf, fateSign, goldText, isRight, labelText, marginOf, probabilitiesOf } from "./fates.js";
import { fullName } from "./names.js";
import { decimals } from "./numbers.js";
import { judged, listed, marked, sought } from "./spans.js";
import { t } from "./words.js";

/** Nodes for row i of the answers of a pair of rows. */
export function answerView(data, pair, i) {
  const fate = fateOf(data, i);
  return [
    html(
      "header",
      {},
      html("h2", { class: "row-id" }, html("code", {}, data.ids[i])),
      html("p", { class: `fate fate-${fate}` }, html("span", { class: "sign", "aria-hidden": "true" }, fateSign(fate)), fateName(fate)),
    ),
    data.kind === "spans" && data.spans && (data.a.spans || data.b.spans) ? null : text(data, i),
    data.kind === "labels" ? labels(data, pair, i) : data.kind === "spans" ? entities(data, pair, i) : numbers(data, pair, i),
  ].filter(Boolean);
}

function text(data, i) {
  if (!data.texts) return html("p", { class: "note" }, t("This page was written without dataset text; --with-text adds it where you have the data."));
  return html("blockquote", {}, name(data.texts[i] ?? t("The text of this row is not available.")));
}

/** Gold and both answers; below them the probabilities as bars with numbers. */
function labels(data, pair, i) {
  const runs = [data.a, data.b];
  const answers = runs.map((run, side) => html(
    "div",
    { class: "answer" },
    html("h3", {}, side ? t("After") : t("Before")),
    html("p", { class: "of" }, fullName(pair[side].model)),
    html("p", { class: "said" }, sign(isRight(data, run, i)), " ", name(answerText(data, run, i))),
    bars(data, run, i),
    margin(run, i),
  ));
  return html("div", {}, html("p", { class: "gold" }, t("right answer"), " ", html("strong", {}, name(goldText(data, i)))), html("div", { class: "answers" }, answers));
}

function bars(data, run, i) {
  const probabilities = probabilitiesOf(run, i);
  if (!probabilities) return html("p", { class: "note" }, t("no label probabilities: the answer was written"));
  return html(
    "table",
    { class: "bars" },
    html("caption", { class: "hidden" }, t("label probabilities")),
    html("thead", { class: "hidden" }, html("tr", {}, html("th", { scope: "col" }, t("label")), html("th", { scope: "col" }, t("probability")))),
    html("tbody", {}, probabilities.map((value, label) => {
      const bar = html("span", { class: `bar${label === data.gold[i] ? " bar-gold" : ""}`, "aria-hidden": "true" });
      bar.style.setProperty("width", `${100 * value}%`);
      const notes = [label === data.gold[i] && t("right"), label === run.pred[i] && t("answer")].filter(Boolean).join(", ");
      return html("tr", {}, html("th", { scope: "row" }, name(labelText(data, label)), notes ? html("small", {}, ` ${notes}`) : null), html("td", {}, html("span", { class: "track" }, bar), html("span", { class: "number" }, decimals(value))));
    })),
  );
}

function margin(run, i) {
  const value = marginOf(run, i);
  return value === null ? null : html("p", { class: "note" }, t("margin {n}", { n: decimals(value) }));
}

/** Entities in the text, or their places, or only how many of each type. */
function entities(data, pair, i) {
  if (!data.spans || !(data.a.spans || data.b.spans)) return counts(data, pair, i);
  const gold = data.spans[i];
  const show = (list) => (data.texts?.[i] ? marked(data.texts[i], list, data.labels) : listed(list, data.labels));
  const line = (heading, whose, list, run) => html(
    "div",
    { class: "answer" },
    html("h3", {}, heading),
    whose ? html("p", { class: "of" }, whose) : null,
    run ? html("p", { class: "of" }, answerText(data, run, i)) : null,
    list ? show(list) : html("p", {}, t("its record does not say where")),
  );
  return html(
    "div",
    {},
    line(t("right answer"), null, sought(gold, (data.b.spans ?? data.a.spans)[i])),
    [data.a, data.b].map((run, side) => line(side ? t("After") : t("Before"), fullName(pair[side].model), run.spans ? judged(run.spans[i], gold) : null, run)),
    data.texts ? null : text(data, i),
    html("p", { class: "note" }, t("✓ right · ○ missed in the answer after · ✕ not in the right answer")),
  );
}

/** Records without offsets say only how many of each type were right. */
function counts(data, pair, i) {
  const cell = ([hits, predicted], gold) => `${hits} / ${gold}${predicted > hits ? ` (+${predicted - hits} ${t("wrong")})` : ""}`;
  const rows = [...data.labels, t("unknown type")].map((label, type) => ({ label, gold: data.gold[i][type] ?? 0, a: data.a.counts[i][type], b: data.b.counts[i][type] }));
  const shown = rows.filter((row) => row.gold || row.a[1] || row.b[1]);
  if (shown.length === 0) return html("p", { class: "none" }, t("No entity is there, and none was given."));
  return html(
    "table",
    { class: "counts" },
    html("caption", {}, t("Entities that were found, by type")),
    html("thead", {}, html("tr", {}, [t("type"), t("Before"), t("After")].map((head) => html("th", { scope: "col" }, head)))),
    html("tbody", {}, shown.map((row) => html("tr", {}, html("th", { scope: "row" }, name(row.label)), html("td", {}, cell(row.a, row.gold)), html("td", {}, cell(row.b, row.gold))))),
  );
}

function numbers(data, pair, i) {
  const line = (what, value) => [html("dt", {}, what), html("dd", {}, value)];
  const off = (run) => `${answerText(data, run, i)} (${t("off by {n}", { n: decimals(errorOf(data, run, i)) })})`;
  return html(
    "dl",
    {},
    line(t("right answer"), goldText(data, i)),
    [data.a, data.b].map((run, side) => line(`${side ? t("After") : t("Before")}: ${fullName(pair[side].model)}`, off(run))),
  );
}

function sign(right) {
  return html("span", { class: right ? "good" : "bad" }, right ? "✓" : "✕");
}
