// What marks and numbers mean, as the program says it.

import { board } from "./board.js";
import { html } from "./dom.js";
import { said, t } from "./words.js";

export function legend() {
  return html(
    "section",
    { class: "legend", "aria-labelledby": "legend-title" },
    html("h2", { id: "legend-title" }, t("How to read this")),
    html("dl", {}, said(board.legend).map(([mark, meaning]) => html("div", {}, html("dt", {}, mark), html("dd", {}, meaning)))),
  );
}
