// The board that the page holds: sections whose rows are objects that know their section and model.

import { held } from "./held.js";
import { said } from "./words.js";

const models = held.models.map((model, place) => ({ ...model, place }));

const sections = held.sections.map((section) => {
  const metric = held.metrics[section.metric] ?? { title: section.metric, higher: true };
  const whole = { ...section, language: section.languages.join(", ") || null, metricTitle: metric.title, higher: metric.higher };
  whole.rows = section.rows.map((values, place) => {
    const row = Object.fromEntries(held.columns.map((name, i) => [name, values[i]]));
    return Object.assign(row, { place, section: whole, model: models[row.model] });
  });
  whole.published = publishedRows(section);
  return whole;
});

export const board = { ...held, models, sections };

/** The section of that key, or undefined. */
export function sectionOf(key) {
  return sections.find((section) => section.key === key);
}

/** What the program said of one or many rows: a warning, or why there is no test. */
export function noteOf(place) {
  return said(held.notes)[place];
}

/** The base that a row is compared with, or null: the one that its test was against, if the page knows which. */
export function baseOf(row) {
  return row.base === null || row.base === undefined ? null : row.section.rows[row.base];
}

/** Another metric of a row by name, or null. */
export function scoreOf(row, metric) {
  const place = row.section.metrics.indexOf(metric);
  return place < 0 ? null : row.scores[place];
}

/** USD of the adapter's training, or null where they are unknown. */
export function trainingUsd(row) {
  return row.training?.usd ?? null;
}

function publishedRows(section) {
  if (section.published === null) return [];
  return held.published.lists[section.published].map((row) => ({
    ...row,
    apart: held.published.notes[row.apart],
    note: row.note === null ? null : held.published.notes[row.note],
    source: { key: row.source, ...held.published.sources[row.source] },
  }));
}
