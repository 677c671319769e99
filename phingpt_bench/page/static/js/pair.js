// The two runs that are compared, chosen from those whose answers the page holds.

import { html } from "./dom.js";
import { choice } from "./fields.js";
import { fullName, kindName } from "./names.js";
import { whole } from "./numbers.js";
import { answered } from "./packed.js";
import { t, tn } from "./words.js";

/** Two lists to choose from; `onChange` hears the two places. */
export function pairFields(section, [a, b], onChange) {
  const options = answered(section).map((row) => [String(row.place), `${fullName(row.model)} (${kindName(row.model.kind)})`]);
  return [
    choice(t("Before"), options, String(a.place), (place) => onChange(place, String(b.place)), true),
    choice(t("After"), options, String(b.place), (place) => onChange(String(a.place), place), true),
  ];
}

/** Why some runs are not among them. */
export function leftOut(section) {
  const count = section.answers?.left_out;
  if (!count) return null;
  return html("p", { class: "note" }, tn("The answers of {n} more run of this task are not in this page: they would make it too large, or are of other rows.", "The answers of {n} more runs of this task are not in this page: they would make it too large, or are of other rows.", count, { n: whole(count) }));
}
