"""`phingpt-bench leaderboard`: the runs below a folder as a board, in the terminal or in another form."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from phingpt_bench.board.names import FIGURES
from phingpt_bench.cli import leaderboard_figure, leaderboard_html
from phingpt_bench.cli.boards import BRIEF, ROWS, draw
from phingpt_bench.cli.leaderboard_args import add_arguments
from phingpt_bench.cli.output import deliver, show
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.paths import results_folder
from phingpt_bench.core.sentences import sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from phingpt_bench.board.values import Board
    from phingpt_bench.render.board.view import View
    from phingpt_bench.results.chosen import Chosen
    from phingpt_bench.results.source import Source
    from phingpt_bench.scoring.prior import Method
    from phingpt_bench.text.write_latex import Paper

NAME = "leaderboard"
HELP = sentence("compare runs: scores with intervals, gains over the base with tests, costs, published results")
EPILOG = sentence("""\
examples:
  phingpt-bench leaderboard            results/ here, or the shipped results
  phingpt-bench leaderboard --full | less
  phingpt-bench leaderboard results/week-1 results/week-2
  phingpt-bench leaderboard results/week-* --history sentiment
  phingpt-bench leaderboard results/local/demo --watch
  phingpt-bench leaderboard --task phin_fpb --metric acc
  phingpt-bench leaderboard --kind tuned,floor --size '<1B' --sort cost --plot
  phingpt-bench leaderboard --columns rank,model,score,usd,date
  phingpt-bench leaderboard --format latex --output board.tex
  phingpt-bench leaderboard --format latex-tables --latex-width column \\
      --caption "Results" --label tab:results --output table.tex
  phingpt-bench leaderboard --task phin_fpb --format pdf --output cost.pdf
  phingpt-bench leaderboard --format html --output board.html
  phingpt-bench leaderboard --prices my-prices.yaml
  phingpt-bench leaderboard --explain 1 phin_tfns
  phingpt-bench leaderboard --lang es --width 160

Brief by default: the answer, then tables. In a terminal a board that fills
more than a screen is shown in full in $PAGER. Filters hide rows; they
change no rank, test or floor. docs/leaderboard.md explains every column,
mark and option.
""")


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Draw the board; 0. BenchError for a missing folder, no runs, a damaged file, or an unknown name."""
    from phingpt_bench.render.board.columns import chosen
    from phingpt_bench.render.board.formats import board_text, check_form
    from phingpt_bench.render.board.view import View
    from phingpt_bench.text.write_terminal import check_width

    check_form(args.format)
    check_width(args.width)
    _check_views(args)
    if args.explain:
        return _explain(args)
    if args.history is not None:
        return _history(args)
    leaderboard_html.check(args)
    leaderboard_figure.check(args)
    view = View(
        full=args.full, legend=args.legend, published=args.published, columns=chosen(flat(args.columns)),
        plot=args.plot, tables=args.tables or args.rows != 0 or args.sort != "score", paper=_paper(args),
    )  # fmt: skip
    if args.watch is not None:
        return _watch(args, view)
    board, source = _loaded(args)
    if args.format == "terminal":
        draw(board, view, args.width, args.output, paged=not args.no_pager)
        return 0
    if args.format in FIGURES:
        leaderboard_figure.write(board, args)
        return 0
    if args.format == leaderboard_html.FORM:
        text = leaderboard_html.page_of(board, source, with_text=args.with_text)
    else:
        text = board_text(board, args.format, view=view)
    deliver(text, args.output)
    return 0


def _check_views(args: argparse.Namespace) -> None:
    """BenchError for views that exclude each other, and for another form of one that is always text."""
    views = {"--explain": args.explain, "--history": args.history, "--watch": args.watch}
    first, *others = [option for option, value in views.items() if value is not None] or [""]
    if others:
        raise BenchError("cannot be given together with {option}", where=others[0], option=first)
    if first in ("--explain", "--history") and args.format != "terminal":
        raise BenchError("is always text, not {form}", where=first, form=args.format)


def _paper(args: argparse.Namespace) -> Paper | None:
    """How LaTeX tables are set; None for another format. BenchError for such options without LaTeX."""
    from phingpt_bench.text.write_latex import Paper

    asked = {"--caption": args.caption, "--label": args.label, "--latex-width": args.latex_width}
    if not args.format.startswith("latex"):
        for option, value in asked.items():
            if value is not None and not (option == "--latex-width" and args.format in FIGURES):
                raise BenchError("is for LaTeX", where=option, hint="add --format latex-tables")
        return None
    return Paper(width=args.latex_width, caption=args.caption, label=args.label)


def _watch(args: argparse.Namespace, view: View) -> int:
    """Draw the board again and again, until Ctrl-C; 0."""
    from phingpt_bench.cli.watch import watch

    if args.format != "terminal" or args.output is not None:
        raise BenchError("a board that is drawn again is for the terminal", where="--watch")
    watch(args.folders, lambda: draw(_loaded(args)[0], view, args.width), args.watch)
    return 0


def _loaded(args: argparse.Namespace) -> tuple[Board, Source]:
    """The board that was asked for, and where its runs come from."""
    from rich.console import Console

    from phingpt_bench.board.filters import Filter, size
    from phingpt_bench.board.load import Options, board_and_source
    from phingpt_bench.lmeval.protocols import protocol_of
    from phingpt_bench.text.language import say

    wanted = Filter(
        protocols=flat(args.protocol), languages=flat(args.language), licences=flat(args.licence),
        model_licences=flat(args.model_licence), kinds=flat(args.kind), sizes=tuple(map(size, flat(args.size))),
        runs=_chosen(args), sort=args.sort,
    )  # fmt: skip
    most = args.rows if args.rows != 0 else ROWS if args.full else BRIEF
    # silent unless a terminal
    with Console(stderr=True).status(say("comparing runs (the first time takes a while)")):
        options = Options(
            tasks=[protocol_of(name) for name in flat(args.task)],
            published=args.published != "none",
            prices=args.prices,
            wanted=wanted,
            most=most if args.format == "terminal" else None,
            **_calculation(args),
        )
        return board_and_source(args.folders, options, calibrate=methods(flat(args.calibrate)))


def _calculation(args: argparse.Namespace) -> dict[str, Any]:
    """The arguments that are named as the options they are."""
    return {name: getattr(args, name) for name in ("metric", "checks", "across_engines", "trust_times")}


def _history(args: argparse.Namespace) -> int:
    """The runs of a model over time; always text."""
    from phingpt_bench.lmeval.protocols import protocol_of
    from phingpt_bench.render.history_blocks import history_blocks
    from phingpt_bench.results.cache import Cache
    from phingpt_bench.results.collect import collect_from
    from phingpt_bench.results.compare import Comparer
    from phingpt_bench.results.history import histories

    cache = Cache()
    tasks = [protocol_of(name) for name in flat(args.task)]
    chosen = _chosen(args)
    found = histories(collect_from(args.folders, every=True), args.history, Comparer(cache), tasks, chosen)
    cache.save()
    show(history_blocks(found, args.folders or [results_folder()], chosen.options), args.width, args.output)
    return 0


def _explain(args: argparse.Namespace) -> int:
    """One cell of the board, broken down; always text."""
    from phingpt_bench.board.costs import on_card, prices_of
    from phingpt_bench.board.sections import build
    from phingpt_bench.board.standing import Calculation
    from phingpt_bench.lmeval.protocols import protocol_of
    from phingpt_bench.render.explain.explain_blocks import explain
    from phingpt_bench.results.cache import Cache
    from phingpt_bench.results.calibrated import with_calibrated
    from phingpt_bench.results.collect import collect_from
    from phingpt_bench.results.compare import Comparer

    row, task = args.explain
    card, cache = prices_of(args.prices), Cache()
    runs = with_calibrated(collect_from(args.folders, chosen=_chosen(args)), methods(flat(args.calibrate)))
    board = build(runs, None, Calculation(**_calculation(args)), cache=cache, prices=card)
    blocks = explain(board, on_card(runs, card), row, protocol_of(task), Comparer(cache))
    cache.save()
    show(blocks, args.width, args.output)
    return 0


def _chosen(args: argparse.Namespace) -> Chosen:
    """The selected runs; BenchError for an invalid date."""
    from phingpt_bench.results.chosen import Chosen, day

    return Chosen(
        tags=flat(args.tag),
        since=None if args.since is None else day(args.since, "--since"),
        until=None if args.until is None else day(args.until, "--until"),
    )


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
