"""Which pairs of test and training text may be copies: those that share several of the test text's rarest grams."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from phingpt_bench.data.copies.grams import Grams, Sets, counted, spread

PARTS, RAREST = 4, 5  # from each quarter of a test text, this many of its rarest grams
SHARED = 4  # the least number of them in a copy: half of a text has about ten of the twenty
LEAST, UNIQUE, ENOUGH = 0.05, 0.5, 0.25  # see `Rare.pairs`
MOST_ROWS = 1 << 13  # rows of one call
_ROW_BITS, _FILTER_BITS = np.uint64(13), 24
_WORD, _LOW = np.uint64(32), np.uint64(0xFFFFFFFF)

_NONE = np.empty(0, np.int64)


class Rare:
    """The rarest grams of the test texts, spread over each text, and the texts that contain them.

    Grams are rare if few texts of the same dataset share them (`likeness.Rarity`), so the choice for a text does not
    depend on other datasets. A changed word or number destroys the grams around it; the other quarters keep theirs. A
    short text gives all its grams.
    """

    def __init__(self, found: Grams, weights: NDArray[np.float64], count: int) -> None:
        """found: the grams of `count` test texts in text order. weights: one for each gram."""
        starts = np.searchsorted(found.rows, np.arange(count + 1))
        chosen = np.array([at for part in pairwise(starts) for at in _chosen(found.values, weights, *part)], np.int64)
        order = chosen[np.lexsort((found.rows[chosen], found.values[chosen]))]
        self._grams, sizes = counted(found.values[order])
        self._starts = np.concatenate([[0], np.cumsum(sizes)])
        self._texts = found.rows[order]
        self._weights = weights[order].astype(np.float32)
        self._totals = np.bincount(self._texts, self._weights, count)
        self._filter = np.zeros(1 << _FILTER_BITS, dtype=bool)
        self._filter[self._grams >> np.uint32(32 - _FILTER_BITS)] = True

    def pairs(self, rows: Sets) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(test text, row) of the pairs that may be copies, for at most MOST_ROWS rows.

        They share SHARED grams with enough weight: at least LEAST of the weight of all chosen grams of the test text,
        and either UNIQUE, or ENOUGH of it, or half of the grams. A pair that only shares a common phrase ("Operating
        profit rose to EUR ...") is not one.
        """
        at, row = self._held(rows)
        if not len(at):
            return _NONE, _NONE
        sizes = self._starts[at + 1] - self._starts[at]
        places = spread(self._starts[at], sizes)
        # sorting keys takes a fifth of the time of argsort, so each key carries its weight
        keys = ((self._texts[places].astype(np.uint64) << _ROW_BITS) | np.repeat(row, sizes)) << _WORD
        keys = np.sort(keys | self._weights.view(np.uint32)[places])
        pairs, weights = (keys >> _WORD).astype(np.int64), keys.astype(np.uint32).view(np.float32)
        first = np.flatnonzero(np.concatenate([[True], pairs[1:] != pairs[:-1]]))
        shared, weight, pairs = np.diff(first, append=len(keys)), np.add.reduceat(weights, first), pairs[first]
        total = self._totals[pairs >> int(_ROW_BITS)]
        likely = (weight >= UNIQUE) | (weight >= ENOUGH * total) | (shared >= PARTS * RAREST // 2)
        found = pairs[likely & (shared >= SHARED) & (weight >= LEAST * total)]
        return found >> int(_ROW_BITS), found & (MOST_ROWS - 1)

    def _held(self, rows: Sets) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
        """(number of the gram, row) of every chosen gram in a row."""
        maybe = self._filter[rows.values >> np.uint32(32 - _FILTER_BITS)]
        # in the order of the grams: random access takes three times as long
        keys = np.sort((rows.values[maybe].astype(np.uint64) << _WORD) | rows.rows[maybe].astype(np.uint64))
        values = (keys >> _WORD).astype(np.uint32)
        at = np.searchsorted(self._grams, values)
        there = np.append(self._grams, np.uint32(0))[at] == values
        there &= at < len(self._grams)
        return at[there], keys[there] & _LOW


def _chosen(grams: NDArray[np.uint32], weights: NDArray[np.float64], start: int, end: int) -> list[int]:
    """The places of the heaviest grams of each part of one text, whose grams are `start` to `end` in text order."""
    found: dict[int, int] = {}  # gram -> place, without duplicates
    for part in np.array_split(np.arange(start, end), PARTS):
        heaviest = part[np.argsort(-weights[part], kind="stable")]
        own: dict[int, int] = dict(zip(grams[heaviest[::-1]].tolist(), heaviest[::-1].tolist(), strict=True))
        found = dict(list(own.items())[::-1][:RAREST]) | found
    return list(found.values())
