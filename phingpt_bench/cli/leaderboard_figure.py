"""The figures of `phingpt-bench leaderboard`: `--format svg`, `pdf` and `png`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from phingpt_bench.board.names import FIGURES
from phingpt_bench.core.errors import BenchError

if TYPE_CHECKING:
    from phingpt_bench.board.values import Board


def check(args: argparse.Namespace) -> None:
    """BenchError for a figure without a file; called before anything is computed."""
    if args.format in FIGURES and args.output is None:
        raise BenchError(
            "{form} is for a file, not for a terminal",
            where="--format",
            hint="add --output board.{form}",
            form=args.format,
        )


def write(board: Board, args: argparse.Namespace) -> None:
    """Draw the figure and write it. BenchError as `figure`, and for a file that cannot be written."""
    from phingpt_bench.cli.output import line
    from phingpt_bench.core.jsonio import write_bytes
    from phingpt_bench.render.board.figure import figure
    from phingpt_bench.text.language import say

    write_bytes(args.output, figure(board, args.format, args.latex_width or "page"))
    line(say("wrote {file}", file=args.output), error=True)
