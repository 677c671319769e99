"""`phingpt-bench evaluate`: one base and its adapters on some tasks, from flags instead of a suite file."""

from __future__ import annotations

import argparse
from pathlib import Path

from phingpt_bench.cli.verb_run import carry_out, positive

NAME = "evaluate"
HELP = "evaluate one base, and adapters on it, without a suite file"
EPILOG = """\
examples:
  phingpt-bench evaluate --base smollm2-135m-instruct \\
      --tasks phin_demo_sentiment --limit 20
  phingpt-bench evaluate --base smollm2-135m-instruct \\
      --adapter adapters/trained/demo --tasks phin_demo_ner
  phingpt-bench evaluate --base Qwen/Qwen2.5-0.5B-Instruct \\
      --tasks phin_sentiment --chat-template --results results/qwen
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument("--base", required=True, metavar="MODEL", help="folder, Hub id or the embedded model's name")
    parser.add_argument("--adapter", action="append", default=[], type=Path, metavar="DIR", help="may be repeated")
    parser.add_argument("--tasks", nargs="+", required=True, metavar="TASK", help="tasks or groups")
    parser.add_argument("--shots", type=int, default=0, metavar="K", help="solved examples in each prompt (default 0)")
    parser.add_argument("--chat-template", action="store_true", help="put prompts into the model's chat template")
    parser.add_argument("--limit", type=positive, metavar="N", help="only the first N rows of each task")
    parser.add_argument("--quantisation", choices=("nf4", "none"), default="nf4", help="default nf4 (4 bits)")
    parser.add_argument("--batch-size", type=positive, default=16, metavar="N", help="documents at a time (default 16)")
    parser.add_argument("--no-floors", action="store_true", help="leave out the cheap models to compare with")
    parser.add_argument(
        "--checks", action="store_true",
        help="score the gold answers, no answer and the text itself too, which test the scoring (leaderboard --checks)",
    )  # fmt: skip
    parser.add_argument(
        "--trained-on", action="append", metavar="DATA",
        help="what the base was trained on: a data set (fpb, fpb:train+test), a protocol id, a file of 'hash-rows', or "
        "none; may be repeated. Without, and for a model that is not in results/training-sets.yaml, it is unknown",
    )  # fmt: skip
    parser.add_argument("--results", type=Path, metavar="DIR", help="for the records (default results/local/MODEL)")
    parser.add_argument("--dry-run", action="store_true", help="show the plan and stop")
    parser.add_argument("--force", action="store_true", help="make runs again that are done")
    parser.add_argument("--quiet", action="store_true", help="no plan and no progress, only the board")


def run(args: argparse.Namespace) -> int:
    """Plan, work, board; 0. BenchError for unknown tasks, a model that cannot be had, an adapter of another base."""
    from phingpt_bench.evaluate.plan import slug
    from phingpt_bench.evaluate.suite import AdapterEntry, Suite, Variant
    from phingpt_bench.models.load import BaseSpec, title

    base = BaseSpec(model=args.base, quantisation=args.quantisation)
    name = slug(title(base))
    suite = Suite(
        name=name,
        tasks=args.tasks,
        bases=[base],
        variants=[Variant(shots=args.shots, chat_template=args.chat_template)],
        adapters=[AdapterEntry(path=folder) for folder in args.adapter],
        floors=not args.no_floors,
        checks=args.checks,
        trained_on={} if args.trained_on is None else {args.base: [own for own in args.trained_on if own != "none"]},
        limit=args.limit,
        batch_size=args.batch_size,
        results=args.results or Path("results") / "local" / name,
    )
    carry_out(suite, dry_run=args.dry_run, force=args.force, quiet=args.quiet)
    return 0
