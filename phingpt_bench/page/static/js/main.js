// The page: its frame, and the view that the address asks for.

import { board } from "./board.js";
import { html } from "./dom.js";
import { explorerView, textNotice } from "./explorer.js";
import { overview } from "./overview.js";
import { answered } from "./packed.js";
import { publishedView } from "./published.js";
import { route } from "./route.js";
import { taskView } from "./task.js";
import { tasksView } from "./tasks.js";
import { hideTip } from "./tip.js";
import { currentLanguage, languages, remembered, speak, t } from "./words.js";

const VIEWS = {
  overview: (key, settings) => [textNotice(), ...overview(settings)],
  tasks: (key, settings) => tasksView(settings),
  task: taskView,
  rows: explorerView,
  published: (key, settings) => publishedView(settings),
};

const content = html("main", { id: "content", tabindex: "-1" });
const top = html("header", { class: "top" });
const foot = html("footer", { class: "foot" });

function bar(view) {
  const links = [
    ["overview", t("Overview")],
    ["tasks", t("Tasks")],
    board.sections.some((section) => answered(section).length > 1) && ["rows", t("Answers")],
    board.sections.some((section) => section.published.length) && ["published", t("Published")],
  ].filter(Boolean);
  const here = view === "task" ? "tasks" : view;
  return [
    html("a", { class: "skip", href: "#content", onclick: skip }, t("Skip to the content")),
    html(
      "div",
      { class: "masthead" },
      html("a", { class: "brand", href: "#/overview" }, "phingpt-bench"),
      html("nav", { "aria-label": t("Views") }, links.map(([name, text]) => html("a", { href: `#/${name}`, "aria-current": name === here ? "page" : null }, text))),
      html("div", { class: "languages", role: "group", "aria-label": t("Language") }, languages().map(([code, name]) =>
        html("button", { type: "button", lang: code, "aria-pressed": String(code === currentLanguage()), "aria-label": name, onclick: () => choose(code) }, code.toUpperCase()))),
    ),
  ];
}

/** The link would change the address, which says what is shown. */
function skip(event) {
  event.preventDefault();
  content.focus();
}

function choose(code) {
  speak(code);
  draw();
  document.querySelector(`.languages [lang="${code}"]`).focus();
}

function draw() {
  const { view, key, settings } = route();
  const known = view in VIEWS ? view : "overview";
  hideTip();
  top.replaceChildren(...bar(known));
  content.replaceChildren(...VIEWS[known](key, settings).filter(Boolean));
  foot.replaceChildren(html("p", {}, t("Written by phingpt-bench {version}. This page asks nothing of any network.", { version: board.version })));
  document.title = `${content.querySelector("h1")?.textContent ?? ""} · phingpt-bench`;
}

function start() {
  const asked = route().settings.get("lang") ?? remembered();
  if (asked && asked !== currentLanguage()) speak(asked);
  document.body.prepend(top, content, foot);
  draw();
  addEventListener("hashchange", () => {
    draw();
    scrollTo(0, 0);
    content.focus({ preventScroll: true });
  });
  requestAnimationFrame(() => requestAnimationFrame(() => {
    performance.mark("drawn"); // the first view is on the screen: what the load time is measured by
    document.documentElement.dataset.drawn = "";
  }));
}

start();
