"""Values of the board as text, the same in every form, in the language in force (text/language.py).

Our own English words are plain ASCII.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from decimal import ROUND_HALF_UP, Decimal

from phingpt_bench.core.records import Ledger
from phingpt_bench.cost.ledger import duration_text, rate_text, total_seconds, usd_text
from phingpt_bench.scoring.metrics import METRICS
from phingpt_bench.stats.intervals import Interval
from phingpt_bench.text.language import say, spoken
from phingpt_bench.text.machine import machine_text

TRANSLATED = ("load", "prepare", "train", "probe", "harness", "evaluate")  # phases of cost/meters.py
_BIDI_CONTROLS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@functools.lru_cache(maxsize=8192, typed=True)
def clean(text: object) -> str:
    """A text from a file on one line, without control characters or direction overrides.

    A text that holds right-to-left letters ends with a left-to-right mark, which has no width: otherwise a terminal
    that reorders text would pull the numbers to its right over to its left.
    """
    line = _BIDI_CONTROLS.sub("", str(text))
    line = " ".join("".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in line).split())
    return line + "\u200e" if any(unicodedata.bidirectional(c) in ("R", "AL") for c in line) else line


def csv_cell(value: object) -> object:
    """A value for a spreadsheet: numbers as they are, unknown empty, true and false in lower case, text on one line.

    A text that a spreadsheet would take for a formula (CWE-1236) gets an apostrophe in front, unless it is a number.
    """
    if value is None or isinstance(value, bool):
        return "" if value is None else str(value).lower()
    if isinstance(value, int | float):
        return value
    text = clean(value)
    try:
        float(text)
    except ValueError:
        return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text
    return text


def metric_name(metric: str) -> str:
    """The metric in words; an unknown one as it is."""
    return say(METRICS[metric].title) if metric in METRICS else clean(metric)


def unknown() -> str:
    """What stands in the place of a value that nobody measured."""
    return say("N/A")


def synthetic() -> str:
    """The warning over rows of the demonstration corpus."""
    return say("SYNTHETIC data: a demonstration of the tool, no measurement of any model")


def phase_text(phase: str) -> str:
    """A phase of a ledger in words."""
    return clean(spoken(phase))


def machine_of(ledger: Ledger) -> str:
    """The machine of a ledger, or N/A."""
    return unknown() if ledger.machine is None else clean(machine_text(ledger.machine))


def score_text(score: float | None) -> str:
    """Three decimals, half up in decimal (0.6655 is 0.666, which binary rounding makes 0.665), or N/A."""
    if score is None:
        return unknown()
    return str(Decimal(repr(score)).quantize(Decimal("0.001"), ROUND_HALF_UP))


def interval_text(interval: Interval | None) -> str:
    """[low, high] with three decimals; empty where there is none."""
    if interval is None:
        return ""
    return f"[{interval.low:.3f}, {interval.high:.3f}]"


def p_text(p: float | None) -> str:
    """p to three decimals, four where three would not tell on which side of 0.05 it is; "p<0.001" below that."""
    if p is None:
        return ""
    if 0.045 <= p < 0.055:
        return "p<0.0500" if p < 0.05 and f"{p:.4f}" == "0.0500" else f"p={p:.4f}"
    return "p<0.001" if p < 0.001 else f"p={p:.3f}"


def time_text(ledger: Ledger | None) -> str:
    """All phases together, or N/A."""
    return duration_text(total_seconds(ledger)) if ledger is not None and ledger.seconds else unknown()


def short_time(seconds: float | None) -> str:
    """A duration in at most six characters, for narrow columns: "42 s", "65 min", "1.8 h", "140 h"."""
    if seconds is None:
        return unknown()
    if seconds < 99.5 * 60:
        return duration_text(seconds) if seconds < 59.5 else f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 99.95 * 3600 else f"{seconds / 3600:.0f} h"


def money_text(ledger: Ledger | None) -> str:
    """USD, or N/A."""
    return unknown() if ledger is None or ledger.usd is None else usd_text(ledger.usd)


def small_usd(value: float | None) -> str:
    """Two digits that say something: "$0.0012", "$3.40", "$1,250"; "<$0.0001" for less, N/A for None.

    Costs of 1,000 documents lie many powers of ten apart, and "<$0.01" would make most of them one.
    """
    if value is None:
        return unknown()
    return rate_text(value) if value == 0 or value >= 0.0001 else "<$0.0001"


def higher_is_better(metric: str) -> bool:
    """Whether more of a metric is better; True for one that is not known here."""
    return metric not in METRICS or METRICS[metric].higher_is_better


def percent(share: float) -> str:
    """A share as a whole percentage; <1% rather than 0% for what is not nothing."""
    return "0%" if share == 0 else "<1%" if share < 0.005 else f"{100 * share:.0f}%"


def letters(place: int) -> str:
    """a to z, then aa, ab, ..."""
    above, last = divmod(place, 26)
    return (letters(above - 1) if above else "") + chr(ord("a") + last)
