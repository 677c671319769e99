"""`phingpt-bench run`: a suite, plan, the runs that are missing, board."""

from __future__ import annotations

import argparse
from pathlib import Path

from phingpt_bench.cli.overrides import add_overrides
from phingpt_bench.cli.suites import Spread, add_device, add_paraphrases, add_skip_long, add_tag, carry_out, positive
from phingpt_bench.cli.tracking import add_report_to
from phingpt_bench.cli.trust import add_trust
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.sentences import sentence
from phingpt_bench.text.language import say

NAME = "run"
HELP = sentence("run a suite: train what is missing, evaluate, compare; skips what is done already")
EPILOG = sentence("""\
examples:
  phingpt-bench run smollm2-135m --dry-run          only show the plan
  phingpt-bench run smollm2-135m                    a shipped suite
  phingpt-bench run my-suite.yaml --only phin_fpb   one task (or group) of it
  phingpt-bench run my-suite.yaml --limit 50        a trial on the first 50 rows
  phingpt-bench run demo seed=1 variants.0.shots=2  other values than the file's
  phingpt-bench run demo 'seeds=[0, 1]'             the mean of two seeds
  phingpt-bench run my-suite.yaml --cells 3/16      the third of 16 jobs
  phingpt-bench run my-suite.yaml --workers auto    on all GPUs, with Ray

After an interruption, the same command resumes. Limited runs are not ranked.
""")


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument("suite", metavar=say("SUITE"), help="a suite file (.yaml) or the name of a shipped one")
    add_overrides(parser, "seed=1")
    parser.add_argument("--dry-run", action="store_true", help="show the plan and stop")
    add_device(parser)
    add_trust(parser)
    add_paraphrases(parser)
    parser.add_argument("--limit", type=positive, metavar="N", help="only the first N rows of each task")
    add_skip_long(parser)
    parser.add_argument(
        "--only", nargs="+", default=[], metavar=say("TASK"), help="only these tasks or groups of the suite"
    )
    parser.add_argument(
        "--results", type=Path, metavar=say("DIR"), help="folder of the records, instead of the suite's"
    )
    add_tag(parser)
    add_report_to(parser)
    parser.add_argument(
        "--force",
        action="store_true",
        help="re-run completed runs (adapters are kept; served models are asked, and paid, again)",
    )
    parser.add_argument(
        "--cells",
        type=share,
        default=(1, 1),
        metavar="I/N",
        help="only part I of N of the plan, for job arrays and several machines; then 'merge' (docs/scale.md)",
    )
    parser.add_argument(
        "--workers",
        type=workers,
        default=0,
        metavar=say("N|auto"),
        help="spread the plan over N workers on Ray, which pip installs with phingpt-bench[ray]; auto: one per GPU",
    )
    parser.add_argument(
        "--address", metavar=say("ADDRESS"), help="of a running Ray cluster (default: one on this machine)"
    )
    parser.add_argument(
        "--format", choices=("text", "json"), default="text", help="of --dry-run: json lists cells for schedulers"
    )
    parser.add_argument("--quiet", action="store_true", help="no plan and no progress, only the board")


def run(args: argparse.Namespace) -> int:
    """Plan, run, draw the board; 0, or 1 if a cell failed. BenchError for a bad suite and for unknown names in it."""
    from dataclasses import replace

    from phingpt_bench.core.overrides import parsed
    from phingpt_bench.evaluate.named_bases import completed
    from phingpt_bench.evaluate.suite import load_suite, placed
    from phingpt_bench.models.base_spec import BaseSpec

    suite = load_suite(args.suite, parsed(args.overrides))
    suite = replace(
        suite,
        limit=args.limit or suite.limit,
        skip_long=args.skip_long or suite.skip_long,
        results=args.results or suite.results,
        tags=list(dict.fromkeys([*suite.tags, *args.tag])),
        paraphrases=args.prompts is not None or suite.paraphrases,
    )
    if args.device or args.dtype:
        suite = completed(suite)
        if suite.bases and not any(isinstance(base, BaseSpec) for base in suite.bases):
            raise BenchError("--device and --dtype are for models that are loaded here")
        suite = placed(suite, args.device, args.dtype)
    if args.format == "json" and not args.dry_run:
        raise BenchError("--format json shows a plan", hint="add --dry-run")
    if args.address and not args.workers:
        raise BenchError("--address is for workers", hint="add --workers auto")
    if args.workers and args.cells != (1, 1):
        raise BenchError("--workers and --cells are two ways to spread a plan", hint="give one")
    return carry_out(
        suite,
        only=args.only,
        dry_run=args.dry_run,
        trusted=args.trust_task_code,
        force=args.force,
        quiet=args.quiet,
        changed=args.overrides,
        report_to=args.report_to,
        spread=Spread(args.cells, args.workers, args.address, args.format == "json"),
    )


def share(text: str) -> tuple[int, int]:
    """Part and number of parts of "3/16", for argparse."""
    number, sign, parts = text.partition("/")
    if sign and number.isdigit() and parts.isdigit() and 1 <= int(number) <= int(parts):
        return int(number), int(parts)
    raise argparse.ArgumentTypeError(say("'{text}' is not a part such as 3/16", text=text))


def workers(text: str) -> int | str:
    """A number of workers or "auto", for argparse."""
    return text if text == "auto" else positive(text)
