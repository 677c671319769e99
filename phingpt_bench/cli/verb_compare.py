"""`phingpt-bench compare`: what changed from one model to another, row by row."""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from phingpt_bench.cli.output import add_output, report
from phingpt_bench.cli.run_args import add_results
from phingpt_bench.core.sentences import sentence
from phingpt_bench.text.language import say

if TYPE_CHECKING:
    from phingpt_bench.data.rows import Row
    from phingpt_bench.results.comparison.asked import Asked
    from phingpt_bench.results.comparison.values import Comparison
    from phingpt_bench.text.blocks import Block

NAME = "compare"
HELP = sentence(
    "what changed from A to B: paired test, rows fixed and broken, confusion, labels and types, format or knowledge"
)
EPILOG = sentence("""\
A is the reference, B the challenger. They are names as a board shows them (an
adapter, a model, "base", "tfidf-lr"), with a setting after an @ if it is
not 0-shot ("base@5-shot,chat"), or folders of single runs.

examples:
  phingpt-bench compare base sentiment-smollm2-135m        one line per task
  phingpt-bench compare base sentiment-smollm2-135m --task phin_fpb
  phingpt-bench compare tfidf-lr sentiment-smollm2-135m@5-shot --task phin_fpb
  phingpt-bench compare base ner-smollm2-135m --task phin_finer_ord --with-text
  phingpt-bench compare base ner-smollm2-135m --fate broken --rows 20 --task fin
  phingpt-bench compare RUN_FOLDER OTHER_RUN_FOLDER --format json
  phingpt-bench compare base ner-smollm2-135m --fail-if-worse --margin 0.01 \\
      --task phin_finer_ord
""")
FATES = ("fixed", "broken", "same-error", "different-error", "right", "better", "worse", "equal")


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument("a", metavar="A", help="the reference")
    parser.add_argument("b", metavar="B", help="the challenger")
    parser.add_argument(
        "--task", action="append", default=[], metavar="T", help="this task, dataset or protocol in detail; repeatable"
    )
    add_results(parser)
    parser.add_argument("--metric", metavar="M", help="this metric instead of the primary one, where a task has it")
    parser.add_argument(
        "--fate",
        action="append",
        default=[],
        choices=FATES,
        metavar="F",
        help=say(
            "rows of this fate: {fates} (default: fixed and broken, or better and worse); repeatable",
            fates=", ".join(FATES),
        ),
    )
    parser.add_argument("--rows", type=int, default=5, metavar="N", help="rows to show of each fate (default: 5)")
    parser.add_argument(
        "--with-text", action="store_true", help="show the text of the rows; the dataset must be available locally"
    )
    parser.add_argument(
        "--across-engines", action="store_true", help="test runs of different engines against each other, too"
    )
    parser.add_argument(
        "--fail-if-worse",
        action="store_true",
        help="exit code 1 where B is worse than A in one of the tasks shown, cannot be tested against it, or "
        "(without --task) lacks a task of A",
    )
    parser.add_argument(
        "--margin",
        type=float,
        metavar="X",
        help="worse by more than X of the metric's scale, 0.01 for one point of 100; goes with --fail-if-worse",
    )
    add_output(parser, ("terminal", "markdown", "json"))


def run(args: argparse.Namespace) -> int:
    """Draw the comparison; 0, or 1 if a gate was asked for and failed.

    BenchError for names of no run or of several, and for tasks that were not run on both.
    """
    from rich.console import Console

    from phingpt_bench.core.errors import BenchError
    from phingpt_bench.results.comparison.asked import comparisons, runs_for
    from phingpt_bench.results.comparison.export import to_json
    from phingpt_bench.text.write_terminal import check_width

    check_width(args.width)
    if args.rows < 0:
        raise BenchError("--rows must be at least 0")
    _check_margin(args)
    with Console(stderr=True).status(say("comparing runs")):  # silent unless a terminal
        asked = comparisons(
            args.a, args.b, runs_for(args.a, args.b, args.results),
            tasks=args.task, metric=args.metric, across_engines=args.across_engines,
            details=True if args.format == "json" else None,
            margin=(args.margin or 0.0) if args.fail_if_worse else None,
        )  # fmt: skip
        docs = [_docs(one, args) for one in asked.comparisons]
    report(args, lambda: _blocks(args, asked, docs), {"json": lambda: to_json(asked.comparisons, docs, asked.gate)})
    return int(any(one.failed for one in asked.gate or ()))


def _check_margin(args: argparse.Namespace) -> None:
    from phingpt_bench.core.errors import BenchError

    if args.margin is None:
        return
    if not args.fail_if_worse:
        raise BenchError("--margin goes with --fail-if-worse")
    if not 0 <= args.margin < math.inf:
        raise BenchError(
            "--margin {margin:g} is not a loss", hint="at least 0, in the scale of the metric: 0.01", margin=args.margin
        )


def _docs(comparison: Comparison, args: argparse.Namespace) -> dict[str, Row] | None:
    if not args.with_text or not comparison.fates:
        return None
    from phingpt_bench.results.comparison.docs import docs_of

    return docs_of(comparison.protocol, comparison.split, _ids(comparison))


def _ids(comparison: Comparison) -> list[str]:
    details = comparison.labels or comparison.spans or comparison.numbers
    return [row.id for row in details.rows] if details is not None else []


def _blocks(args: argparse.Namespace, asked: Asked, docs: Sequence[dict[str, Row] | None]) -> list[Block]:
    """A line for each task where all of several are asked for, otherwise each task in detail; the gate last."""
    from phingpt_bench.render.comparison.comparison_blocks import sections
    from phingpt_bench.render.comparison.comparison_gate import gate_blocks
    from phingpt_bench.render.comparison.comparison_rows import row_blocks
    from phingpt_bench.render.comparison.comparison_summary import summary

    last = [] if asked.gate is None else gate_blocks(asked.gate)
    if not args.task and len(asked.comparisons) > 1:
        return [*summary(asked.comparisons), *last]
    blocks: list[Block] = []
    for one, mine in zip(asked.comparisons, docs, strict=True):
        blocks += [*sections(one, asked.tested), *row_blocks(one, args.fate, args.rows, mine)]
    return [*blocks, *last]
