"""`phingpt-bench demo`: the shipped demonstration suite, small and offline."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

from phingpt_bench.cli.overrides import add_overrides
from phingpt_bench.cli.suites import carry_out
from phingpt_bench.core.sentences import sentence
from phingpt_bench.text.language import say

NAME = "demo"
HELP = sentence("train a small adapter and compare it with its base, offline, in minutes")
EPILOG = sentence("""\
examples:
  phingpt-bench demo                          records in results/local/demo
  phingpt-bench demo --results /tmp/demo

The data are synthetic: this demonstrates the tool and does not measure a model.
""")
NEXT = sentence("""\

These data are synthetic. To do the same on real data:
  phingpt-bench run smollm2-135m --dry-run
To show the board in another format:
  phingpt-bench leaderboard {results} --format markdown""")


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    add_overrides(parser, "limit=20")
    parser.add_argument(
        "--results", type=Path, metavar=say("DIR"), help="folder of the records, instead of the suite's"
    )
    parser.add_argument("--quiet", action="store_true", help="no plan and no progress, only the board")


def run(args: argparse.Namespace) -> int:
    """Plan, train, evaluate, draw the board and say what to do next; 0."""
    from dataclasses import replace

    from phingpt_bench.core.overrides import parsed
    from phingpt_bench.evaluate.suite import load_suite

    suite = load_suite("demo", parsed(args.overrides))
    suite = replace(suite, results=args.results or suite.results)
    carry_out(suite, quiet=args.quiet, changed=args.overrides)
    print(say(NEXT, results=shlex.quote(str(suite.results_folder))))
    return 0
