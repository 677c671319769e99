# python -m benchmarks.scale --records results/smollm2-135m --out results/benchmarks/scale.json
"""The scheduler with measured times: what many adapters on many tasks take on 1, 8 and 64 workers.

Cells, loads and trainings take what the runs below --records took, drawn at random by kind; nothing is computed. A
worker that is lost takes its cell with it, and another one starts and loads its base again.
"""

from __future__ import annotations

import argparse
import heapq
import json
import random
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import report
from phingpt_bench.core.records import RECORD
from phingpt_bench.evaluate.cells import WITHOUT_BASE, Cell
from phingpt_bench.evaluate.schedule import Schedule
from phingpt_bench.evaluate.steps import Step
from phingpt_bench.models.base_spec import BaseSpec

STARTING = 30.0  # seconds until a worker has imported torch and read tasks: 12 to 50 were seen on a busy machine


@dataclass(frozen=True, slots=True)
class Costs:
    """Seconds as measured: of runs by kind, of loading a base, of probing an adapter, of a training."""

    runs: dict[str, list[float]]
    load: list[float] = field(default_factory=lambda: [10.0])
    probe: list[float] = field(default_factory=lambda: [0.5])
    train: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a simulation gave. bound: all work over the workers; seconds: until the last cell was done."""

    seconds: float
    bound: float
    loads: int
    lost: int
    done: int
    failed: int

    @property
    def efficiency(self) -> float:
        """The bound as a part of the time."""
        return self.bound / self.seconds


def simulated(
    cells: Sequence[Cell],
    seconds: dict[str, float],
    workers: int,
    *,
    load: float = 0.0,
    attach: float = 0.0,
    starting: float = 0.0,
    lost: float = 0.0,
    seed: int = 0,
) -> Outcome:
    """The cells on so many workers. seconds: of each cell by id. lost: the chance that a worker goes in a cell."""
    chance = random.Random(seed)
    schedule = Schedule(cells)
    held = dict.fromkeys(range(workers), WITHOUT_BASE)
    attached: dict[int, str | None] = dict.fromkeys(range(workers))
    events: list[tuple[float, int, str, bool]] = []  # when, whose, which cell ("" for a start), whether it is lost
    free = list(range(workers)) if not starting else []
    events += [(starting, worker, "", False) for worker in range(workers) if starting]
    now, loads, gone = 0.0, 0, 0
    while not schedule.over:
        waiting = []
        for worker in free:
            cell = schedule.next(held[worker])
            if cell is None:
                waiting.append(worker)
                continue
            took = seconds[cell.id]
            if cell.step.kind == "train":
                held[worker] = WITHOUT_BASE
            elif cell.group not in (WITHOUT_BASE, held[worker]):
                took, loads, held[worker], attached[worker] = took + load, loads + 1, cell.group, None
            if cell.step.kind == "evaluate" and cell.step.adapter not in (None, attached[worker]):
                took, attached[worker] = took + attach, cell.step.adapter
            dies = chance.random() < lost
            heapq.heappush(events, (now + took * (chance.random() if dies else 1.0), worker, cell.id, dies))
        free = waiting
        if not events:
            break
        now, worker, name, dies = heapq.heappop(events)
        if dies:
            gone += 1
            schedule.lose(name)
            held[worker], attached[worker] = WITHOUT_BASE, None
            heapq.heappush(events, (now + starting, worker, "", False))
            continue
        if name:
            schedule.finish(name)
        free.append(worker)
    return Outcome(now, sum(seconds.values()) / workers, loads, gone, len(schedule.done), len(schedule.failed))


def cells_of(bases: int, adapters: int, tasks: int, *, trained: bool, seed: int = 0) -> list[Cell]:
    """The cells of a plan: adapters spread over the bases, each on all tasks, the bases and two floors as well.

    Tasks have from half to twice as many requests as the middle one.
    """
    chance = random.Random(seed)
    sizes = [2.0 ** chance.uniform(-1, 1) for _ in range(tasks)]
    trainings, runs = [], []
    specs = [BaseSpec(model=f"base-{number}") for number in range(bases)]
    for number in range(-bases, adapters):
        spec = specs[number % bases]
        name = f"adapter-{number}" if number >= 0 else None
        needs: tuple[str, ...] = ()
        if trained and name is not None:
            step = Step(kind="train", model=name, folder=Path(name), base=spec, adapter=name)
            trainings.append(Cell(id=f"train {name}", step=step, group=f"train {name}", work=1.6 * sum(sizes)))
            needs = (f"train {name}",)
        for task in range(tasks):
            folder = Path(f"{task}") / f"{number}"
            step = Step(kind="evaluate", model=f"{name}", folder=folder, task=f"{task}", base=spec, adapter=name)
            runs.append(Cell(id=f"{number} {task}", step=step, group=spec.model, needs=needs, work=sizes[task]))
    for task in range(tasks):
        for floor in ("majority", "tfidf-lr"):
            step = Step(kind="floor", model=floor, folder=Path(f"{task}") / floor, task=f"{task}")
            runs.append(Cell(id=f"{floor} {task}", step=step, group=WITHOUT_BASE, work=sizes[task]))
    return trainings + runs


def measured(folder: Path) -> Costs:
    """The costs in the records below a folder."""
    runs: dict[str, list[float]] = {"base": [], "tuned": [], "floor": []}
    phases: dict[str, list[float]] = {"load": [], "probe": []}
    trainings: set[float] = set()
    for path in sorted(folder.rglob(RECORD)):
        record = json.loads(path.read_text(encoding="utf-8"))
        spent, kind = record["evaluation"]["seconds"], record["model"]["kind"]
        if kind not in runs or record["limit"] is not None:
            continue
        for phase, found in phases.items():
            found += [spent[phase]] if phase in spent else []
        runs[kind].append(sum(value for phase, value in spent.items() if phase not in phases))
        if kind == "tuned" and record["training"]:
            trainings.add(sum(record["training"]["seconds"].values()))
    return Costs(runs, phases["load"], phases["probe"], sorted(trainings))


def drawn(cells: Sequence[Cell], costs: Costs, faster: float, seed: int) -> dict[str, float]:
    """Seconds of each cell: those of a measured one of its kind, over `faster`.

    A task takes what one measured run took, the same for all adapters, so that long tasks are long for each.
    """
    chance = random.Random(seed)
    found = {}
    for cell in cells:
        chance.seed(f"{seed} {cell.step.kind} {cell.step.task or cell.id}")
        if cell.step.kind == "train":
            pool = costs.train
        else:
            pool = costs.runs["floor" if cell.step.kind == "floor" else "tuned" if cell.step.adapter else "base"]
        found[cell.id] = chance.choice(pool) / (1.0 if cell.step.kind == "floor" else faster)
    return found


def parser() -> argparse.ArgumentParser:
    """The arguments."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    made.add_argument("--records", type=Path, default=Path("results/smollm2-135m"), metavar="DIR")
    made.add_argument("--adapters", type=int, default=1000, metavar="N")
    made.add_argument("--bases", type=int, default=10, metavar="N", help="that the adapters are spread over")
    made.add_argument("--tasks", type=int, default=50, metavar="N")
    made.add_argument("--workers", type=int, nargs="+", default=[1, 8, 64, 512], metavar="N")
    made.add_argument("--faster", type=float, nargs="+", default=[1.0, 10.0, 100.0], metavar="X",
                      help="than measured: models on a faster device, which loads as slowly")  # fmt: skip
    made.add_argument("--train", action="store_true", help="train each adapter first")
    made.add_argument("--lost", type=float, default=0.01, help="chance that a worker is lost in a cell")
    made.add_argument("--out", type=Path, metavar="FILE", help="write the results as JSON")
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Simulate, print, write."""
    args = parser().parse_args(argv)
    facts = report.facts("scale", args, "no model")
    costs = measured(args.records)
    cells = cells_of(args.bases, args.adapters, args.tasks, trained=args.train)
    load, probe = statistics.median(costs.load), statistics.median(costs.probe)
    rows: list[dict[str, Any]] = []
    for faster in args.faster:
        seconds = drawn(cells, costs, faster, seed=0)
        for workers in args.workers:
            found = simulated(cells, seconds, workers, load=load, attach=probe, starting=STARTING, lost=args.lost)
            rows.append(
                {
                    "faster": faster, "workers": workers, "hours": found.seconds / 3600,
                    "bound_hours": found.bound / 3600, "efficiency": found.efficiency, "loads": found.loads,
                    "lost": found.lost, "done": found.done, "failed": found.failed,
                }
            )  # fmt: skip
    measures = {
        "cells": len(cells), "load": load, "probe": probe,
        "median_seconds": {kind: statistics.median(pool) for kind, pool in costs.runs.items() if pool},
        "training_seconds": costs.train,
    }  # fmt: skip
    print(f"{len(cells):,} cells, loads of {load:.1f} s, {args.lost:.1%} of the workers lost in a cell")
    print(f"{'faster':>8}{'workers':>9}{'hours':>10}{'bound':>10}{'of it':>8}{'loads':>8}{'lost':>7}{'failed':>8}")
    for row in rows:
        print(
            f"{row['faster']:8.0f}{row['workers']:9}{row['hours']:10.2f}{row['bound_hours']:10.2f}"
            f"{row['efficiency']:8.1%}{row['loads']:8}{row['lost']:7}{row['failed']:8}"
        )
    report.save(args.out, facts, {**measures, "rows": rows})
    return 0


if __name__ == "__main__":
    sys.exit(main())
