// The chart as SVG or PNG, the rows as CSV: made here and handed to the reader, nothing is fetched or sent.

import { html } from "./dom.js";
import { fullName, kindName, metricName } from "./names.js";
import { t } from "./words.js";

const LOOKS = ["fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "stroke-opacity", "fill-opacity", "opacity", "paint-order", "font-family", "font-size", "font-weight", "visibility", "display"];
const SCALE = 3; // pixels of a PNG for one of the page

/** Buttons for a section's chart and rows. chart: a function that finds the SVG, which is drawn again now and then. */
export function downloads(section, chart) {
  const stem = section.task.replace(/[^\w-]+/g, "_");
  const button = (text, make) => html("button", { type: "button", onclick: make }, text);
  const drawn = (make) => () => chart() && make(chart(), stem);
  return html(
    "div",
    { class: "filters downloads", role: "group", "aria-label": t("Download") },
    html("span", {}, t("Download")),
    button("SVG", drawn((canvas) => save(svgText(canvas), "image/svg+xml", `${stem}.svg`))),
    button("PNG", drawn((canvas) => savePng(canvas, `${stem}.png`))),
    button("CSV", () => save(csvText(section), "text/csv", `${stem}.csv`)),
  );
}

/** The chart by itself: what the page's style gives each part is written to it, and the ground is that of the page. */
function svgText(canvas) {
  const copy = canvas.cloneNode(true);
  const parts = [canvas, ...canvas.querySelectorAll("*")];
  [copy, ...copy.querySelectorAll("*")].forEach((part, i) => {
    const style = getComputedStyle(parts[i]);
    for (const name of LOOKS) part.setAttribute(name, style.getPropertyValue(name));
    for (const name of ["class", "tabindex", "role", "aria-label", "data-x", "data-y"]) part.removeAttribute(name);
  });
  const [, , width, height] = canvas.getAttribute("viewBox").split(" ");
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("width", width);
  copy.setAttribute("height", height);
  const ground = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  for (const [name, value] of [["width", width], ["height", height], ["fill", getComputedStyle(document.body).backgroundColor]]) ground.setAttribute(name, value);
  copy.prepend(ground);
  return new XMLSerializer().serializeToString(copy);
}

function savePng(canvas, name) {
  const [, , width, height] = canvas.getAttribute("viewBox").split(" ").map(Number);
  const picture = new Image();
  picture.onload = () => {
    const sheet = html("canvas", { width: width * SCALE, height: height * SCALE });
    sheet.getContext("2d").drawImage(picture, 0, 0, width * SCALE, height * SCALE);
    sheet.toBlob((blob) => hand(blob, name));
  };
  picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svgText(canvas))}`;
}

/** One line a row, numbers unrounded, unknown empty. */
function csvText(section) {
  const head = ["task", "model", "kind", "metric", "rank", "score", "low", "high", "difference", "p", "usd_per_1000"];
  const lines = section.rows.map((row) => [section.task, fullName(row.model), kindName(row.model.kind), metricName(section), row.rank, row.score, row.low, row.high, row.difference, row.p_holm ?? row.p, row.usd_per_1000]);
  return [head, ...lines].map((line) => line.map(cell).join(",")).join("\r\n") + "\r\n";
}

/** A cell that no spreadsheet takes for a formula. */
function cell(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function save(text, type, name) {
  hand(new Blob([text], { type: `${type};charset=utf-8` }), name);
}

function hand(blob, name) {
  const address = URL.createObjectURL(blob);
  const link = html("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  URL.revokeObjectURL(address);
}
