// Everything that is known of one row, for those who want to trace a number.

import { board, noteOf } from "./board.js";
import { html, name } from "./dom.js";
import { differenceText, exposureText, pOf, rankText, sizeText, unseenText } from "./names.js";
import { bytes, decimals, duration, interval, percent, probability, unknown, usd, whole } from "./numbers.js";
import { said, t } from "./words.js";

/** The facts of a row as nodes: identity, score, costs, warnings. */
export function facts(row) {
  const { model } = row;
  return [
    row.warnings.length ? html("ul", { class: "warnings" }, row.warnings.map((place) => html("li", {}, name(noteOf(place))))) : null,
    html(
      "div",
      { class: "facts" },
      list(t("Model"), [
        [t("name"), model.name],
        [t("base"), model.base],
        [t("revision"), model.revision],
        [t("size"), sizeText(model)],
        [t("quantisation"), model.quantisation],
        [t("compute dtype"), model.dtype],
        [t("engine"), model.served_by],
        [t("adapter"), model.adapter && [model.adapter, model.digest].filter(Boolean).join(", ")],
        [t("adapter parameters"), model.adapter_parameters && whole(model.adapter_parameters)],
      ]),
      list(t("Result"), [
        [t("rank"), rankText(row)],
        [t("score"), `${decimals(row.score)} ${interval(row.low, row.high)}`],
        [t("vs base"), [differenceText(row), probability(pOf(row), row.at_most), row.test].filter(Boolean).join(", ")],
        [t("scores by seed"), row.seeds.map((score) => decimals(score)).join(", ")],
        [t("unreadable answers"), row.invalid === null ? null : percent(row.invalid)],
        [t("train rows in test"), exposureText(row)],
        [t("score on the others"), unseenText(row)],
        ...row.section.metrics.map((metric, i) => [t(board.metrics[metric]?.title ?? metric), decimals(row.scores[i])]),
      ]),
      ledger(t("Evaluation"), row.evaluation),
      row.training ? ledger(t("Training, for all tasks of the adapter"), row.training) : null,
      list(t("Record"), [
        [t("run"), row.run],
        [t("suite"), row.suite],
        [t("made"), row.created.slice(0, 19).replace("T", " ")],
        [t("seed"), String(model.seed)],
      ]),
    ),
  ].filter(Boolean);
}

function ledger(heading, spent) {
  if (!spent) return null;
  const phases = Object.entries(spent.seconds ?? {});
  return list(heading, [
    [t("time"), phases.length ? duration(phases.reduce((sum, [, seconds]) => sum + seconds, 0)) : unknown()],
    ...phases.map(([phase, seconds]) => [t(phase), duration(seconds)]),
    ["USD", usd(spent.usd ?? null)],
    [t("tokens read"), spent.tokens_in && whole(spent.tokens_in)],
    [t("tokens written"), spent.tokens_out && whole(spent.tokens_out)],
    [t("peak memory"), spent.peak_host_bytes && bytes(spent.peak_host_bytes)],
    [t("peak GPU memory"), spent.peak_gpu_bytes && bytes(spent.peak_gpu_bytes)],
    [t("machine"), spent.machine === undefined ? null : said(board.machines)[spent.machine]],
    [t("price"), spent.price === undefined ? null : said(board.prices)[spent.price]],
  ]);
}

function list(heading, lines) {
  const known = lines.filter(([, value]) => value);
  return html("div", {}, html("h4", {}, heading), html("dl", {}, known.map(([what, value]) => [html("dt", {}, what), html("dd", {}, name(value))])));
}
