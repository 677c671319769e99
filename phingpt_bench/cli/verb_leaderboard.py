"""`phingpt-bench leaderboard`: the runs below a folder as a board, in the terminal or in another form."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from phingpt_bench.board.names import COLUMNS, FORMATS
from phingpt_bench.cli import leaderboard_html
from phingpt_bench.cli.boards import ROWS, draw
from phingpt_bench.cli.output import LEAST, add_output, deliver, show
from phingpt_bench.core.paths import results_folder
from phingpt_bench.core.sentences import sentence
from phingpt_bench.text.language import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from phingpt_bench.board.values import Board
    from phingpt_bench.results.collect import Run
    from phingpt_bench.scoring.prior import Method

NAME = "leaderboard"
LEAST_TO_EXPLAIN = 40  # columns in which the lines of --explain can be read
HELP = sentence("compare runs: scores with intervals, gains over the base with tests, costs, published results")
EPILOG = sentence("""\
examples:
  phingpt-bench leaderboard            results/ here, or the shipped results
  phingpt-bench leaderboard results/local/demo --published none
  phingpt-bench leaderboard --task phin_fpb --metric acc
  phingpt-bench leaderboard --kind tuned,floor --size '<1B' --sort cost --plot
  phingpt-bench leaderboard --columns rank,model,score,usd,date
  phingpt-bench leaderboard --format latex --output board.tex
  phingpt-bench leaderboard --format html --output board.html
  phingpt-bench leaderboard --prices my-prices.yaml
  phingpt-bench leaderboard --explain 1 phin_fpb
  phingpt-bench leaderboard --lang es --width 160 | less

Filters hide rows; they change no rank, test or floor. docs/leaderboard.md
explains every column, mark and option.
""")


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument(
        "folder", nargs="?", type=Path, metavar=say("DIR"), help=say("folder of the runs, at any depth")
    )
    parser.add_argument(
        "--task",
        action="append",
        default=[],
        type=names,
        metavar="T",
        help=say("only this task, dataset or protocol; several with commas"),
    )
    parser.add_argument(
        "--metric", metavar="M", help=say("this metric instead of the primary one, where a task has it")
    )
    add_filters(parser)
    parser.add_argument(
        "--columns",
        action="append",
        default=[],
        type=names,
        metavar="A,B",
        help=say("columns of the tables, in this order: {columns}", columns=", ".join(COLUMNS)),
    )
    plot = parser.add_mutually_exclusive_group()
    plot.add_argument(
        "--plot",
        action="store_true",
        default=None,
        help=say("draw cost against score under each task (in the terminal; default: if one task is shown)"),
    )
    plot.add_argument("--no-plot", dest="plot", action="store_false", help=say("draw no plot"))
    parser.add_argument(
        "--format", default="terminal", metavar="F", help=say("one of {names}", names=", ".join(FORMATS))
    )
    parser.add_argument(
        "--with-text",
        action="store_true",
        help=say("html: show the text of the test rows; most dataset licences forbid redistributing the page"),
    )
    add_output(parser)
    parser.add_argument(
        "--published",
        default="top",
        choices=("top", "all", "none"),
        help=say(
            "published results in the terminal: the best of each kind (default), all, none; other formats show all"
        ),
    )
    parser.add_argument("--no-published", dest="published", action="store_const", const="none", help="--published none")
    parser.add_argument(
        "--rows",
        type=rows,
        default=ROWS,
        metavar="N",
        help=say(
            "the first N rows of each task in the terminal, or all (default {rows}); other formats show all", rows=ROWS
        ),
    )
    parser.add_argument(
        "--prices",
        type=Path,
        metavar=say("FILE"),
        help=say("all USD at the prices of this card (default: as recorded)"),
    )
    parser.add_argument(
        "--explain",
        nargs=2,
        metavar=(say("ROW"), say("TASK")),
        help=say("break down one cell; ROW is a rank, a name or a part of it"),
    )
    parser.add_argument(
        "--across-engines",
        action="store_true",
        help=say("rank runs of different engines or number formats together (docs/engines.md)"),
    )
    parser.add_argument(
        "--calibrate",
        action="append",
        default=[],
        type=names,
        metavar="M",
        help=say("add rows with calibrated label scores, made without labels: batch, contextual (docs/fairness.md)"),
    )
    parser.add_argument("--checks", action="store_true", help=say("show the oracle, null and echo rows too"))


def add_filters(parser: argparse.ArgumentParser) -> None:
    """The arguments that choose and sort rows."""
    for name, metavar, about in (
        ("--protocol", "P", say("only tasks on these protocols, by id")),
        ("--language", "L", say("only tasks whose rows are in these languages: en, es")),
        ("--licence", say("TEXT"), say("only tasks whose data have a licence with this in its name: MIT, 'CC BY'")),
        ("--model-licence", say("TEXT"), say("only models whose base has a licence with this in its name")),
        ("--kind", "K", say("only rows of these kinds: tuned, base, floor, check, published")),
        (
            "--size",
            "S",
            say("only models of this size, as shown: '<1B', '>=350M', 135M (floors have none, and stay)"),
        ),
    ):
        help = say("{about}; several with commas", about=about)
        parser.add_argument(name, action="append", default=[], type=names, metavar=metavar, help=help)
    parser.add_argument("--sort", default="score", metavar="S", help=say("score (default), cost, name, size or date"))


def names(text: str) -> list[str]:
    """The parts of "a,b,c", for argparse."""
    return [part.strip() for part in text.split(",") if part.strip()]


def rows(text: str) -> int | None:
    """The value of --rows: None for "all"."""
    if text == "all":
        return None
    if not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError(say("a number of at least 1, or all, not '{text}'", text=text))
    return int(text)


def run(args: argparse.Namespace) -> int:
    """Draw the board; 0. BenchError for a missing folder, no runs, a damaged file, or an unknown name."""
    from phingpt_bench.render.board.columns import chosen
    from phingpt_bench.render.board.formats import board_text, check_form
    from phingpt_bench.text.write_terminal import check_width

    check_form(args.format)
    if args.width is not None:
        check_width(args.width, LEAST_TO_EXPLAIN if args.explain else LEAST)
    if args.explain:
        return _explain(args)
    leaderboard_html.check(args)
    columns = chosen(flat(args.columns))
    board, runs = _loaded(args)
    whole = args.published == "all"
    if args.format == "terminal":
        draw(board, args.width, args.output, whole=whole, columns=columns, plot=args.plot)
        return 0
    if args.format == leaderboard_html.FORM:
        text = leaderboard_html.page_of(board, runs, with_text=args.with_text)
    else:
        text = board_text(board, args.format, columns=columns)
    deliver(text, args.output)
    return 0


def _loaded(args: argparse.Namespace) -> tuple[Board, list[Run]]:
    """The board that was asked for, and all runs of the folder."""
    from rich.console import Console

    from phingpt_bench.board.filters import Filter, size
    from phingpt_bench.board.load import load_board
    from phingpt_bench.lmeval.protocols import protocol_of
    from phingpt_bench.text.language import say

    wanted = Filter(
        protocols=flat(args.protocol), languages=flat(args.language), licences=flat(args.licence),
        model_licences=flat(args.model_licence), kinds=flat(args.kind), sizes=tuple(map(size, flat(args.size))),
        sort=args.sort,
    )  # fmt: skip
    # silent unless a terminal
    with Console(stderr=True).status(say("comparing runs (the first time takes a while)")):
        return load_board(
            args.folder or results_folder(),
            tasks=[protocol_of(name) for name in flat(args.task)],
            metric=args.metric,
            published=args.published != "none",
            checks=args.checks,
            across_engines=args.across_engines,
            calibrate=methods(flat(args.calibrate)),
            prices=args.prices,
            wanted=wanted,
            most=args.rows if args.format == "terminal" else None,
        )


def _explain(args: argparse.Namespace) -> int:
    """One cell of the board, broken down; always text."""
    from phingpt_bench.board.costs import on_card, prices_of
    from phingpt_bench.board.rows import build
    from phingpt_bench.lmeval.protocols import protocol_of
    from phingpt_bench.render.explain.explain_blocks import explain
    from phingpt_bench.results.cache import Cache
    from phingpt_bench.results.calibrated import with_calibrated
    from phingpt_bench.results.collect import collect
    from phingpt_bench.results.compare import Comparer

    row, task = args.explain
    card, cache = prices_of(args.prices), Cache()
    runs = with_calibrated(collect(args.folder or results_folder()), methods(flat(args.calibrate)))
    board = build(
        runs, None, metric=args.metric, checks=args.checks, across_engines=args.across_engines, cache=cache, prices=card
    )
    blocks = explain(board, on_card(runs, card), row, protocol_of(task), Comparer(cache))
    cache.save()
    show(blocks, args.width, args.output, LEAST_TO_EXPLAIN)
    return 0


def methods(names: Sequence[str]) -> list[Method]:
    """The calibrations of these names, each once; BenchError with the nearest name for another."""
    from phingpt_bench.core.errors import unknown
    from phingpt_bench.scoring.prior import METHODS

    for name in names:
        if name not in METHODS:
            raise unknown(sentence("calibration"), name, METHODS, where="--calibrate")
    return [method for method in METHODS if method in names]


def flat(lists: list[list[str]]) -> tuple[str, ...]:
    """The names of an option that was given several times, with several names each time."""
    return tuple(name for part in lists for name in part)
