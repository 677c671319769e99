"""`phingpt-bench cite`: BibTeX for what a board rests on."""

from __future__ import annotations

import argparse
from pathlib import Path

from phingpt_bench.core.sentences import sentence
from phingpt_bench.text.language import say

NAME = "cite"
HELP = sentence("print BibTeX for the tool, the datasets and the published results that a board uses")
EPILOG = sentence("""\
examples:
  phingpt-bench cite                          of results/ here
  phingpt-bench cite results/mine --task phin_fpb --output board.bib
  phingpt-bench cite --no-published

Of papers it says what passports and published results hold; check authors and
venue before you print them.
""")


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument("folders", nargs="*", type=Path, metavar=say("DIR"), help="folders of the runs, at any depth")
    parser.add_argument(
        "--task", action="append", default=[], metavar="T", help="only this task, dataset or protocol; repeatable"
    )
    parser.add_argument("--no-published", action="store_true", help="without the published results")
    parser.add_argument("--output", type=Path, metavar=say("FILE"), help="write here instead of to the terminal")


def run(args: argparse.Namespace) -> int:
    """Print the entries; 0. BenchError as for the board."""
    from phingpt_bench.board.load import Options, load_board
    from phingpt_bench.cli.output import deliver
    from phingpt_bench.lmeval.protocols import protocol_of
    from phingpt_bench.render.cite import bibtex
    from phingpt_bench.results.dataset import passport_of

    tasks = [protocol_of(name) for name in args.task]
    board, _ = load_board(args.folders, Options(tasks=tasks, published=not args.no_published))
    protocols = dict.fromkeys(section.protocol for section in (*board.sections, *board.limited))
    passports = [passport for protocol in protocols if (passport := passport_of(protocol)) is not None]
    deliver(bibtex(board, passports), args.output)
    return 0
