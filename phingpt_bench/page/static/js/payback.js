// From which document on the best tuned row is cheaper than others: hosted and served models, larger ones, floors.

import { html, name } from "./dom.js";
import { fullName } from "./names.js";
import { range, unknown, usd } from "./numbers.js";
import { framed, table } from "./table.js";
import { said, t } from "./words.js";

/** A section, or null where nothing is known of any of them. */
export function payback(section) {
  if (!section.payback) return null;
  const row = section.rows.find((one) => one.run === section.payback.run);
  const kinds = { hosted: t("hosted, an estimate"), served: t("served, measured"), larger: t("larger model"), floor: t("floor") };
  const columns = [
    { key: "name", head: t("against"), header: true, value: (other) => other.name, cell: (other) => name(other.name) },
    { key: "kind", head: t("kind"), value: (other) => other.kind, cell: (other) => kinds[other.kind] ?? other.kind },
    { key: "usd", head: t("USD per 1,000"), numeric: true, value: (other) => other.usd?.[0] ?? null, cell: (other) => (other.usd ? range(other.usd) : unknown()) },
    { key: "training", head: t("training, USD"), numeric: true, value: (other) => other.training, cell: (other) => usd(other.training) },
    { key: "when", head: t("cheaper"), cell: (other) => said(other.when) },
  ];
  const caption = t("When it pays back");
  const drawn = table({ name: "payback", caption, columns, rows: section.payback.against });
  return html(
    "section",
    {},
    html("h2", {}, caption),
    row ? html("p", { class: "note" }, t("{name}: {training} once, then {usd} per 1,000 documents. Hosted models are priced by their published rates and the tokens that were counted here.", { name: fullName(row.model), training: usd(row.training?.usd ?? null), usd: usd(row.usd_per_1000) })) : null,
    framed(drawn.element, caption),
  );
}
