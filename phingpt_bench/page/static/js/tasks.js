// The tasks of the board, one line each: from the base to the best tuned row, and against the best floor.

import { board } from "./board.js";
import { html } from "./dom.js";
import { metricName } from "./names.js";
import { decimals, whole } from "./numbers.js";
import { address, keep } from "./route.js";
import { framed, orderOf, orderText, table } from "./table.js";
import { t, tn } from "./words.js";

export function tasksView(settings) {
  const lines = board.sections.map(lineOf);
  const score = (key, head) => ({ key, head, numeric: true, first: "descending", value: (line) => line[key]?.score ?? null, cell: (line) => (line[key] ? decimals(line[key].score) : "-") });
  const columns = [
    { key: "task", head: t("task"), header: true, value: (line) => line.section.title, cell: (line) => html("a", { href: address("task", line.section.key) }, line.section.title, line.section.limit ? ` (${tn("{n} row", "{n} rows", line.section.limit, { n: whole(line.section.limit) })})` : null) },
    { key: "metric", head: t("metric"), value: (line) => metricName(line.section), cell: (line) => metricName(line.section) },
    { key: "n", head: t("rows"), numeric: true, value: (line) => line.section.n, cell: (line) => whole(line.section.n) },
    score("base", t("best base")),
    score("tuned", t("best tuned")),
    score("floor", t("best floor")),
    { key: "beats", head: t("floor beaten"), value: (line) => Number(line.tuned?.beats_floor ?? -1), cell: (line) => ({ true: t("yes"), false: t("no") })[line.tuned?.beats_floor] ?? "-" },
    { key: "published", head: t("published rows"), numeric: true, value: (line) => line.section.published.length, cell: (line) => whole(line.section.published.length) },
    { key: "language", head: t("language"), value: (line) => line.section.language, cell: (line) => line.section.language ?? t("unknown") },
    { key: "licence", head: t("licence"), value: (line) => line.section.licence, cell: (line) => ((line.section.licence ?? "unknown") === "unknown" ? t("licence unknown") : line.section.licence) },
  ];
  const drawn = table({ name: "tasks", caption: t("Tasks"), columns, rows: lines, order: orderOf(settings.get("sort"), columns), onSort: (order) => keep({ sort: orderText(order) }) });
  return [
    html("header", { class: "intro" }, html("h1", {}, t("Tasks")), html("p", { class: "lead" }, t("Scores of different protocols never share a rank. Each task has a page of its own."))),
    framed(drawn.element, t("Tasks")),
  ];
}

/** The best rows of a section by kind; rows come best first. One that trained on the test rows is not the best. */
function lineOf(section) {
  const best = (kind) => section.rows.find((row) => row.model.kind === kind && !row.exposed);
  return { section, base: best("base"), tuned: best("tuned"), floor: best("floor") };
}
