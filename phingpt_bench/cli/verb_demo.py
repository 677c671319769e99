"""`phingpt-bench demo`: the shipped demonstration suite, small and offline."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

from phingpt_bench.cli.suites import carry_out
from phingpt_bench.core.sentences import sentence
from phingpt_bench.text.language import say

NAME = "demo"
HELP = sentence("train a small adapter and compare it with its base, offline, in minutes")
EPILOG = sentence("""\
examples:
  phingpt-bench demo                          records in results/local/demo
  phingpt-bench demo --results /tmp/demo

The data are synthetic: a demonstration of the tool, no measurement of a model.
""")
NEXT = sentence("""\

These data are synthetic. The same on real ones:
  phingpt-bench run smollm2-135m --dry-run
Look again, in other forms:
  phingpt-bench leaderboard {results} --format markdown""")


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument(
        "--results", type=Path, metavar=say("DIR"), help=say("folder of the records, instead of the suite's")
    )
    parser.add_argument("--quiet", action="store_true", help=say("no plan and no progress, only the board"))


def run(args: argparse.Namespace) -> int:
    """Plan, train, evaluate, board, and what to do next; 0."""
    from dataclasses import replace

    from phingpt_bench.evaluate.suite import load_suite

    suite = load_suite("demo")
    suite = replace(suite, results=args.results or suite.results)
    carry_out(suite, quiet=args.quiet)
    print(say(NEXT, results=shlex.quote(str(suite.results_folder))))
    return 0
