// The address after the #: which view, of what, with which settings. It can be kept and passed on.

/** {view, key, settings} of the address; what cannot be read counts as the overview. */
export function route() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [view, ...rest] = path.split("/");
  return { view: view || "overview", key: decoded(rest.join("/")), settings: new URLSearchParams(query) };
}

/** The address of a view. Settings that are empty are left out. */
export function address(view, key = "", settings = {}) {
  const kept = Object.entries(settings).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  const query = new URLSearchParams(kept).toString();
  return `#/${view}${key ? `/${encodeURIComponent(key)}` : ""}${query ? `?${query}` : ""}`;
}

/** Changes settings of the view in place: no new entry in the history, and nothing is drawn again. */
export function keep(changes) {
  const { view, key, settings } = route();
  const merged = { ...Object.fromEntries(settings), ...changes };
  history.replaceState(null, "", address(view, key, merged));
}

/** Goes to an address, which draws it. */
export function go(where) {
  location.hash = where;
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}
