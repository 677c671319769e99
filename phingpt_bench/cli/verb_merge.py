"""`phingpt-bench merge`: the results of the parts of a suite as one folder, and its board."""

from __future__ import annotations

import argparse
from pathlib import Path

from phingpt_bench.core.sentences import sentence
from phingpt_bench.text.language import say, say_n

NAME = "merge"
HELP = sentence("join the results of 'run --cells' on several machines into one folder")
EPILOG = sentence("""\
examples:
  phingpt-bench run suite.yaml --cells 1/2 --results part-1    on one machine
  phingpt-bench run suite.yaml --cells 2/2 --results part-2    on another one
  phingpt-bench merge part-1 part-2 --results results/suite

A run that several folders have with equal outcomes is kept once. One with other
outcomes is an error that names both files; then nothing is written.
""")


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument("folders", nargs="+", type=Path, metavar=say("DIR"), help="folders of results")
    parser.add_argument("--results", type=Path, required=True, metavar=say("DIR"), help="the folder that gets all runs")


def run(args: argparse.Namespace) -> int:
    """Join the folders and say how many runs there are; 0. BenchError where two runs disagree."""
    from phingpt_bench.results.merge import merge

    done = merge(args.folders, args.results)
    print(say_n("{n:,} run in {folder}", "{n:,} runs in {folder}", done.runs, folder=args.results))
    if done.same:
        print(say_n("{n:,} was there twice, and agrees", "{n:,} were there twice, and agree", done.same))
    print(f"phingpt-bench leaderboard {args.results}")
    return 0
