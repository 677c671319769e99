// The frame of a page: its bar with views and languages, and the view that the address asks for.

import { held } from "./held.js";
import { html } from "./dom.js";
import { route } from "./route.js";
import { hideTip } from "./tip.js";
import { currentLanguage, languages, remembered, speak, t } from "./words.js";

const content = html("main", { id: "content", tabindex: "-1" });
const top = html("header", { class: "top" });
const foot = html("footer", { class: "foot" });

/**
 * Draws the page and from then on every view that the address asks for.
 *
 * views: functions of (key, settings) that return nodes, by name; the first is that of an unknown address. links: a
 * function that returns [name, text] of the views in the bar. within(view): the name of the link for a view. said: a
 * function that returns the last line.
 */
export function start({ views, links, within = (view) => view, said }) {
  const draw = () => {
    const { view, key, settings } = route();
    const known = view in views ? view : Object.keys(views)[0];
    hideTip();
    top.replaceChildren(...bar(links(), within(known), Object.keys(views)[0], draw));
    content.replaceChildren(...views[known](key, settings).filter(Boolean));
    foot.replaceChildren(html("p", {}, said(held.version)));
    document.title = `${content.querySelector("h1")?.textContent ?? ""} · phingpt-bench`;
  };
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

function bar(links, here, home, draw) {
  const choose = (code) => {
    speak(code);
    draw();
    document.querySelector(`.languages [lang="${code}"]`).focus();
  };
  return [
    html("a", { class: "skip", href: "#content", onclick: skip }, t("Skip to the content")),
    html(
      "div",
      { class: "masthead" },
      html("a", { class: "brand", href: `#/${home}` }, "phingpt-bench"),
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
