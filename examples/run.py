"""Runs the cells of a notebook in this process and writes their outputs into it: python examples/run.py NOTEBOOK.

Jupyter is not needed for it. What a cell shows is what Jupyter would show: its last expression as HTML, markdown and
text, and what it printed before.
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
import sys
from pathlib import Path
from typing import Any


def outputs_of(source: str, names: dict[str, object], count: int) -> list[dict[str, object]]:
    """What one cell shows, as a notebook stores it. names: the variables of the cells before, which it adds to."""
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    printed, value = io.StringIO(), None
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, f"cell {count}", "exec"), names)
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), f"cell {count}", "eval"), names)
    found: list[dict[str, object]] = []
    if printed.getvalue():
        found.append({"name": "stdout", "output_type": "stream", "text": lines(printed.getvalue())})
    if value is not None:
        kinds = {"text/html": "_repr_html_", "text/markdown": "_repr_markdown_"}
        data = {kind: lines(getattr(value, method)()) for kind, method in kinds.items() if hasattr(value, method)}
        data["text/plain"] = lines(repr(value))
        found.append({"data": data, "execution_count": count, "metadata": {}, "output_type": "execute_result"})
    return found


def lines(text: str) -> list[str]:
    """A text as a notebook stores it."""
    return text.splitlines(keepends=True)


def run(notebook: dict[str, Any]) -> dict[str, Any]:
    """The notebook with the outputs of all its code cells, run in order; an error of a cell is not caught."""
    names: dict[str, object] = {"__name__": "__main__"}
    cells, count = [], 0
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            count += 1
            shown = outputs_of("".join(cell["source"]), names, count)
            cell = {**cell, "outputs": shown, "execution_count": count}
        cells.append(cell)
    return {**notebook, "cells": cells}


def main() -> None:
    """Runs the notebook that is named and writes it again."""
    file = Path(sys.argv[1])
    notebook = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps(run(notebook), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
