// Elements made by hand. Text only ever becomes a text node, so nothing that a file holds can be markup.

const SVG = "http://www.w3.org/2000/svg";

/** An HTML element. `on...` attributes are listeners, true is an empty attribute, null and false leave one out. */
export function html(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** An SVG element, attributes as for `html`. */
export function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

/** A name from a file: its direction does not affect what is next to it. */
export function name(text) {
  return html("bdi", {}, text);
}

/** A link that leaves the page, for https only; anything else stays text. */
export function external(address, text) {
  if (!address.startsWith("https://")) return text;
  return html("a", { href: address, rel: "noopener noreferrer", target: "_blank" }, text);
}

/** Words for those who hear the page. */
export function hidden(text) {
  return html("span", { class: "hidden" }, text);
}

let count = 0;

/** An id that no other element has. */
export function unique(stem) {
  count += 1;
  return `${stem}-${count}`;
}

/** Runs `work` once for many calls in a row, before the next picture is drawn. */
export function once(work) {
  let due = false;
  return () => {
    if (due) return;
    due = true;
    requestAnimationFrame(() => {
      due = false;
      work();
    });
  };
}

function filled(element, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat(2).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}
