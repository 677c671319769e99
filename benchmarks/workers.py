# python -m benchmarks.workers --out results/benchmarks/workers.json
"""What `run --workers 1` costs more than `run` alone: one suite by one process, and by one worker on Ray.

Both sides are whole commands, from a shell to the board, each into an empty folder: in turn, or at the same time, so
that on a busy machine both have the same neighbours. Processor time is that of all processes of a command. That of
Ray's own processes is given apart too: they wait and report for as long as the command lasts, beside its work.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from benchmarks import report
from benchmarks.command import tree
from benchmarks.measure import interleaved, spread
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.records import RECORD
from phingpt_bench.models import embedded
from phingpt_bench.models.base_spec import BaseSpec, title

ALONE, WORKER = "one process", "--workers 1"
COMMAND = "import sys; from phingpt_bench.cli.main import main; sys.exit(main(sys.argv[1:]))"


RAY = (
    "/gcs_server", "/raylet", "/ray/_private/", "/ray/dashboard/", "/ray/autoscaler/", "ray::DashboardAgent",
    "ray::RuntimeEnvAgent", "ray::IDLE",
)  # fmt: skip
STARTS = 3  # tries: Ray gives up after half a minute, in which a busy machine may not have started it


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of a command by the clock, processor seconds of all its processes, and of those that are Ray's own."""

    seconds: float
    cpu_seconds: float
    ray_seconds: float


def parser() -> argparse.ArgumentParser:
    """The arguments."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.workers", description=__doc__)
    made.add_argument("--model", default=embedded.NAME, help="base of all cells (default: the embedded model)")
    made.add_argument("--tasks", nargs="+", default=["phin_demo_sentiment", "phin_demo_ner"], help="default: demo")
    made.add_argument("--shots", nargs="+", type=int, default=[0, 1, 5], metavar="N", help="default 0 1 5")
    made.add_argument("--documents", type=int, metavar="N", help="of each task (default all)")
    made.add_argument("--threads", type=int, default=1, metavar="N", help="of each side (default 1)")
    made.add_argument("--repeats", type=int, default=2, metavar="N", help="of both sides (default 2)")
    made.add_argument("--at-once", action="store_true", help="both sides at the same time, instead of in turn")
    made.add_argument("--out", type=Path, metavar="FILE", help="write the results as JSON")
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, write; 2 when a command fails or the two sides disagree."""
    args = parser().parse_args(argv)
    spec = BaseSpec(model=args.model, device="cpu")
    facts = report.facts("workers", args, title(spec)) | {"threads": args.threads}
    usages: dict[str, list[Spent]] = {ALONE: [], WORKER: []}
    found: list[dict[str, Any]] = []
    try:
        with tempfile.TemporaryDirectory() as folder:
            suite = _suite(args, spec, Path(folder))

            def work(side: str, repeat: int) -> None:
                results = Path(folder) / f"{side.strip('-').replace(' ', '-')}-{repeat}"
                more = ["--workers", "1"] if side == WORKER else []
                words = ["run", str(suite), "--results", str(results), "--quiet", *more]
                threads = {name: str(args.threads) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS")}
                usages[side].append(_spent(words, threads))
                found.append(_scores(results))
                report.save(args.out, facts, {"cells": len(found[0]), "sides": sides(usages)})

            if not args.at_once:
                interleaved([ALONE, WORKER], lambda _side: args.repeats, work)
            for repeat in range(args.repeats if args.at_once else 0):
                with ThreadPoolExecutor() as pool:
                    list(pool.map(work, usages, [repeat] * len(usages)))
        if any(scores != found[0] for scores in found):
            raise BenchError("the two sides do not have the same scores")
    except BenchError as err:
        print(f"error: {err}", file=sys.stderr)
        return 2
    print(table(facts, len(found[0]), sides(usages)))
    return 0


def _suite(args: argparse.Namespace, spec: BaseSpec, folder: Path) -> Path:
    """The suite file: a base under several shots, and floors. Nothing is trained, so both sides do the same cells."""
    asked = {
        "name": "workers",
        "tasks": args.tasks,
        "bases": [{key: value for key, value in asdict(spec).items() if value is not None}],
        "variants": [{"shots": shots} for shots in args.shots],
        "limit": args.documents,
    }
    file = folder / "workers.yaml"
    file.write_text(yaml.safe_dump(asked), encoding="utf-8")
    return file


def _spent(words: Sequence[str], variables: Mapping[str, str]) -> Spent:
    """What a command took. BenchError when it fails, and when Ray did not start in several tries."""
    for tries in range(STARTS, 0, -1):
        try:
            usage, own = tree(COMMAND, *words, variables=variables, apart=RAY)
        except BenchError as err:
            if "try again" not in str(err) or tries == 1:
                raise
        else:
            return Spent(usage.seconds, usage.cpu_seconds, own)
    raise AssertionError


def _scores(results: Path) -> dict[str, Any]:
    """The scores of every cell, by its folder."""
    files = sorted(results.rglob(RECORD))
    return {
        str(file.parent.relative_to(results)): json.loads(file.read_text(encoding="utf-8"))["scores"] for file in files
    }


def sides(usages: Mapping[str, Sequence[Spent]]) -> dict[str, Any]:
    """The times of each side, and what the worker took over one process in each round, as a share of the latter.

    work_over: of processor time without Ray's own processes.
    """
    found: dict[str, Any] = {}
    for side, runs in usages.items():
        pairs = list(zip(usages[ALONE], runs, strict=False))
        found[side] = {
            "seconds": spread([run.seconds for run in runs]),
            "cpu_seconds": spread([run.cpu_seconds for run in runs]),
            "ray_seconds": spread([run.ray_seconds for run in runs]),
            "seconds_over": spread([b.seconds / a.seconds - 1 for a, b in pairs]),
            "cpu_seconds_over": spread([b.cpu_seconds / a.cpu_seconds - 1 for a, b in pairs]),
            "work_over": spread([(b.cpu_seconds - b.ray_seconds) / a.cpu_seconds - 1 for a, b in pairs]),
        }
    return found


def table(facts: dict[str, Any], cells: int, found: dict[str, Any]) -> str:
    """A line a side."""
    lines = [f"{facts['model']}, {facts['threads']} thread(s), {cells} cells"[:80]]
    lines.append(f"{facts['machine']}, load {facts['load_average_before']}"[:80])
    lines.append(f"{'':14}{'processor s':>12}{'over':>9}{'of it Ray':>11}{'rest over':>11}{'wall s':>10}{'over':>9}")
    for side, values in found.items():
        cpu, ray, wall = (values[name]["median"] for name in ("cpu_seconds", "ray_seconds", "seconds"))
        names = ("cpu_seconds_over", "work_over", "seconds_over")
        over = ["" if side == ALONE else f"{values[name]['median']:+.1%}" for name in names]
        lines.append(f"  {side:12}{cpu:12.1f}{over[0]:>9}{ray:11.1f}{over[1]:>11}{wall:10.1f}{over[2]:>9}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
