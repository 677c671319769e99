"""A board as a page in one of the formats, and one of its cells worked out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from phingpt_bench.board.costs import on_card, prices_of
from phingpt_bench.board.names import FORMATS
from phingpt_bench.board.rows import build
from phingpt_bench.board.values import Board
from phingpt_bench.core.errors import BenchError, unknown
from phingpt_bench.page.page import html
from phingpt_bench.render.board.export import to_csv, to_json
from phingpt_bench.render.board.latex import latex
from phingpt_bench.render.board.markdown import markdown
from phingpt_bench.render.board.terminal import MINIMUM, render
from phingpt_bench.render.explain.page import explain
from phingpt_bench.results.cache import Cache
from phingpt_bench.results.collect import collect
from phingpt_bench.results.compare import Comparer


def explained(
    folder: Path,
    row: str,
    task: str,
    *,
    metric: str | None = None,
    checks: bool = False,
    prices: Path | None = None,
    width: int = 80,
) -> str:
    """What one cell of the board of `folder` is made of (board/explain), as text, newline at the end."""
    card, cache = prices_of(prices), Cache()
    runs = collect(folder)
    board = build(runs, None, metric=metric, checks=checks, cache=cache, prices=card)
    text = explain(board, on_card(runs, card), row, task, Comparer(cache), width)
    cache.save()
    return text


def page(
    board: Board,
    form: str = "terminal",
    width: int = 80,
    *,
    whole: bool = False,
    columns: Sequence[str] = (),
    plot: bool | None = None,
) -> str:
    """The board in one of FORMATS, newline at the end, in the language in force.

    `width`, `whole` (all published rows, not the best of each group) and `plot` are for "terminal", which comes without
    colour; the other formats always show all rows. columns: names in place of the usual ones, for tables; csv and json
    always hold all fields, in English. "html" comes without answers: `board.html.page.html` takes the runs.
    """
    if form == "terminal":
        return render(board, check_width(width), whole=whole, columns=columns, plot=plot)
    if form == "markdown":
        return markdown(board, columns)
    if form in ("latex", "latex-tables"):
        return latex(board, columns, document=form == "latex")
    if form == "html":
        return html(board)
    return to_csv(board) if check_form(form) == "csv" else to_json(board)


def check_form(form: str) -> str:
    """`form`, or BenchError where it is not one of FORMATS."""
    if form not in FORMATS:
        raise unknown("format", form, FORMATS, where="--format")
    return form


def check_width(width: int, least: int = MINIMUM) -> int:
    """`width`, or BenchError where that is under `least`: where numbers would have to be cut, of tables."""
    if width < least:
        other = ", or --format markdown" if least == MINIMUM else ""
        raise BenchError(f"{width} columns are too few", hint=f"give at least {least}{other}")
    return width
