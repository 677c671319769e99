// A list of any length of which only the lines in view exist, walked through by keys.

import { html, once } from "./dom.js";

const SPARE = 6; // lines drawn above and below the view

/**
 * A listbox of lines of one height: {element, show(items, selected), select(i), focus()}.
 *
 * line(item): nodes of one line. onSelect(item, i) hears of each line that is chosen, onEnter of the Enter key.
 */
export function list({ label, height, line, onSelect, onEnter }) {
  const spacer = html("div", { class: "spacer" });
  const element = html("div", { class: "list", role: "listbox", tabindex: "0", "aria-label": label }, spacer);
  element.style.setProperty("--height", `${height}px`);
  let items = [];
  let selected = -1;
  let drawn = new Map();

  function draw() {
    const first = Math.max(0, Math.floor(element.scrollTop / height) - SPARE);
    const last = Math.min(items.length, Math.ceil((element.scrollTop + element.clientHeight) / height) + SPARE);
    for (const [i, option] of drawn) {
      if (i >= first && i < last) continue;
      option.remove();
      drawn.delete(i);
    }
    for (let i = first; i < last; i += 1) {
      if (!drawn.has(i)) {
        drawn.set(i, option(i));
        spacer.append(drawn.get(i));
      }
    }
  }

  function option(i) {
    const made = html("div", { id: `line-${i}`, role: "option", class: "line", "aria-selected": String(i === selected), "aria-setsize": items.length, "aria-posinset": i + 1, onclick: () => select(i) }, line(items[i]));
    made.style.setProperty("top", `${i * height}px`);
    return made;
  }

  /** Chooses line i (as near as there is one), brings it into view and tells of it. */
  function select(i) {
    if (items.length === 0) return;
    const before = selected;
    selected = Math.max(0, Math.min(items.length - 1, i));
    const top = selected * height;
    if (top < element.scrollTop) element.scrollTop = top;
    if (top + height > element.scrollTop + element.clientHeight) element.scrollTop = top + height - element.clientHeight;
    draw();
    drawn.get(before)?.setAttribute("aria-selected", "false");
    drawn.get(selected)?.setAttribute("aria-selected", "true");
    element.setAttribute("aria-activedescendant", `line-${selected}`);
    onSelect(items[selected], selected);
  }

  element.addEventListener("scroll", once(draw), { passive: true });
  new ResizeObserver(once(draw)).observe(element);
  element.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(element.clientHeight / height) - 1);
    const to = {
      j: selected + 1, ArrowDown: selected + 1, k: selected - 1, ArrowUp: selected - 1,
      PageDown: selected + page, PageUp: selected - page, Home: 0, End: items.length - 1,
    }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      select(to);
    } else if (event.key === "Enter") {
      event.preventDefault();
      onEnter();
    }
  });

  return {
    element,
    show(next, at = 0) {
      items = next;
      selected = -1;
      drawn = new Map();
      spacer.replaceChildren();
      spacer.style.setProperty("height", `${items.length * height}px`);
      element.removeAttribute("aria-activedescendant");
      element.scrollTop = 0;
      draw();
      if (items.length) select(at);
    },
    step: (by) => select(selected + by),
    focus: () => element.focus(),
  };
}
