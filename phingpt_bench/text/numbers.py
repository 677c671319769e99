"""Numbers as people read them, in the language in force: scores, shares, p-values, counts of things."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, ROUND_UP, Decimal
from typing import Any

from phingpt_bench.text.language import say

DIGITS = 10  # significant ones of a number for programs: the last of a float's 17 depend on the processor


def rounded(value: Any) -> Any:
    """A value for CSV or JSON, with its floats, however deep, to DIGITS significant digits."""
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}")
    if isinstance(value, dict):
        return {name: rounded(inner) for name, inner in value.items()}
    return [rounded(inner) for inner in value] if isinstance(value, list | tuple) else value


def unknown_text() -> str:
    """The text for a value that was not measured: never a zero."""
    return say("N/A")


def score_text(score: float | None) -> str:
    """Three decimals, half up in decimal (0.6655 is 0.666, which binary rounding makes 0.665), or N/A."""
    if score is None:
        return unknown_text()
    return str(Decimal(repr(score)).quantize(Decimal("0.001"), ROUND_HALF_UP))


def signed(value: float | None, mark: str = "") -> str:
    """Three decimals with their sign and the mark after them, "+0.123*"; N/A for None; never -0.000."""
    if value is None:
        return unknown_text()
    text = f"{value:+.3f}"
    return (text if float(text) else "+0.000") + mark


def interval_text(low: float | None, high: float | None) -> str:
    """The ends with three decimals, "[0.832, 0.872]"; empty if there is no interval."""
    return "" if low is None or high is None else f"[{low:.3f}, {high:.3f}]"


def signed_interval(low: float | None, high: float | None) -> str:
    """The ends with their signs, "[-0.012, +0.345]"; empty if there is no interval."""
    return "" if low is None or high is None else f"[{signed(low)}, {signed(high)}]"


def p_text(p: float | None, at_most: bool = False) -> str:
    """A p-value to three decimals, four where these do not tell on which side of 0.05 it is; "p<0.001" below.

    at_most: it is the smallest that the test could give: "p<=0.002", rounded up.
    """
    if p is None:
        return ""
    if at_most and p >= 0.001:
        return f"p<={Decimal(repr(p)).quantize(Decimal('0.001'), ROUND_UP)}"
    if 0.045 <= p < 0.055:
        return "p<0.0500" if p < 0.05 and f"{p:.4f}" == "0.0500" else f"p={p:.4f}"
    return "p<0.001" if p < 0.001 else f"p={p:.3f}"


def percent(share: float) -> str:
    """A share as a whole percentage; <1% rather than 0% for what is not nothing."""
    return "0%" if share == 0 else "<1%" if share < 0.005 else f"{100 * share:.0f}%"


def letters(place: int) -> str:
    """The name of a place that is counted in letters: a to z, then aa, ab, ..."""
    above, last = divmod(place, 26)
    return (letters(above - 1) if above else "") + chr(ord("a") + last)


def numbered(texts: Iterable[str]) -> dict[str, int]:
    """A number from 1 on for each distinct text, in order of appearance: for notes below a table."""
    return {text: place for place, text in enumerate(dict.fromkeys(texts), 1)}


def rounded_parameters(count: float) -> float:
    """A number of parameters as it is shown: whole millions, from a billion on two figures, from ten whole billions."""
    if count < 999.5e6:
        return round(count / 1e6) * 1e6
    return (float(f"{count / 1e9:.2g}") if count < 1e10 else round(count / 1e9)) * 1e9


def parameters_text(count: float) -> str:
    """A number of parameters, "135M", "7.2B": see `rounded_parameters`."""
    count = rounded_parameters(count)
    return f"{count / 1e6:.0f}M" if count < 1e9 else f"{count / 1e9:g}B"
