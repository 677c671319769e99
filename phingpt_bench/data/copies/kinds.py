"""How a test text is like a training text, the closest kind first, and from where on it is so."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from phingpt_bench.core.exposure import KINDS
from phingpt_bench.data.copies.likeness import Likeness

__all__ = ["KINDS"]
EXACT, NORMALISED, NEAR, CONTAINED, TRANSLATED, NONE = range(6)  # places in KINDS

# Chosen on halves of the Financial PhraseBank and TFNS with planted copies (docs/contamination.md). Each is a share of
# what the grams weigh, and a smaller share of their mere number: a name that only two texts have weighs a lot, and
# does not make "Nokia reports Q3 results" a copy of "Nokia declares a dividend".
NEAR_FROM, NEAR_COUNTED = 0.31, 0.3  # near: of all that is in either text, so much is in both
HELD_FROM, HELD_COUNTED = 0.62, 0.6  # contained: so much of one of the two is in the other
COVERED_FROM = 0.2  # and where the training text is the shorter one, so much of the test text is in it
# near, as all but the values of digits is equal: what the test text still weighs then, or it is a mere form
OWN_FROM = 5.0
# all words of a headline are somewhere in an annual report: so what holds a test text is at most so many times as long,
# or has so many characters, and longer training texts are looked at in pieces
TIMES, PIECE = 12, 600


def kinds(weighed: Likeness, counted: Likeness) -> NDArray[np.int64]:
    """NEAR, CONTAINED or NONE for each pair, by what its grams weigh and by their number."""
    near = (weighed.jaccard >= NEAR_FROM) & (counted.jaccard >= NEAR_COUNTED)
    short = counted.training <= np.maximum(PIECE, TIMES * counted.test)
    test = (weighed.of_test >= HELD_FROM) & (counted.of_test >= HELD_COUNTED) & short
    training = (weighed.of_training >= HELD_FROM) & (counted.of_training >= HELD_COUNTED)
    held = test | (training & (weighed.of_test >= COVERED_FROM))
    return np.where(near, NEAR, np.where(held, CONTAINED, NONE))
