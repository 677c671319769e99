"""How alike a test text and a training text are: by the grams that they share, each weighed by how rare it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from phingpt_bench.data.copies.grams import Sets, counted, spread

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_WORD, _NO_KEY = np.uint64(32), np.uint64(2**64 - 1)


class Rarity:
    """What a gram weighs in a data set: 1 / (distinct texts of the data set that have it).

    So a form that many texts are written in weighs little, and a sentence that is there once weighs all its grams. A
    gram that is in no text of the data set weighs what one of its running grams does on average: a foreign word must
    count against a pair, but no more than a word does.
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
    """Of pairs of a test and a training text, a value a pair: what the grams weigh that are in both, and in each."""

    shared: Floats
    test: Floats
    training: Floats

    @property
    def jaccard(self) -> Floats:
        """What is shared of all that is in either; 0 where neither has a gram."""
        return _ratio(self.shared, self.test + self.training - self.shared)

    @property
    def of_test(self) -> Floats:
        """The part of the test text that is shared; 0 where it has no gram."""
        return _ratio(self.shared, self.test)

    @property
    def of_training(self) -> Floats:
        """The part of the training text that is shared; 0 where it has no gram."""
        return _ratio(self.shared, self.training)


class Weighed:
    """The sets of some test texts, weighed by the rarity of their data set. totals: what each text weighs."""

    def __init__(self, tests: Sets, rarity: Rarity) -> None:
        self._tests, self._rarity = tests, rarity
        self._weights = rarity.of(tests.values)
        self.totals = _sums(tests.rows, self._weights, len(tests.sizes))

    def likeness(self, tests: Ints, training: Sets, rows: Ints) -> tuple[Likeness, Likeness]:
        """(weighed, every gram counted as 1) of test text tests[i] and training text rows[i], for every i.

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
