"""One-bit MinHash signatures (Li and König 2010): the overlap of two texts from bits that do not reveal them.

In each of BITS random orders of all grams, one random bit is taken of a text's first gram. Two texts agree in a bit
with probability (1 + J) / 2, where J is the Jaccard index of their sets of grams. A full minimum could be looked up in
a list of all five-letter strings, and a few hundred of them reveal the text; one bit fits half of the strings.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from phingpt_bench.data.copies.grams import counted, grams, sets, spread

BITS = 512
ALIKE = 0.65  # the estimated Jaccard index from which two texts are near copies
_BAND = np.dtype("<u2")  # two texts are compared if 16 bits at one place agree
_BLOCK = 64
_ORDERS = np.random.RandomState(1).bytes(
    16 * BITS
)  # the legacy generator gives the same numbers in every version of numpy
_FACTORS, _ADDED = np.frombuffer(_ORDERS, dtype="<u8").astype(np.uint64).reshape(2, BITS)
_FACTORS = _FACTORS | np.uint64(1)
_ONES = np.array([number.bit_count() for number in range(1 << 16)], dtype=np.uint8)


def signatures(folded: Sequence[str]) -> NDArray[np.uint64]:
    """(texts, BITS / 64) of folded texts; all zeros for a text without a gram."""
    own = sets(grams(folded), len(folded))
    bits = np.zeros((len(folded), BITS), dtype=bool)
    rows = np.flatnonzero(own.sizes)
    if len(rows):
        wide = own.values.astype(np.uint64)
        for start in range(0, BITS, _BLOCK):
            block = slice(start, start + _BLOCK)
            orders = (_FACTORS[block, None] * wide + _ADDED[block, None]) >> np.uint64(31)
            bits[rows, block] = (np.minimum.reduceat(orders, own.starts[rows], axis=1) & np.uint64(1)).T
    return np.packbits(bits, axis=1, bitorder="little").view("<u8").astype(np.uint64)


def alike(tests: NDArray[np.uint64], declared: NDArray[np.uint64]) -> NDArray[np.int64]:
    """The numbers of the test signatures that are ALIKE to one of the declared ones."""
    found = np.zeros(len(tests), dtype=bool)
    for band in range(BITS // 16):
        mine, theirs = (each.astype("<u8").view(_BAND)[:, band] for each in (tests, declared))
        order = np.argsort(theirs, kind="stable")
        values, sizes = counted(theirs)
        at = np.minimum(np.searchsorted(values, mine), max(0, len(values) - 1))
        here = np.flatnonzero((values[at] == mine) & ~found & tests.any(axis=1))
        starts = np.cumsum(sizes) - sizes
        places = order[spread(starts[at[here]], sizes[at[here]])]
        test = np.repeat(here, sizes[at[here]])
        for part in np.array_split(np.arange(len(test)), 1 + len(test) // 1_000_000):
            differing = _ONES[(tests[test[part]] ^ declared[places[part]]).view(np.uint16)].sum(axis=1, dtype=np.int64)
            found[test[part][1 - 2 * differing / BITS >= ALIKE]] = True
    return np.flatnonzero(found)
