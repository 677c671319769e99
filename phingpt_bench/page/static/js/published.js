// Results of others: apart, with the reason why, and where they can be read.

import { board } from "./board.js";
import { external, html, name } from "./dom.js";
import { choice, occurring, search } from "./fields.js";
import { decimals, range, unknown, whole } from "./numbers.js";
import { address, keep } from "./route.js";
import { framed, orderOf, orderText, table } from "./table.js";
import { said, t } from "./words.js";

/** The published rows of a section under their reasons; null where there are none. */
export function publishedSection(section) {
  if (section.published.length === 0) return null;
  const groups = grouped(section.published);
  return html(
    "section",
    { class: "published" },
    html("h2", {}, t("Published results, not comparable")),
    html("p", { class: "note" }, t("Not run here: no interval, no test, no rank. What differs stands above each table.")),
    [...groups].map(([reason, rows]) => [
      html("p", { class: "reason" }, html("strong", {}, rows[0].same_rows && rows[0].same_metric ? t("Same rows, same metric.") : rows[0].same_rows ? t("Same rows, another metric.") : t("Other rows.")), " ", name(said(reason))),
      framed(table({ name: "published", caption: t("Published results"), columns: columns(), rows }).element, said(reason)),
    ]),
  );
}

/** All published rows of the board in one table that can be searched. */
export function publishedView(settings) {
  const all = board.sections.flatMap((section) => section.published.map((row) => ({ ...row, section })));
  const task = { key: "task", head: t("task"), value: (row) => row.section.title, cell: (row) => html("a", { href: address("task", row.section.key) }, row.section.title) };
  const why = { key: "apart", head: t("why it is not comparable"), cell: (row) => html("span", { class: "why" }, name(said(row.apart))) };
  const heads = columns();
  heads.splice(1, 0, task);
  heads.push(why);
  const chosen = { q: settings.get("q") ?? "", task: settings.get("task") ?? "" };
  const drawn = table({
    name: "published all", caption: t("Published results"), columns: heads, rows: all, order: orderOf(settings.get("sort"), heads),
    onSort: (order) => keep({ sort: orderText(order) }),
  });
  const fits = (row) => {
    if (chosen.task && row.section.title !== chosen.task) return false;
    const words = `${row.model} ${row.method} ${row.base ?? ""} ${row.source.title} ${row.section.title}`.toLowerCase();
    return chosen.q.toLowerCase().split(/\s+/).every((word) => words.includes(word));
  };
  const set = (key) => (value) => {
    chosen[key] = value;
    keep(chosen);
    drawn.show(all.filter(fits));
  };
  drawn.show(all.filter(fits));
  return [
    html("header", { class: "intro" }, html("h1", {}, t("Published results")), html("p", { class: "lead" }, t("What others print for these tasks, {n} rows. None is ranked with the runs of this board: prompts, rows or metrics differ, and each row says which.", { n: whole(all.length) }))),
    html(
      "section",
      {},
      html(
        "form",
        { class: "filters", role: "search", onsubmit: (event) => event.preventDefault() },
        search(t("Search"), chosen.q, set("q")),
        choice(t("Task"), occurring(all.map((row) => row.section.title), String, t("all tasks")), chosen.task, set("task")),
      ),
      framed(drawn.element, t("Published results")),
    ),
  ];
}

function columns() {
  return [
    { key: "model", head: t("model"), header: true, value: (row) => row.model, cell: (row) => html("span", { class: "who" }, html("span", { class: "who-name" }, name(row.model)), row.base ? html("span", { class: "who-rest" }, name(row.base)) : null) },
    { key: "size", head: t("size"), numeric: true, value: (row) => row.size, cell: (row) => (row.size === null ? unknown() : `${row.size}B`) },
    { key: "method", head: t("method"), value: (row) => row.method, cell: (row) => html("span", { class: "method" }, name(row.method)) },
    { key: "shots", head: t("shots"), numeric: true, value: (row) => row.shots, cell: (row) => (row.shots === null ? unknown() : String(row.shots)) },
    { key: "score", head: t("score"), numeric: true, first: "descending", value: (row) => row.score, cell: (row) => decimals(row.score) },
    { key: "cost", head: t("training, as published"), numeric: true, value: (row) => row.usd, cell: (row) => html("span", {}, row.cost ? said(row.cost) : unknown(), row.cost && said(row.cost_note) ? html("small", {}, name(said(row.cost_note))) : null, row.on_card ? html("small", {}, t("at our prices {usd}", { usd: range(row.on_card) })) : null) },
    { key: "estimate", head: t("USD per 1,000, estimate"), numeric: true, value: (row) => row.estimate?.[0] ?? null, cell: (row) => (row.estimate ? `~${range(row.estimate)}` : unknown()) },
    { key: "source", head: t("source"), value: (row) => row.source.title, cell: sourceCell },
  ];
}

function sourceCell(row) {
  const evidence = { secondary: t("quoted elsewhere"), recomputed: t("recomputed") }[row.evidence];
  return html(
    "span",
    { class: "source" },
    name(row.source.title), row.source.table ? `, ${row.source.table}` : null, evidence ? ` (${evidence})` : null,
    row.source.links.map(([text, where]) => [" ", external(where, text)]),
    row.note ? html("small", {}, name(said(row.note))) : null,
  );
}

function grouped(rows) {
  const groups = new Map();
  for (const row of rows) groups.set(row.apart, [...(groups.get(row.apart) ?? []), row]);
  return groups;
}
