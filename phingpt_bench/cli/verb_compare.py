"""`phingpt-bench compare`: what changed from one model to another, row by row."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phingpt_bench.cli.boards import default_folder, protocol_of
from phingpt_bench.cli.output import LEAST, add_output, deliver, show
from phingpt_bench.core.sentences import sentence
from phingpt_bench.text.language import say

if TYPE_CHECKING:
    from phingpt_bench.results.collect import Run
    from phingpt_bench.results.comparison.values import Comparison
    from phingpt_bench.text.blocks import Block

NAME = "compare"
HELP = sentence(
    "what changed from A to B: paired test, rows fixed and broken, confusion, labels and types, format or knowledge"
)
EPILOG = sentence("""\
A is the reference, B the challenger. They are names as a board shows them (an
adapter, a model, "base", "tfidf-lr"), with a setting behind an @ where that is
not 0-shot ("base@5-shot,chat"), or folders of single runs.

examples:
  phingpt-bench compare base sentiment-smollm2-135m        a line a task
  phingpt-bench compare base sentiment-smollm2-135m --task phin_fpb
  phingpt-bench compare tfidf-lr sentiment-smollm2-135m@5-shot --task phin_fpb
  phingpt-bench compare base ner-smollm2-135m --task phin_finer_ord --with-text
  phingpt-bench compare base ner-smollm2-135m --fate broken --rows 20 --task fin
  phingpt-bench compare RUN_FOLDER OTHER_RUN_FOLDER --format json
""")
FATES = ("fixed", "broken", "same-error", "different-error", "right", "better", "worse", "equal")


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument("a", metavar="A", help=say("the reference"))
    parser.add_argument("b", metavar="B", help=say("the challenger"))
    parser.add_argument(
        "--task",
        action="append",
        default=[],
        metavar="T",
        help=say("this task, dataset or protocol in detail; repeatable"),
    )
    parser.add_argument(
        "--results", type=Path, metavar=say("DIR"), help=say("where runs lie (default: as in leaderboard)")
    )
    parser.add_argument(
        "--metric", metavar="M", help=say("this metric instead of the primary one, where a task has it")
    )
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
    parser.add_argument("--rows", type=int, default=5, metavar="N", help=say("rows to show of each fate (default: 5)"))
    parser.add_argument(
        "--with-text", action="store_true", help=say("show what the rows say; the dataset must be available locally")
    )
    parser.add_argument(
        "--across-engines", action="store_true", help=say("test runs of different engines against each other, too")
    )
    add_output(parser, ("terminal", "markdown", "json"))


def run(args: argparse.Namespace) -> int:
    """Draws the comparison; 0. BenchError for names that fit no run or several, and for tasks that not both have."""
    from rich.console import Console

    from phingpt_bench.core.errors import BenchError
    from phingpt_bench.text.write_markdown import markdown
    from phingpt_bench.text.write_terminal import check_width

    if args.width is not None:
        check_width(args.width, LEAST)
    if args.rows < 0:
        raise BenchError("--rows is a number of rows, at least 0")
    with Console(stderr=True).status("comparing runs"):  # silent unless a terminal
        comparisons, tasks = _comparisons(args)
        docs = [_docs(one, args) for one in comparisons]
    if args.format == "json":
        from phingpt_bench.results.comparison.export import to_json

        text = to_json(comparisons, docs)
    else:
        blocks = _blocks(args, comparisons, docs, tasks)
        if args.format == "terminal":
            show(blocks, args.width, args.output)
            return 0
        text = markdown(blocks)
    deliver(text, args.output)
    return 0


def _comparisons(args: argparse.Namespace) -> tuple[list[Comparison], int]:
    """Those that were asked for (all, without --task), and how many tasks share Holm's correction."""
    from phingpt_bench.core.errors import unknown
    from phingpt_bench.results.cache import Cache
    from phingpt_bench.results.compare import Comparer
    from phingpt_bench.results.comparison.build import compare, corrected_tests
    from phingpt_bench.results.comparison.systems import pairs, resolve

    cache = Cache()
    comparer = Comparer(cache)
    runs = _runs(args)
    found = pairs(*resolve(args.a, args.b, runs))
    wanted = _wanted(args.task, found)
    shared = [comparer.scores(a).keys() & comparer.scores(b).keys() for a, b in found]
    if args.metric is not None and not any(args.metric in both for both in shared):
        raise unknown("metric", args.metric, set().union(*shared))
    tested = corrected_tests(found, comparer, args.metric, across=args.across_engines)
    details = args.format == "json" or not _a_line_each(args, len(wanted))
    comparisons = []
    for (a, b), test, both in zip(found, tested, shared, strict=True):
        if a.record.task in wanted:
            metric = args.metric if args.metric in both else None
            comparisons.append(compare(a, b, comparer, metric=metric, runs=runs, test=test, details=details))
    cache.save()
    return comparisons, sum(test.p is not None for test in tested)


def _runs(args: argparse.Namespace) -> list[Run]:
    """The runs among which names, and twins of runs given by their folders, are looked for."""
    from phingpt_bench.results.collect import collect
    from phingpt_bench.results.comparison.systems import run_file

    files = [run_file(args.a), run_file(args.b)]
    if args.results is None and None not in files:
        beside = {file.resolve().parents[2] for file in files if file}  # <results>/runs/<task>/<model>/run.json
        return [run for folder in sorted(beside) if folder.name == "runs" for run in collect(folder)]
    return collect(args.results or default_folder())


def _wanted(asked: Sequence[str], found: Sequence[tuple[Run, Run]]) -> set[str]:
    """The tasks to show. BenchError for one that not both systems have."""
    from phingpt_bench.core.errors import unknown

    of = {a.record.task: a.record.protocol.id for a, _ in found}
    if not asked:
        return set(of)
    wanted = set()
    for name in asked:
        mine = {name} & of.keys() or {task for task, protocol in of.items() if protocol == protocol_of(name)}
        if not mine:
            raise unknown("task", name, of, where="tasks that both were run on")
        wanted |= mine
    return wanted


def _docs(comparison: Comparison, args: argparse.Namespace) -> dict[str, Any] | None:
    if not args.with_text or not comparison.fates:
        return None
    from phingpt_bench.results.comparison.docs import docs_of

    return docs_of(comparison.protocol, comparison.split, _ids(comparison))


def _ids(comparison: Comparison) -> list[str]:
    details = comparison.labels or comparison.spans or comparison.numbers
    return [row.id for row in details.rows] if details is not None else []


def _blocks(
    args: argparse.Namespace, comparisons: Sequence[Comparison], docs: Sequence[dict[str, Any] | None], tasks: int
) -> list[Block]:
    """A line a task where all of several are asked for, else each in detail."""
    from phingpt_bench.render.comparison.comparison_blocks import sections
    from phingpt_bench.render.comparison.comparison_rows import row_blocks
    from phingpt_bench.render.comparison.comparison_summary import summary

    if _a_line_each(args, len(comparisons)):
        return summary(comparisons)
    blocks: list[Block] = []
    for one, mine in zip(comparisons, docs, strict=True):
        blocks += [*sections(one, tasks), *row_blocks(one, args.fate, args.rows, mine)]
    return blocks


def _a_line_each(args: argparse.Namespace, tasks: int) -> bool:
    return not args.task and tasks > 1
