"""The `--format html` of `phingpt-bench leaderboard`: the board as one file for a browser."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from phingpt_bench.core.errors import BenchError

if TYPE_CHECKING:
    from phingpt_bench.board.values import Board
    from phingpt_bench.results.source import Source

FORM = "html"


def check(args: argparse.Namespace) -> None:
    """BenchError for options that exclude each other; called before anything is computed."""
    if args.with_text and args.format != FORM:
        raise BenchError(
            "dataset text is shown on a page only", where="--with-text", hint="add --format {form}", form=FORM
        )
    if args.format == FORM:
        check_file(args, "board.html")


def check_file(args: argparse.Namespace, name: str) -> None:
    """BenchError where a page has no file to go to: some terminals cannot write its letters."""
    if args.output is None:
        raise BenchError(
            "{form} is for a file, not for a terminal",
            where="--format",
            hint="add --output {file}",
            form=FORM,
            file=name,
        )


def page_of(board: Board, source: Source, *, with_text: bool) -> str:
    """The page of a board with the answers of its runs, as far as a page holds them.

    BenchError if dataset text is asked for and is not available locally.
    """
    from phingpt_bench.page.page import html

    return html(board, source, with_text=with_text)
