// Two runs of a task compared over all rows: fates, labels, and how the confusions moved.

import { html, name } from "./dom.js";
import { changeText, form, prior, resampled } from "./form.js";
import { fateName, fateOf, fatesOf, fateSign } from "./fates.js";
import { pOf } from "./names.js";
import { decimals, percent, probability, signed, whole } from "./numbers.js";
import { answers, pairOf } from "./packed.js";
import { leftOut, pairFields } from "./pair.js";
import { address } from "./route.js";
import { framed, table } from "./table.js";
import { t } from "./words.js";

/** A section that fills itself when the answers are unpacked; null where the page holds fewer than two runs. */
export function comparison(section) {
  let pair = pairOf(section);
  if (!pair) return null;
  const body = html("div", { "aria-live": "polite" });
  const fields = html("div", { class: "filters" });

  async function draw() {
    fields.replaceChildren(...pairFields(section, pair, (a, b) => {
      pair = pairOf(section, a, b);
      draw();
    }));
    const chosen = pair;
    const data = await answers(section, pair[0].place, pair[1].place);
    if (chosen !== pair) return; // another pair was chosen meanwhile
    const known = resampled(section, pair);
    const tables = [data.kind === "scores" ? null : labels(data, known?.f1), data.kind === "labels" ? confusion(data) : null].filter(Boolean);
    body.replaceChildren(...[difference(section, pair), fates(section, data, pair), html("div", { class: "changes" }, tables), prior(section, known?.prior), form(section, known?.form, data.ids.length)].filter(Boolean));
  }

  draw();
  return html("section", {}, html("h2", {}, t("What changed")), fields, body, leftOut(section));
}

/** The difference of a tuned row to the base that it was tested against; null for other pairs. */
function difference(section, [a, b]) {
  if (b.base !== a.place || b.difference === null) return null;
  const numbers = [changeText([b.difference, b.difference_low, b.difference_high]), probability(pOf(b), b.at_most)];
  return html("p", { class: "difference" }, `${t(section.metricTitle)}: ${numbers.filter(Boolean).join(", ")}`);
}

/** How many rows of each fate, as a bar and as links to them. */
function fates(section, data, [a, b]) {
  const known = fatesOf(data);
  const counts = Object.fromEntries(known.map((fate) => [fate, 0]));
  data.ids.forEach((_, i) => (counts[fateOf(data, i)] += 1));
  const settings = (fate) => ({ a: a.place, b: b.place, fate });
  const bar = html("div", { class: "stack", "aria-hidden": "true" }, known.map((fate) => {
    const part = html("span", { class: `fate-${fate}` });
    part.style.setProperty("flex-grow", counts[fate]);
    return part;
  }));
  const items = known.map((fate) => html(
    "li",
    { class: `fate fate-${fate}` },
    html("a", { href: address("rows", section.key, settings(fate)) }, html("span", { class: "sign", "aria-hidden": "true" }, fateSign(fate)), html("strong", {}, whole(counts[fate])), " ", fateName(fate)),
    html("small", {}, percent(counts[fate] / data.ids.length)),
  ));
  return html("div", { class: "fates" }, bar, html("ul", {}, items));
}

/** Precision, recall and F1 of each label or type, before and after. ends: [low, high] of each change of F1, if known. */
function labels(data, ends) {
  const before = tallies(data, data.a);
  const after = tallies(data, data.b);
  const rows = data.labels.map((label, i) => ({ label, gold: before[i].gold, before: before[i], after: after[i], ends: ends?.[i] ?? [] })).filter((row) => row.gold || row.before.predicted || row.after.predicted);
  const changeOf = (row) => row.after.f1 - row.before.f1;
  const number = (key, head, value, text = decimals) => ({ key, head, numeric: true, first: "descending", value, cell: (row) => text(value(row)) });
  const columns = [
    { key: "label", head: data.kind === "spans" ? t("type") : t("label"), header: true, value: (row) => row.label, cell: (row) => name(row.label) },
    number("gold", data.kind === "spans" ? t("entities") : t("rows"), (row) => row.gold, whole),
    number("f1a", t("F1 before"), (row) => row.before.f1),
    number("f1b", t("F1 after"), (row) => row.after.f1),
    { ...number("change", ends ? t("change, 95% interval") : t("change"), changeOf), cell: (row) => changeText([changeOf(row), ...row.ends]) },
    number("precision", t("precision after"), (row) => row.after.precision),
    number("recall", t("recall after"), (row) => row.after.recall),
  ];
  return framed(table({ name: "labels", caption: data.kind === "spans" ? t("By type") : t("By label"), columns, rows }).element, t("By label"));
}

/** Hits, predicted and gold of each label, with precision, recall and F1 (0 where there is nothing to divide by). */
function tallies(data, run) {
  const sums = data.labels.map(() => [0, 0, 0]);
  data.ids.forEach((_, i) => {
    if (data.kind === "spans") {
      sums.forEach((sum, type) => run.counts[i][type].forEach((count, which) => (sum[which] += count)));
      return;
    }
    sums[data.gold[i]][2] += 1;
    if (run.pred[i] >= 0) sums[run.pred[i]][1] += 1;
    if (run.pred[i] === data.gold[i]) sums[data.gold[i]][0] += 1;
  });
  return sums.map(([hits, predicted, gold]) => ({
    gold, predicted,
    precision: predicted ? hits / predicted : 0,
    recall: gold ? hits / gold : 0,
    f1: predicted + gold ? (2 * hits) / (predicted + gold) : 0,
  }));
}

/** Gold down, answer across: the count after, and how it moved. */
function confusion(data) {
  const count = (run) => {
    const cells = data.labels.map(() => new Array(data.labels.length + 1).fill(0));
    data.ids.forEach((_, i) => (cells[data.gold[i]][run.pred[i] < 0 ? data.labels.length : run.pred[i]] += 1));
    return cells;
  };
  const [before, after] = [count(data.a), count(data.b)];
  const unreadable = [...before, ...after].some((cells) => cells[data.labels.length] > 0);
  const heads = [...data.labels, ...(unreadable ? [t("unreadable")] : [])];
  const columns = [
    { key: "gold", head: t("right answer"), header: true, cell: (row) => name(data.labels[row]) },
    ...heads.map((head, column) => ({
      key: `answer-${column}`, head: name(head), numeric: true,
      cell: (row) => {
        const change = after[row][column] - before[row][column];
        const good = change !== 0 && (row === column) === change > 0;
        return html("span", { class: row === column ? "diagonal" : null }, whole(after[row][column]), " ", html("small", { class: change === 0 ? "same" : good ? "good" : "bad" }, change === 0 ? "±0" : signed(change, 0)));
      },
    })),
  ];
  const caption = t("Answers after, and the change from before");
  return framed(table({ name: "confusion", caption, columns, rows: data.labels.map((_, i) => i) }).element, caption);
}
