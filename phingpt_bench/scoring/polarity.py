"""Polarity flips: rows of one pole that were taken for the opposite pole.

F1 counts every wrong class alike. A reader who acts on the answer does not: positive news taken for neutral is a
chance missed, positive news taken for negative is the trade made in the wrong direction, and with NWGI's seven classes
"mildly" for "moderately" costs next to nothing. So the rate of flips is given with F1: two models of the same F1 can
differ in it, and it is the number to look at first before answers are turned into positions.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np

from phingpt_bench.scoring.classification import aligned
from phingpt_bench.scoring.ratio import ratio
from phingpt_bench.scoring.words import fold

_POLES = {
    **dict.fromkeys(("negative", "negativo", "negativa", "bearish", "dovish"), -1),
    **dict.fromkeys(("neutral", "neutro", "neutra"), 0),
    **dict.fromkeys(("positive", "positivo", "positiva", "bullish", "hawkish"), 1),
}
_DEGREES = ("strong", "strongly", "moderately", "mildly")  # NWGI
_POLES |= {f"{degree} {pole}": _POLES[pole] for degree, pole in product(_DEGREES, ("negative", "positive"))}


def polarity(labels: Sequence[str]) -> list[int] | None:
    """-1, 0 or +1 for each label of a set with two poles; None for any other set (topics, yes/no, entity types).

    Known are negative / neutral / positive, the same in Spanish, NWGI's degrees of them, bearish / neutral / bullish,
    and dovish -1 / neutral 0 / hawkish +1. The last is a direction of interest rates, not good and bad news, but a flip
    of it is as costly. Case, and hyphens or underscores for spaces, are disregarded. A set with one unknown label, or
    with labels of one pole only, has no poles.
    """
    poles = [_POLES.get(" ".join(fold(label).replace("_", " ").replace("-", " ").split())) for label in labels]
    known = [pole for pole in poles if pole is not None]
    return known if len(known) == len(poles) and {-1, 1} <= set(known) else None


def flip_counts(gold: Sequence[int], pred: Sequence[int], labels: Sequence[str]) -> np.ndarray:
    """[flipped, polar gold] by row, shape (n, 2), int64; `gold` and `pred` index into `labels`, pred -1 is INVALID.

    Polar gold is 1 if the gold label is at a pole; flipped is 1 if the predicted one is at the opposite pole as
    well. Neither neutral nor INVALID is at a pole: an answer that cannot be read moves no money.
    ValueError for labels without poles (see `polarity`), unequal lengths, and indices out of range.
    """
    poles = polarity(labels)
    if poles is None:
        raise ValueError(f"labels without poles: {', '.join(labels)}")
    right, said = aligned(gold, pred, len(poles))
    of = np.array([*poles, 0], dtype=np.int64)  # INVALID, -1, finds the last
    return np.stack([of[right] * of[said] == -1, of[right] != 0], axis=-1).astype(np.int64)


def flip_rate(counts: np.ndarray) -> np.ndarray:
    """Flipped over polar gold, from summed `flip_counts` (..., 2), shape (...); nan without polar gold.

    Lower is better. The rate is of all rows with polar gold, not of those with a polar answer, so that models that
    answer "neutral" to different numbers of rows can be compared. A model that always says neutral has the rate 0: read
    it beside F1, never alone.
    """
    flipped, polar = np.moveaxis(np.asarray(counts, dtype=float), -1, 0)
    return ratio(flipped, polar)
