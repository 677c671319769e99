"""A board as text in one of its formats."""

from __future__ import annotations

from collections.abc import Sequence

from phingpt_bench.board.names import FORMATS
from phingpt_bench.board.values import Board
from phingpt_bench.core.errors import unknown
from phingpt_bench.core.sentences import sentence
from phingpt_bench.render.board.board_blocks import page_blocks, terminal_blocks
from phingpt_bench.render.board.board_export import to_csv, to_json
from phingpt_bench.text.language import say
from phingpt_bench.text.write_latex import latex
from phingpt_bench.text.write_markdown import markdown
from phingpt_bench.text.write_terminal import check_width, terminal

TEXTS = tuple(name for name in FORMATS if name != "html")
LEAST = 76  # columns of a terminal; in fewer, numbers would be cut or names folded letter by letter


def board_text(
    board: Board,
    form: str = "terminal",
    width: int = 80,
    *,
    whole: bool = False,
    columns: Sequence[str] = (),
    plot: bool | None = None,
    encoding: str = "utf-8",
) -> str:
    """The board in one of FORMATS but html, newline at the end, in the language in force.

    `width`, `whole` (all published rows, not the best of each group), `plot` and `encoding` are for "terminal", which
    comes without colour; the other formats always show all rows. columns: names in place of the usual ones, for tables;
    csv and json always hold all fields, in English. The page for a browser is made by `page.html`: "html" is a
    BenchError here, like a name that is none.
    """
    if form == "terminal":
        check_width(width, LEAST)
        blocks = terminal_blocks(board, width, whole=whole, columns=columns, plot=plot, encoding=encoding)
        return terminal(blocks, width)
    if form == "markdown":
        return markdown(page_blocks(board, columns), say("Leaderboard"))
    if form in ("latex", "latex-tables"):
        return latex(page_blocks(board, columns, printed=True), document=form == "latex")
    if form == "csv":
        return to_csv(board)
    if form == "json":
        return to_json(board)
    raise unknown(sentence("format"), form, TEXTS, where="--format")


def check_form(form: str) -> str:
    """`form`, or BenchError if it is not one of FORMATS."""
    if form not in FORMATS:
        raise unknown(sentence("format"), form, FORMATS, where="--format")
    return form
