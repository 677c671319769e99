"""The `--format html` of `phingpt-bench leaderboard`: the board as one file for a browser."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from phingpt_bench.core.errors import BenchError

if TYPE_CHECKING:
    from phingpt_bench.board.values import Board
    from phingpt_bench.results.collect import Run

FORM = "html"


def check(args: argparse.Namespace) -> None:
    """BenchError for options that do not go together; called before anything is computed."""
    if args.with_text and args.format != FORM:
        raise BenchError("only a page shows dataset text", where="--with-text", hint=f"add --format {FORM}")
    if args.format == FORM and args.output is None:  # which also may not be able to write its letters
        raise BenchError(f"{FORM} is for a file, not for a terminal", where="--format", hint="add --output board.html")


def page_of(board: Board, runs: Sequence[Run], *, with_text: bool) -> str:
    """The page of a board with the answers of its runs.

    BenchError where dataset text is asked for and not available locally.
    """
    from phingpt_bench.page.page import html

    return html(board, runs, with_text=with_text)
