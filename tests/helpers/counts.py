"""Made-up rows of counts for the statistics."""

from __future__ import annotations

import numpy as np

from phingpt_bench.scoring.classification import row_confusion
from phingpt_bench.scoring.metrics import METRICS

ACC, F1, MACRO = METRICS["acc"].function, METRICS["entity_f1"].function, METRICS["f1_macro"].function


def labels(n: int, seed: int = 0, right: float = 0.8, gold: np.ndarray | None = None) -> np.ndarray:
    """Confusion rows of a three-class system that is right as often as told, else INVALID or any class."""
    generator = np.random.default_rng(seed)
    gold = generator.choice(3, size=n, p=[0.15, 0.55, 0.3]) if gold is None else gold
    pred = np.where(generator.random(n) < right, gold, generator.integers(-1, 3, n))
    return row_confusion(gold, pred, 3)


def spans(n: int, seed: int = 0, most: int = 4) -> np.ndarray:
    """Entity counts of three types and unknown ones; `most` gold entities a type."""
    generator = np.random.default_rng(seed)
    gold = generator.integers(0, most, (n, 4))
    gold[:, 3] = 0
    true = generator.binomial(gold, 0.7)
    return np.stack([true, true + generator.binomial(2, 0.15, gold.shape), gold], axis=-1)
