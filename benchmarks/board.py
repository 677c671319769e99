# python -m benchmarks.board --runs 50 --tasks 20 --out results/benchmarks/board.json
"""Drawing a large board, the first time and again with all tests kept, each in a fresh Python process.

The records are made up, in a temporary folder: labels tasks of 500 to 1,000 rows with label probabilities; on each the
same models, of which one in five is a base, three are tuned on it, one is the base with 5 shots, and four are floors.
"""

from __future__ import annotations

import argparse
import dataclasses
import functools
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import report
from benchmarks.command import python
from benchmarks.measure import Usage, spread
from phingpt_bench.core.diagnostics import Diagnostics
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.exposure import Exposure
from phingpt_bench.core.fingerprint import digest
from phingpt_bench.core.jsonio import columns_text, write_json, write_text
from phingpt_bench.core.ledgers import Ledger, Price
from phingpt_bench.core.machine import Machine
from phingpt_bench.core.outcomes import Outcomes
from phingpt_bench.core.protocol import Protocol
from phingpt_bench.core.records import Model, RunRecord, to_dict
from phingpt_bench.scoring.metrics import score_all

COMMAND = "import sys; from phingpt_bench.cli.main import main; sys.exit(main(sys.argv[1:]))"
LABELS = ["negative", "neutral", "positive"]
FLOORS = ("majority", "random", "tfidf-lr", "crf")
MACHINE = Machine(processor="Made-up Processor", cores=2, memory_bytes=8 * 2**30, gpus=[])
PRICE = Price(card="2000-01-01", entry="cpu-core-hour", count=2, usd_per_hour=0.066, assumption="made up")


def parser() -> argparse.ArgumentParser:
    """The arguments."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.board", description=__doc__)
    made.add_argument("--runs", type=int, default=50, metavar="N", help="models on each task (default 50)")
    made.add_argument("--tasks", type=int, default=20, metavar="N", help="tasks (default 20)")
    made.add_argument("--repeats", type=int, default=5, metavar="N", help="of the warm drawing (default 5)")
    made.add_argument(
        "--metric",
        default="acc",
        choices=("acc", "f1_weighted"),
        help="primary metric: accuracy has exact tests (default), F1 resampled ones, which make the first time long",
    )
    made.add_argument("--rows", metavar="N", help="as in leaderboard: rows of a task that are drawn, or all")
    made.add_argument(
        "--records", type=Path, metavar="DIR", help="keep the records here, and take those that are there"
    )
    made.add_argument("--out", type=Path, metavar="FILE", help="write the results as JSON")
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Make the records, measure, print, write; 2 when a drawing fails."""
    args = parser().parse_args(argv)
    facts = report.facts("board", args, "no model")
    with tempfile.TemporaryDirectory() as folder:
        results = args.records or Path(folder) / "results"
        if not results.is_dir():
            write_records(results, args.runs, args.tasks, args.metric)
        draw = functools.partial(_drawing, results, Path(folder), ["--rows", args.rows] if args.rows else [])
        try:
            times = {"first": [draw()]}
            times["again"] = [draw() for _ in range(args.repeats)]
        except BenchError as err:
            print(f"error: {err}", file=sys.stderr)
            return 2
    measures = {
        name: {
            "seconds": spread([use.seconds for use in uses]),
            "cpu_seconds": spread([use.cpu_seconds for use in uses]),
        }
        for name, uses in times.items()
    }
    print(table(facts, args, measures))
    report.save(args.out, facts, {"records": args.runs * args.tasks, "measures": measures})
    return 0


def write_records(folder: Path, runs: int, tasks: int, metric: str, seed: int = 0) -> None:
    """`runs` made-up models on each of `tasks` made-up tasks below `folder`."""
    random = np.random.default_rng(seed)
    for task in range(tasks):
        n = int(random.integers(500, 1001))
        gold = random.integers(0, len(LABELS), n)
        ids = [f"row-{task}-{i}" for i in range(n)]
        for place, (model, shots, accuracy) in enumerate(_models(runs)):
            name = f"phin_made_up_{task:02d}"
            skill = float(np.clip(accuracy + random.normal(0, 0.03), 0.05, 0.99))
            pred = np.where(random.random(n) < skill, gold, random.integers(0, len(LABELS), n))
            probs = random.dirichlet(np.ones(len(LABELS)), n).round(4)
            rows, top = np.arange(n), probs.argmax(1)  # the answer is the most probable label
            probs[rows, top], probs[rows, pred] = probs[rows, pred], probs[rows, top]
            outcomes = Outcomes(
                kind="labels", labels=LABELS, ids=ids, gold=gold.tolist(), pred=pred.tolist(),
                invalid=[False] * n, probs=probs.tolist() if model.kind != "floor" else [],
            )  # fmt: skip
            record = _record(name, place, model, shots, n, outcomes, metric)
            written = folder / "runs" / name / record.run_id / "run.json"
            write_text(written.with_name("outcomes.json"), columns_text(to_dict(outcomes)))
            write_json(written, to_dict(record))


def _models(runs: int) -> Iterator[tuple[Model, int, float]]:
    """(model, shots, accuracy) of each run of a task."""
    for name in FLOORS[:runs]:
        yield Model(name=name, kind="floor"), 0, 0.5
    for place in range(max(runs - len(FLOORS), 0)):
        family, kind = divmod(place, 5)
        base = Model(
            name=f"Made-up-{family}", kind="base", base=f"made-up/{family}", quantisation="nf4+dq",
            compute_dtype="bfloat16", parameters=10**9 + family,
        )  # fmt: skip
        shots, accuracy = (5 if kind == 1 else 0), 0.4 + 0.002 * (family % 100)
        if kind < 2:
            yield base, shots, accuracy
        else:
            adapter = f"adapter-{family}-{kind}"
            tuned = dataclasses.replace(base, kind="tuned", adapter=adapter, adapter_digest=f"{place:08d}")
            yield tuned, shots, accuracy + 0.1 * kind


def _record(task: str, place: int, model: Model, shots: int, n: int, outcomes: Outcomes, metric: str) -> RunRecord:
    spent = Ledger(seconds={"evaluate": 60.0 + place}, tokens_in=50 * n, usd=0.001 + place / 1e6, price=PRICE)
    trained = Ledger(seconds={"train": 4000.0 + place}, usd=0.07, price=PRICE, machine=MACHINE)
    return RunRecord(
        run_id=f"{place:04d}", created="2000-01-01T00:00:00Z", suite="made-up", task=task, task_version="1",
        model=model, limit=None, seed=42, scores=score_all(outcomes),
        diagnostics=Diagnostics(batch_size=16, device="cpu"),
        protocol=Protocol(
            id=f"{task}/made-up/v1", dataset="made-up", split="test", rows_digest=digest(outcomes.ids), n=n,
            shots=shots, chat_template=False, prompt_digest=f"{task} {shots}", extraction="label-loglikelihood",
            metric=metric, kind="labels",
        ),
        evaluation=dataclasses.replace(spent, machine=MACHINE), training=trained if model.kind == "tuned" else None,
        exposure=Exposure(exact=0, normalised=0, near=0) if model.kind == "tuned" else None,
    )  # fmt: skip


def _drawing(results: Path, cache: Path, options: Sequence[str]) -> Usage:
    """What `leaderboard` takes on the records, with a cache of its own. BenchError if it fails."""
    words = ["leaderboard", str(results), "--width", "160", *options]
    return python(COMMAND, *words, variables={"PHINGPT_BENCH_CACHE": str(cache)})


def table(facts: dict[str, Any], args: argparse.Namespace, measures: dict[str, dict[str, Any]]) -> str:
    """A line a measure."""
    lines = [f"{facts['machine']}, load {facts['load_average_before']}"]
    lines.append(f"{args.runs * args.tasks:,} records, {args.runs} on each of {args.tasks} tasks, {args.metric}")
    lines.append(f"{'drawing':28}{'seconds':>10}{'processor':>12}")
    for name, both in measures.items():
        lines.append(f"  {name:26}{both['seconds']['median']:10.2f}{both['cpu_seconds']['median']:12.2f}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
