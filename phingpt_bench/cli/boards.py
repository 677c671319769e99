"""Boards as several verbs draw them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from phingpt_bench.cli.output import show

if TYPE_CHECKING:
    from phingpt_bench.board.values import Board

ROWS = 40  # of a task in a terminal, by default


def draw_folder(folder: Path) -> None:
    """The board of a folder as `leaderboard FOLDER` draws it."""
    from phingpt_bench.board.load import load_board

    board, _ = load_board(folder, most=ROWS)
    draw(board)


def draw(
    board: Board,
    width: int | None = None,
    file: Path | None = None,
    *,
    whole: bool = False,
    columns: Sequence[str] = (),
    plot: bool | None = None,
) -> None:
    """The board in a file or on standard output; the other arguments are those of `terminal_blocks`."""
    from phingpt_bench.render.board.board_blocks import terminal_blocks

    encoding = "utf-8" if file is not None else sys.stdout.encoding or "utf-8"
    show(
        lambda columns_there: terminal_blocks(
            board, columns_there, whole=whole, columns=columns, plot=plot, encoding=encoding
        ),
        width,
        file,
    )
