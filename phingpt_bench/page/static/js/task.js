// The page of one task: verdict, table, cost, what changed, published results.

import { board, noteOf, scoreOf, sectionOf, trainingUsd } from "./board.js";
import { comparison } from "./comparison.js";
import { html, name } from "./dom.js";
import { downloads } from "./download.js";
import { boxes, choice } from "./fields.js";
import { facts } from "./facts.js";
import { legend } from "./legend.js";
import { differenceText, exposureText, fullName, kindName, marks, metricName, modelName, nameCell, pOf, rankText } from "./names.js";
import { decimals, duration, interval, percent, probability, signed, unknown, usd, whole } from "./numbers.js";
import { answered } from "./packed.js";
import { payback } from "./payback.js";
import { publishedSection } from "./published.js";
import { address, keep } from "./route.js";
import { axes, scatter } from "./scatter.js";
import { framed, orderOf, orderText, table } from "./table.js";
import { said, t, tn } from "./words.js";

const USUAL = ["rank", "score", "interval", "difference", "p", "usd", "training", "exposure"];

export function taskView(key, settings) {
  const section = sectionOf(key);
  if (!section) return [html("h1", {}, t("No such task")), html("p", {}, html("a", { href: address("overview") }, t("Back to the overview")))];
  return [
    head(section),
    ...section.remarks.map((remark) => html("p", { class: "note" }, said(remark))),
    notes(section),
    html("section", {}, html("h2", {}, t("Rows")), rowsTable(section, settings)),
    plot(section, settings),
    payback(section),
    comparison(section),
    publishedSection(section),
    legend(),
  ];
}

function head(section) {
  const about = [
    [t("task"), section.task],
    [t("metric"), metricName(section) + (section.higher ? "" : ` (${t("lower is better")})`)],
    [t("rows"), `${whole(section.n)} (${section.split})`],
    [t("protocol"), section.protocol],
    [t("language"), section.language],
    [t("licence"), section.licence === "unknown" ? t("licence unknown") : section.licence],
  ];
  return html(
    "header",
    { class: "intro" },
    html("p", { class: "crumbs" }, html("a", { href: address("tasks") }, t("Tasks"))),
    html("h1", {}, section.title),
    html("p", { class: "lead" }, name(section.dataset)),
    html("dl", { class: "about" }, about.filter(([, value]) => value).map(([what, value]) => html("div", {}, html("dt", {}, what), html("dd", {}, name(value))))),
    html("ul", { class: "verdict" }, verdict(section).map((line) => html("li", {}, line))),
    answered(section).length > 1 ? html("p", {}, html("a", { class: "button", href: address("rows", section.key) }, t("Look at the answers"))) : null,
  );
}

/** The decision in two or three sentences, from the best row that may be ranked. */
function verdict(section) {
  const best = section.rows.find((row) => row.model.kind === "tuned" && !row.exposed && row.score !== null);
  if (!best) return [];
  const lines = [];
  const who = shortly(best);
  if (best.difference !== null) {
    const numbers = { name: who, difference: signed(best.difference), interval: interval(best.difference_low, best.difference_high), p: probability(pOf(best), best.at_most) };
    const better = best.difference > 0 === section.higher;
    lines.push(
      best.only_majority
        ? t("{name} gets no *: {difference} {interval}, {p}, but it is not shown to be better than one label for all rows.", numbers)
        : !best.significant
          ? t("{name} does not differ significantly from its base: {difference} {interval}, {p}.", numbers)
          : better
            ? t("{name} is really better than its base: {difference} {interval}, {p}.", numbers)
            : t("{name} is really worse than its base: {difference} {interval}, {p}.", numbers),
    );
  }
  const floor = section.rows.find((row) => row.model.kind === "floor");
  if (floor && best.beats_floor !== null) {
    const numbers = { name: modelName(floor.model), score: decimals(floor.score), own: decimals(best.score) };
    lines.push(best.beats_floor ? t("It beats the best floor row, {name}: {own} against {score}.", numbers) : t("It is not shown to be better than the best floor row, {name} with {score}, a cheap classical model.", numbers));
  }
  lines.push(t("1,000 documents cost {usd}, the training of the adapter {training}.", { usd: usd(best.usd_per_1000), training: usd(trainingUsd(best)) }));
  return lines;
}

function shortly(row) {
  return [row.model.adapter ?? row.model.name, row.model.shots === null ? null : t("{n}-shot", { n: row.model.shots }), row.model.words].filter(Boolean).join(", ");
}

function notes(section) {
  const lines = [
    section.synthetic && t("Synthetic data: a demonstration of the tool, no measurement of any model."),
    section.limit !== null && tn("Limited to {n} row: not comparable with whole runs and not ranked.", "Limited to {n} rows: not comparable with whole runs and not ranked.", section.limit, { n: whole(section.limit) }),
    ...section.notes.map(said),
    section.hidden > 0 && tn("{n} more row is hidden by filters; ranks and tests were worked out with it.", "{n} more rows are hidden by filters; ranks and tests were worked out with them.", section.hidden, { n: whole(section.hidden) }),
  ].filter(Boolean);
  return lines.length ? html("ul", { class: "warnings" }, lines.map((line) => html("li", {}, line))) : null;
}

function rowsTable(section, settings) {
  const all = columns(section);
  const shown = new Set(settings.has("columns") ? settings.get("columns").split(" ") : USUAL);
  const visible = () => all.filter((column) => column.header || shown.has(column.key));
  const drawn = table({
    name: "rows",
    caption: t("Rows of {task}, best first", { task: section.title }),
    columns: visible(),
    rows: section.rows,
    order: orderOf(settings.get("sort"), all),
    onSort: (order) => keep({ sort: orderText(order) }),
    detail: facts,
    mark: (row, line) => line.classList.add(`row-${row.model.kind}`),
  });
  const chooser = boxes(t("Columns"), all.filter((column) => !column.header).map((column) => [column.key, column.plain ?? column.head]), shown, (chosen) => {
    shown.clear();
    chosen.forEach((key) => shown.add(key));
    keep({ columns: [...shown].join(" ") });
    drawn.columns(visible());
  });
  return [html("div", { class: "filters" }, chooser), framed(drawn.element, t("Rows"))];
}

function columns(section) {
  const number = (key, head, value, text, first = "descending") => ({ key, head, numeric: true, first, value, cell: (row) => text(value(row), row) });
  const seconds = (ledger) => (ledger?.seconds ? Object.values(ledger.seconds).reduce((sum, one) => sum + one, 0) : null);
  return [
    number("rank", t("rank"), (row) => row.rank, (_, row) => rankText(row), "ascending"),
    { key: "model", head: t("model"), header: true, value: (row) => fullName(row.model), cell: (row) => nameCell(row.model) },
    number("score", metricName(section), (row) => row.score, scoreText, section.higher ? "descending" : "ascending"),
    number("interval", t("95% interval"), (row) => row.low, (_, row) => span(row.low, row.high)),
    number("difference", t("vs base"), (row) => row.difference, (_, row) => html("span", { title: span(row.difference_low, row.difference_high) }, differenceText(row).replace("*", ""), html("span", { class: "mark" }, row.significant ? "*" : ""))),
    number("p", "p", pOf, (_, row) => probability(pOf(row), row.at_most).replace(/^p=?/, "") || (row.no_test === null ? "" : noteOf(row.no_test)), "ascending"),
    number("usd", t("USD per 1,000"), (row) => row.usd_per_1000, (value, row) => [usd(value), html("abbr", { class: "front-mark", title: row.frontier ? t("on the Pareto front") : null }, row.frontier ? "◆" : "")], "ascending"),
    number("training", t("training, USD"), trainingUsd, (value, row) => (row.training ? usd(value) : row.model.kind === "base" ? "-" : unknown()), "ascending"),
    number("exposure", t("train rows in test"), (row) => (row.exposure ? Object.values(row.exposure).reduce((sum, one) => sum + one, 0) : null), (_, row) => exposureText(row)),
    number("evaluation", t("evaluation time"), (row) => seconds(row.evaluation), duration, "ascending"),
    number("trained", t("time of training"), (row) => seconds(row.training), (value, row) => (row.training ? duration(value) : "-"), "ascending"),
    number("invalid", t("unreadable answers"), (row) => row.invalid, percent, "ascending"),
    { key: "kind", head: t("kind"), value: (row) => row.model.kind, cell: (row) => kindName(row.model.kind) },
    ...section.metrics.filter((metric) => metric !== section.metric).map((metric) =>
      number(`metric-${metric}`, t(board.metrics[metric]?.title ?? metric), (row) => scoreOf(row, metric), (value) => decimals(value), board.metrics[metric]?.higher === false ? "ascending" : "descending"),
    ),
  ];
}

function span(low, high) {
  return low === null ? "" : interval(low, high);
}

function scoreText(value, row) {
  return html("span", { class: row.rank === 1 ? "first" : null }, decimals(value), html("span", { class: "marks" }, marks(row).replace("*", "")));
}

function plot(section, settings) {
  const holder = html("div");
  const draw = (cost) => holder.replaceChildren(scatter(section, cost, () => {}));
  draw(settings.get("cost"));
  const chooser = choice(t("Cost"), axes().map(([key, title]) => [key, title]), settings.get("cost") ?? "evaluation", (cost) => {
    keep({ cost });
    draw(cost);
  }, true);
  const saved = downloads(section, () => holder.querySelector("svg.chart"));
  return html("section", {}, html("h2", {}, t("Cost and score")), html("div", { class: "filters" }, chooser), holder, saved);
}
