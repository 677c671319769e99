"""The comparison of two runs with labels: confusion and its shift, fates, margins, polarity flips, calibration."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from phingpt_bench.core.outcomes import Outcomes
from phingpt_bench.results.comparison.row_values import FATES, Calibration, Class, Flips, LabelRow, Labels
from phingpt_bench.scoring import calibration, statistics
from phingpt_bench.scoring.classification import by_class
from phingpt_bench.stats.changes import changes


def labels_of(a: Outcomes, b: Outcomes) -> tuple[dict[str, int], Labels]:
    """The counts of FATES and the details; rows of `a` and `b` in the same order."""
    fates = label_fates(a, b)
    total_a, total_b = statistics.confusion(a).sum(0), statistics.confusion(b).sum(0)
    rows = tuple(
        LabelRow(
            id=row, fate=fate_, gold=gold, a=mine, b=theirs, margin_a=margin_a, margin_b=margin_b, probs_a=probs_a,
            probs_b=probs_b,
        )
        for row, fate_, gold, mine, theirs, (margin_a, probs_a), (margin_b, probs_b) in zip(
            a.ids, fates, a.gold, a.pred, b.pred, _confidence(a), _confidence(b), strict=True
        )
    )  # fmt: skip
    return counted(fates, FATES), Labels(
        labels=tuple(a.labels), confusion_a=_table(total_a), confusion_b=_table(total_b),
        shift=_table(total_b - total_a), classes=label_classes(a, b), flips=_flips(a, b),
        calibration=_calibration(a, b), rows=rows,
    )  # fmt: skip


def label_classes(a: Outcomes, b: Outcomes) -> tuple[Class, ...]:
    """Precision, recall and F1 of each label."""
    rows_a, rows_b = statistics.confusion(a), statistics.confusion(b)
    return classes(a.labels, rows_a.sum((0, 2)), changes(rows_a, rows_b, by_class, a.clusters))


def classes(names: Sequence[str], gold: np.ndarray, found: Any) -> tuple[Class, ...]:
    """By label or type its gold rows or entities (k,), and the changes (k, 3) of precision, recall and F1."""
    return tuple(
        Class(name=name, gold=int(n), precision=precision, recall=recall, f1=f1)
        for name, n, (precision, recall, f1) in zip(names, gold, found, strict=True)
    )


def label_fates(a: Outcomes, b: Outcomes) -> list[str]:
    """One of FATES by row."""
    rows = zip(a.gold, a.pred, b.pred, strict=True)
    return [fate(mine == gold, theirs == gold, mine == theirs) for gold, mine, theirs in rows]


def fate(right_a: bool, right_b: bool, alike: bool) -> str:
    """One of FATES for a row, by whether each side is right."""
    if right_a:
        return "right" if right_b else "broken"
    return "fixed" if right_b else "same-error" if alike else "different-error"


def counted(fates: Iterable[str], known: Sequence[str]) -> dict[str, int]:
    """The number of rows by fate, including zeros, in the order of `known`."""
    found = Counter(fates)
    return {name: found[name] for name in known}


def flips_of(ids: Sequence[str], flipped_a: np.ndarray, flipped_b: np.ndarray, polar: int) -> Flips:
    """The ids of rows by which run flips them. flipped: bool (n,)."""

    def chosen(where: np.ndarray) -> tuple[str, ...]:
        return tuple(ids[at] for at in np.flatnonzero(where).tolist())

    return Flips(
        introduced=chosen(flipped_b & ~flipped_a), removed=chosen(flipped_a & ~flipped_b),
        kept=chosen(flipped_a & flipped_b), polar=polar,
    )  # fmt: skip


def _flips(a: Outcomes, b: Outcomes) -> Flips | None:
    """None for labels without opposites."""
    mine, theirs = statistics.flips(a), statistics.flips(b)
    if mine is None or theirs is None:
        return None
    return flips_of(a.ids, mine[:, 0] > 0, theirs[:, 0] > 0, int(mine[:, 1].sum()))


def _confidence(outcomes: Outcomes) -> list[tuple[float | None, tuple[float, ...] | None]]:
    """(margin, probabilities) by row, None if there are none; one label alone has no margin."""
    if not outcomes.probs:
        return [(None, None)] * len(outcomes.ids)
    result: list[tuple[float | None, tuple[float, ...] | None]] = []
    for row, pred in zip(statistics.probabilities(outcomes).tolist(), outcomes.pred_places, strict=True):
        if not all(map(math.isfinite, row)):
            result.append((None, None))
            continue
        others = row[:pred] + row[pred + 1 :] if pred >= 0 else []
        result.append((round(row[pred] - max(others), 5) if others else None, tuple(row)))
    return result


def _calibration(a: Outcomes, b: Outcomes) -> Calibration | None:
    """Over the rows where both have finite probabilities; None without such a row."""
    if not (a.probs and b.probs):
        return None
    probs = [statistics.probabilities(side) for side in (a, b)]
    both = np.isfinite(probs[0]).all(1) & np.isfinite(probs[1]).all(1)
    if not both.any():
        return None
    gold = np.asarray(a.gold)[both]
    sums = []
    for side in probs:
        binned = calibration.ece_counts(gold, side[both]).reshape(len(gold), -1)
        sums.append(np.concatenate([binned, calibration.brier_counts(gold, side[both])[:, :1]], axis=1))

    def numbers(totals: np.ndarray) -> np.ndarray:
        bins = totals[..., :-1].reshape(*totals.shape[:-1], calibration.BINS, 3)
        n, right, confidence = np.moveaxis(bins.sum(-2), -1, 0)
        return np.stack([totals[..., -1] / n, calibration.ece(bins), confidence / n, (confidence - right) / n], axis=-1)

    clusters = [cluster for cluster, kept in zip(a.clusters, both, strict=False) if kept]
    brier, ece, confidence, over = changes(sums[0], sums[1], numbers, clusters)
    return Calibration(n=len(gold), brier=brier, ece=ece, confidence=confidence, overconfidence=over)


def _table(counts: np.ndarray) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(row) for row in counts.tolist())
