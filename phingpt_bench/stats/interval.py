"""A confidence interval, and Wilson's of a proportion."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval, as fractions.

    method: "wilson" or "bootstrap", each with "-clustered" if rows share documents, or "seeds".
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
