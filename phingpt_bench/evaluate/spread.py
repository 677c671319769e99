"""How far the probabilities of a run move with the batch: the tolerance within which it can be repeated."""

from __future__ import annotations

from typing import Any

import numpy as np

from phingpt_bench.core.diagnostics import Spread
from phingpt_bench.core.outcomes import Outcomes
from phingpt_bench.core.protocol import CHOSEN
from phingpt_bench.evaluate.content_free import quietly, requests_of
from phingpt_bench.evaluate.tasks import TaskFacts
from phingpt_bench.evaluate.variant import Variant
from phingpt_bench.scoring.calibration import probabilities

ROWS = 8  # that are asked again, spread evenly over the run


def spread(lm: Any, task: TaskFacts, variant: Variant, rows: Outcomes) -> Spread | None:
    """The largest difference between the probabilities of a run and those of some of its rows, each asked alone.

    What is computed together is summed in another order, so the last digits depend on the batch, and how many digits
    these are on dtype and kernels. None if answers are written, or a probability is not finite.
    """
    if task.extraction != CHOSEN or not rows.probs:
        return None
    places = {name: at for at, name in enumerate(task.ids)}
    chosen = sorted({int(at) for at in np.linspace(0, len(rows.ids) - 1, ROWS)})
    docs, largest = task.task.eval_docs, 0.0
    for at in chosen:
        before = rows.probs[at]
        requests = requests_of(task, docs[places[rows.ids[at]]], variant, lm.tokenizer)
        scores = [likelihood for likelihood, _ in quietly(lm, requests)]
        (now,) = probabilities(np.array([scores], dtype=float))
        if before is None or np.isnan(now).any():
            return None
        largest = max(largest, float(np.abs(now - np.array(before)).max()))
    return Spread(rows=len(chosen), largest=float(f"{largest:.2g}"))
