// Rows to look through: searched, filtered by what became of them, walked through with the keyboard.

import { html, once } from "./dom.js";
import { fateSign } from "./fates.js";
import { search } from "./fields.js";
import { keysNote, walkedByKeys } from "./keys.js";
import { list } from "./list.js";
import { whole } from "./numbers.js";
import { keep } from "./route.js";
import { t } from "./words.js";

const LINE = { text: 76, bare: 56 };

/**
 * Filters, list and the row that is looked at, as one element.
 *
 * rows: {id, fate, words}, words being what a search looks at, in lower case. texts: whether lines hold texts. fates: to
 * choose between, called nameOf(fate). chosen: q, fate and the settings of further fields, all kept in the address.
 * fields(set): these fields, set(key) hears the value of one; fits(row): whether they let a row pass. line(row): its
 * nodes. open(row): nodes of the row in full, or a promise of them; aloud: whether it is read out as it changes. first:
 * the id of the row that is looked at first. note: stands above the list.
 */
export function browse({ rows, texts, fates, nameOf, chosen, fields = () => null, fits = () => true, line, open, aloud = false, first = null, note = null }) {
  const counts = Object.fromEntries(fates.map((fate) => [fate, rows.filter((row) => row.fate === fate).length]));
  const detail = html("article", { class: "answer-view", tabindex: "-1", "aria-label": t("The row"), "aria-live": aloud ? "polite" : null });
  const status = html("p", { class: "status", role: "status" });
  let looked = null;
  const lines = list({
    label: t("Rows"),
    height: texts ? LINE.text : LINE.bare,
    line,
    onSelect: async (row) => {
      looked = row;
      keep({ row: row.id });
      const nodes = await open(row);
      if (looked !== row) return; // another one was chosen meanwhile
      const inside = detail.contains(document.activeElement);
      detail.replaceChildren(...nodes);
      if (inside) detail.focus(); // what had the focus is gone
    },
    onEnter: () => detail.focus(),
  });
  const find = search(t("Search id, label or text"), chosen.q, set("q"));
  const chips = html("div", { class: "chips", role: "group", "aria-label": t("What became of it") });
  const draw = once(show);
  let wanted = first;

  function set(key) {
    return (value) => {
      chosen[key] = value;
      keep(chosen);
      draw();
    };
  }

  function show() {
    const words = chosen.q.toLowerCase().split(/\s+/).filter(Boolean);
    const found = rows.filter((row) => (!chosen.fate || row.fate === chosen.fate) && fits(row) && words.every((word) => row.words.includes(word)));
    status.textContent = t("{n} of {all} rows", { n: whole(found.length), all: whole(rows.length) });
    chips.replaceChildren(...(fates.length > 1 ? ["", ...fates] : []).map(chip)); // one alone is all rows
    if (found.length === 0) {
      looked = null;
      detail.replaceChildren(html("p", { class: "none" }, t("No row fits these filters.")));
    }
    lines.show(found, Math.max(0, found.findIndex((row) => row.id === wanted)));
    wanted = null;
  }

  function chip(fate) {
    const count = html("span", { class: "count" }, whole(fate ? counts[fate] : rows.length));
    const label = fate ? [html("span", { class: "sign", "aria-hidden": "true" }, fateSign(fate)), nameOf(fate), count] : [t("all rows"), count];
    const choose = () => {
      set("fate")(fate);
      requestAnimationFrame(() => chips.querySelector('[aria-pressed="true"]')?.focus());
    };
    return html("button", { type: "button", class: `chip${fate ? ` fate-${fate}` : ""}`, "aria-pressed": String(chosen.fate === fate), onclick: choose }, label);
  }

  const view = html("div", { class: "browser" }, html("div", { class: "filters" }, find, fields(set)), chips, note, status, html("div", { class: "panes" }, lines.element, detail), keysNote());
  walkedByKeys(view, lines, find);
  queueMicrotask(show);
  return view;
}
