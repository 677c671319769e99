"""The 5-grams of folded texts, packed into arrays of 32-bit hashes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

GRAM = 5
_FACTOR = np.uint64(0x9E3779B97F4A7C15)  # odd, with well mixed bits: 2**64 divided by the golden ratio
_WORD = np.uint64(32)


@dataclass(frozen=True, slots=True)
class Grams:
    """Grams of several texts in text order: `values` are their hashes, `rows` the number of each one's text."""

    values: NDArray[np.uint32]
    rows: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Sets:
    """The set of grams of each of several texts: those of text i are `values[starts[i]:starts[i + 1]]`, sorted."""

    values: NDArray[np.uint32]
    starts: NDArray[np.int64]

    @property
    def sizes(self) -> NDArray[np.int64]:
        """The number of values of each text."""
        return np.diff(self.starts)

    @property
    def rows(self) -> NDArray[np.int64]:
        """The text of each value."""
        return np.repeat(np.arange(len(self.sizes)), self.sizes)


def grams(folded: Sequence[str]) -> Grams:
    """All grams of each folded text, in text order; a text shorter than a gram has none."""
    codes = np.frombuffer("".join(folded).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    rows = np.repeat(np.arange(len(folded)), np.fromiter(map(len, folded), dtype=np.int64, count=len(folded)))
    n = len(codes) - GRAM + 1
    if n <= 0:
        return Grams(np.empty(0, np.uint32), np.empty(0, np.int64))
    wide = codes.astype(np.uint64)
    value = wide[:n].copy()
    for at in range(1, GRAM):
        value *= _FACTOR
        value += wide[at : n + at]
    value *= _FACTOR  # the upper bits depend on all characters only after one more product
    whole = rows[:n] == rows[GRAM - 1 :]
    return Grams((value >> _WORD).astype(np.uint32)[whole], rows[:n][whole])


def sets(found: Grams, count: int) -> Sets:
    """Each text's distinct grams; `count` texts, of which some may have none."""
    keys, _ = counted((found.rows.astype(np.uint64) << _WORD) | found.values)
    return Sets(keys.astype(np.uint32), np.searchsorted(keys >> _WORD, np.arange(count + 1, dtype=np.uint64)))


def counted(values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """(the sorted distinct values, their counts); numpy.unique takes twenty times as long for large keys."""
    values = np.sort(values)
    first = np.flatnonzero(np.concatenate([np.ones(min(1, len(values)), bool), values[1:] != values[:-1]]))
    return values[first], np.diff(first, append=len(values))


def spread(starts: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """The places starts[i], starts[i] + 1 ... (`sizes[i]` of them), for each i in turn."""
    ends = np.cumsum(sizes)
    return np.repeat(starts - ends + sizes, sizes) + np.arange(ends[-1] if len(ends) else 0)
