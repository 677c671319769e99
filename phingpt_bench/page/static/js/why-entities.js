// The entities of a row: the right ones, those of each answer, and a reason for each miss.

import { html, name } from "./dom.js";
import { held } from "./held.js";
import { judged, listed, marked, sought } from "./spans.js";
import { t } from "./words.js";

/** A section; null where the row has no entities and none was given. */
export function entities({ row, text }) {
  if (!row.spans.length && row.sides.every((side) => !side.spans.length && !side.misses.length)) return null;
  const placed = (spans) => spans.map(([start, end, type]) => [start, end, held.labels.indexOf(type)]);
  const show = (list) => (text === null ? listed(list, held.labels) : marked(text, list, held.labels));
  const gold = placed(row.spans);
  const last = placed(row.sides[row.sides.length - 1].spans);
  return html(
    "section",
    {},
    html("h3", {}, t("Entities")),
    html("p", { class: "of" }, t("right answer")),
    show(sought(gold, last)),
    row.sides.map((side, at) => [
      html("p", { class: "of" }, name(held.systems[at])),
      show(judged(placed(side.spans), gold)),
      side.misses.length ? html("ul", { class: "misses" }, side.misses.map((miss) => html("li", {}, reason(miss, text)))) : null,
    ]),
    html("p", { class: "note" }, t("✓ right · ○ missed in the answer after · ✕ not in the right answer")),
  );
}

/** What is concerned, and what is wrong with it. */
function reason(miss, text) {
  const about = {
    boundary: t("overlaps a right entity, but begins or ends elsewhere"),
    type: t("the right place under another type"),
    missed: t("not found"),
    spurious: t("no entity of the right answer"),
    hallucinated: t("not in the text"),
    duplicate: t("given twice, which costs nothing"),
    format: t("could not be read"),
  }[miss.kind] ?? miss.kind;
  const named = [miss.predicted, miss.gold].filter(Boolean).map((place) => placeText(place, text));
  const what = named.length ? named.join(` (${t("right")}: `) + (named.length > 1 ? ")" : "") : miss.surface;
  return what ? [name(what), ": ", about] : about;
}

function placeText([start, end, type], text) {
  return text === null ? t("{label} at {start} to {end}", { label: type, start, end }) : `${type}: ${[...text].slice(start, end).join("")}`;
}
