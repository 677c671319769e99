// Form fields with their labels.

import { html, unique } from "./dom.js";
import { t } from "./words.js";

/** A list to choose from; options are [value, text]. */
export function choice(label, options, value, onChange, wide = false) {
  const id = unique("field");
  const select = html(
    "select",
    { id, onchange: () => onChange(select.value) },
    options.map(([option, text]) => html("option", { value: option, selected: option === value }, text)),
  );
  return html("div", { class: `field${wide ? " field-wide" : ""}` }, html("label", { for: id }, label), select);
}

/** A field to search in; `onInput` hears each key. */
export function search(label, value, onInput) {
  const id = unique("field");
  const input = html("input", { id, type: "search", value, autocomplete: "off", spellcheck: "false", oninput: () => onInput(input.value) });
  return html("div", { class: "field field-search" }, html("label", { for: id }, label), input);
}

/** Boxes to tick behind a button: [key, text]; `onChange` hears the set of ticked keys. */
export function boxes(label, options, ticked, onChange) {
  const chosen = new Set(ticked);
  const change = (key, on) => {
    if (on) chosen.add(key);
    else chosen.delete(key);
    onChange(chosen);
  };
  return html(
    "details",
    { class: "field boxes" },
    html("summary", {}, label),
    html(
      "fieldset",
      {},
      html("legend", { class: "hidden" }, label),
      options.map(([key, text]) =>
        html("label", {}, html("input", { type: "checkbox", checked: chosen.has(key), onchange: (event) => change(key, event.target.checked) }), text),
      ),
    ),
  );
}

/** The values that occur, as options after "all"; empty where there is nothing to choose between. */
export function occurring(values, text = String, all = t("all")) {
  const found = [...new Set(values)].filter((value) => value !== null && value !== undefined);
  return [["", all], ...found.sort().map((value) => [String(value), text(value)])];
}
