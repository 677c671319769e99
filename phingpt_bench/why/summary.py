"""What explained rows say together: words by mean contribution, and how alike two systems look at a text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from phingpt_bench.why.faithful import mean
from phingpt_bench.why.figures import Mean, WordMean
from phingpt_bench.why.values import RowWhy

LEAST = 3  # rows that a word needs


def word_means(rows: Sequence[RowWhy]) -> list[WordMean]:
    """The words of at least LEAST rows, the largest mean change first; of one system the largest contribution.

    Words are compared in lower case. A word that a row has twice counts with the sum of its contributions; of several
    targets of a row (entities) likewise. A row in which a system says nothing that is explained is left out.
    """
    found: dict[str, list[list[float]]] = {}
    for row in (row for row in rows if all(side.targets for side in row.sides)):
        own: dict[str, list[float]] = {}
        for at, (start, end) in enumerate(row.words):
            sums = own.setdefault(row.text[start:end].lower(), [0.0] * len(row.sides))
            for side, answered in enumerate(row.sides):
                sums[side] += sum(target.changes[at] for target in answered.targets)
        for word, sums in own.items():
            found.setdefault(word, []).append(sums)
    means = [_of_word(word, np.asarray(values)) for word, values in found.items() if len(values) >= LEAST]
    return sorted(means, key=lambda one: -abs((one.change or one.sides[0]).value))


def _of_word(word: str, values: np.ndarray) -> WordMean:
    sides = [mean(column) for column in values.T]
    return WordMean(word=word, sides=sides, change=mean(values[:, 1] - values[:, 0]) if len(sides) > 1 else None)


def agreement(rows: Sequence[RowWhy]) -> Mean | None:
    """The mean over rows of Spearman's correlation between two systems; None where there are not two of a label."""
    found = [
        value
        for row in rows
        if len(row.sides) > 1 and all(len(side.targets) == 1 for side in row.sides)
        if (value := spearman(*(side.targets[0].changes for side in row.sides))) is not None
    ]
    return mean(found) if found else None


def spearman(a: Sequence[float], b: Sequence[float]) -> float | None:
    """Spearman's rank correlation; None for fewer than three words, or where one side has no differences."""
    if len(a) < 3 or len(set(a)) < 2 or len(set(b)) < 2:
        return None
    from scipy.stats import spearmanr

    return float(spearmanr(a, b).statistic)
