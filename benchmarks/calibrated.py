# python -m benchmarks.calibrated --out results/benchmarks/calibrated.json
"""Scores with calibrated labels of the committed runs, beside those without (docs/fairness.md).

Batch calibration comes from the probabilities that each run has stored. For contextual calibration the embedded base is
asked without a text wherever a record does not hold that yet: a few prompts a task, half a minute of one core in all,
and the data of the tasks. Adapters are not in the repository, so theirs stays unknown.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from phingpt_bench.core.jsonio import write_json
from phingpt_bench.evaluate.content_free import content_free
from phingpt_bench.evaluate.tasks import Tasks
from phingpt_bench.evaluate.variant import Variant
from phingpt_bench.models.base_spec import BaseSpec
from phingpt_bench.models.load import load_base
from phingpt_bench.results.calibrated import calibrated
from phingpt_bench.results.collect import Run, collect
from phingpt_bench.scoring.prior import METHODS

MODEL = "smollm2-135m-instruct"


def asked(runs: Sequence[Run]) -> list[Run]:
    """The runs, each base run with what the base answers without a text."""
    from phingpt_bench.engine.lm import PhinLM

    loaded = load_base(BaseSpec(model=MODEL, quantisation="nf4", compute_dtype="bfloat16"))
    lm, tasks, found = PhinLM(pretrained=loaded.model, tokenizer=loaded.tokenizer), Tasks(), []
    for run in runs:
        record, diagnostics = run.record, run.record.diagnostics
        if record.model.kind == "base" and record.model.base_revision == loaded.identity.base_revision:
            variant = Variant(shots=record.protocol.shots, chat_template=record.protocol.chat_template)
            prior = diagnostics.content_free or content_free(lm, tasks[record.task], variant)
            diagnostics = dataclasses.replace(diagnostics, content_free=prior)
        found.append(dataclasses.replace(run, record=dataclasses.replace(record, diagnostics=diagnostics)))
    return found


def figures(run: Run) -> dict[str, Any]:
    """The scores of a run as it is and with each calibration; None if that is not known."""
    record, metric = run.record, run.record.protocol.metric
    made = {method: calibrated(run, method) for method in METHODS}
    return {
        "task": record.task, "metric": metric, "adapter": record.model.adapter, "variant": record.protocol.variant,
        "block": record.protocol.block,
        "score": record.scores[metric],
        **{method: None if found is None else found.record.scores[metric] for method, found in made.items()},
    }  # fmt: skip


def main(argv: Sequence[str] | None = None) -> int:
    """Ask, compute, print and write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.calibrated", description=__doc__)
    parser.add_argument("--results", type=Path, default=Path("results/smollm2-135m"), metavar="DIR")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the figures as JSON")
    args = parser.parse_args(argv)
    chosen = [run for run in collect(args.results) if run.kind in ("base", "tuned") and run.outcomes.probs]
    found = [figures(run) for run in asked(chosen)]
    for one in found:
        texts = ("N/A" if one[name] is None else f"{one[name]:.3f}" for name in ("score", *METHODS))
        print(f"{one['task']:24} {one['adapter'] or 'base':24} {one['variant']:12} {'  '.join(texts)}")
    if args.out is not None:
        write_json(args.out, {"model": MODEL, "methods": list(METHODS), "runs": found})
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
