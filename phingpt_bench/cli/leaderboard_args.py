"""The arguments of `phingpt-bench leaderboard`."""

from __future__ import annotations

import argparse
from pathlib import Path

from phingpt_bench.board.names import COLUMNS, FORMATS, WIDTHS
from phingpt_bench.cli.boards import BRIEF, ROWS
from phingpt_bench.cli.output import add_output
from phingpt_bench.text.language import say

EVERY = 5.0  # seconds between two looks of --watch


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """All of them, in groups."""
    parser.add_argument("folders", nargs="*", type=Path, metavar=say("DIR"), help="folders of the runs, at any depth")
    _add_chosen(parser)
    _add_amount(parser)
    _add_form(parser)
    _add_other(parser)


def _add_chosen(parser: argparse.ArgumentParser) -> None:
    """The arguments that choose and sort rows."""
    group = parser.add_argument_group(say("which rows"))
    group.add_argument(
        "--task",
        action="append",
        default=[],
        type=names,
        metavar="T",
        help="only this task, dataset or protocol; several with commas",
    )
    group.add_argument("--metric", metavar="M", help="this metric instead of the primary one, where a task has it")
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
        group.add_argument(name, action="append", default=[], type=names, metavar=metavar, help=help)
    group.add_argument(
        "--tag",
        action="append",
        default=[],
        type=names,
        metavar="T",
        help="only models run with this tag ('evaluate --tag'); several with commas",
    )
    for name, about in (
        ("--since", say("only models run on this day or later: 2026-01-31")),
        ("--until", say("only models run on this day or earlier; an older run stands for a newer one")),
    ):
        group.add_argument(name, metavar=say("DAY"), help=about)
    group.add_argument("--sort", default="score", metavar="S", help="score (default), cost, name, size or date")


def _add_amount(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group(say("how much, in the terminal"))
    group.add_argument(
        "--full",
        action="store_true",
        help="all tables with all notes, break-even, published results and what the marks mean",
    )
    group.add_argument("--tables", action="store_true", help="a table for each task, however many there are")
    group.add_argument("--legend", action="store_true", help="what all marks and numbers mean")
    group.add_argument(
        "--published",
        choices=("top", "all", "none"),
        help="published results: the best of each kind, all, none; other formats show all",
    )
    group.add_argument(
        "--rows",
        type=rows,
        default=0,
        metavar="N",
        help=say(
            "the first N rows of each task, or all (default {brief}, in full {rows}); other formats show all",
            brief=BRIEF,
            rows=ROWS,
        ),
    )
    plot = group.add_mutually_exclusive_group()
    plot.add_argument(
        "--plot",
        action="store_true",
        default=None,
        help="draw cost against score under each task (default: with --full, if one task is shown)",
    )
    plot.add_argument("--no-plot", dest="plot", action="store_false", help="draw no plot")
    group.add_argument("--no-pager", action="store_true", help="do not show a long board in full in $PAGER (less)")
    group.add_argument(
        "--watch",
        nargs="?",
        type=seconds,
        const=EVERY,
        metavar="S",
        help=say("draw again whenever a run is added; looks every S seconds (default {n:g})", n=EVERY),
    )


def _add_form(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group(say("form"))
    group.add_argument(
        "--columns",
        action="append",
        default=[],
        type=names,
        metavar="A,B",
        help=say("columns of the tables, in this order: {columns}", columns=", ".join(COLUMNS)),
    )
    group.add_argument(
        "--format", default="terminal", metavar="F", help=say("one of {names}", names=", ".join(FORMATS))
    )
    group.add_argument(
        "--latex-width",
        choices=WIDTHS,
        help="latex: a table for one of two columns, or across the page (latex-tables: page); of a figure the width",
    )
    group.add_argument("--caption", metavar=say("TEXT"), help="latex: the caption of the first table")
    group.add_argument("--label", metavar=say("TEXT"), help="latex: the label of the first table: tab:results")
    group.add_argument(
        "--with-text",
        action="store_true",
        help="html: show the text of the test rows; most dataset licences forbid redistributing the page",
    )
    add_output(parser)


def _add_other(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group(say("other views and rows"))
    group.add_argument(
        "--explain",
        nargs=2,
        metavar=(say("ROW"), say("TASK")),
        help="break down one cell; ROW is a rank, a name or a part of it",
    )
    group.add_argument(
        "--history",
        metavar=say("MODEL"),
        help="all runs of a model over time, older ones too: scores, tests against the run before, what changed",
    )
    group.add_argument(
        "--prices", type=Path, metavar=say("FILE"), help="all USD at the prices of this card (default: as recorded)"
    )
    group.add_argument(
        "--across-engines",
        action="store_true",
        help="rank runs of different engines or number formats together (docs/engines.md)",
    )
    group.add_argument(
        "--trust-times",
        action="store_true",
        help="let times of machines that several processes shared count for Pareto front and break-even",
    )
    group.add_argument(
        "--calibrate",
        action="append",
        default=[],
        type=names,
        metavar="M",
        help="add rows with calibrated label scores, made without labels: batch, contextual (docs/fairness.md)",
    )
    group.add_argument("--checks", action="store_true", help="show the oracle, null and echo rows too")


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


def seconds(text: str) -> float:
    """The value of --watch: at least a tenth of a second."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.1 <= value <= 86_400:
        raise argparse.ArgumentTypeError(say("seconds from 0.1 to 86400, not '{text}'", text=text))
    return value
