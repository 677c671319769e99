"""Rows that a system hands to a person: how many, so that the whole is right often enough.

The system answers where it is surer than a threshold, a person answers the rest, and a person is taken to be right. The
threshold is the one that hands over fewest of the validation rows; what it gives is counted on the test rows.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from phingpt_bench.core.diagnostics import Abstention
from phingpt_bench.core.outcomes import Outcomes
from phingpt_bench.scoring.answered import DIGITS
from phingpt_bench.stats.interval import wilson

TARGETS = (0.9, 0.95, 0.98)


def abstention(
    gold: Sequence[int], probs: np.ndarray, tests: Outcomes, targets: Sequence[float] = TARGETS
) -> list[Abstention]:
    """For each target accuracy, what the cheapest threshold gives on the test rows.

    gold, probs: of the validation rows (rows x labels), of models that have not seen them. A row without probabilities
    is handed over.
    """
    right, sure = _answers(np.asarray(gold), probs)
    known = np.asarray([one or [0.0] * probs.shape[1] for one in tests.probs])
    right_there, sure_there = _answers(np.asarray(tests.gold_places), known)
    found = []
    for target in targets:
        threshold = round(_threshold(right, sure, target), DIGITS)  # as it is recorded, so that it can be checked
        handed = sure_there < threshold
        hits, n = int((right_there | handed).sum()), len(handed)
        between = wilson(hits, n)
        answered = right_there[~handed]
        found.append(
            Abstention(
                target=target, threshold=threshold, validation_handed=float((sure < threshold).mean()),
                handed=float(handed.mean()), accuracy=hits / n, low=None if between is None else between.low,
                high=None if between is None else between.high,
                answered=float(answered.mean()) if len(answered) else None,
            )
        )  # fmt: skip
    return found


def _answers(gold: np.ndarray, probs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(whether right, confidence) by row."""
    return probs.argmax(1) == gold, probs.max(1)


def _threshold(right: np.ndarray, sure: np.ndarray, target: float) -> float:
    """The lowest confidence that is answered: the fewest rows are handed over for which the whole meets the target.

    0 where none has to be, above 1 where all have to. Rows of equal confidence are answered together.
    """
    order = np.argsort(-sure, kind="stable")
    wrong = np.cumsum(~right[order])
    last = np.flatnonzero(np.append(np.diff(sure[order]) != 0, True))
    enough = [at for at in last if 1 - wrong[at] / len(right) >= target]
    if not enough:
        return 1.1
    return 0.0 if enough[-1] == len(right) - 1 else float(sure[order][enough[-1]])
