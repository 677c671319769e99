"""Sums over a ledger's phases, and its quantities in words for boards."""

from __future__ import annotations

import math

from phingpt_bench.core.records import Ledger

MISSING = "N/A"


def total_seconds(ledger: Ledger) -> float:
    """Seconds over all phases; 0.0 when there is none."""
    return sum(ledger.seconds.values())


def per_thousand(ledger: Ledger, documents: int) -> float | None:
    """USD for 1,000 documents, from a ledger of `documents`; None where its USD are unknown or there are none."""
    return None if ledger.usd is None or not documents else 1000 * ledger.usd / documents


def total_joules(ledger: Ledger) -> float | None:
    """Joules over all phases; None where energy was not measured."""
    return None if ledger.joules is None else sum(ledger.joules.values())


def usd_text(value: float | None) -> str:
    """ "$1.25", "<$0.01" for less than a cent, "$1,250" from $1,000 on, "N/A" for None."""
    if value is None:
        return MISSING
    if 0 < value < 0.01:
        return "<$0.01"
    return f"${value:,.0f}" if value >= 1000 else f"${value:.2f}"


def rate_text(value: float | None) -> str:
    """USD of 1,000 documents: like `usd_text`, but to two figures below ten cents ("$0.0044"), where rates differ."""
    if value is None or value >= 0.1 or value == 0:
        return usd_text(value)
    places = 1 - math.floor(math.log10(value))
    return f"${value:.{places}f}"


def duration_text(seconds: float | None) -> str:
    """ "<1 s", "42 s", "28 min", "1 h 05 min", "N/A" for None; rounded to the unit shown."""
    if seconds is None:
        return MISSING
    if 0 < seconds < 1:
        return "<1 s"
    if round(seconds) < 60:
        return f"{round(seconds)} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def tokens_text(count: int | None) -> str:
    """ "950", "12.3k", "4.5M", "2.1G", "N/A" for None."""
    if count is None:
        return MISSING
    for limit, divisor, unit in ((1000, 1, ""), (999_950, 1000, "k"), (999_950_000, 1_000_000, "M")):
        if count < limit:
            return f"{count / divisor:.1f}{unit}" if unit else str(count)
    return f"{count / 1e9:.1f}G"


def energy_text(joules: float | None) -> str:
    """ "950 J", "12.3 kJ", "4.5 MJ", "N/A" for None."""
    if joules is None:
        return MISSING
    for limit, divisor, unit in ((1e3, 1.0, "J"), (1e6, 1e3, "kJ"), (1e9, 1e6, "MJ")):
        if joules < limit:
            return f"{joules / divisor:.0f} {unit}" if unit == "J" else f"{joules / divisor:.1f} {unit}"
    return f"{joules / 1e9:.1f} GJ"


def flops_text(flops: float | None) -> str:
    """ "3.2e+15 FLOPs (computed)", "N/A" for None."""
    return MISSING if flops is None else f"{flops:.1e} FLOPs (computed)"
