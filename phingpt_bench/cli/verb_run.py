"""`phingpt-bench run`: a suite, planned, run where it is not done yet, and drawn as a board."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from phingpt_bench.evaluate.suite import Suite

NAME = "run"
HELP = "run a suite: train what is missing, evaluate, compare; what is done already is skipped"
EPILOG = """\
examples:
  phingpt-bench run smollm2-135m --dry-run         only say what would be done
  phingpt-bench run smollm2-135m                   a shipped suite
  phingpt-bench run my-suite.yaml --only phin_fpb  one task (or group) of it
  phingpt-bench run my-suite.yaml --limit 50       a trial on the first 50 rows

After an interruption, the same command goes on. What has a limit is not ranked.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument("suite", metavar="SUITE", help="a suite file (.yaml) or the name of a shipped one")
    parser.add_argument("--dry-run", action="store_true", help="show the plan and stop")
    parser.add_argument("--limit", type=positive, metavar="N", help="only the first N rows of each task")
    parser.add_argument("--only", nargs="+", default=[], metavar="TASK", help="only these tasks or groups of the suite")
    parser.add_argument("--results", type=Path, metavar="DIR", help="folder of the records, instead of the suite's")
    parser.add_argument("--force", action="store_true", help="make runs again that are done (adapters are kept)")
    parser.add_argument("--quiet", action="store_true", help="no plan and no progress, only the board")


def run(args: argparse.Namespace) -> int:
    """Plan, work, board; 0. BenchError for a bad suite and for what it names that is not there."""
    from dataclasses import replace

    from phingpt_bench.evaluate.suite import load_suite

    suite = load_suite(args.suite)
    suite = replace(suite, limit=args.limit or suite.limit, results=args.results or suite.results)
    carry_out(suite, only=args.only, dry_run=args.dry_run, force=args.force, quiet=args.quiet)
    return 0


def positive(text: str) -> int:
    """A whole number from 1 on, for argparse."""
    with contextlib.suppress(ValueError):
        if int(text) >= 1:
            return int(text)
    raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from 1 on")


def carry_out(
    suite: Suite, *, only: Sequence[str] = (), dry_run: bool = False, force: bool = False, quiet: bool = False
) -> None:
    """Plan a suite, show the plan, do what is not done, and draw the board of its results."""
    from phingpt_bench.cli import verb_leaderboard
    from phingpt_bench.cli.hush import hush
    from phingpt_bench.core.errors import unknown
    from phingpt_bench.evaluate.adapters import Training
    from phingpt_bench.evaluate.facts import gather
    from phingpt_bench.evaluate.plan import plan
    from phingpt_bench.evaluate.run import run as run_plan
    from phingpt_bench.evaluate.tasks import Tasks
    from phingpt_bench.live.display import display
    from phingpt_bench.live.events import Stage
    from phingpt_bench.train.recipe import load_recipe
    from phingpt_bench.train.run import default_folder, train

    known = Tasks()
    tasks, chosen = known.expand(suite.tasks), known.expand(only)
    for name in chosen:
        if name not in tasks:
            raise unknown("task of this suite", name, tasks, where="--only")
    training = Training(load=load_recipe, folder=default_folder, train=train)
    hush()
    reading = Stage(key="read", label="read tasks, data and models")
    with display(quiet=quiet) as shown, shown.stage(reading):
        facts = gather(suite, training, known, fetch=not dry_run)
    if dry_run or not quiet:
        show(suite, plan(suite, facts, only=chosen, force=force))
    if dry_run:
        return
    with display(quiet=quiet) as shown:
        run_plan(suite, facts, training, only=chosen, force=force, display=shown)
    parser = argparse.ArgumentParser()
    verb_leaderboard.configure(parser)
    verb_leaderboard.run(parser.parse_args([str(suite.results_folder)]))


def show(suite: Suite, steps: Sequence[object]) -> None:
    """The plan on standard output: in colour on a terminal, plain at 80 columns elsewhere."""
    import sys

    from phingpt_bench.render.plan import plan_table, plan_text

    if sys.stdout.isatty():
        from rich.console import Console

        Console().print(plan_table(suite, steps))  # type: ignore[arg-type]
    else:
        print(plan_text(suite, steps))  # type: ignore[arg-type]
        sys.stdout.flush()
