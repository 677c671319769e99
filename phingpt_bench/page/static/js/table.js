// A table that is sorted by its heads and drawn as far as its reader asks, a batch of rows at a time.

import { hidden, html } from "./dom.js";
import { whole } from "./numbers.js";
import { t, tn } from "./words.js";

const BATCH = 60;
const LARGEST = 240;

/**
 * A table of `rows`; {element, show(rows), columns(list)} redraws it. The first `few` rows are drawn, and each time that
 * more are asked for as many again: a table that grew by itself would not let its reader come to what is below it.
 *
 * columns: [{key, head, title, numeric, value(row), cell(row), first, header}]. value: what is sorted by, null last in
 * both directions; without it a column is not sortable. first: "descending" where a first click should sort so. header:
 * the cells that name their row. order: {key, descending} or null for the order of the rows. onSort hears of a new one.
 * detail(row): nodes for a second row below one that was opened, or null. mark(row, element): a last word on each row.
 */
export function table({ caption, columns, rows, order = null, onSort = () => {}, detail = null, mark = () => {}, name = "", few = BATCH }) {
  const head = html("thead");
  const body = html("tbody");
  const more = html("tfoot", { class: "more" });
  const element = html("table", { class: name }, html("caption", {}, caption), head, body, more);
  let drawn = 0;
  let list = [];

  function heads() {
    const cells = columns.map((column) => {
      const sorted = order?.key === column.key ? (order.descending ? "descending" : "ascending") : "none";
      const label = column.value
        ? html("button", { type: "button", onclick: () => resort(column) }, column.head, html("span", { class: "arrow", "aria-hidden": "true" }))
        : column.head;
      return html(
        "th",
        { scope: "col", class: column.numeric ? "number" : null, "aria-sort": column.value ? sorted : null, title: column.title },
        label,
      );
    });
    if (detail) cells.unshift(html("th", { scope: "col", class: "opener" }, hidden(t("details"))));
    head.replaceChildren(html("tr", {}, cells));
  }

  function resort(column) {
    const same = order?.key === column.key;
    order = { key: column.key, descending: same ? !order.descending : column.first === "descending" };
    onSort(order);
    heads();
    restart();
    [...head.querySelectorAll("button")].find((button) => button.closest("th").ariaSort !== "none")?.focus();
  }

  function restart() {
    const column = columns.find((one) => one.key === order?.key);
    list = column?.value ? sorted(rows, column.value, order.descending) : rows;
    body.replaceChildren();
    drawn = 0;
    draw(few);
  }

  function next() {
    const at = body.rows.length;
    draw(Math.min(drawn, LARGEST));
    body.rows[at]?.querySelector('button, a, [tabindex="-1"]')?.focus();
  }

  function draw(count) {
    const rest = list.slice(drawn, drawn + count);
    body.append(...rest.flatMap(lines));
    drawn += rest.length;
    const left = list.length - drawn;
    more.replaceChildren();
    if (list.length === 0) more.append(note(t("No row fits these filters.")));
    if (left > 0) {
      more.append(note(html("button", { type: "button", onclick: next }, tn("{n} more row", "{n} more rows", left, { n: whole(left) }))));
    }
  }

  function note(content) {
    return html("tr", {}, html("td", { colspan: columns.length + (detail ? 1 : 0) }, content));
  }

  function lines(row) {
    const line = html("tr", {}, columns.map((column) => cell(column, row)));
    mark(row, line);
    if (!detail) return [line];
    const extra = html("tr", { class: "detail", hidden: true }, html("td", { colspan: columns.length + 1 }));
    const opener = html("button", { type: "button", class: "opener", "aria-expanded": "false", "aria-label": t("details") });
    opener.addEventListener("click", () => {
      extra.hidden = !extra.hidden;
      opener.setAttribute("aria-expanded", String(!extra.hidden));
      if (!extra.hidden && !extra.firstChild.hasChildNodes()) extra.firstChild.append(...detail(row));
    });
    line.prepend(html("td", { class: "opener" }, opener));
    return [line, extra];
  }

  addEventListener("beforeprint", () => element.isConnected && draw(list.length));
  heads();
  restart();
  return {
    element,
    show(next) {
      rows = next;
      restart();
    },
    columns(next) {
      columns = next;
      heads();
      restart();
    },
  };
}

/** The rows sorted by a value; null and undefined last in both directions, equal ones in the order they had. */
function sorted(rows, value, descending) {
  const sign = descending ? -1 : 1;
  const known = (v) => v !== null && v !== undefined;
  return rows
    .map((row) => [value(row), row])
    .sort(([a], [b]) => {
      if (!known(a) || !known(b)) return Number(known(b)) - Number(known(a));
      return sign * (typeof a === "string" ? a.localeCompare(b) : a - b);
    })
    .map(([, row]) => row);
}

/** "key" or "-key" for descending, as it stands in the address; null for what is none of the columns. */
export function orderOf(text, columns) {
  if (!text) return null;
  const key = text.replace(/^-/, "");
  return columns.some((column) => column.key === key) ? { key, descending: text.startsWith("-") } : null;
}

export function orderText(order) {
  return order ? `${order.descending ? "-" : ""}${order.key}` : "";
}

/** A table in a frame of its own that scrolls sideways, so that the page does not. */
export function framed(element, label) {
  return html("div", { class: "frame", role: "region", "aria-label": label, tabindex: "0" }, element);
}

function cell(column, row) {
  const content = column.cell(row);
  const attributes = { class: column.numeric ? "number" : null };
  return column.header ? html("th", { scope: "row", ...attributes }, content) : html("td", attributes, content);
}
