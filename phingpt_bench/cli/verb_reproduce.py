"""`phingpt-bench reproduce`: whether a published board is, byte for byte, the one that its records give."""

from __future__ import annotations

import argparse
from pathlib import Path

from phingpt_bench.cli.output import line
from phingpt_bench.core.sentences import sentence
from phingpt_bench.text.language import say

NAME = "reproduce"
HELP = sentence("rebuild a published board from its records, and compare it byte for byte")
EPILOG = sentence("""\
examples:
  phingpt-bench reproduce results/my-suite --write   writes board/ there
  phingpt-bench reproduce results/my-suite           is it still the same?

Exit code 1 where a byte differs, with the first line that does. The board that
is published has all rows, in English, at recorded prices, in four formats.
""")


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument("folder", type=Path, metavar=say("DIR"), help="folder of runs, with the published board/")
    parser.add_argument("--write", action="store_true", help="write the board of the runs to DIR/board/")


def run(args: argparse.Namespace) -> int:
    """Write, or compare and print the outcome; 0, or 1 where it differs. BenchError as for a board, or without one."""
    from phingpt_bench.render.board.reproduced import compared, publish

    if args.write:
        for file in publish(args.folder):
            line(say("wrote {file}", file=file))
        return 0
    results = compared(args.folder)
    for result in results:
        word = say("same") if result.difference is None else say("DIFFERS")
        line(f"{word:<7}  {result.file}{result.text}")
    same = sum(result.difference is None for result in results)
    line(say("{n} of {all} files are byte for byte what the records give", n=same, all=len(results)))
    return 0 if same == len(results) else 1
