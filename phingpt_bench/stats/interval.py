"""A confidence interval, and Wilson's of a proportion."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

EDGE = "edge"  # of a score that no row moves from an end of its scale


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval, as fractions.

    method: "wilson" or "bootstrap", each with "-clustered" if rows share documents, "seeds", or EDGE.
    """

    low: float
    """Lower end, in the unit of the score."""

    high: float
    """Upper end."""

    level: float
    """Its coverage, such as 0.95."""

    method: str


def wilson(successes: float, n: float, level: float = 0.95) -> Interval | None:
    """The score interval of a proportion (Wilson 1927), without continuity correction; None for n = 0.

    One row also gives an interval (0.21 to 1 after a success); n need not be whole (an effective number of rows).
    ValueError unless 0 <= successes <= n.
    """
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} successes of {n}")
    if n == 0:
        return None
    z2 = NormalDist().inv_cdf((1 + level) / 2) ** 2
    middle = (successes + z2 / 2) / (n + z2)
    half = math.sqrt(z2) / (n + z2) * math.sqrt(successes * (n - successes) / n + z2 / 4)
    low = 0.0 if successes == 0 else max(0.0, middle - half)  # exactly, not up to rounding
    high = 1.0 if successes == n else min(1.0, middle + half)
    return Interval(low, high, level, "wilson")


def at_edge(score: float, units: int, bounds: tuple[float, float], level: float = 0.95) -> Interval | None:
    """The interval of a score that is at an end of its scale whichever of the rows are drawn.

    units: the number of rows (clusters) that have a score of their own. None of them moves the score, so the share of
    those that would is 0 of `units`; the interval is Wilson's of that share, times the length of the scale. It is exact
    for shares, and for F1 that of the accuracy, so a class of few rows can lower a macro F1 further. None inside the
    scale, and where it has no end.
    """
    low, high = bounds
    if math.isinf(high - low) or not units:
        return None
    unseen = wilson(0, units, level)
    assert unseen is not None
    reach = unseen.high * (high - low)
    if math.isclose(score, low, abs_tol=1e-12):
        return Interval(low, low + reach, level, EDGE)
    return Interval(high - reach, high, level, EDGE) if math.isclose(score, high, abs_tol=1e-12) else None
