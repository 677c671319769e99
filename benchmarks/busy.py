# python -m benchmarks.busy --out results/benchmarks/busy.json
"""Training and evaluation alone and beside busy processes: this project, TRL and stock lm-eval in turn.

Each piece of work has a process of its own, since OpenMP reads how threads wait when torch is imported. Ours chooses
dtype and threads as for a user; the others have torch's threads, and the dtype that is the fastest here. Seconds are
wall time: what a neighbour takes is the question. docs/benchmarks.md says what each column means.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks import report
from benchmarks.cases import CASES, real_data, task_of
from benchmarks.evaluation import add_model_arguments, carry_out
from benchmarks.measure import interleaved, spread
from phingpt_bench.core import openmp
from phingpt_bench.core.machine import cores
from phingpt_bench.models.base_spec import BaseSpec, title

# train-torch: our trainer with torch's own threads, which spin while they wait
WORKS = ("train-ours", "train-torch", "train-trl", "evaluate-ours", "evaluate-stock")
SPIN = "while True: pass"


def parser() -> argparse.ArgumentParser:
    """The arguments."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.busy", description=__doc__.splitlines()[0])
    made.add_argument("--works", nargs="+", choices=WORKS, default=list(WORKS), help="default: all")
    made.add_argument("--neighbours", nargs="+", type=int, default=[0, 1, 2], help="busy processes (default 0 1 2)")
    made.add_argument("--rows", type=int, default=32, metavar="N", help="rows to train on (default 32)")
    made.add_argument("--documents", type=int, default=48, metavar="N", help="to evaluate (default 48)")
    made.add_argument("--repeats", type=int, default=3, metavar="N", help="of everything (default 3)")
    made.add_argument("--demo", action="store_true", help="take the demo task even where the real data is")
    add_model_arguments(made)
    made.set_defaults(threads=0, dtype="auto", quantisation="nf4")
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Run all works beside all numbers of neighbours, print the table, write the file; 2 for bad input."""
    return carry_out(parser().parse_args(argv), _run)


def _run(args: argparse.Namespace, spec: BaseSpec) -> None:
    from benchmarks.trainers import alone

    demo = args.demo or not real_data()
    speeds: dict[str, list[float]] = {}
    facts = report.facts("busy", args, title(spec))
    print(report.heading(facts), flush=True)
    with tempfile.TemporaryDirectory() as folder:

        def work(name: str, repeat: int) -> None:
            kind, _, beside = name.partition("/")
            amount = args.rows if kind.startswith("train") else args.documents
            out = Path(folder) / f"{kind}-{beside}-{repeat}"
            threads = cores() if kind == "train-torch" else args.threads
            with waiting(ours=kind.endswith("ours")), neighbours(int(beside)):
                speed = alone(speed_of, threads, kind, spec, amount, demo, out)
            speeds.setdefault(name, []).append(speed)
            print(f"{kind} beside {beside}, repeat {repeat + 1}: {speed:.1f} tokens/s", file=sys.stderr, flush=True)
            report.save(args.out, facts, {"works": sides(speeds, args.works, args.neighbours)})

        names = [f"{kind}/{beside}" for kind in args.works for beside in args.neighbours]
        interleaved(names, lambda _name: args.repeats, work)
    print(table(sides(speeds, args.works, args.neighbours)))


@contextlib.contextmanager
def waiting(*, ours: bool) -> Iterator[None]:
    """Within the block a new process lets its threads wait as our commands do, or as torch does by itself."""
    before = {name: os.environ.pop(name) for name in openmp.OWN if name in os.environ}
    if ours:
        openmp.limit_spinning()
    try:
        yield
    finally:
        for name in openmp.OWN:
            os.environ.pop(name, None)
        os.environ.update(before)


@contextlib.contextmanager
def neighbours(count: int) -> Iterator[None]:
    """Within the block `count` other processes compute, each on one thread."""
    started = [subprocess.Popen([sys.executable, "-c", SPIN]) for _ in range(count)]
    try:
        yield
    finally:
        for process in started:
            process.kill()
            process.wait()


def speed_of(kind: str, spec: BaseSpec, amount: int, demo: bool, out: Path) -> float:
    """Tokens a second of one work: of the training steps, or of the model's answers."""
    from benchmarks import trainers
    from phingpt_bench.train.recipe import Recipe

    if kind.startswith("train"):
        task = "phin_demo_sentiment" if demo else "phin_fpb"
        recipe = Recipe(name="benchmark", tasks=[task], base=spec)
        made = trainers.trl(recipe, amount, out) if kind == "train-trl" else trainers.ours(recipe, amount, out)
        return made.speed("seconds")
    return _evaluation(spec, amount, demo, ours=kind == "evaluate-ours")


def _evaluation(spec: BaseSpec, documents: int, demo: bool, *, ours: bool) -> float:
    from benchmarks.sides import SIDES, load_stock, run_side
    from phingpt_bench.engine.model_facts import attention
    from phingpt_bench.models.base_spec import use_cpu
    from phingpt_bench.models.load import load_base

    case = next(case for case in CASES if case.name == "labels-1")
    if ours:
        use_cpu(spec)
        loaded = load_base(spec)
        model, tokenizer = loaded.model, loaded.tokenizer
    else:
        model, tokenizer = load_stock(spec)
    side, task = SIDES["ours" if ours else "stock"], task_of(case, demo)
    own = attention(model)
    run_side(side, model, tokenizer, task, case.shots, 2, own)  # kernels and repacked weights, not counted
    watch = run_side(side, model, tokenizer, task, case.shots, documents, own).watch
    prompts = [tokenizer(task.doc_to_text(doc)).input_ids for doc in list(task.eval_docs)[:documents]]
    return sum(map(len, prompts)) / watch.time.seconds


def sides(speeds: dict[str, list[float]], works: Sequence[str], beside: Sequence[int]) -> dict[str, Any]:
    """By work and number of neighbours: tokens a second, and the share of the median alone, if that was measured."""
    found: dict[str, Any] = {}
    for kind in works:
        own = {count: spread(speeds[f"{kind}/{count}"]) for count in beside if f"{kind}/{count}" in speeds}
        first = own.get(0, {}).get("median")
        found[kind] = {
            str(count): {"tokens_per_second": speed, "of_alone": speed["median"] / first if first else None}
            for count, speed in own.items()
        }
    return found


def table(works: dict[str, Any]) -> str:
    """A line a work and number of neighbours."""
    lines = ["", f"{'':16}{'beside':>7}{'tokens/s':>10} {'least-most':>15}  of alone"]
    for kind, counts in works.items():
        for count, one in counts.items():
            speed, share = one["tokens_per_second"], one["of_alone"]
            shown = "" if share is None else f"{share:.2f}"
            lines.append(f"{kind:16}{count:>7}{speed['median']:10.1f} {report.between(speed):>15}  {shown:>8}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
