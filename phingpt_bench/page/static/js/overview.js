// The first view: what is really better, the scores, and what they cost.

import { board } from "./board.js";
import { html } from "./dom.js";
import { boxes, choice } from "./fields.js";
import { filters } from "./filters.js";
import { glance } from "./glance.js";
import { legend } from "./legend.js";
import { matrix, modelColumns } from "./matrix.js";
import { whole } from "./numbers.js";
import { address, go, keep } from "./route.js";
import { axes, scatter } from "./scatter.js";
import { t, tn } from "./words.js";

/** The overview as nodes; of a board without rows, the reason. */
export function overview(settings) {
  if (board.sections.length === 0) {
    const why = html("p", { class: "lead" }, t("No row is left: the filters hide all of it."));
    return [html("header", { class: "intro" }, html("h1", {}, t("Leaderboard")), why)];
  }
  if (board.sections.every((section) => section.limit !== null)) {
    return [html("header", { class: "intro" }, html("h1", {}, t("Leaderboard")), html("p", { class: "lead" }, t("All runs are limited to the first rows of their task: none is ranked, and no overview is drawn."))), limitedNote(), legend()];
  }
  const extra = new Set((settings.get("columns") ?? "").split(" ").filter(Boolean));
  const scores = matrix(settings);
  const form = filters(settings, draw);
  const plot = plotOf(settings, () => form.sections());
  form.element.append(
    boxes(t("Columns"), modelColumns().map(([key, head]) => [key, head]), extra, (chosen) => {
      extra.clear();
      chosen.forEach((key) => extra.add(key));
      keep({ columns: [...extra].join(" ") });
      draw();
    }),
  );

  function draw() {
    const sections = form.sections();
    scores.show(form.models(), sections.filter((section) => section.limit === null), extra);
    plot.show(sections);
  }

  draw();
  const summary = glance();
  return [
    html("header", { class: "intro" }, html("h1", {}, t("Leaderboard")), html("p", { class: "lead" }, lead())),
    summary && html("section", {}, html("h2", {}, t("Is the tuned model really better?")), summary),
    html("section", {}, html("h2", {}, t("Scores")), form.element, scores.element, marksNote()),
    plot.element,
    limitedNote(),
    legend(),
  ];
}

function lead() {
  const tasks = board.sections.filter((section) => section.limit === null).length;
  const runs = board.sections.reduce((sum, section) => sum + section.rows.length, 0);
  return tn(
    "{runs} runs of {models} models on {tasks} task. Every score has an interval, every gain a paired test, every row its cost.",
    "{runs} runs of {models} models on {tasks} tasks. Every score has an interval, every gain a paired test, every row its cost.",
    tasks,
    { runs: whole(runs), models: whole(board.models.length), tasks: whole(tasks) },
  );
}

function marksNote() {
  return html(
    "p",
    { class: "note" },
    t("* differs from its base, p < 0.05 · ! not better than the best floor · x trained on the test rows, not ranked · bold: rank 1 · the bar below a score is its 95% interval from 0 to 1. Arrow keys walk through the scores, Enter opens the task."),
  );
}

function limitedNote() {
  const limited = board.sections.filter((section) => section.limit !== null);
  if (limited.length === 0) return null;
  const links = limited.map((section) => html("li", {}, html("a", { href: address("task", section.key) }, `${section.title} (${tn("{n} row", "{n} rows", section.limit, { n: whole(section.limit) })})`)));
  return html("section", {}, html("h2", {}, t("Limited runs, not ranked")), html("ul", { class: "plain" }, links));
}

/** The plot with its choice of task and cost: {element, show(sections)}. */
function plotOf(settings) {
  const holder = html("div");
  const controls = html("div", { class: "filters" });
  let shown = [];

  function chosen() {
    const asked = shown.find((section) => section.key === settings.get("plot"));
    const telling = shown.find((section) => section.rows.some((row) => row.frontier && row.model.kind === "tuned"));
    return asked ?? telling ?? shown.find((section) => section.rows.some((row) => row.frontier)) ?? shown[0];
  }

  function draw() {
    const section = chosen();
    if (!section) {
      holder.replaceChildren();
      return;
    }
    holder.replaceChildren(scatter(section, settings.get("cost"), () => go(address("task", section.key))));
  }

  function set(key) {
    return (value) => {
      settings.set(key, value);
      keep({ [key]: value });
      draw();
    };
  }

  return {
    element: html("section", {}, html("h2", {}, t("Cost and score")), controls, holder),
    show(sections) {
      shown = sections.filter((section) => section.limit === null);
      const section = chosen();
      controls.replaceChildren(
        choice(t("Task"), shown.map((one) => [one.key, one.title]), section?.key, set("plot")),
        choice(t("Cost"), axes().map(([key, title]) => [key, title]), settings.get("cost") ?? "evaluation", set("cost"), true),
      );
      draw();
    },
  };
}
