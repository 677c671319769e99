// The words of a text, each with its contribution: as colour, as a bar, and as a number for those who see no colour.

import { html, name } from "./dom.js";
import { signed } from "./numbers.js";
import { quoted } from "./why-held.js";
import { t } from "./words.js";

const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

/**
 * A group of buttons, one stop of the tab key, walked through with the arrow keys; between them what the text has there.
 *
 * scale: the largest contribution of all groups of the row. left: the word that is left out, or null. leave(i) hears of
 * the word that is pressed.
 */
export function wordGroup({ system, text, places, words, changes, scale, left, leave }) {
  const buttons = words.map((word, i) => button(word, i, changes[i], scale, left === i, leave));
  const parts = text === null ? buttons : between(text, places, buttons);
  const group = html("div", { class: "why-words", role: "group", "aria-label": t("Words by contribution: {system}", { system }) }, parts);
  const first = buttons[changes.indexOf(Math.max(...changes))]; // the tab key comes to the word that matters most
  first?.setAttribute("tabindex", "0");
  group.addEventListener("focusin", (event) => {
    const at = event.target.closest(".why-word");
    if (!at) return;
    group.querySelector('.why-word[tabindex="0"]')?.setAttribute("tabindex", "-1");
    at.setAttribute("tabindex", "0");
  });
  group.addEventListener("keydown", (event) => {
    const here = buttons.indexOf(document.activeElement);
    const to = { Home: 0, End: buttons.length - 1 }[event.key] ?? (event.key in STEPS ? here + STEPS[event.key] : null);
    if (here < 0 || to === null || !buttons[to]) return;
    event.preventDefault();
    buttons[to].focus();
  });
  return group;
}

function button(word, i, change, scale, pressed, leave) {
  const rounded = signed(change, 2);
  const side = Number(rounded.replace("−", "-")) === 0 ? "none" : change > 0 ? "for" : "against";
  const made = html(
    "button",
    { type: "button", class: `why-word ${side}`, "data-word": i, tabindex: "-1", "aria-pressed": String(pressed), title: t("{word}: {change}; press to leave it out", { word: quoted(word), change: rounded }), onclick: () => leave(i) },
    html("span", { class: "why-text" }, name(word)),
    html("span", { class: "why-bar", "aria-hidden": "true" }),
    html("small", {}, rounded),
  );
  made.style.setProperty("--share", String(Math.min(1, Math.abs(change) / scale)));
  return made;
}

/** The buttons with the marks of the text before, between and after them. */
function between(text, places, buttons) {
  const letters = [...text];
  let at = 0;
  const parts = places.flatMap(([start, end], i) => {
    const before = letters.slice(at, start).join("");
    at = end;
    return [before, buttons[i]];
  });
  return [...parts, letters.slice(at).join("")];
}
