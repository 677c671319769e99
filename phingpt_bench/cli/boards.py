"""Boards as several verbs draw them."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from phingpt_bench.cli.output import show

if TYPE_CHECKING:
    from phingpt_bench.board.values import Board
    from phingpt_bench.render.board.view import View
    from phingpt_bench.text.blocks import Block

ROWS = 40  # of a task in a terminal, by default
BRIEF = 12  # of a task in a brief board


def draw_folder(folder: Path) -> None:
    """The board of a folder as `leaderboard FOLDER` draws it, without a pager: a long run ends with it."""
    from phingpt_bench.board.load import Options, board_at

    draw(board_at([folder], Options(most=BRIEF)))


def draw(
    board: Board, view: View | None = None, width: int | None = None, file: Path | None = None, *, paged: bool = False
) -> None:
    """The board in a file or on standard output. paged: in full in the user's pager if it fills more than a screen."""
    from phingpt_bench.render.board.board_blocks import terminal_blocks
    from phingpt_bench.render.board.view import View

    view = view or View()
    view = dataclasses.replace(view, encoding="utf-8" if file is not None else sys.stdout.encoding or "utf-8")

    def blocks(view: View) -> Callable[[int], Sequence[Block]]:
        return lambda columns: terminal_blocks(board, columns, view)

    show(blocks(view), width, file, long=blocks(dataclasses.replace(view, full=True)) if paged else None)
