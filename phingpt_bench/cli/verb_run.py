"""`phingpt-bench run`: a suite, plan, the runs that are missing, board."""

from __future__ import annotations

import argparse
from pathlib import Path

from phingpt_bench.cli.overrides import add_overrides
from phingpt_bench.cli.suites import carry_out, positive
from phingpt_bench.cli.trust import add_trust
from phingpt_bench.core.sentences import sentence
from phingpt_bench.text.language import say

NAME = "run"
HELP = sentence("run a suite: train what is missing, evaluate, compare; skips what is done already")
EPILOG = sentence("""\
examples:
  phingpt-bench run smollm2-135m --dry-run         only show the plan
  phingpt-bench run smollm2-135m                   a shipped suite
  phingpt-bench run my-suite.yaml --only phin_fpb  one task (or group) of it
  phingpt-bench run my-suite.yaml --limit 50       a trial on the first 50 rows
  phingpt-bench run demo seed=1 variants.0.shots=2 other values than the file's

After an interruption, the same command resumes. Limited runs are not ranked.
""")


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument("suite", metavar=say("SUITE"), help=say("a suite file (.yaml) or the name of a shipped one"))
    add_overrides(parser, "seed=1")
    parser.add_argument("--dry-run", action="store_true", help=say("show the plan and stop"))
    add_trust(parser)
    parser.add_argument("--limit", type=positive, metavar="N", help=say("only the first N rows of each task"))
    parser.add_argument(
        "--only", nargs="+", default=[], metavar=say("TASK"), help=say("only these tasks or groups of the suite")
    )
    parser.add_argument(
        "--results", type=Path, metavar=say("DIR"), help=say("folder of the records, instead of the suite's")
    )
    parser.add_argument("--force", action="store_true", help=say("re-run completed runs (adapters are kept)"))
    parser.add_argument("--quiet", action="store_true", help=say("no plan and no progress, only the board"))


def run(args: argparse.Namespace) -> int:
    """Plan, run, draw the board; 0. BenchError for a bad suite and for unknown names in it."""
    from dataclasses import replace

    from phingpt_bench.core.overrides import parsed
    from phingpt_bench.evaluate.suite import load_suite

    suite = load_suite(args.suite, parsed(args.overrides))
    suite = replace(suite, limit=args.limit or suite.limit, results=args.results or suite.results)
    carry_out(
        suite,
        only=args.only,
        dry_run=args.dry_run,
        trusted=args.trust_task_code,
        force=args.force,
        quiet=args.quiet,
        changed=args.overrides,
    )
    return 0
