// What rows and kinds are called, and what their marks mean.

import { baseOf, noteOf } from "./board.js";
import { html, name } from "./dom.js";
import { decimals, interval, parameters, percent, probability, signed, usd, whole } from "./numbers.js";
import { said, t, tn } from "./words.js";

const KINDS = ["tuned", "base", "floor", "check"];

export function kindName(kind) {
  return { tuned: t("tuned"), base: t("base"), floor: t("floor"), check: t("check") }[kind] ?? kind;
}

/** The model and its adapter, as text. */
export function modelName(model) {
  return model.adapter ? `${model.name} + ${model.adapter}` : model.name;
}

/** "0-shot, chat, nf4+dq, seed 7"; a floor takes no prompt. */
function setting(model) {
  const asked = model.kind === "floor" ? [] : [t("{n}-shot", { n: model.shots }), model.chat && t("chat"), model.words, model.quantisation, model.served_by];
  return [...asked, ...model.details.map(said)].filter(Boolean).join(", ");
}

/** Model, adapter and setting on one line, as text. */
export function fullName(model) {
  return [modelName(model), setting(model)].filter(Boolean).join(", ");
}

/** The shortest name that still says who it is, for labels in a plot. */
export function shortName(model) {
  const who = model.adapter ?? model.name;
  return model.kind === "floor" ? who : `${who}, ${t("{n}-shot", { n: model.shots })}${model.chat ? ` ${t("chat")}` : ""}${model.words ? `, ${model.words}` : ""}`;
}

/** The name of a model for the head of a row: its adapter first, since that is what is compared. */
export function nameCell(model) {
  const main = model.adapter ?? model.name;
  const rest = [model.adapter ? model.name : null, setting(model)].filter(Boolean).join(", ");
  return html(
    "span",
    { class: "who" },
    html("span", { class: `kind kind-${model.kind}`, title: kindName(model.kind) }, kindName(model.kind)),
    html("span", { class: "who-name" }, name(main)),
    rest ? html("span", { class: "who-rest" }, name(rest)) : null,
  );
}

/** The metric of a section, in words. */
export function metricName(section) {
  return t(section.metricTitle);
}

/** "*", "!" and "x" as in the terminal. */
export function marks(row) {
  return (row.significant ? "*" : "") + (row.exposed ? "x" : row.beats_floor === false ? "!" : "");
}

/** 1, or 1= where others share the rank; - where the row is not ranked. */
export function rankText(row) {
  return row.rank === null ? "-" : row.tied ? `${row.rank}=` : String(row.rank);
}

/** The difference to the base, or words in its place. */
export function differenceText(row) {
  if (row.is_base) return t("base");
  if (row.no_test !== null) return t("no test");
  if (row.difference === null) return ["floor", "check"].includes(row.model.kind) ? "-" : t("no base");
  return signed(row.difference) + (row.significant ? "*" : "");
}

/** p after Holm's correction where there is one. */
export function pOf(row) {
  return row.corrected ?? row.p;
}

/** What a tooltip says of one score. */
export function scoreLines(row) {
  const base = baseOf(row);
  return [
    [metricName(row.section), `${decimals(row.score)} ${interval(row.low, row.high)}`],
    row.rank !== null && [t("rank"), rankText(row)],
    row.difference !== null && [
      base ? t("vs base ({name})", { name: setting(base.model) }) : t("vs base"),
      `${signed(row.difference)} ${interval(row.difference_low, row.difference_high)}, ${probability(pOf(row), row.at_most)}`,
    ],
    row.no_test !== null && [t("vs base"), t("no test: {reason}", { reason: noteOf(row.no_test) })],
    row.beats_floor !== null && [t("best floor"), row.beats_floor ? t("beaten") : t("not beaten")],
    row.exposed && [t("rank"), t("none: trained on these test rows")],
    row.invalid > 0 && [t("unreadable answers"), percent(row.invalid)],
    [t("USD per 1,000 documents"), usd(row.usd_per_1000)],
    row.training && [t("training cost"), usd(row.training.usd ?? null)],
    row.frontier && [t("Pareto front"), t("on it: no row is cheaper and better")],
  ];
}

/** Test rows of which a copy was in training; a dash for what was not trained. */
export function exposureText(row) {
  if (row.model.kind === "base" && row.base_unknown) return t("unknown");
  if (!row.exposure) return row.model.kind === "tuned" ? t("unknown") : "-";
  const found = Object.entries(row.exposure).filter(([, count]) => count);
  const text = found.map(([kind, count]) => `${count} ${exposureKind(kind)}`).join(", ") || "0";
  const more = [row.partly && t("partly checked"), row.base_unknown && t("its base: unknown")].filter(Boolean);
  return more.length ? `${text} (${more.join(", ")})` : text;
}

function exposureKind(kind) {
  return (
    {
      exact: t("identical"), normalised: t("but for case"), near: t("near"), contained: t("contained"),
      translated: t("translated"),
    }[kind] ?? kind
  );
}

/** The score on the rows of which no copy was in training, where there was a copy of some. */
export function unseenText(row) {
  return row.unseen && `${decimals(row.unseen[0])} (${tn("{n} row", "{n} rows", row.unseen[1], { n: whole(row.unseen[1]) })})`;
}

export function sizeText(model) {
  return model.kind === "floor" ? "-" : parameters(model.parameters);
}
