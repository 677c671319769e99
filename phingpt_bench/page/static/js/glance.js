// Each tuned model in one line: on how many tasks it is really better, and what that cost.

import { board } from "./board.js";
import { html } from "./dom.js";
import { medianCost, rowsOf, trainingOf } from "./matrix.js";
import { modelName, nameCell } from "./names.js";
import { usd } from "./numbers.js";
import { framed, table } from "./table.js";
import { t } from "./words.js";

const FIRST = 20; // lines; the scores come below

/** A table of the tuned models, those that win most tasks first; null where there is none. */
export function glance() {
  const lines = board.models.filter((model) => model.kind === "tuned").map(lineOf).filter((line) => line.tasks > 0);
  if (lines.length === 0) return null;
  lines.sort((a, b) => b.beats - a.beats || b.better - a.better || a.worse - b.worse);
  const count = (key, head, title, share) => ({
    key, head, title, numeric: true, first: "descending", value: (line) => line[key], cell: (line) => (line.unranked ? t("not ranked") : share(line)),
  });
  const columns = [
    { key: "model", head: t("tuned model"), header: true, value: (line) => modelName(line.model), cell: (line) => nameCell(line.model) },
    count("better", t("better than its base"), t("tasks where the paired test finds a gain, p < 0.05 after Holm's correction"), (line) => meter(line.better, line.tested, "good")),
    count("worse", t("worse"), t("tasks where the paired test finds a loss"), (line) => meter(line.worse, line.tested, "bad")),
    count("beats", t("beats the best floor"), t("tasks where it is significantly better than the best cheap classical model"), (line) => meter(line.beats, line.floors, "good")),
    { key: "training", head: t("training cost"), numeric: true, value: (line) => line.training, cell: (line) => usd(line.training) },
    { key: "usd", head: t("per 1,000 documents"), title: t("USD, median over its tasks"), numeric: true, value: (line) => line.usd, cell: (line) => usd(line.usd) },
  ];
  const drawn = table({ name: "glance", caption: t("Tuned models at a glance"), columns, rows: lines, few: FIRST });
  return framed(drawn.element, t("Tuned models at a glance"));
}

/** Counts over the tasks of a model. A task on which it is not ranked because it saw the rows proves nothing. */
function lineOf(model) {
  const full = rowsOf(model).filter((row) => row.section.limit === null);
  const ranked = full.filter((row) => !row.exposed);
  const real = ranked.filter((row) => !row.section.synthetic);
  const all = real.length ? real : ranked;
  const gain = (row) => (row.section.higher ? row.difference : -row.difference);
  return {
    model,
    tasks: full.length,
    unranked: all.length === 0,
    tested: all.filter((row) => row.p !== null).length,
    better: all.filter((row) => row.significant && gain(row) > 0).length,
    worse: all.filter((row) => row.significant && gain(row) < 0).length,
    floors: all.filter((row) => row.beats_floor !== null).length,
    beats: all.filter((row) => row.beats_floor === true).length,
    training: trainingOf(model),
    usd: medianCost(model),
  };
}

/** "14 of 15" over a bar of that share. */
function meter(count, of, tone) {
  if (of === 0) return "-";
  const bar = html("span", { class: `meter meter-${tone}`, "aria-hidden": "true" }, html("span", {}));
  bar.firstChild.style.setProperty("width", `${(100 * count) / of}%`);
  return html("span", { class: "metered" }, t("{n} of {all}", { n: count, all: of }), bar);
}
