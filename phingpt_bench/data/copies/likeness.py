"""The similarity of a test text and a training text: their shared grams, weighted by rarity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from phingpt_bench.data.copies.grams import Sets, counted, spread

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_WORD, _NO_KEY = np.uint64(32), np.uint64(2**64 - 1)


class Rarity:
    """The weight of a gram in a dataset: 1 / (number of distinct texts of the dataset with it).

    So a common phrase has little weight, and a unique sentence the full weight of its grams. A gram that is in no text
    of
    the dataset has the average weight of its grams: a foreign word must count against a pair, but no more than another
    word.
    """

    def __init__(self, grams: Sets) -> None:
        self._grams, counts = counted(grams.values)
        self._weights = 1 / counts
        self._novel = len(counts) / max(1, int(counts.sum()))

    def of(self, grams: NDArray[np.uint32]) -> Floats:
        """The weight of each."""
        if not len(self._grams):
            return np.full(len(grams), self._novel)
        at = np.minimum(np.searchsorted(self._grams, grams), len(self._grams) - 1)
        return np.where(self._grams[at] == grams, self._weights[at], self._novel)


@dataclass(frozen=True, slots=True)
class Likeness:
    """The weight of the grams in both texts, and in each text, for pairs of a test and a training text."""

    shared: Floats
    test: Floats
    training: Floats

    @property
    def jaccard(self) -> Floats:
        """The shared part of the union; 0 if neither has a gram."""
        return _ratio(self.shared, self.test + self.training - self.shared)

    @property
    def of_test(self) -> Floats:
        """The shared part of the test text; 0 if it has no gram."""
        return _ratio(self.shared, self.test)

    @property
    def of_training(self) -> Floats:
        """The shared part of the training text; 0 if it has no gram."""
        return _ratio(self.shared, self.training)


class Weighed:
    """The sets of some test texts, weighted by the rarity of their dataset. totals: the weight of each text."""

    def __init__(self, tests: Sets, rarity: Rarity) -> None:
        self._tests, self._rarity = tests, rarity
        self._weights = rarity.of(tests.values)
        self.totals = _sums(tests.rows, self._weights, len(tests.sizes))

    def likeness(self, tests: Ints, training: Sets, rows: Ints) -> tuple[Likeness, Likeness]:
        """(weighted, with a weight of 1 for every gram) of test text tests[i] and training text rows[i], for every i.

        `training` holds fewer than 2**32 texts.
        """
        used, row = np.unique(rows, return_inverse=True)
        sizes = training.sizes[used]
        values = training.values[spread(training.starts[used], sizes)]
        owner = np.repeat(np.arange(len(used)), sizes)
        totals = _sums(owner, self._rarity.of(values), len(used))
        keys = (owner.astype(np.uint64) << _WORD) | values
        own = self._tests.sizes[tests]
        places = spread(self._tests.starts[tests], own)
        wanted = (np.repeat(row, own).astype(np.uint64) << _WORD) | self._tests.values[places]
        at = np.searchsorted(keys, wanted)
        there = np.append(keys, _NO_KEY)[at] == wanted
        pair = np.repeat(np.arange(len(tests)), own)
        weights = self._weights[places[there]]
        shared, number = (_sums(pair[there], each, len(tests)) for each in (weights, np.ones(len(weights))))
        return (
            Likeness(shared, self.totals[tests], totals[row]),
            Likeness(number, own.astype(np.float64), sizes[row].astype(np.float64)),
        )


def _sums(places: Ints, values: Floats, count: int) -> Floats:
    """The sum of the values at each of `count` places."""
    return np.bincount(places, values, count).astype(np.float64)


def _ratio(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)
