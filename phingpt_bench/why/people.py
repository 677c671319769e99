"""Whether a system looks at the words that people marked (rationales): token F1 and average precision of its ranking.

Both are those of DeYoung et al. 2020, section 4.1. Texts that are marked in full, or not at all, say nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from phingpt_bench.data.rows import Row
from phingpt_bench.why.faithful import mean
from phingpt_bench.why.figures import People
from phingpt_bench.why.values import RowWhy
from phingpt_bench.why.words import Place


def marked_words(row: Row, words: Sequence[Place]) -> list[int]:
    """The indices of the words that a marked piece of the text touches; empty for data without such pieces."""
    pieces = row.get("evidence") or ()
    return [at for at, (start, end) in enumerate(words) if any(a < end and start < b for a, b in pieces)]


def people(rows: Sequence[RowWhy], side: int) -> People | None:
    """The figures of one system; None without a row that has marked words, others, and one target."""
    return agreement_with(
        [(row.marked, row.sides[side].targets[0].changes) for row in rows if len(row.sides[side].targets) == 1]
    )


def agreement_with(pairs: Sequence[tuple[Sequence[int], Sequence[float]]]) -> People | None:
    """The figures from the marked words and the contributions of each row; rows without both kinds do not count."""
    found = [_figures(marked, changes) for marked, changes in pairs if 0 < len(marked) < len(changes)]
    if not found:
        return None
    f1, f1_gain, precision, precision_gain = (mean(values) for values in zip(*found, strict=True))
    return People(f1=f1, f1_gain=f1_gain, precision=precision, precision_gain=precision_gain)


def _figures(marked: Sequence[int], changes: Sequence[float]) -> tuple[float, float, float, float]:
    from sklearn.metrics import average_precision_score

    n, k = len(changes), len(marked)
    sizes = [abs(change) for change in changes]
    first = sorted(range(n), key=lambda at: -sizes[at])[:k]
    right = [at in set(marked) for at in range(n)]
    harmonic = sum(1 / place for place in range(1, n + 1))
    by_chance = (k - 1) / (n - 1) * (1 - harmonic / n) + harmonic / n  # expected over all orders of the words
    f1, precision = len(set(first) & set(marked)) / k, float(average_precision_score(right, sizes))
    return f1, f1 - k / n, precision, precision - by_chance
