# python -m benchmarks.tolerance --out results/benchmarks/tolerance.json
"""Tolerance of `verify --rerun`: how far the probabilities of the same rows move when they are asked in another way.

docs/reliability.md says what follows from it.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import report
from benchmarks.cases import SENTIMENT, real_data
from benchmarks.command import python
from benchmarks.evaluation import add_model_arguments, carry_out
from phingpt_bench.engine.budgets import default_rows
from phingpt_bench.evaluate.spread import ROWS
from phingpt_bench.models.base_spec import BaseSpec, title
from phingpt_bench.scoring.calibration import probabilities

SETTINGS = (("phin_fpb", 0), ("phin_fpb", 5))  # the second has a block of examples to compute once
DEMO = ((SENTIMENT, 0), (SENTIMENT, 5))
OTHER_PROCESSOR = {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2", "MKL_ENABLE_INSTRUCTIONS": "AVX2"}
SINGLE = "single"  # as a record measures it on some of its rows
CHANGED = "changed"  # another model: one matrix of one layer is larger
FACTOR = 1.1
TINY = 1e-9  # less is no difference
AGAIN = 32  # rows of a rerun
DRAWS = 20_000
Probabilities = np.ndarray[Any, np.dtype[np.float64]]  # rows x labels


def parser() -> argparse.ArgumentParser:
    """The arguments."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.tolerance", description=__doc__.splitlines()[0])
    made.add_argument("--rows", type=int, default=64, metavar="N", help="rows of each task (default 64)")
    made.add_argument("--demo", action="store_true", help="take the demo task even where the real data is")
    add_model_arguments(made)
    made.add_argument("--keep", action="store_true", help="keep what FILE holds of other dtypes")
    made.add_argument("--only", type=Path, help=argparse.SUPPRESS)  # in a process of its own: the run alone, to a file
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Ask, print a line for each setting, write the file; 2 for bad input."""
    return carry_out(parser().parse_args(argv), _run)


def _run(args: argparse.Namespace, spec: BaseSpec) -> None:
    settings = DEMO if args.demo or not real_data() else SETTINGS
    asker = Asker(spec, args.rows)
    if args.only is not None:
        found = [asker.probabilities(asker.requests(*one)).tolist() for one in settings]
        args.only.write_text(json.dumps(found), encoding="ascii")
        return
    facts = report.facts("tolerance", args, title(spec))
    print(report.heading(facts))
    elsewhere = _on_another_processor(args, spec.model)
    kept = report.kept(args.out, "results", "of") if args.keep else {}
    for (task, shots), there in zip(settings, elsewhere, strict=True):
        rows = asker.requests(task, shots)
        before = asker.probabilities(rows)
        moved = {name: _moved(before, now) for name, now in asker.ways(rows)}
        moved["processor"] = _moved(before, there)
        name = f"{task}, {shots} shots, {asker.dtype}"
        kept[name] = {"of": name, "rows": len(before), **summary(moved)}
        print(table(kept[name]), flush=True)
        report.save(args.out, facts, {"results": list(kept.values())})


class Asker:
    """A loaded base that is asked the same rows in several ways."""

    def __init__(self, spec: BaseSpec, rows: int) -> None:
        from phingpt_bench.engine.lm import PhinLM
        from phingpt_bench.evaluate.tasks import Tasks
        from phingpt_bench.models.load import load_base

        loaded, self._tasks, self._rows = load_base(spec), Tasks(), rows
        self._lm = PhinLM(pretrained=loaded.model, tokenizer=loaded.tokenizer)
        self._size = default_rows(loaded.model.device.type)
        self.dtype = str(loaded.identity.compute_dtype)

    def requests(self, task: str, shots: int) -> list[list[Any]]:
        """What the first rows of a task ask, row by row."""
        from phingpt_bench.evaluate.content_free import requests_of
        from phingpt_bench.evaluate.variant import Variant

        facts = self._tasks[task]
        docs = [facts.task.eval_docs[at] for at in range(min(self._rows, len(facts.ids)))]
        return [requests_of(facts, doc, Variant(shots=shots), self._lm.tokenizer) for doc in docs]

    def probabilities(self, rows: list[list[Any]], batch: int | None = None, group: int | None = None) -> Probabilities:
        """Of the labels, not rounded. batch: rows of a batch, by default a run's. group: rows of a call."""
        self._lm.batch_size_per_gpu = batch or self._size
        order = random.Random(0).sample(range(len(rows)), len(rows)) if group else list(range(len(rows)))
        found: list[Any] = [None] * len(rows)
        for begin in range(0, len(order), group or len(order)):
            asked = sorted(order[begin : begin + (group or len(order))])
            answers = iter(self._lm.loglikelihood([one for row in asked for one in rows[row]], disable_tqdm=True))
            for row in asked:
                found[row] = [next(answers)[0] for _ in rows[row]]
        return probabilities(np.array(found, dtype=float))

    def ways(self, rows: list[list[Any]]) -> Iterator[tuple[str, Probabilities]]:
        """The same rows: each alone, in batches of other sizes, few together, on more threads, by another model."""
        import torch

        yield SINGLE, self.probabilities(rows, group=1)
        yield "batches of 5", self.probabilities(rows, 5)
        yield "batches of 64", self.probabilities(rows, 64)
        yield "reruns", self.probabilities(rows, group=8)
        threads = torch.get_num_threads()
        torch.set_num_threads(2 * threads)
        yield "threads", self.probabilities(rows)
        torch.set_num_threads(threads)
        with self._changed():
            yield CHANGED, self.probabilities(rows)

    @contextlib.contextmanager
    def _changed(self) -> Iterator[None]:
        """Within the block the second matrix of the MLP in the middle layer is FACTOR times as large."""
        import torch

        layers = [module for name, module in self._lm.model.named_modules() if name.endswith("mlp.down_proj")]
        weight = layers[len(layers) // 2].weight
        kept = weight.detach().clone()
        with torch.no_grad():
            weight.mul_(FACTOR)
            yield
            weight.copy_(kept)


def _on_another_processor(args: argparse.Namespace, model: str) -> list[Probabilities]:
    """The run of each setting on the kernels of a processor with AVX2 alone."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "values.json"
        options = [f"--{name}={getattr(args, name)}" for name in ("quantisation", "dtype", "rows", "threads")]
        options += ["--demo"] * args.demo + [f"--model={model}"]
        code = "import sys; from benchmarks.tolerance import main; sys.exit(main(sys.argv[1:]))"
        python(code, *options, f"--only={file}", variables=OTHER_PROCESSOR)
        return [np.array(values) for values in json.loads(file.read_text(encoding="ascii"))]


def _moved(before: Probabilities, now: Probabilities) -> Probabilities:
    """By row: the largest difference of a probability."""
    difference: Probabilities = np.abs(before - now).max(axis=1)
    return difference


def summary(moved: dict[str, Probabilities], quantile: float = 0.99) -> dict[str, Any]:
    """What the differences of rows by way show.

    largest: of a row. times: how many times the largest difference of ROWS random single rows, which a record holds,
    the largest of AGAIN other rows is, in all but 1 % of draws.
    """
    drawn = np.random.default_rng(0)
    rows = len(moved[SINGLE])
    recorded = moved[SINGLE][drawn.integers(0, rows, (DRAWS, ROWS))].max(axis=1)
    times = {}
    for name, differences in moved.items():
        farthest = differences[drawn.integers(0, rows, (DRAWS, AGAIN))].max(axis=1)
        times[name] = float(f"{np.quantile(farthest / np.maximum(recorded, TINY), quantile):.3g}")
    largest = {name: float(f"{differences.max():.2g}") for name, differences in moved.items()}
    return {"largest": largest, "median_largest_of_changed": float(f"{np.median(moved[CHANGED]):.2g}"), "times": times}


def table(found: dict[str, Any]) -> str:
    """One setting: a line a way."""
    lines = ["", f"{found['of']}, {found['rows']} rows", f"  {'':14}{'largest':>9}  times the recorded one"]
    return "\n".join(
        [*lines, *(f"  {way:14}{most:>9.1e}  {found['times'][way]:g}" for way, most in found["largest"].items())]
    )


if __name__ == "__main__":
    sys.exit(main())
