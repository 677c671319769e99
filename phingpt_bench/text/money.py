"""US dollars as people read them; unknown is N/A, never $0."""

from __future__ import annotations

import math
from collections.abc import Callable

from phingpt_bench.text.numbers import unknown_text

SMALLEST = 0.0001  # the least USD of a row or stage that is written out; below it "<$0.0001" says enough


def usd_text(value: float | None) -> str:
    """An amount: "$1.25", "<$0.01" for less than a cent, "$1,250" from $1,000 on, N/A for None."""
    if value is None:
        return unknown_text()
    if 0 < value < 0.01:
        return "<$0.01"
    return f"${value:,.0f}" if value >= 1000 else f"${value:.2f}"


def rate_text(value: float | None, least: float = 0.0) -> str:
    """An amount that is compared with others of its kind, such as USD for 1,000 documents: two figures below ten cents.

    "$0.0044", and as `usd_text` above: such amounts lie powers of ten apart, and "<$0.01" would make most of them one.
    Amounts above 0 and under `least` are shown as less than it.
    """
    if value is None or value >= 0.1 or value == 0:
        return usd_text(value)
    if value < least:
        return f"<{exact_text(least)}"
    return f"${value:.{1 - math.floor(math.log10(value))}f}"


def exact_text(value: float) -> str:
    """A round amount with no more digits than it has: "$0.001", "$0.00015", "$20"."""
    return f"${value:.10f}".rstrip("0").rstrip(".")


def range_text(low: float, high: float, one: Callable[[float | None], str] = usd_text) -> str:
    """Both ends, "$13.75-15.10", or one where they look alike, "$3.11". one: how an end is written."""
    start, end = one(low), one(high)
    return start if start == end else f"{start}-{end.removeprefix('$')}"
