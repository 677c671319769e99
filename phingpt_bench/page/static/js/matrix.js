// Models down, tasks across, one score in each cell with its interval as a bar below it.

import { board, trainingUsd } from "./board.js";
import { html } from "./dom.js";
import { grid } from "./grid.js";
import { exposureText, fullName, kindName, marks, metricName, modelName, nameCell, scoreLines, sizeText } from "./names.js";
import { decimals, unknown, usd } from "./numbers.js";
import { address, go, keep } from "./route.js";
import { framed, orderOf, orderText, table } from "./table.js";
import { tipText, tips } from "./tip.js";
import { t } from "./words.js";

/** The columns about the model that can be shown beside the scores: [key, head, text(model), value(model)]. */
export function modelColumns() {
  return [
    ["kind", t("kind"), (model) => kindName(model.kind), (model) => model.kind],
    ["size", t("size"), sizeText, (model) => model.parameters],
    ["training", t("training, USD"), (model) => (model.kind === "base" ? "-" : usd(trainingOf(model))), trainingOf],
    ["usd", t("USD per 1,000, median"), (model) => usd(medianCost(model)), medianCost],
    ["exposure", t("train rows in test"), exposureOf, exposureOf],
  ];
}

/** {element, show(models, sections, extra)}: the matrix, with the extra columns of `modelColumns` whose keys are given. */
export function matrix(settings) {
  let cells = new Map();
  let drawn = null;
  const holder = html("div");

  function columnsFor(sections, extra) {
    const named = {
      key: "model", head: t("model"), header: true, value: (line) => modelName(line.model), cell: (line) => nameCell(line.model),
    };
    const about = modelColumns()
      .filter(([key]) => extra.has(key))
      .map(([key, head, text, value]) => ({
        key, head, numeric: key !== "kind", value: (line) => value(line.model), cell: (line) => text(line.model),
      }));
    const scores = sections.map((section) => ({
      key: section.key,
      head: html("span", { class: "task-head" }, section.title, html("small", {}, metricName(section), section.higher ? null : " ↓")),
      title: `${section.dataset}; ${section.protocol}`,
      numeric: true,
      first: section.higher ? "descending" : "ascending",
      value: (line) => line.rows.get(section.key)?.score ?? null,
      cell: (line) => scoreCell(line.rows.get(section.key)),
    }));
    return [named, ...about, ...scores];
  }

  /** Marks the cell that holds a score: what it is about, its interval, and that it can be focused. */
  function mark(line, element) {
    for (const inner of element.querySelectorAll("[data-section]")) {
      const cell = inner.parentElement;
      const row = line.rows.get(inner.dataset.section);
      cells.set(cell, row);
      cell.setAttribute("tabindex", cells.size === 1 ? "0" : "-1");
      cell.classList.add("score", `score-${row.model.kind}`);
      if (row.rank === 1) cell.classList.add("first");
      if (row.low === null) continue;
      cell.style.setProperty("--low", `${100 * Math.max(0, Math.min(1, row.low))}%`);
      cell.style.setProperty("--high", `${100 * Math.max(0, Math.min(1, row.high))}%`);
    }
  }

  return {
    element: holder,
    show(models, sections, extra) {
      cells = new Map();
      const columns = columnsFor(sections, extra);
      const lines = linesOf(models, sections);
      drawn = table({
        name: "matrix",
        caption: t("Scores by model and task"),
        columns,
        rows: lines,
        order: orderOf(settings.get("sort"), columns),
        onSort: (order) => {
          settings.set("sort", orderText(order));
          keep({ sort: orderText(order) });
        },
        mark,
      });
      tips(drawn.element, (target) => {
        const cell = target.closest?.("td.score");
        const row = cells.get(cell);
        return row ? { target: cell, content: () => tipText(fullName(row.model), scoreLines(row)) } : null;
      });
      grid(drawn.element, (cell) => {
        const row = cells.get(cell);
        if (row) go(address("task", row.section.key));
      });
      holder.replaceChildren(framed(drawn.element, t("Scores by model and task")));
    },
  };
}

/** For each model with a score in one of the sections {model, rows: section key -> row}. */
function linesOf(models, sections) {
  const lines = new Map(models.map((model) => [model, { model, rows: new Map() }]));
  for (const section of sections) {
    for (const row of section.rows) lines.get(row.model)?.rows.set(section.key, row);
  }
  return [...lines.values()].filter((line) => line.rows.size > 0);
}

function scoreCell(row) {
  if (!row) return null;
  const mark = marks(row);
  return html("span", { "data-section": row.section.key }, decimals(row.score), html("span", { class: "marks" }, mark));
}

let byModel = null;

/** The rows of a model over all sections. */
export function rowsOf(model) {
  if (!byModel) {
    byModel = board.models.map(() => []);
    for (const section of board.sections) for (const row of section.rows) byModel[row.model.place].push(row);
  }
  return byModel[model.place];
}

export function trainingOf(model) {
  return rowsOf(model).map(trainingUsd).find((value) => value !== null) ?? null;
}

/** The median over the model's tasks of what 1,000 documents cost; null where it is unknown for all. */
export function medianCost(model) {
  const known = rowsOf(model).map((row) => row.usd_per_1000).filter((value) => value !== null).sort((a, b) => a - b);
  if (known.length === 0) return null;
  const middle = Math.floor(known.length / 2);
  return known.length % 2 ? known[middle] : (known[middle - 1] + known[middle]) / 2;
}

/** Over all tasks: what was found, or that it was not checked. */
function exposureOf(model) {
  const texts = [...new Set(rowsOf(model).map(exposureText))];
  if (texts.length === 1) return texts[0];
  const rows = rowsOf(model).filter((row) => row.exposure);
  if (rows.length === 0) return unknown();
  const tasks = rows.filter((row) => Object.values(row.exposure).some(Boolean)).length;
  return t("in {n} of {all} tasks", { n: tasks, all: rows.length });
}
