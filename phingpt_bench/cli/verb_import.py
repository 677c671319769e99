"""`phingpt-bench import`: results that other programs wrote become run records, marked as imported."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from phingpt_bench.exchange.imported import Found

NAME = "import"
HELP = "turn results of lm-eval, Inspect or HELM into run records, marked as imported"
EPILOG = """\
examples:
  phingpt-bench import lm-eval-output/
  phingpt-bench import logs/ --task phin_fpb            logs of Inspect or HELM
  phingpt-bench leaderboard results/imported

DIR holds what 'lm_eval run --log_samples --output_path DIR' wrote for tasks of
ours (any number of models, tasks and dates), JSON or .eval logs of Inspect, or
HELM's scenario_state.json. Rows are checked against the task, answers are read
and scored again. What those files do not say stays unknown: cost, training
data. Importing a file twice writes the same record.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument("place", type=Path, metavar="DIR", help="a folder with such files, or one of them")
    parser.add_argument(
        "--task", metavar="NAME", help="the task that the rows of logs belong to; of lm-eval's results the one to take"
    )
    parser.add_argument(
        "--results", type=Path, default=Path("results/imported"), metavar="DIR",
        help="where the records go (default: results/imported)",
    )  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Imports, says what became a record and what did not; 0. BenchError where nothing did."""
    from phingpt_bench.cli.silence import silence_libraries
    from phingpt_bench.core.errors import BenchError
    from phingpt_bench.exchange.import_folder import found_below
    from phingpt_bench.exchange.imported import Skipped, write

    silence_libraries()
    written, skipped = 0, []
    for one in found_below(args.place, args.task, "imported"):
        if isinstance(one, Skipped):
            skipped.append(f"{one.what}: {one.why}")
            print(f"left out: {skipped[-1]}")
            continue
        folder = write(args.results, one)
        written += 1
        print(f"{folder}: {described(one)}")
        for note in one.notes:
            print(f"  {note}")
    if not written:
        raise BenchError(
            "nothing could be imported" if skipped else "no results of lm-eval, Inspect or HELM",
            where=str(args.place), hint="'phingpt-bench import --help' says what is read; 'rescore FILE' reads more",
        )  # fmt: skip
    print(f"{written} imported, {len(skipped)} left out; cost and training data are unknown")
    print(f"phingpt-bench leaderboard {args.results}")
    return 0


def described(found: Found) -> str:
    """Who answered what, and the headline score."""
    from phingpt_bench.scoring.metrics import METRICS
    from phingpt_bench.text.numbers import score_text, things

    record = found.record
    model, protocol = record.model, record.protocol
    who = model.name + (f" + {model.adapter}" if model.adapter else "")
    score = f"{METRICS[protocol.metric].title} {score_text(record.scores[protocol.metric])}"
    limited = " (limited)" if record.limit else ""
    return f"{who}, {protocol.variant}, {things(protocol.n, 'row')}{limited}, {score}"
