// The page of a board.

import { board } from "./board.js";
import { explorerView } from "./explorer.js";
import { start } from "./frame.js";
import { textNotice } from "./notice.js";
import { overview } from "./overview.js";
import { answered } from "./packed.js";
import { publishedView } from "./published.js";
import { taskView } from "./task.js";
import { tasksView } from "./tasks.js";
import { t } from "./words.js";

start({
  views: {
    overview: (key, settings) => [textNotice(board.texts), ...overview(settings)],
    tasks: (key, settings) => tasksView(settings),
    task: taskView,
    rows: explorerView,
    published: (key, settings) => publishedView(settings),
  },
  links: () => [
    ["overview", t("Overview")],
    ["tasks", t("Tasks")],
    board.sections.some((section) => answered(section).length > 1) && ["rows", t("Answers")],
    board.sections.some((section) => section.published.length) && ["published", t("Published")],
  ].filter(Boolean),
  within: (view) => (view === "task" ? "tasks" : view),
  said: (version) => t("Written by phingpt-bench {version}. This page loads nothing from any network.", { version }),
});
