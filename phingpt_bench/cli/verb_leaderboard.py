"""`phingpt-bench leaderboard`: the runs below a folder as a board, in the terminal or as markdown, csv or json."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from phingpt_bench.board.values import Board

NAME = "leaderboard"
HELP = "compare runs: scores with intervals, gains over the base with tests, costs, published results"
EPILOG = """\
examples:
  phingpt-bench leaderboard            results/ here, else the shipped results
  phingpt-bench leaderboard results/local/demo --published none
  phingpt-bench leaderboard --task phin_fpb --metric acc
  phingpt-bench leaderboard --format markdown --output board.md
  phingpt-bench leaderboard --width 160 | less
  phingpt-bench leaderboard --prices my-prices.yaml
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument("folder", nargs="?", type=Path, metavar="DIR", help="where runs lie, at any depth")
    parser.add_argument(
        "--task", action="append", default=[], metavar="T", help="only this task, dataset or protocol; may be repeated"
    )
    parser.add_argument("--metric", metavar="M", help="this metric instead of the primary one, where a task has it")
    parser.add_argument("--format", default="terminal", choices=("terminal", "markdown", "csv", "json"))
    parser.add_argument("--output", type=Path, metavar="FILE", help="write here instead of to the terminal")
    parser.add_argument("--width", type=int, metavar="N", help="columns to draw in (default: those of the terminal)")
    parser.add_argument(
        "--published",
        default="top",
        choices=("top", "all", "none"),
        help="published results in the terminal: the best of each kind (default), all, none; other formats show all",
    )
    parser.add_argument("--no-published", dest="published", action="store_const", const="none", help="--published none")
    parser.add_argument(
        "--prices", type=Path, metavar="FILE", help="all USD at the prices of this card (default: as recorded)"
    )
    parser.add_argument("--checks", action="store_true", help="show the oracle, null and echo rows too")


def run(args: argparse.Namespace) -> int:
    """Draws the board; 0. BenchError for a missing folder, no runs, a damaged file, an unknown task or metric."""
    from rich.console import Console

    from phingpt_bench.board.render.page import board_of, check_width, page
    from phingpt_bench.core.jsonio import write_text

    if args.width is not None:
        check_width(args.width)
    with Console(stderr=True).status("comparing runs (the first time takes a while)"):  # silent unless a terminal
        board = board_of(
            args.folder or default_folder(),
            tasks=[protocol_of(name) for name in args.task],
            metric=args.metric,
            published=args.published != "none",
            checks=args.checks,
            prices=args.prices,
        )
    whole = args.published == "all"
    if args.format == "terminal" and args.output is None:
        _draw(board, args.width, whole)
        return 0
    text = page(board, args.format, args.width or 80, whole=whole)
    if args.output is None:
        _write(text)
        return 0
    write_text(args.output, text)
    print(f"wrote {args.output}", file=sys.stderr)
    return 0


def protocol_of(name: str) -> str:
    """The protocol id for the name of a dataset; any other name as it is, and one that is a task's too."""
    from phingpt_bench.data import catalogue
    from phingpt_bench.harness.taskfiles import read_tasks

    if name not in catalogue.names() or name in read_tasks().tasks:
        return name
    return catalogue.dataset(name).protocol


def default_folder() -> Path:
    """results/ in the current folder where there is one, else the shipped results."""
    from phingpt_bench.core.paths import share

    here = Path("results")
    return here if here.is_dir() else share("results")


def _draw(board: Board, width: int | None, whole: bool) -> None:
    """The board on standard output, with colour where that is a terminal and NO_COLOR is not set."""
    from rich.console import Console

    from phingpt_bench.board.render.terminal import MINIMUM, draw, render

    if not sys.stdout.isatty():
        _write(render(board, width or 80, whole=whole))
        return
    console = Console(width=width)
    if width is None and console.width < MINIMUM:
        # after a long run a board with broken lines is better than none
        print(f"hint: {console.width} columns are too few; at least {MINIMUM}, or --format markdown", file=sys.stderr)
        console = Console(width=MINIMUM)
    draw(board, console, whole=whole)


def _write(text: str) -> None:
    """Text on standard output; what its encoding lacks (in names, never in our own words) becomes a question mark."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "replace").decode(encoding))
