// The page of an explanation: rows followed from text to answer, and what they say together.

import { start } from "./frame.js";
import { summaryView } from "./why-summary.js";
import { rowsView } from "./why-rows.js";
import { held } from "./held.js";
import { t } from "./words.js";

start({
  views: { rows: (key, settings) => rowsView(settings), summary: summaryView },
  links: () => [["rows", t("Rows")], ["summary", t("Summary")]],
  said: (version) => (held.live
    ? t("Served by phingpt-bench {version} on this machine. Texts stay here.", { version })
    : t("Written by phingpt-bench {version}. This page loads nothing from any network.", { version })),
});
