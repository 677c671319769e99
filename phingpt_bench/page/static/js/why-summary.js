// What the explained rows say together: words by mean contribution, and whether the words found first matter.

import { html, name } from "./dom.js";
import { held } from "./held.js";
import { duration, signed, whole } from "./numbers.js";
import { framed, table } from "./table.js";
import { reasonFigures } from "./why-reasons.js";
import { t } from "./words.js";

export function summaryView() {
  return [
    html("header", { class: "intro" }, html("h1", {}, t("Summary")), html("p", { class: "lead" }, t("What the explained rows say together; in brackets the 95% interval over rows."))),
    words(),
    ...held.faithful.map((figures, at) => faithful(held.systems[at], figures)),
    reasonFigures(),
    notes(),
  ].filter(Boolean);
}

function words() {
  if (held.words.length === 0) return null;
  const mean = (key, head, of) => ({ key, head, numeric: true, first: "descending", value: (row) => of(row).value, cell: (row) => meanText(of(row)) });
  const columns = [
    { key: "word", head: t("word"), header: true, value: (row) => row.word, cell: (row) => name(row.word) },
    { key: "rows", head: t("rows"), numeric: true, first: "descending", value: (row) => row.sides[0].n, cell: (row) => whole(row.sides[0].n) },
    ...held.systems.map((system, at) => mean(`side-${at}`, name(system), (row) => row.sides[at])),
    ...(held.systems.length > 1 ? [mean("change", t("change"), (row) => row.change)] : []),
  ];
  const caption = t("Words by mean contribution");
  const about = t("Mean over rows of what a word contributes to the answer of {system}, whichever that is: words of at least {n} rows, the largest first.", { system: held.systems[held.systems.length - 1], n: held.least });
  return html("section", {}, html("h2", {}, caption), framed(table({ name: "rows", caption, columns, rows: held.words }).element, caption), html("p", { class: "note" }, about));
}

function faithful(system, figures) {
  if (figures.length === 0) return null;
  const columns = [
    { key: "k", head: "k", header: true, cell: (row) => String(row.k) },
    ...[["removed", t("without them")], ["removed_random", t("without random ones")], ["alone", t("with them alone")], ["alone_random", t("with random ones alone")]].map(([key, head]) => ({ key, head, numeric: true, cell: (row) => meanText(row[key]) })),
  ];
  const caption = t("Do the k first words matter? {system}", { system });
  return html("section", {}, html("h2", {}, caption), framed(table({ name: "rows", caption, columns, rows: figures }).element, caption), html("p", { class: "note" }, t("How much the value falls, in nats.")));
}

function notes() {
  const ratio = held.one_scoring ? held.seconds / held.one_scoring : 0;
  return html(
    "section",
    {},
    html("h2", {}, t("How to read this")),
    html("ul", { class: "verdict" }, [
      t("A contribution is how much the log-odds (of an entity: its log-likelihood) fall without the word, in nats."),
      t("Sentences are made from the contributions, not written by a model."),
      held.agreement && t("Rank correlation of the two systems' contributions: {value}", { value: meanText(held.agreement) }),
      t("{n} texts were scored in {time}, {ratio} times as long as these rows alone take.", { n: whole(held.variants), time: duration(held.seconds), ratio: ratio.toFixed(1) }),
    ].filter(Boolean).map((text) => html("li", {}, text))),
  );
}

function meanText({ value, interval }) {
  return signed(value, 2) + (interval ? ` [${signed(interval.low, 2)}, ${signed(interval.high, 2)}]` : "");
}
