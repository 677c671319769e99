"""A board as text in one of its formats."""

from __future__ import annotations

import dataclasses

from phingpt_bench.board.names import FORMATS, TEXTS
from phingpt_bench.board.values import Board
from phingpt_bench.core.errors import unknown
from phingpt_bench.core.sentences import sentence
from phingpt_bench.render.board.board_blocks import page_blocks, terminal_blocks
from phingpt_bench.render.board.board_export import to_csv, to_json
from phingpt_bench.render.board.paper_blocks import paper_blocks
from phingpt_bench.render.board.view import View
from phingpt_bench.text.language import decimal_comma, say
from phingpt_bench.text.write_latex import Paper, latex
from phingpt_bench.text.write_markdown import markdown
from phingpt_bench.text.write_terminal import check_width, terminal


def board_text(
    board: Board,
    form: str = "terminal",
    width: int = 80,
    view: View | None = None,
) -> str:
    """The board in one of TEXTS, newline at the end, in the language in force.

    view: how much of it, for "terminal", which comes without colour; of it the other formats, which always show all
    rows, take the columns of their tables. csv and json always hold all fields, in English. Pages and figures are made
    elsewhere: "html" is a BenchError here, like a name that is none.
    """
    columns = () if view is None else view.columns
    if form == "terminal":
        check_width(width)
        return terminal(terminal_blocks(board, width, view), width)
    if form == "markdown":
        return markdown(page_blocks(board, columns), say("Leaderboard"))
    if form in ("latex", "latex-tables"):
        return _latex(board, view or View(), document=form == "latex")
    if form == "csv":
        return to_csv(board)
    if form == "json":
        return to_json(board)
    raise unknown(sentence("format"), form, TEXTS, where="--format")


def _latex(board: Board, view: View, *, document: bool) -> str:
    """A document of its own with everything, or what a paper shows: in its width where one is given.

    Tables for somebody's document are as wide as its page at most, which is narrower than A4 across.
    """
    paper = view.paper or Paper()
    empty = not (board.sections or board.limited)  # then it says why
    if empty or (document and paper.width is None):
        return latex(page_blocks(board, view.columns, printed=True), document=document, paper=paper)
    paper = dataclasses.replace(paper, width=paper.width or "page", decimal_comma=decimal_comma())
    blocks = paper_blocks(board, dataclasses.replace(view, paper=paper))
    return latex(blocks, document=document, paper=paper)


def check_form(form: str) -> str:
    """`form`, or BenchError if it is not one of FORMATS."""
    if form not in FORMATS:
        raise unknown(sentence("format"), form, FORMATS, where="--format")
    return form
