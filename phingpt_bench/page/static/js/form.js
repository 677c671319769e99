// What of a gain is form and what is knowledge, where the page holds it: for tuned rows after their bases.

import { html, name } from "./dom.js";
import { decimals, percent, signed, whole } from "./numbers.js";
import { framed, table } from "./table.js";
import { t } from "./words.js";

/** What was resampled of a tuned row and its base, {f1, form}; undefined for other pairs. */
export function resampled(section, [a, b]) {
  return b.base === a.place ? section.changes[b.place] : undefined;
}

/** "+0.123 [+0.100, +0.150]"; the difference alone where there is no interval. */
export function changeText([difference, low, high]) {
  const known = [low, high].every((end) => end !== null && end !== undefined);
  return known ? `${signed(difference)} [${signed(low)}, ${signed(high)}]` : signed(difference);
}

/** Unreadable answers and what they do to the difference, and the gain in two parts; null where form plays no part. */
export function form(section, found, n) {
  if (!found) return null;
  const lines = found.unreadable.some(Boolean) ? unreadable(found, n) : [];
  return html("div", { class: "form" }, html("h3", {}, t("Format and knowledge")), lines.length > 0 && html("ul", {}, lines.map((line) => html("li", {}, line))), found.split && split(section, found.split));
}

function unreadable({ unreadable: [a, b], fixed, broken, n: readable, readable: change, pieces, bounds }, n) {
  const share = (count) => `${whole(count)} (${percent(count / n)})`;
  const range = (ends, text) => t("{low} to {high}", { low: text(ends[0]), high: text(ends[1]) });
  return [
    t("Unreadable answers: {a} before, {b} after.", { a: share(a), b: share(b) }),
    t("Of the fixed rows {fixed} were unreadable before; of the broken rows {broken} are unreadable after.", { fixed: whole(fixed), broken: whole(broken) }),
    change === null
      ? t("No row was answered readably by both.")
      : t("On the {n} rows that both answered readably: {a} before, {b} after, change {change}.", { n: whole(readable), a: decimals(change[0]), b: decimals(change[1]), change: changeText(change.slice(2)) }),
    ...(pieces ? [t("By the pieces that could be read alone: {a} before, {b} after, change {change}.", { a: decimals(pieces[0]), b: decimals(pieces[1]), change: changeText(pieces.slice(2)) })] : []),
    ...(bounds === null ? [] : [t("Had every unreadable answer been wrong, or right: {a} before, {b} after, change {change}.", { a: range(bounds[0], decimals), b: range(bounds[1], decimals), change: range(bounds[2], signed) })]),
  ];
}

/** Written, chosen and the rest, before and after. */
function split(section, { written, chosen, parts: [gain, knowledge, rest] }) {
  const rows = [
    { head: t("written ({task})", { task: written }), part: gain, text: decimals },
    { head: t("chosen ({task}): knowledge", { task: chosen }), part: knowledge, text: decimals },
    { head: t("written minus chosen: format"), part: rest, text: signed },
  ];
  const columns = [
    { key: "part", head: t(section.metricTitle), header: true, cell: (row) => name(row.head) },
    { key: "before", head: t("Before"), numeric: true, cell: (row) => row.text(row.part[0]) },
    { key: "after", head: t("After"), numeric: true, cell: (row) => row.text(row.part[1]) },
    { key: "change", head: t("change, 95% interval"), numeric: true, cell: (row) => changeText(row.part.slice(2)) },
  ];
  const caption = t("Format and knowledge");
  const note = html("p", { class: "note" }, t("The gain of written answers is that of chosen labels, which have no format, plus the rest."));
  return [framed(table({ name: "split", caption, columns, rows }).element, caption), note];
}

/** What calibration without labels gives the base, and what is left of the gain; null where that is not known. */
export function prior(section, found) {
  if (!found) return null;
  const rows = [
    { head: t("Base calibrated without labels: label prior"), part: found[0] },
    { head: t("from there to the tuned model: the rest"), part: found[1] },
  ];
  const columns = [
    { key: "part", head: t(section.metricTitle), header: true, cell: (row) => name(row.head) },
    { key: "before", head: t("Before"), numeric: true, cell: (row) => decimals(row.part[0]) },
    { key: "after", head: t("After"), numeric: true, cell: (row) => decimals(row.part[1]) },
    { key: "change", head: t("change, 95% interval"), numeric: true, cell: (row) => changeText(row.part.slice(2)) },
  ];
  const caption = t("Label prior and the rest");
  return html("div", { class: "form" }, html("h3", {}, caption), framed(table({ name: "prior", caption, columns, rows }).element, caption));
}
