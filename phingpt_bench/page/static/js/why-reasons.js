// Reasons that the models wrote for their answers, and whether they hold.

import { html, name } from "./dom.js";
import { held } from "./held.js";
import { decimals, signed } from "./numbers.js";
import { framed, table } from "./table.js";
import { quoted } from "./why-held.js";
import { t } from "./words.js";

/** A section with the reason of each system; null where none was asked for. */
export function reasons({ row, words }) {
  if (!row.sides.some((side) => side.reason)) return null;
  return html(
    "section",
    {},
    html("h3", {}, t("Reasons that the model wrote")),
    row.sides.map((side, at) => (side.reason ? [html("p", { class: "of" }, name(held.systems[at])), html("ul", { class: "plain" }, tests(side.reason, words).map((text) => html("li", {}, name(text))))] : null)),
  );
}

function tests(reason, words) {
  const said = reason.text ? `${reason.label}: ${reason.text}` : reason.label;
  if (!reason.label) return [t("No label could be read.")];
  if (!reason.wanted) return [said, t("That is not its answer, so the reason is not tested.")];
  return [
    said,
    reason.without === null
      ? t("It names no word of the text, or all of them.")
      : t("Without {words}: {answer}. Without as many random words: {others}.", { words: reason.words.map((at) => quoted(words[at])).join(", "), answer: label(reason.without), others: reason.random.map(label).join(", ") }),
    reason.becomes === null
      ? t("It wrote no text for {wanted}.", { wanted: reason.wanted })
      : `${reason.changed ?? ""} ${t("Its own text for {wanted} gets {answer}.", { wanted: reason.wanted, answer: label(reason.becomes) })}`.trim(),
  ];
}

function label(answer) {
  return answer || t("(no answer)");
}

/** A table of the tests over all rows, a column for each system; null where no reasons were asked for. */
export function reasonFigures() {
  const known = held.reasons.map((figures, at) => ({ figures, at })).filter(({ figures }) => figures);
  if (known.length === 0) return null;
  const rows = [
    [t("a label could be read"), (one) => one.read],
    [t("the label is the answer"), (one) => one.same],
    [t("share of the words that it names"), (one) => one.named],
    [t("answer changes without the named words"), (one) => one.redacted],
    [t("without random ones"), (one) => one.random],
    [t("difference"), (one) => one.gain, signed],
    [t("its changed text gets the wanted label"), (one) => one.flipped],
    [t("share of the words that this text keeps"), (one) => one.kept],
    [t("named words among the first by contribution, F1"), (one) => one.agreement?.f1],
    [t("above chance"), (one) => one.agreement?.f1_gain, signed],
  ];
  const columns = [
    { key: "test", head: t("test"), header: true, cell: ([head]) => head },
    ...known.map(({ figures, at }) => ({ key: `side-${at}`, head: name(held.systems[at]), numeric: true, cell: ([, of, written]) => shown(of(figures), written ?? decimals) })),
  ];
  const caption = t("Are the reasons true?");
  return html("section", {}, html("h2", {}, caption), framed(table({ name: "rows", caption, columns, rows }).element, caption), html("p", { class: "note" }, t("Only reasons for the answer that the model gives are tested; in brackets 95% intervals over rows.")));
}

function shown(mean, written) {
  if (!mean) return t("N/A");
  return written(mean.value, 2) + (mean.interval ? ` [${written(mean.interval.low, 2)}, ${written(mean.interval.high, 2)}]` : "");
}
