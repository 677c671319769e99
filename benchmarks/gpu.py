# benchmarks/gpu.sh results/benchmarks/gpu.json      (python -m benchmarks.gpu --miniature runs anywhere, in minutes)
"""One device in under ten minutes: exactness, an 8B-shaped model trained and evaluated, and the embedded base for real.

Speed and memory do not depend on weights, so those of the large model are random, and its scores mean nothing. Every
number is of the program's own records: seconds, tokens, peak memory and USD as a user's run would have them.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks import report
from benchmarks.cases import SENTIMENT, real_data
from benchmarks.measure import prepare
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.ledgers import Ledger
from phingpt_bench.core.records import RECORD, read_record, to_dict
from phingpt_bench.engine.selftest import selftest
from phingpt_bench.evaluate.one_base import one_base
from phingpt_bench.models.base_spec import BaseSpec, device, title
from phingpt_bench.models.load import load_base
from phingpt_bench.models.memory import free

WRITTEN = "phin_demo_ner"


def parser() -> argparse.ArgumentParser:
    """The arguments."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.gpu", description=__doc__.splitlines()[0])
    made.add_argument("--device", default="auto", help="default auto: the first GPU")
    made.add_argument("--miniature", action="store_true", help="a tiny model and few rows: to try the script itself")
    made.add_argument("--train-rows", type=int, default=256, metavar="N", help="of the large model (default 256)")
    made.add_argument("--rows", type=int, default=128, metavar="N", help="evaluated a task (default 128)")
    made.add_argument("--out", type=Path, metavar="FILE", help="write the results as JSON")
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Run the parts, print a line for each, write the file after each; 1 if a check fails, 2 for bad input."""
    args = parser().parse_args(argv)
    prepare(0)
    if args.miniature:
        args.train_rows, args.rows = min(args.train_rows, 8), min(args.rows, 4)
    try:
        return _run(args)
    except BenchError as err:
        print(f"error: {err}", file=sys.stderr)
        return 2


def _run(args: argparse.Namespace) -> int:
    from phingpt_bench.core.machine import this_machine
    from phingpt_bench.text.machine import machine_text

    target = device(BaseSpec(device=args.device))
    shape = "tiny" if args.miniature else "llama-8b"
    facts = report.facts("gpu", args, f"random {shape}, {title(BaseSpec())}")
    facts |= {"device": target, "machine": machine_text(this_machine(target)), "library": _library()}
    print(report.heading(facts))
    results: dict[str, Any] = {"exactness": [], "random": None, "embedded": None}
    for quantisation in ("none", "nf4"):
        results["exactness"] += exactness(args.device, quantisation, 2 if args.miniature else 12)
        report.save(args.out, facts, results)
    with tempfile.TemporaryDirectory() as folder:
        results["random"] = random_model(shape, Path(folder), args)
        report.save(args.out, facts, results)
        results["embedded"] = embedded_model(Path(folder), args)
        report.save(args.out, facts, results)
    wrong = [one["check"] for one in results["exactness"] if not one["good"]]
    print(f"  wrong: {', '.join(wrong)}" if wrong else "  all checks are right")
    return 1 if wrong else 0


def _library() -> dict[str, str | None]:
    import torch

    from phingpt_bench.core.gpus import listed

    gpus = listed()
    return {"cuda": torch.version.cuda, "hip": torch.version.hip, "driver": gpus[0].driver if gpus else None}


def exactness(where: str, quantisation: Any, rows: int) -> list[dict[str, Any]]:
    """The selftest on the embedded base: in float32 without quantisation, and in NF4 and the device's own dtype."""
    dtype: Any = "float32" if quantisation == "none" else "auto"
    loaded = load_base(BaseSpec(quantisation=quantisation, compute_dtype=dtype, device=where, dequantise="never"))
    numbers = f"{loaded.identity.quantisation or 'none'}, {loaded.identity.compute_dtype}"
    found = []
    for finding in selftest(loaded, rows):
        found.append({"check": finding.name, "numbers": numbers, "good": finding.good, **finding.values})
        print(f"  {numbers:18} {'ok' if finding.good else 'WRONG':6}{finding.name}", flush=True)
    del loaded
    free()
    return found


def random_model(shape: str, folder: Path, args: argparse.Namespace) -> dict[str, Any]:
    """A random model, trained for a few steps and evaluated with labels and written answers."""
    from benchmarks.shapes import save_random

    model = str(save_random(shape, folder / f"random-{shape}"))
    free()
    return _worked(BaseSpec(model=model, device=args.device), folder / "random", args, args.train_rows, recompute=True)


def embedded_model(folder: Path, args: argparse.Namespace) -> dict[str, Any]:
    """The embedded base: the demo's adapter, and both on the demo's tasks, with their scores."""
    rows = args.train_rows if args.miniature else None
    return _worked(BaseSpec(device=args.device), folder / "embedded", args, rows, recompute=False)


def _worked(
    base: BaseSpec, folder: Path, args: argparse.Namespace, train_rows: int | None, *, recompute: bool
) -> dict[str, Any]:
    """What a training of a base, and evaluations with its adapter, cost and gave."""
    from phingpt_bench.api.suites import prepared
    from phingpt_bench.evaluate.suite import AdapterEntry
    from phingpt_bench.models.adapter import read_card
    from phingpt_bench.train.recipe import Recipe
    from phingpt_bench.train.run import train

    labels = "phin_fpb" if real_data() and recompute and not args.miniature else SENTIMENT
    recipe = Recipe(
        name="gpu",
        tasks=[labels, WRITTEN],
        base=base,
        tokens_per_batch=8192 if recompute else 1024,
        gradient_checkpointing=recompute,
        learning_rate=1e-5 if recompute else 6e-4,  # random weights are not to diverge
    )
    adapter = train(recipe, folder / "adapter", limit=train_rows)
    card = read_card(adapter)
    tokens = card.cost.tokens_in or 0
    whole = _epoch_tokens(recipe, tokens / card.rows)
    training = {"rows": card.rows, "steps": card.steps, **_spent(card.cost, "train")}
    if card.cost.usd is not None and tokens:
        price = card.cost.price.usd_per_hour if card.cost.price else 0.0
        training["usd_an_epoch"] = price * whole / (tokens / card.cost.seconds["train"]) / 3600
    print(f"  {title(base)[:24]:24} train {training['tokens_per_second']:9.1f} tokens/s", flush=True)
    suite = one_base(
        base, [labels, WRITTEN], adapters=[AdapterEntry(path=adapter)], floors=False, limit=args.rows,
        results=folder / "results",
    )  # fmt: skip
    runs: list[dict[str, Any]] = []
    for place in prepared(suite).run().done:
        record = read_record(place / RECORD)
        spent = _spent(record.evaluation, "evaluate")
        score = record.scores.get(record.protocol.metric)
        runs.append({
            "task": record.task, "tuned": record.model.adapter is not None, "dtype": record.model.compute_dtype,
            "documents": record.protocol.n, "score": None if recompute else score,
            "memory_splits": record.diagnostics.memory_splits, "batch_size": record.diagnostics.batch_size, **spent,
        })  # fmt: skip
        print(f"  {'':24} {record.task[:20]:20} {record.protocol.n / spent['seconds']:8.2f} rows/s", flush=True)
    return {"training": training, "runs": runs}


def _epoch_tokens(recipe: Any, per_row: float) -> float:
    from phingpt_bench.lmeval import manager

    return per_row * sum(len(list(manager.load_task(name).training_docs())) for name in recipe.tasks)


def _spent(ledger: Ledger, phase: str) -> dict[str, Any]:
    """Seconds, speed, peak memory, USD and joules of a ledger; the speed is that of one phase."""
    seconds = ledger.seconds.get(phase) or sum(ledger.seconds.values())
    tokens = (ledger.tokens_in or 0) + (ledger.tokens_out or 0)
    return {
        "seconds": seconds,
        "tokens": tokens,
        "tokens_per_second": tokens / seconds if seconds else 0.0,
        "peak_gpu_bytes": ledger.peak_gpu_bytes,
        "peak_host_bytes": ledger.peak_host_bytes,
        "usd": ledger.usd,
        "joules": None if ledger.joules is None else sum(ledger.joules.values()),
        "price": None if ledger.price is None else to_dict(ledger.price),
        "machine": None if ledger.machine is None else asdict(ledger.machine),
    }


if __name__ == "__main__":
    sys.exit(main())
