// Cost against score for one task: intervals, the Pareto front as a step line, and what has no known cost beside it.

import { trainingUsd } from "./board.js";
import { html, name, once, svg, unique } from "./dom.js";
import { fullName, kindName, metricName, scoreLines, shortName } from "./names.js";
import { decimals, range, unknown, usd } from "./numbers.js";
import { linearScale, logScale } from "./scale.js";
import { hideTip, showTip, tipText } from "./tip.js";
import { said, t, tn } from "./words.js";

const EDGE = { top: 18, right: 20, bottom: 44, left: 52 };
const REACH = 40; // pixels between pointer and point within which the point is meant
const LABELLED = 12; // points of the front that get a name

/** The ways to count cost: [key, title, cost(row)]. */
export function axes() {
  return [
    ["evaluation", t("USD per 1,000 documents"), (row) => row.usd_per_1000],
    ["training", t("USD of training"), trainingUsd],
  ];
}

/** A figure of a section's rows over one of `axes`; published rows are drawn where they have a known cost of that kind. */
export function scatter(section, axisKey, onPick) {
  const axis = axes().find(([key]) => key === axisKey) ?? axes()[0];
  const { points, unplaced } = placed(section, axis);
  const caption = t("{metric} against {axis}, {n} points", { metric: metricName(section), axis: axis[1], n: points.length });
  const canvas = svg("svg", { class: "chart", role: "group", "aria-label": caption, "aria-roledescription": t("scatter plot") });
  const holder = html("div", { class: "chart-holder" }, canvas);
  const draw = once(() => plot(canvas, points, section, axis[1], onPick));
  new ResizeObserver(draw).observe(holder);
  return html(
    "figure",
    { class: "scatter" },
    html("div", {}, points.length ? holder : html("p", { class: "empty" }, t("No row has a known cost of this kind.")), key(points)),
    unplaced.length ? beside(unplaced) : null,
    html(
      "figcaption",
      {},
      t("Bars are 95% intervals; level bars are ranges of prices."),
      points.some((point) => point.row?.exposed) ? ` ${t("Pale marks are not ranked: trained on the test rows.")}` : null,
      points.some((point) => point.onFront) ? ` ${t("The line joins the rows that no other row beats in cost without losing in score; rows that are not ranked take no part, nor do those that a row of a shared machine may beat.")}` : null,
    ),
  );
}

/** Rows and published rows of a section with a cost and a score, and those whose cost is unknown or nothing. */
function placed(section, [kind, , cost]) {
  const points = [];
  const unplaced = [];
  for (const row of section.rows) {
    if (row.score === null) continue;
    const onFront = kind === "evaluation" && row.frontier === true; // of the training no front is known: a base has none
    const point = { row, cost: cost(row), score: row.score, low: row.low, high: row.high, kind: row.model.kind, label: fullName(row.model), onFront };
    (point.cost > 0 ? points : unplaced).push(point);
  }
  for (const row of section.published) {
    const range = kind === "training" ? row.usd !== null && [row.usd, row.usd] : row.estimate;
    const cost = range ? Math.sqrt(range[0] * range[1]) : null;
    const point = { published: row, cost, range, score: row.score, kind: "published", label: row.model };
    (point.cost > 0 ? points : unplaced).push(point);
  }
  return { points, unplaced };
}

function plot(canvas, points, section, axisTitle, onPick) {
  const width = Math.max(280, canvas.parentElement.clientWidth);
  const height = width < 500 ? 300 : 380;
  canvas.setAttribute("viewBox", `0 0 ${width} ${height}`);
  canvas.setAttribute("height", height);
  const costs = points.flatMap((point) => point.range || [point.cost]);
  const ends = points.flatMap((point) => [point.low ?? point.score, point.high ?? point.score]);
  const x = logScale(Math.min(...costs), Math.max(...costs), EDGE.left, width - EDGE.right);
  const y = linearScale(Math.min(...ends), Math.max(...ends), height - EDGE.bottom, EDGE.top);
  const best = points.filter((point) => point.onFront).sort((a, b) => a.cost - b.cost);
  const marks = points.map((point) => mark(point, x, y, point.onFront));
  canvas.replaceChildren(
    frame(x, y, width, height, axisTitle, metricName(section)),
    line(best, x, y, width),
    svg("g", { class: "points" }, marks),
    labels(best.slice(-LABELLED), points, x, y, width),
  );
  reach(canvas, points, marks, section, onPick);
}

function frame(x, y, width, height, xTitle, yTitle) {
  const bottom = height - EDGE.bottom;
  const lines = y.ticks.map(([value]) => [
    svg("line", { class: "rule", x1: EDGE.left, x2: width - EDGE.right, y1: y.at(value), y2: y.at(value) }),
    svg("text", { x: EDGE.left - 8, y: y.at(value), dy: "0.32em", "text-anchor": "end" }, decimals(value, 2)),
  ]);
  let free = -Infinity;
  const ticks = x.ticks.map(([value, labelled]) => {
    const at = x.at(value);
    const room = labelled && at - free > 52;
    if (room) free = at;
    return [
      svg("line", { class: "tick", x1: at, x2: at, y1: bottom, y2: bottom + (room ? 6 : 3) }),
      room ? svg("text", { x: at, y: bottom + 19, "text-anchor": "middle" }, amount(value)) : null,
    ];
  });
  return svg(
    "g",
    { class: "axes", "aria-hidden": "true" },
    lines,
    svg("line", { class: "axis", x1: EDGE.left, x2: width - EDGE.right, y1: bottom, y2: bottom }),
    ticks,
    svg("text", { class: "title", x: width - EDGE.right, y: height - 6, "text-anchor": "end" }, `${xTitle} →`),
    svg("text", { class: "title", x: 0, y: 9 }, `↑ ${yTitle}`),
  );
}

/** The amount of a tick, which is a 1, 2 or 5 with zeros: $0.001, $20, and $10⁻⁷ where zeros could not be counted. */
function amount(value) {
  if (value >= 1e-6) return `$${Number(value.toPrecision(1))}`;
  const [digit, power] = value.toExponential(0).split("e-");
  const raised = [...power].map((number) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[number]).join("");
  return `$${digit === "1" ? "" : `${digit}·`}10⁻${raised}`;
}

/** The front: level from each point to the cost of the next, then up; level to the edge after the last. */
function line(best, x, y, width) {
  if (best.length === 0) return svg("g");
  const path = best.map((point, i) => `${i ? `H${x.at(point.cost)}V` : `M${x.at(point.cost)} `}${y.at(point.score)}`).join("");
  return svg("path", { class: "front", d: `${path}H${width - EDGE.right}`, "aria-hidden": "true" });
}

function mark(point, x, y, onFront) {
  const [at, level] = [x.at(point.cost), y.at(point.score)];
  const known = point.low !== null && point.low !== undefined;
  const bar = known
    ? `M${at - 3} ${y.at(point.low)}h6M${at} ${y.at(point.low)}V${y.at(point.high)}M${at - 3} ${y.at(point.high)}h6`
    : point.range && `M${x.at(point.range[0])} ${level - 3}v6M${x.at(point.range[0])} ${level}H${x.at(point.range[1])}M${x.at(point.range[1])} ${level - 3}v6`;
  return svg(
    "g",
    { class: `point point-${point.kind}${onFront ? " on-front" : ""}${point.row?.exposed ? " unranked" : ""}`, tabindex: "-1", role: "button", "aria-label": spoken(point, onFront), "data-x": at, "data-y": level },
    bar ? svg("path", { class: "bar", d: bar }) : null,
    svg("circle", { class: "halo", cx: at, cy: level, r: 11 }),
    shape(point.kind, at, level),
  );
}

/** Kinds differ in form, not in colour alone. */
function shape(kind, x, y) {
  if (kind === "floor") return svg("rect", { class: "shape", x: x - 4.5, y: y - 4.5, width: 9, height: 9 });
  if (kind === "published") return svg("path", { class: "shape", d: `M${x} ${y - 6.5}L${x + 6.5} ${y}L${x} ${y + 6.5}L${x - 6.5} ${y}Z` });
  if (kind === "check") return svg("path", { class: "shape", d: `M${x - 5} ${y - 5}l10 10M${x + 5} ${y - 5}l-10 10` });
  return svg("circle", { class: "shape", cx: x, cy: y, r: 5.5 });
}

function spoken(point, onFront) {
  return [
    `${point.label} (${point.kind === "published" ? t("published") : kindName(point.kind)})`,
    decimals(point.score),
    usd(point.cost),
    onFront ? t("on the Pareto front") : null,
    point.row?.exposed ? t("not ranked") : null,
  ].filter(Boolean).join(", ");
}

/** Names of the points of the front, where there is room: beside or below them, over no other point and no other name. */
function labels(best, points, x, y, width) {
  const taken = points.map((point) => around(x.at(point.cost), y.at(point.score), 6));
  const texts = [...best].reverse().map((point) => {
    const text = shortName(point.row.model);
    const shown = text.length > 34 ? `${text.slice(0, 33)}…` : text;
    const [px, py, size] = [x.at(point.cost), y.at(point.score), 6.6 * shown.length];
    const places = [[px + 9, py - 9, "start"], [px - 9, py - 9, "end"], [px + 9, py + 19, "start"], [px - 9, py + 19, "end"]];
    for (const [left, base, anchor] of places) {
      const start = anchor === "start" ? left : left - size;
      const box = { left: start, right: start + size, top: base - 11, bottom: base + 3 };
      const fits = box.left > EDGE.left && box.right < width - 4 && box.top > 0;
      if (!fits || taken.some((other) => overlap(box, other))) continue;
      taken.push(box);
      return svg("text", { x: left, y: base, "text-anchor": anchor }, shown);
    }
    return null;
  });
  return svg("g", { class: "labels", "aria-hidden": "true" }, texts);
}

function around(x, y, reach) {
  return { left: x - reach, right: x + reach, top: y - reach, bottom: y + reach };
}

function overlap(a, b) {
  return a.left < b.right && a.right > b.left && a.top < b.bottom && a.bottom > b.top;
}

/** Pointer and keys: the nearest point is meant; arrows walk through the points by cost, Enter picks one. */
function reach(canvas, points, marks, section, onPick) {
  const order = points.map((_, i) => i).sort((a, b) => points[a].cost - points[b].cost || points[a].score - points[b].score);
  const show = (i) => {
    marks.forEach((other) => other.classList.toggle("shown", other === marks[i]));
    showTip(marks[i], tipText(points[i].label, linesOf(points[i])));
  };
  const hide = () => {
    marks.forEach((other) => other.classList.remove("shown"));
    hideTip();
  };
  marks[order[0]]?.setAttribute("tabindex", "0");
  canvas.onpointermove = (event) => {
    const box = canvas.getBoundingClientRect();
    const near = nearest(marks, event.clientX - box.left, event.clientY - box.top);
    canvas.classList.toggle("aimed", near !== null);
    if (near === null) hide();
    else show(near);
  };
  canvas.onpointerleave = hide;
  canvas.onclick = (event) => {
    const box = canvas.getBoundingClientRect();
    const near = nearest(marks, event.clientX - box.left, event.clientY - box.top);
    if (near !== null) onPick(points[near]);
  };
  marks.forEach((element, i) => {
    element.addEventListener("focus", () => {
      marks.forEach((other) => other.setAttribute("tabindex", other === element ? "0" : "-1"));
      show(i);
    });
    element.addEventListener("blur", hide);
    element.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (step) {
        event.preventDefault();
        marks[order[order.indexOf(i) + step]]?.focus();
      } else if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        onPick(points[i]);
      } else if (event.key === "Escape") hide();
    });
  });
}

function nearest(marks, x, y) {
  let best = null;
  let closest = REACH ** 2;
  marks.forEach((mark, i) => {
    const distance = (mark.dataset.x - x) ** 2 + (mark.dataset.y - y) ** 2;
    if (distance < closest) [best, closest] = [i, distance];
  });
  return best;
}

function linesOf(point) {
  if (point.row) return scoreLines(point.row);
  const { published } = point;
  return [
    [t("published score"), decimals(point.score)],
    [t("training, as published"), published.cost ? said(published.cost) : unknown()],
    published.estimate && [t("USD per 1,000 documents, estimate"), range(published.estimate)],
    published.on_card && [t("its training at our prices"), range(published.on_card)],
    [t("source"), published.source.title],
  ];
}

/** What stands for what, for the kinds that are drawn. */
function key(points) {
  const kinds = ["tuned", "base", "floor", "check", "published"].filter((kind) => points.some((point) => point.kind === kind));
  return html(
    "ul",
    { class: "key" },
    kinds.map((kind) => html(
      "li",
      {},
      svg("svg", { viewBox: "0 0 18 18", width: 18, height: 18, "aria-hidden": "true" }, svg("g", { class: `point point-${kind}` }, shape(kind, 9, 9))),
      kind === "published" ? t("published, not comparable") : kindName(kind),
    )),
    points.some((point) => point.onFront) ? html("li", {}, svg("svg", { viewBox: "0 0 26 18", width: 26, height: 18, "aria-hidden": "true" }, svg("path", { class: "front", d: "M1 14H13V4H25" })), t("Pareto front")) : null,
  );
}

/** Rows without a known cost: listed, never drawn at zero. */
function beside(unplaced) {
  const ours = unplaced.filter((point) => point.row);
  const published = unplaced.filter((point) => point.published);
  const item = (point) => html("li", {}, html("span", {}, name(point.label)), html("span", { class: "number" }, decimals(point.score)));
  return html(
    "aside",
    { class: "unplaced", "aria-label": t("Without a known cost") },
    html("h3", {}, t("Without a known cost")),
    ours.length ? html("ul", {}, ours.map(item)) : null,
    published.length
      ? html("details", { id: unique("published") }, html("summary", {}, tn("{n} published row", "{n} published rows", published.length)), html("ul", {}, published.map(item)))
      : null,
  );
}
