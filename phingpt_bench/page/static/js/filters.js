// Which models and which tasks are looked at: one form, its settings in the address.

import { board } from "./board.js";
import { html, once } from "./dom.js";
import { choice, occurring, search } from "./fields.js";
import { fullName, kindName } from "./names.js";
import { keep } from "./route.js";
import { t } from "./words.js";

const SIZES = { small: [0, 1e9], middle: [1e9, 1e10], large: [1e10, Infinity] };
const KEYS = ["q", "kind", "size", "task", "protocol", "language", "licence"];

/** The form, and what it lets through: {element, models(), sections()}; `onChange` is called after each change. */
export function filters(settings, onChange) {
  const chosen = Object.fromEntries(KEYS.map((key) => [key, settings.get(key) ?? ""]));
  const changed = once(onChange);
  const set = (key) => (value) => {
    chosen[key] = value;
    keep(chosen);
    changed();
  };
  const { models, sections } = board;
  const of = (list, read, all) => occurring(list.map(read), String, all);
  const fields = [
    ["kind", t("Kind"), occurring(models.map((model) => model.kind), kindName)],
    ["size", t("Size"), [["", t("all")], ["small", t("under 1B")], ["middle", t("1B to 10B")], ["large", t("10B and more")]]],
    ["task", t("Dataset"), of(sections, (section) => section.family)],
    ["protocol", t("Protocol"), of(sections, (section) => section.protocol)],
    ["language", t("Language"), occurring(sections.flatMap((section) => section.languages))],
    ["licence", t("Licence"), of(sections, (section) => section.licence, t("all licences"))],
  ].filter(([key, , options]) => options.length > 2 && (key !== "size" || models.some((model) => model.parameters)));
  const element = html(
    "form",
    { class: "filters", role: "search", "aria-label": t("Filters"), onsubmit: (event) => event.preventDefault() },
    search(t("Search models and tasks"), chosen.q, set("q")),
    fields.map(([key, label, options]) => choice(label, options, chosen[key], set(key))),
  );
  return {
    element,
    models: () => models.filter((model) => modelFits(model, chosen)),
    sections: () => sections.filter((section) => sectionFits(section, chosen)),
  };
}

/** A word of the search must be found in the model or in one of its tasks; so a task's name leaves its column alone. */
function modelFits(model, chosen) {
  if (chosen.kind && model.kind !== chosen.kind) return false;
  if (chosen.size) {
    const [low, high] = SIZES[chosen.size] ?? [0, Infinity];
    if (model.parameters === null || model.parameters < low || model.parameters >= high) return false;
  }
  const words = wordsOf(chosen.q);
  return words.every((word) => haystack(model).includes(word)) || taskWords(words);
}

function sectionFits(section, chosen) {
  if (chosen.task && section.family !== chosen.task) return false;
  if (chosen.protocol && section.protocol !== chosen.protocol) return false;
  if (chosen.language && !section.languages.includes(chosen.language)) return false;
  if (chosen.licence && section.licence !== chosen.licence) return false;
  const words = wordsOf(chosen.q);
  return !taskWords(words) || words.every((word) => taskHaystack(section).includes(word));
}

function taskWords(words) {
  return words.length > 0 && board.sections.some((section) => words.every((word) => taskHaystack(section).includes(word)));
}

function wordsOf(text) {
  return text.toLowerCase().split(/\s+/).filter(Boolean);
}

function haystack(model) {
  return [fullName(model), model.base ?? "", kindName(model.kind)].join(" ").toLowerCase();
}

function taskHaystack(section) {
  return [section.task, section.protocol, section.dataset].join(" ").toLowerCase();
}
