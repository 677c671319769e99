"""`phingpt-bench import`: results that other programs wrote become run records, marked as imported."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from phingpt_bench.cli.output import line
from phingpt_bench.core.sentences import sentence
from phingpt_bench.text.language import say, say_n, spoken

if TYPE_CHECKING:
    from phingpt_bench.exchange.imported import Found

NAME = "import"
HELP = sentence("turn results of lm-eval, Inspect or HELM into run records, marked as imported")
EPILOG = sentence("""\
examples:
  phingpt-bench import lm-eval-output/
  phingpt-bench import logs/ --task phin_fpb            logs of Inspect or HELM
  phingpt-bench leaderboard results/imported

DIR holds what 'lm_eval run --log_samples --output_path DIR' wrote for tasks of
ours (any number of models, tasks and dates), JSON or .eval logs of Inspect, or
HELM's scenario_state.json. Rows are checked against the task, answers are read
and scored again. What those files do not say stays unknown: cost, training
data. Importing a file twice writes the same record.
""")


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument("place", type=Path, metavar=say("DIR"), help="a folder with such files, or one of them")
    parser.add_argument(
        "--task",
        metavar=say("NAME"),
        help="of lm-eval's results, import only this task; logs of Inspect and HELM need it: they do not say whose "
        "rows they hold",
    )
    parser.add_argument(
        "--results",
        type=Path,
        default=Path("results/imported"),
        metavar=say("DIR"),
        help="where the records go (default: results/imported)",
    )


def run(args: argparse.Namespace) -> int:
    """Imports, says what became a record and what did not; 0. BenchError if nothing did."""
    from phingpt_bench.api.silence import silence_libraries
    from phingpt_bench.core.errors import BenchError
    from phingpt_bench.exchange.import_folder import found_below
    from phingpt_bench.exchange.imported import Skipped, write

    silence_libraries()
    written, skipped = 0, 0
    for one in found_below(args.place, args.task, "imported"):
        if isinstance(one, Skipped):
            skipped += 1
            line(say("left out: {what}: {reason}", what=one.what, reason=one.why))
            continue
        try:
            folder = write(args.results, one)
        except BenchError as err:
            skipped += 1
            line(say("left out: {what}: {reason}", what=err.where, reason=err.message))
            continue
        written += 1
        line(f"{folder}: {described(one)}")
        for note in one.notes:
            line(f"  {spoken(note)}")
    if not written:
        raise BenchError(
            _nothing(args.task, skipped),
            where=str(args.place),
            hint="'phingpt-bench import --help' says what is read; 'rescore FILE' reads more",
        )
    line(say("{n} imported, {left} left out; cost and training data are unknown", n=written, left=skipped))
    line(f"phingpt-bench leaderboard {args.results}")
    return 0


def _nothing(task: str | None, skipped: int) -> str:
    if skipped:
        return sentence("nothing could be imported")
    if task is not None:
        return sentence("no results of lm-eval, Inspect or HELM for task '{task}'", task=task)
    return sentence("no results of lm-eval, Inspect or HELM")


def described(found: Found) -> str:
    """Who answered what, and the headline score."""
    from phingpt_bench.scoring.metrics import METRICS
    from phingpt_bench.text.numbers import score_text

    record = found.record
    model, protocol = record.model, record.protocol
    who = model.name + (f" + {model.adapter}" if model.adapter else "")
    score = f"{say(METRICS[protocol.metric].title)} {score_text(record.scores[protocol.metric])}"
    rows = say_n("{n:,} row", "{n:,} rows", protocol.n)
    if record.limit:
        rows = say("{rows} (limited)", rows=rows)
    return f"{who}, {protocol.variant}, {rows}, {score}"
