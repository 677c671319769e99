"""Times, tokens, energy and memory as people read them; unknown is N/A."""

from __future__ import annotations

from phingpt_bench.text.language import say
from phingpt_bench.text.numbers import unknown_text


def duration_text(seconds: float | None) -> str:
    """A duration rounded to the unit shown: "<1 s", "42 s", "28 min", "1 h 05 min"."""
    if seconds is None:
        return unknown_text()
    if 0 < seconds < 1:
        return "<1 s"
    if round(seconds) < 60:
        return f"{round(seconds)} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def short_duration(seconds: float | None) -> str:
    """A duration in at most six characters, for narrow columns: "42 s", "65 min", "1.8 h", "140 h"."""
    if seconds is None or seconds < 59.5:
        return duration_text(seconds)
    if seconds < 99.5 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 99.95 * 3600 else f"{seconds / 3600:.0f} h"


def clock_text(seconds: float) -> str:
    """Time as it goes by, to the second: "0:07", "12:30", "1:05:09"."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def tokens_text(count: int | None) -> str:
    """A number of tokens: "950", "12.3k", "4.5M", "2.1G"."""
    if count is None:
        return unknown_text()
    for limit, divisor, unit in ((1000, 1, ""), (999_950, 1000, "k"), (999_950_000, 1_000_000, "M")):
        if count < limit:
            return f"{count / divisor:.1f}{unit}" if unit else str(count)
    return f"{count / 1e9:.1f}G"


def energy_text(joules: float | None) -> str:
    """An amount of energy: "950 J", "12.3 kJ", "4.5 MJ"."""
    if joules is None:
        return unknown_text()
    for limit, divisor, unit in ((1e3, 1.0, "J"), (1e6, 1e3, "kJ"), (1e9, 1e6, "MJ")):
        if joules < limit:
            return f"{joules / divisor:.0f} {unit}" if unit == "J" else f"{joules / divisor:.1f} {unit}"
    return f"{joules / 1e9:.1f} GJ"


def flops_text(flops: float | None) -> str:
    """Floating-point operations, which are always computed: "3.2e+15 FLOPs (computed)"."""
    return unknown_text() if flops is None else say("{n:.1e} FLOPs (computed)", n=flops)


def memory_text(bytes_: int | None) -> str:
    """An amount of memory in units of 2**30 bytes: "2.3 GB"."""
    return unknown_text() if bytes_ is None else f"{bytes_ / 2**30:.1f} GB"
