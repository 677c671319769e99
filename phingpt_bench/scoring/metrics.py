"""The metrics by name: each is a function of counts that are summed over rows.

`METRICS[name].function(metric_rows(name, outcomes).sum(0))` is the score, and resampled sums give its interval.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.outcomes import Outcomes
from phingpt_bench.core.sentences import sentence
from phingpt_bench.scoring import calibration, classification, polarity, regression
from phingpt_bench.scoring.entity_metrics import entity_f1, entity_f1_macro, entity_precision, entity_recall
from phingpt_bench.scoring.ner import partial_f1
from phingpt_bench.scoring.statistics import STATISTICS


@dataclass(frozen=True, slots=True)
class Metric:
    """A score and its properties.

    kind: of the outcomes it belongs to, "labels", "spans" or "scores".
    statistic: the name in STATISTICS of the additive counts that it is a function of.
    function: from summed counts to the score, leading axes kept; nan if the score is undefined.
    title: for the head of a column. bounds: the smallest and the largest possible score.
    """

    name: str
    kind: str
    statistic: str
    function: Callable[[np.ndarray], np.ndarray]
    title: str
    higher_is_better: bool = True
    bounds: tuple[float, float] = (0.0, 1.0)


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("f1_by_question", "labels", "questions", classification.f1_by_question, sentence("F1 by question")),
        Metric("acc", "labels", "confusion", classification.accuracy, sentence("Accuracy")),
        Metric("f1_weighted", "labels", "confusion", classification.f1_weighted, sentence("F1 weighted")),
        Metric("f1_macro", "labels", "confusion", classification.f1_macro, sentence("F1 macro")),
        Metric("mcc", "labels", "confusion", classification.mcc, sentence("MCC"), bounds=(-1, 1)),
        Metric("flip_rate", "labels", "flips", polarity.flip_rate, sentence("Polarity flips"), False),
        Metric("brier", "labels", "brier", calibration.brier, sentence("Brier"), False, (0, 2)),
        Metric("ece", "labels", "ece", calibration.ece, sentence("ECE"), False),
        Metric("f1_valid", "labels", "written", classification.f1_weighted_valid, sentence("F1 of readable answers")),
        Metric("invalid_rate", "labels", "written", classification.invalid_rate, sentence("Invalid answers"), False),
        Metric("entity_f1", "spans", "spans", entity_f1, sentence("Entity F1")),
        Metric("entity_precision", "spans", "spans", entity_precision, sentence("Entity precision")),
        Metric("entity_recall", "spans", "spans", entity_recall, sentence("Entity recall")),
        Metric("entity_f1_macro", "spans", "spans", entity_f1_macro, sentence("Entity F1 macro")),
        Metric("entity_f1_partial", "spans", "partial", partial_f1, sentence("Entity F1 partial")),
        Metric("entity_f1_type", "spans", "typed", entity_f1, sentence("Entity F1 type only")),
        Metric("r2", "scores", "errors", regression.r2, sentence("R2"), bounds=(-math.inf, 1)),
        Metric("mse", "scores", "errors", regression.mse, sentence("MSE"), False, (0, math.inf)),
        Metric("mae", "scores", "errors", regression.mae, sentence("MAE"), False, (0, math.inf)),
        Metric("cosine", "scores", "errors", regression.cosine, sentence("Cosine"), bounds=(-1, 1)),
    )
}


def metric_rows(name: str, outcomes: Outcomes) -> np.ndarray | None:
    """The additive counts by row (n, ...) that a metric is a function of; None if the outcomes have no such thing.

    Label probabilities are missing where answers were written, poles where labels are topics. BenchError for outcomes
    that are inconsistent.
    """
    metric = METRICS[name]
    return STATISTICS[metric.statistic](outcomes) if metric.kind == outcomes.kind else None


def row_counts(outcomes: Outcomes) -> np.ndarray:
    """The counts that every outcome of its kind has: (n, k, k + 1) labels, (n, types + 1, 3) spans, (n, 7) scores."""
    rows = STATISTICS[_main(outcomes)](outcomes)
    assert rows is not None
    return rows


def _main(outcomes: Outcomes) -> str:
    """The statistic that every outcome of its kind has."""
    main = {"labels": "confusion", "spans": "spans", "scores": "errors"}
    if outcomes.kind not in main:
        raise BenchError(
            "outcomes of unknown kind '{kind}'", hint="known: {names}", kind=outcomes.kind, names=", ".join(main)
        )
    return main[outcomes.kind]


def score_of(outcomes: Outcomes, metric: str) -> float | None:
    """One metric, as `score_all` gives it; None also where the outcomes do not allow it."""
    rows = metric_rows(metric, outcomes)
    score = np.nan if rows is None else float(METRICS[metric].function(rows.sum(0)))
    return None if np.isnan(score) else score


def score_all(outcomes: Outcomes) -> dict[str, float | None]:
    """All metrics that the outcomes allow, by name; None if a score is undefined (no row, or no entity at all)."""
    totals: dict[str, np.ndarray | None] = {_main(outcomes): row_counts(outcomes).sum(0)}
    scores: dict[str, float | None] = {}
    for name, metric in METRICS.items():
        if metric.kind != outcomes.kind:
            continue
        if metric.statistic not in totals:
            rows = STATISTICS[metric.statistic](outcomes)
            totals[metric.statistic] = None if rows is None else rows.sum(0)
        total = totals[metric.statistic]
        if total is not None:
            score = float(metric.function(total))
            scores[name] = None if np.isnan(score) else score
    return scores
