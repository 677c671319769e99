"""The kinds of copies, the closest first, and their thresholds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from phingpt_bench.core.exposure import KINDS
from phingpt_bench.data.copies.likeness import Likeness

__all__ = ["KINDS"]
EXACT, NORMALISED, NEAR, CONTAINED, TRANSLATED, NONE = range(6)  # places in KINDS

# Chosen on halves of the Financial PhraseBank and TFNS with planted copies (docs/contamination.md). Each is a share of
# the weight of the grams, and a smaller share of their number: a name that only two texts have weighs a lot, but does
# not make "Nokia reports Q3 results" a copy of "Nokia declares a dividend".
NEAR_FROM, NEAR_COUNTED = 0.31, 0.3  # near: the share of the union that is in both texts
HELD_FROM, HELD_COUNTED = 0.62, 0.6  # contained: the share of one text that is in the other
COVERED_FROM = 0.2  # and the share of the test text, if the training text is the shorter one
# near by equality except for digits: the least weight of the test text without them; otherwise it is a common phrase
OWN_FROM = 5.0
# all words of a headline occur somewhere in an annual report, so a text that contains a test text is at most this many
# times as long, or has at most this many characters; longer training texts are cut into pieces
TIMES, PIECE = 12, 600


def kinds(weighed: Likeness, counted: Likeness) -> NDArray[np.int64]:
    """NEAR, CONTAINED or NONE for each pair, by the weight and by the number of its grams."""
    near = (weighed.jaccard >= NEAR_FROM) & (counted.jaccard >= NEAR_COUNTED)
    short = counted.training <= np.maximum(PIECE, TIMES * counted.test)
    test = (weighed.of_test >= HELD_FROM) & (counted.of_test >= HELD_COUNTED) & short
    training = (weighed.of_training >= HELD_FROM) & (counted.of_training >= HELD_COUNTED)
    held = test | (training & (weighed.of_test >= COVERED_FROM))
    return np.where(near, NEAR, np.where(held, CONTAINED, NONE))
