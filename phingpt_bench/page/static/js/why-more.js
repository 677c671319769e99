// What stands next to the model's words: the lexicon's rules, and answers to other prompts.

import { html, name } from "./dom.js";
import { held } from "./held.js";
import { signed } from "./numbers.js";
import { framed, table } from "./table.js";
import { quoted } from "./why-held.js";
import { t } from "./words.js";

/** The rules of the lexicon that this text meets; null for a task that it does not know. */
export function rules({ row, words }) {
  if (!held.lexicon) return null;
  const sum = row.rules.reduce((total, rule) => total + rule.value, 0);
  const verdict = sum > 0 ? "positive" : sum < 0 ? "negative" : "neutral";
  const items = row.rules.map((rule) => html("li", {}, html("strong", {}, signed(rule.value, 0)), " ", name(quoted(words[rule.word])), rule.subject ? ` (${t("said of '{word}'", { word: rule.subject })})` : ""));
  return html(
    "section",
    {},
    html("h3", {}, t("Rules of the lexicon")),
    html("p", { class: "note" }, t("A second opinion from lists of words: +1 speaks for positive, −1 for negative, and the sum decides. A system above may have answered otherwise.")),
    items.length ? html("ul", { class: "plain" }, items) : null,
    html("p", {}, items.length
      ? t("Sum {sum}: by rules alone the answer is {label}.", { sum: sum ? signed(sum, 0) : "0", label: verdict })
      : t("No rule applies, so by rules alone the answer is {label}.", { label: verdict })),
  );
}

/** The answers under each paraphrase of the prompt; null where none was asked. */
export function prompts(row) {
  if (!row.sides.some((side) => side.prompts?.length)) return null;
  const columns = [
    { key: "prompt", head: t("prompt"), header: true, cell: (at) => html("span", { class: "wording" }, name(held.prompts[at])) },
    ...row.sides.map((side, at) => ({ key: `side-${at}`, head: name(held.systems[at]), cell: (prompt) => name((side.prompts ?? [])[prompt] || t("(no answer)")) })),
  ];
  const caption = t("Answers to other prompts");
  return html("section", {}, html("h3", {}, caption), framed(table({ name: "prompts", caption, columns, rows: held.prompts.map((_, at) => at) }).element, caption));
}
