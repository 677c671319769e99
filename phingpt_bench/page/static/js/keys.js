// The keys that walk through a list of rows, wherever the focus is.

import { html } from "./dom.js";
import { t } from "./words.js";

/** What the keys do, in a line. */
export function keysNote() {
  return html("p", { class: "note keys" }, html("kbd", {}, "j"), " ", html("kbd", {}, "k"), " ", t("next and previous row"), " · ", html("kbd", {}, "Enter"), " ", t("to the row"), " · ", html("kbd", {}, "Esc"), " ", t("back to the list"), " · ", html("kbd", {}, "/"), " ", t("search"));
}

/** Listens for them as long as the view is shown. find: the field to search in. */
export function walkedByKeys(view, lines, find) {
  const keys = (event) => {
    if (!view.isConnected) document.removeEventListener("keydown", keys); // another view was opened
    else if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    else if (event.key === "Escape") {
      if (view.contains(event.target)) lines.focus();
    } else if (event.target.closest("input, select, textarea")) return;
    else if (event.key === "/") {
      event.preventDefault();
      find.querySelector("input").focus();
    } else if (event.key === "j" || event.key === "k") lines.step(event.key === "j" ? 1 : -1);
  };
  document.addEventListener("keydown", keys); // wherever the focus is: opening a view leaves it outside
}
