"""Sentiment as a number: read from a written answer, and the error scores of sums over rows.

The rule of `read_score`. The text is folded as in scoring/words.py. The first line with a letter or a digit counts
(lines that begin with ``` do not count). A number in it is digits with at most one decimal mark between or before
them ("0.5", ".5", "0,5", "1"), with an exponent or without; no letter, digit, or mark with a digit after it touches
it, so that "Q3" and "1.2.3" hold none. Its sign is + or one of the dashes - − – ‐ ‑ ‒ directly before it, with no
letter, digit or other sign before that; or the word "minus", "menos" (not "o menos"), "negative" or "negativo" and
white space. A percent sign (or "percent", "pct", "per cent", "por ciento") after it makes it no score. All numbers of
the line must be the same one.

Ambiguous are: a comma between one to three digits that do not begin with 0 and exactly three ("1,000" could be a
thousand; any other comma is the decimal mark), and a dash before a number that is no sign by the rule above but could
be meant as one: with white space after it, or a letter or digit before it ("- 0.5", "score-0.5"); so is ±.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from phingpt_bench.scoring.ratio import ratio
from phingpt_bench.scoring.words import fold

LOW, HIGH = -1.0, 1.0  # the ends of the scale of scores
SCORE_REASONS = ("empty", "no number", "several numbers", "percent", "ambiguous", "out of range")

_DASH = r"\-−–‐‑‒"  # for a class of characters
_NUMBER = re.compile(
    rf"(?:(?<![^\W_])(?<![+±{_DASH}])(?P<sign>[+{_DASH}])"
    r"|(?<!\bo )\b(?P<word>minus|menos|negative|negativo)\s+"
    rf"|(?P<loose>[±{_DASH}]\s*))?"
    r"(?<![^\W_])(?<!\d[.,])(?P<number>(?:\d+(?:[.,]\d+)?|\.\d+)(?:e[-+−]?\d+)?)(?![^\W_]|[.,]\d)"
    r"(?P<percent>\s*(?:%|(?:percent|pct|per cent|por ciento)\b))?"
)
_THOUSANDS = re.compile(r"[1-9]\d{0,2},\d{3}")


class ScoreReading(NamedTuple):
    """value: the number that was read, None if it is INVALID. reason: then one of SCORE_REASONS, else None."""

    value: float | None
    reason: str | None


def read_score(answer: str | None, low: float = -1.0, high: float = 1.0) -> ScoreReading:
    """The one number in low..high (inclusive) that `answer` gives, by the rule above; never raises (None is empty)."""
    reading = read_number(fold(answer) if isinstance(answer, str) else "")
    if reading.value is not None and not (math.isfinite(reading.value) and low <= reading.value <= high):
        return ScoreReading(None, "out of range")
    return reading


def read_number(text: str) -> ScoreReading:
    """The one number that a folded answer gives, of any size, by the rule above."""
    lines = (line for line in text.split("\n") if not line.lstrip().startswith("```"))
    line = next((line for line in lines if any(char.isalnum() for char in line)), None)
    if line is None:
        return ScoreReading(None, "empty")
    found = list(_NUMBER.finditer(line))
    if not found:
        return ScoreReading(None, "no number")
    if len({(_value(match), bool(match["percent"])) for match in found}) > 1:
        return ScoreReading(None, "several numbers")
    if found[0]["percent"]:
        return ScoreReading(None, "percent")
    if any(match["loose"] or _THOUSANDS.fullmatch(match["number"]) for match in found):
        return ScoreReading(None, "ambiguous")
    return ScoreReading(_value(found[0]), None)


def _value(match: re.Match[str]) -> float:
    value = float(match["number"].replace(",", ".").replace("−", "-"))
    return -value + 0.0 if match["word"] or match["sign"] not in (None, "+") else value  # + 0.0: no negative zero


def error_counts(gold: Sequence[float] | np.ndarray, pred: Sequence[float] | np.ndarray) -> np.ndarray:
    """Sums by row, shape (n, 7): [1, g, g^2, (p - g)^2, |p - g|, g p, p^2] for gold g and prediction p.

    An INVALID prediction (nan, or not finite) counts as the end of the scale LOW..HIGH that is farther from the gold,
    LOW from the middle: as wrong as an answer on the scale can be, never left out.
    ValueError for unequal lengths, and gold that is not finite or lies outside of the scale.
    """
    g, p = np.asarray(gold, dtype=float), np.asarray(pred, dtype=float)
    if g.shape != p.shape or g.ndim != 1:
        raise ValueError(f"gold and pred must be aligned lists, not of shape {g.shape} and {p.shape}")
    if not ((g >= LOW) & (g <= HIGH)).all():  # nan is neither
        raise ValueError(f"gold must lie in {LOW}..{HIGH}")
    p = np.where(np.isfinite(p), p, np.where(g - LOW >= HIGH - g, LOW, HIGH))
    return np.stack([np.ones_like(g), g, g**2, (p - g) ** 2, np.abs(p - g), g * p, p**2], axis=-1)


def mse(counts: np.ndarray) -> np.ndarray:
    """The mean squared error, from summed `error_counts` (..., 7), shape (...); nan without rows. Lower is better."""
    return ratio(_sums(counts)[3], _sums(counts)[0])


def mae(counts: np.ndarray) -> np.ndarray:
    """The mean absolute error; nan without rows. Lower is better."""
    return ratio(_sums(counts)[4], _sums(counts)[0])


def r2(counts: np.ndarray) -> np.ndarray:
    """The coefficient of determination, 1 - squared error / squared deviation of the gold from its own mean.

    As scikit-learn's r2_score, but nan if the gold is constant (its spread under a millionth of its size) or there
    is no row: no share of a variance of 0 can be explained. Below 0 is worse than always saying the mean.
    """
    n, g, gg, squared = _sums(counts)[:4]
    spread = gg - ratio(g, n) * g
    return 1.0 - ratio(squared, np.where(spread > 1e-12 * gg, spread, 0.0))


def cosine(counts: np.ndarray) -> np.ndarray:
    """The cosine of the angle between gold and predicted scores as vectors over all rows, -1 to 1, higher is better.

    The measure of SemEval-2017 task 5 (Cortis et al. 2017, after Ghosh et al. 2015) without its factor for coverage,
    the share of rows with an answer: here each row has one, because INVALID counts as the wrong end of the scale. It
    is blind to scale, so half of every gold score is as good as the gold itself: read it beside the errors.
    0 if all predictions are 0; nan if all gold scores are, or without rows.
    """
    *_, gg, _, _, gp, pp = _sums(counts)
    cos = np.where(pp > 0, ratio(gp, np.sqrt(gg * pp)), 0.0)
    return np.where(gg > 0, cos, np.nan)


def _sums(counts: np.ndarray) -> np.ndarray:
    return np.moveaxis(np.asarray(counts, dtype=float), -1, 0)
