"""Boards and blocks as the tests draw them."""

from __future__ import annotations

from typing import Any

from phingpt_bench.board.values import Board
from phingpt_bench.render.board.formats import board_text
from phingpt_bench.render.board.view import View


def render(board: Board, width: int = 80, **how: Any) -> str:
    """The board in full in a terminal of that width. how: fields of the view."""
    return board_text(board, "terminal", width, View(full=True, **how))


def markdown(board: Board) -> str:
    """The board as markdown."""
    return board_text(board, "markdown")
