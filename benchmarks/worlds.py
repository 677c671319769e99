"""Made-up worlds whose truth is known: rows of counts as a system would leave them.

Library of `python -m benchmarks.coverage`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import cast

import numpy as np
from scipy.special import ndtr, ndtri

from phingpt_bench.scoring.classification import row_confusion
from phingpt_bench.scoring.metrics import METRICS

GOLD = np.array([0.15, 0.55, 0.3])  # shares of three labels, as in Financial PhraseBank
SLIPS = np.array([0.45, 0.45, 0.1])  # where a wrong answer goes: the next label, the one after, INVALID
TYPES = np.array([0.5, 0.9, 0.3])  # gold entities of each type in a row, on average
K = len(GOLD)


def labels(draw: np.random.Generator, right: np.ndarray, gold: np.ndarray | None = None) -> np.ndarray:
    """Confusion rows (n, 3, 4) of answers that are right where `right` (n,) says so."""
    n = len(right)
    gold = draw.choice(K, size=n, p=GOLD) if gold is None else gold
    slip = draw.choice(K, size=n, p=SLIPS)
    wrong = np.where(slip == K - 1, -1, (gold + 1 + slip) % K)
    # any sequence of ints does, arrays too
    return row_confusion(cast("Sequence[int]", gold), cast("Sequence[int]", np.where(right, gold, wrong)), K)


def confusion(accuracy: float) -> np.ndarray:
    """What the confusion rows of such a system are on average, (3, 4)."""
    mean = np.zeros((K, K + 1))
    for gold in range(K):
        mean[gold, gold] = accuracy
        for slip, share in enumerate(SLIPS):
            mean[gold, K if slip == K - 1 else (gold + 1 + slip) % K] += (1 - accuracy) * share
    weighted: np.ndarray = mean * GOLD[:, None]
    return weighted


def truth(metric: str, accuracy: float) -> float:
    """The score that such a system has on infinitely many rows."""
    return float(METRICS[metric].function(confusion(accuracy)))


def alike(draw: np.random.Generator, accuracy: float, groups: np.ndarray, share: float) -> np.ndarray:
    """Which of n rows are right, (n,): `accuracy` of them; a group goes together by `share` (Gaussian copula)."""
    common = draw.normal(size=groups.max() + 1)[groups]
    latent = np.sqrt(share) * common + np.sqrt(1 - share) * draw.normal(size=len(groups))
    right: np.ndarray = latent < ndtri(accuracy)
    return right


def sizes(draw: np.random.Generator, clusters: int, mean: float) -> np.ndarray:
    """The cluster of each row, of so many clusters with `mean` rows each, at least one (geometric)."""
    return np.repeat(np.arange(clusters), draw.geometric(1 / mean, size=clusters))


def spans(
    draw: np.random.Generator, n: int, recall: float, spurious: float, groups: np.ndarray | None = None,
    gold: np.ndarray | None = None,
) -> np.ndarray:  # fmt: skip
    """Entity counts (n, 4, 3), the last type being the unknown one; `spurious` wrong predictions a type and row.

    groups: clusters that share how often an entity is found: their recall varies by a beta distribution.
    """
    gold = draw.poisson(TYPES, size=(n, 3)) if gold is None else gold
    found = np.full((n, 1), recall)
    if groups is not None:
        found = draw.beta(4 * recall, 4 * (1 - recall), size=groups.max() + 1)[groups][:, None]
    true = draw.binomial(gold, found)
    predicted = true + draw.poisson(spurious, size=(n, 3))
    counts = np.stack([true, predicted, gold], axis=-1)
    return np.concatenate([counts, np.zeros((n, 1, 3), dtype=int)], axis=1)


def span_truth(recall: float, spurious: float) -> float:
    """The strict micro F1 of such a system on infinitely many rows."""
    true = TYPES * recall
    mean = np.stack([true, true + spurious, TYPES], axis=-1)
    return float(METRICS["entity_f1"].function(np.concatenate([mean, np.zeros((1, 3))])))


def seeds(draw: np.random.Generator, n: int, accuracies: Iterable[float], share: float = 0.6) -> list[np.ndarray]:
    """Confusion rows of several trainings of one recipe on the same rows: a hard row is hard for all of them."""
    gold = draw.choice(K, size=n, p=GOLD)
    common = draw.normal(size=n)
    runs = []
    for accuracy in accuracies:
        latent = np.sqrt(share) * common + np.sqrt(1 - share) * draw.normal(size=n)
        runs.append(labels(draw, latent < ndtri(accuracy), gold))
    return runs


def trained(draw: np.random.Generator, k: int, mean: float = 0.9, spread: float = 0.08) -> np.ndarray:
    """The accuracies of k trainings: normal in probit, 0.80 to 0.83 in the middle half for the values given here."""
    accuracies: np.ndarray = ndtr(draw.normal(mean, spread, size=k))
    return accuracies


@cache
def recipe_truth(metric: str, mean: float = 0.9, spread: float = 0.08) -> float:
    """The mean score of all trainings of the recipe on infinitely many rows."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    scores = [truth(metric, float(ndtr(mean + spread * node))) for node in nodes]
    return float(np.average(scores, weights=weights))
