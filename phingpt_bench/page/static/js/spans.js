// Entities in a text: the characters they cover, with the name of their type, whether they overlap or not.

import { html } from "./dom.js";
import { t } from "./words.js";

const MARKS = { hit: "✓", miss: "○", wrong: "✕" };

/** Spans of an answer as {start, end, type, fate}: "hit" where start, end and type are those of a gold one, else "wrong". */
export function judged(spans, gold) {
  const right = new Set(gold.map(String));
  return spans.map((span) => entity(span, right.has(String(span)) ? "hit" : "wrong"));
}

/** Gold spans as {start, end, type, fate}: "hit" where `found` has it, else "miss". */
export function sought(gold, found) {
  const had = new Set(found.map(String));
  return gold.map((span) => entity(span, had.has(String(span)) ? "hit" : "miss"));
}

/** The text with its entities marked; every type is named, and every fate has a sign. */
export function marked(text, entities, labels) {
  const letters = [...text]; // offsets count characters, not the halves that JavaScript counts
  const cuts = [...new Set([0, letters.length, ...entities.flatMap(({ start, end }) => [start, end])])].filter((at) => at >= 0 && at <= letters.length).sort((a, b) => a - b);
  const pieces = [];
  for (let i = 0; i + 1 < cuts.length; i += 1) {
    const [from, to] = [cuts[i], cuts[i + 1]];
    const piece = letters.slice(from, to).join("");
    const over = entities.filter(({ start, end }) => start <= from && to <= end);
    if (over.length === 0) {
      pieces.push(piece);
      continue;
    }
    const begins = over.filter(({ start }) => start === from);
    pieces.push(html(
      "mark",
      { class: `entity type-${over[0].type % 6} ${over[0].fate}` },
      piece,
      begins.map(({ type, fate }) => html("span", { class: "tag" }, `${labels[type]} ${MARKS[fate]}`)),
    ));
  }
  return html("p", { class: "marked" }, pieces);
}

/** The same without the text: types and places. */
export function listed(entities, labels) {
  if (entities.length === 0) return html("p", { class: "none" }, t("no entity"));
  return html("ul", { class: "spans" }, entities.map(({ start, end, type, fate }) => html("li", { class: `entity type-${type % 6} ${fate}` }, `${labels[type]} ${start}–${end} ${MARKS[fate]}`)));
}

function entity([start, end, type], fate) {
  return { start, end, type, fate };
}
