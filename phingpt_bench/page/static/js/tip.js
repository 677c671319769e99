// One tooltip for the page: shown beside what is pointed at or focused, and described by it.

import { html } from "./dom.js";

const ID = "tip";
let shownFor = null;

/** Shows `content` (nodes or texts) beside `target`, which it then describes. */
export function showTip(target, content) {
  const tip = element();
  tip.replaceChildren(...content);
  tip.hidden = false;
  shownFor?.removeAttribute("aria-describedby");
  target.setAttribute("aria-describedby", ID);
  shownFor = target;
  place(tip, target.getBoundingClientRect());
}

export function hideTip() {
  element().hidden = true;
  shownFor?.removeAttribute("aria-describedby");
  shownFor = null;
}

/** The tooltip of everything in `area` that `find` finds from an event's target: {target, content} or null. */
export function tips(area, find) {
  const show = (event) => {
    const found = find(event.target);
    if (found) showTip(found.target, found.content());
    else hideTip();
  };
  area.addEventListener("pointerover", show);
  area.addEventListener("focusin", show);
  area.addEventListener("pointerleave", hideTip);
  area.addEventListener("focusout", hideTip);
  area.addEventListener("keydown", (event) => event.key === "Escape" && hideTip());
}

/** A heading and lines of [what, value]. */
export function tipText(heading, lines) {
  return [
    html("strong", {}, heading),
    html("dl", {}, lines.filter(Boolean).map(([what, value]) => [html("dt", {}, what), html("dd", {}, value)])),
  ];
}

function element() {
  let tip = document.getElementById(ID);
  if (!tip) {
    tip = html("div", { id: ID, role: "tooltip", hidden: true });
    document.body.append(tip);
  }
  return tip;
}

/** Below the target where there is room, else above it; never over the edge of the window. */
function place(tip, box) {
  const gap = 8;
  const size = tip.getBoundingClientRect();
  const room = document.documentElement.clientWidth;
  const left = Math.max(gap, Math.min(box.left + box.width / 2 - size.width / 2, room - size.width - gap));
  const below = box.bottom + gap;
  const top = below + size.height > innerHeight && box.top - size.height - gap > 0 ? box.top - size.height - gap : below;
  tip.style.setProperty("left", `${left + scrollX}px`);
  tip.style.setProperty("top", `${top + scrollY}px`);
}
