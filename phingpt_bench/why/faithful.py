"""Whether the words that an explanation puts first are those that matter: against as many random words.

Comprehensiveness and sufficiency of DeYoung et al. 2020, in log-odds, at the same number of words for both: they grow
with the number of words, so nothing else can be compared. At k = 1 leave-one-out is right by construction.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np

from phingpt_bench.stats.score_interval import bootstrap
from phingpt_bench.why.figures import Faithful, Mean
from phingpt_bench.why.left_out import Variants

SIZES = (1, 3, 5)
DRAWS = 5  # sets of random words for each size


def sets_of(variants: Variants, changes: Sequence[float]) -> Variants | None:
    """The row with the texts that the figures need; None for a text of no more words than the largest size.

    By size: without the first words, with them alone, and the same for each random set.
    """
    n = len(variants.words)
    if n <= max(SIZES):
        return None
    ranked = sorted(range(n), key=lambda at: -changes[at])
    drawn = random.Random(f"0 {variants.row['id']}")
    every = frozenset(range(n))
    dropped: list[frozenset[int]] = [frozenset()]
    for size in SIZES:
        for words in (ranked[:size], *(drawn.sample(range(n), size) for _ in range(DRAWS))):
            dropped += [frozenset(words), every - frozenset(words)]
    return Variants(variants.row, variants.words, dropped)


def figures(values: Sequence[Sequence[float]]) -> list[Faithful]:
    """The figures for each size from the values of the texts of `sets_of`, by row; empty without rows."""
    if not values:
        return []
    lost = np.asarray([[own[0] - one for one in own[1:]] for own in values])
    by_size = lost.reshape(len(values), len(SIZES), 1 + DRAWS, 2)
    found = []
    for at, size in enumerate(SIZES):
        first, randomly = by_size[:, at, 0], by_size[:, at, 1:].mean(1)
        found.append(
            Faithful(
                k=size, removed=mean(first[:, 0]), removed_random=mean(randomly[:, 0]),
                alone=mean(first[:, 1]), alone_random=mean(randomly[:, 1]),
            )
        )  # fmt: skip
    return found


def mean(values: Sequence[float] | np.ndarray) -> Mean:
    """A mean with its bootstrap interval over rows."""
    numbers = np.asarray(values, dtype=float)
    rows = np.stack([numbers, np.ones(len(numbers))], axis=1)
    return Mean(value=float(numbers.mean()), interval=bootstrap(rows, _ratio), n=len(numbers))


def _ratio(totals: np.ndarray) -> np.ndarray:
    return np.asarray(totals[..., 0] / totals[..., 1])
