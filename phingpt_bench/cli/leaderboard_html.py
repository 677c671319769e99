"""The `--format html` of `phingpt-bench leaderboard`: the board as one file for a browser."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.sentences import sentence

if TYPE_CHECKING:
    from phingpt_bench.board.values import Board
    from phingpt_bench.results.collect import Run

FORM = "html"


def check(args: argparse.Namespace) -> None:
    """BenchError for options that exclude each other; called before anything is computed."""
    if args.with_text and args.format != FORM:
        raise BenchError(
            sentence("dataset text is shown on a page only"),
            where="--with-text",
            hint=sentence("add --format {form}", form=FORM),
        )
    if args.format == FORM and args.output is None:  # some terminals cannot write its letters
        raise BenchError(
            sentence("{form} is for a file, not for a terminal", form=FORM),
            where="--format",
            hint=sentence("add --output board.html"),
        )


def page_of(board: Board, runs: Sequence[Run], *, with_text: bool) -> str:
    """The page of a board with the answers of its runs.

    BenchError if dataset text is asked for and is not available locally.
    """
    from phingpt_bench.page.page import html

    return html(board, runs, with_text=with_text)
