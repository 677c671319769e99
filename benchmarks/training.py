# python -m benchmarks.training --threads 1 --dtype auto --clock cpu --out results/benchmarks/training.json
"""Training: TRL's SFTTrainer with its defaults and this project's trainer in turn, on the same rows, model and LoRA.

Every training has a process of its own: a peak of memory is that of one side, with the libraries it needs. The file is
written after every round. Needs the extra "bench" (pip install -e '.[bench]'). docs/benchmarks.md says what each column
means.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import report
from benchmarks.cases import SENTIMENT, real_data
from benchmarks.evaluation import add_model_arguments, carry_out
from benchmarks.measure import Usage, interleaved, spread
from phingpt_bench.models.base_spec import BaseSpec, title
from phingpt_bench.train.recipe import Recipe

COLUMNS = ("trl", "trl-kept", "ours")


def parser() -> argparse.ArgumentParser:
    """The arguments."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.training", description=__doc__.splitlines()[0])
    made.add_argument("--rows", type=int, default=64, metavar="N", help="rows to train on, once (default 64)")
    made.add_argument("--columns", nargs="+", choices=COLUMNS, default=list(COLUMNS), help="sides (default: all)")
    made.add_argument("--repeats", type=int, default=3, metavar="N", help="of every side (default 3)")
    made.add_argument("--clock", choices=("wall", "cpu"), default="wall", help="what speeds are of (default wall)")
    made.add_argument("--task", help="task whose training rows are taken (default phin_fpb)")
    made.add_argument("--tokens-per-batch", type=int, default=1024, metavar="N", help="ours (default 1024)")
    made.add_argument("--gradient-checkpointing", action="store_true", help="ours too; TRL does so by default")
    made.add_argument("--learning-rate", type=float, default=2e-4, help="of all sides (default 2e-4)")
    made.add_argument("--demo", action="store_true", help="take the demo task even where the real data is")
    add_model_arguments(made)
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Train all sides, print the table, write the file; 2 for bad input."""
    return carry_out(parser().parse_args(argv), _run)


def _run(args: argparse.Namespace, spec: BaseSpec) -> None:
    from benchmarks.trainers import Trained, alone, run_side

    task = args.task or (SENTIMENT if args.demo or not real_data() else "phin_fpb")
    recipe = Recipe(
        name="benchmark",
        tasks=[task],
        base=spec,
        learning_rate=args.learning_rate,
        tokens_per_batch=args.tokens_per_batch,
        gradient_checkpointing=args.gradient_checkpointing,
    )
    clock = "seconds" if args.clock == "wall" else "cpu_seconds"
    columns = [name for name in COLUMNS if name in args.columns or name in ("trl", "ours")]
    runs: dict[str, list[Trained]] = {name: [] for name in columns}
    judged: dict[str, dict[str, float]] = {}
    facts = report.facts("training", args, title(spec))
    print(report.heading(facts), flush=True)
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:

        def work(name: str, repeat: int) -> None:
            out = Path(folder) / f"{name}-{repeat}"
            made, found = alone(run_side, args.threads, name, recipe, args.rows, out, name not in judged)
            judged.setdefault(name, found)
            runs[name].append(made)
            peak = report.megabytes(made.usage.peak_gpu_bytes or made.usage.peak_host_bytes)
            line = f"{name}, repeat {repeat + 1}: {made.speed(clock):.1f} tokens/s, {peak} MB"
            print(line, file=sys.stderr, flush=True)
            if all(len(own) == repeat + 1 for own in runs.values()):
                results.update(
                    task=task,
                    rows=made.rows,
                    tokens=made.tokens,
                    sides={name: {**_side(runs, name, clock), **judged[name]} for name in columns},
                    epoch=epoch(recipe, spread([own.speed(clock) for own in runs["ours"]])["median"]),
                )
                report.save(args.out, facts, results)

        interleaved(columns, lambda _name: args.repeats, work)
    print(table(results))


def _side(runs: dict[str, list[Any]], name: str, clock: str) -> dict[str, Any]:
    own: list[Usage] = [made.usage for made in runs[name]]
    return {
        "tokens_per_second": spread([made.speed(clock) for made in runs[name]]),
        "optimiser_steps": runs[name][0].steps,
        "peak_host_bytes": max(usage.peak_host_bytes or 0 for usage in own) or None,
        "peak_gpu_bytes": max(usage.peak_gpu_bytes or 0 for usage in own) or None,
        "faster_than_trl": spread(
            [b.speed(clock) / a.speed(clock) for a, b in zip(runs["trl"], runs[name], strict=True)]
        ),
    }


def epoch(recipe: Recipe, speed: float) -> dict[str, Any]:
    """One pass over all training rows of the task at our speed: tokens, seconds, and USD where the card has a price."""
    from benchmarks.trainers import rows_of
    from phingpt_bench.core.machine import this_machine
    from phingpt_bench.cost.prices import load_prices, match

    rows = rows_of(recipe, None)
    tokens = sum(len(row.ids) for row in rows)
    prices = load_prices()
    price = match(prices, this_machine())
    return {
        "rows": len(rows),
        "tokens": tokens,
        "seconds": tokens / speed,
        "usd": price.usd_per_hour * tokens / speed / 3600 if price else None,
        "price": {"card": prices.date, "entry": price.id, "count": price.count, "usd_per_hour": price.usd_per_hour}
        if price
        else None,
    }


def table(results: dict[str, Any]) -> str:
    """A line a side, and the epoch."""
    lines = [
        "",
        f"{results['task']}, {results['rows']} rows, {results['tokens']:,} tokens, once",
        f"{'':10}{'tokens/s':>9} {'least-most':>14} {'peak MB':>8} {'loss: from, to':>15}  times TRL",
    ]
    for name, side in results["sides"].items():
        speed, ratio = side["tokens_per_second"], side["faster_than_trl"]
        loss = f"{side['loss_before']:.3f}, {side['loss_after']:.3f}"
        peak = report.megabytes(side["peak_gpu_bytes"] or side["peak_host_bytes"])
        times = "" if name == "trl" else f"{ratio['median']:.2f} ({report.between(ratio, 1, 2)})"
        lines.append(f"  {name:8}{speed['median']:9.1f} {report.between(speed):>14} {peak:>8} {loss:>15}  {times}")
    whole = results["epoch"]
    usd = "N/A" if whole["usd"] is None else f"{whole['usd']:.4f} USD"
    lines.append(f"one epoch of {whole['rows']:,} rows: {whole['tokens']:,} tokens, {whole['seconds']:,.0f} s, {usd}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
