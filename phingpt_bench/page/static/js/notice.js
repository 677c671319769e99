// What is to be read before a page is passed on.

import { html, name } from "./dom.js";
import { t } from "./words.js";

/** The licences of the texts that the page holds: it is not to be passed on without reading them. */
export function textNotice(texts) {
  if (texts.length === 0) return null;
  return html(
    "aside",
    { class: "notice" },
    html("strong", {}, t("This page holds dataset text. Read the licences before you pass it on:")),
    html("ul", {}, texts.map(({ title, licence }) => html("li", {}, name(title), ": ", name(licence === "unknown" ? t("licence unknown") : licence)))),
  );
}
