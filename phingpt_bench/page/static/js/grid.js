// Cells that are walked through with the arrow keys: one stop for the tab key, however many cells there are.

const STEPS = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] };

/** Makes the cells of a table's body one grid; `onEnter(cell)` hears the Enter key and clicks. */
export function grid(table, onEnter) {
  const body = table.tBodies[0];
  body.addEventListener("focusin", (event) => {
    const cell = event.target.closest("td");
    if (!cell) return;
    body.querySelectorAll('td[tabindex="0"]').forEach((other) => other.setAttribute("tabindex", "-1"));
    cell.setAttribute("tabindex", "0");
  });
  body.addEventListener("keydown", (event) => {
    const cell = event.target.closest("td");
    if (!cell) return;
    if (event.key === "Enter") onEnter(cell);
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    next(cell, step)?.focus();
  });
  body.addEventListener("click", (event) => {
    const cell = event.target.closest("td");
    if (cell) onEnter(cell);
  });
}

/** The nearest cell in a direction that can be focused, over gaps; null at the edge. */
function next(cell, [down, right]) {
  const rows = [...cell.closest("tbody").rows];
  let y = rows.indexOf(cell.parentElement);
  let x = cell.cellIndex;
  for (;;) {
    y += down;
    x += right;
    const found = rows[y]?.cells[x];
    if (!found) return null;
    if (found.hasAttribute("tabindex")) return found;
  }
}
