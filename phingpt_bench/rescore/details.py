"""What our scorer says beyond scores: by label and type, why answers are INVALID, which errors, risk and coverage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from phingpt_bench.core.outcomes import Outcomes
from phingpt_bench.rescore.case import Case
from phingpt_bench.rescore.target import Target
from phingpt_bench.rescore.values import ClassScore, Details
from phingpt_bench.scoring import answered, calibration, ner
from phingpt_bench.scoring.answered import Answered
from phingpt_bench.scoring.statistics import confusion, probabilities, spans

COVERAGES = (0.5, 0.8, 0.9)


def details(case: Case, target: Target, rows: Sequence[Answered], outcomes: Outcomes) -> Details:
    """The details of the rows."""
    reasons = dict(Counter(row.reason for row in rows if row.reason).most_common())
    if target.kind == "spans":
        gold = [answered.gold_spans(doc) for doc in case.docs]
        misses = ner.misses_by_kind(outcomes.misses)
        return Details(classes=_types(target, gold, rows, outcomes), reasons=reasons, misses=misses)
    if target.kind == "scores":
        return Details(reasons=reasons)
    classes = _labels(target, confusion(outcomes).sum(0))
    if not outcomes.probs:
        return Details(classes=classes, reasons=reasons)
    probs = probabilities(outcomes)
    risks = calibration.risk_at(outcomes.gold_places, probs, COVERAGES)
    return Details(
        classes=classes,
        reasons=reasons,
        risks={str(share): risk for share, risk in zip(COVERAGES, risks, strict=True)},
        aurc=calibration.aurc(outcomes.gold_places, probs),
    )


def _labels(target: Target, total: np.ndarray) -> list[ClassScore]:
    result = []
    for at, name in enumerate(target.names):
        result.append(_class(name, int(total[at, at]), int(total[:, at].sum()), int(total[at].sum())))
    return result


def _types(target: Target, gold: Sequence[list], rows: Sequence[Answered], outcomes: Outcomes) -> list[ClassScore]:
    strict = spans(outcomes).sum(0)
    result = []
    for at, name in enumerate(target.names):
        partial = np.zeros(4, dtype=np.int64)
        typed = np.zeros(3, dtype=np.int64)
        for mine, row in zip(gold, rows, strict=True):
            if any(span.type == name for span in (*mine, *row.parsed.spans, *row.parsed.problems)):
                partial += ner.partial_counts(mine, row.parsed, name)
                typed += ner.type_only_counts(mine, row.parsed, target.names)[at]
        true, predicted, of_gold = map(int, strict[at])
        result.append(
            _class(
                name,
                true,
                predicted,
                of_gold,
                partial=_ratio(2 * int(partial[0]) + int(partial[1]), int(partial[2] + partial[3])),
                typed=_ratio(2 * int(typed[0]), int(typed[1] + typed[2])),
            )
        )
    return result


def _class(name: str, true: int, predicted: int, gold: int, **more: float | None) -> ClassScore:
    return ClassScore(
        name=name, precision=_ratio(true, predicted), recall=_ratio(true, gold), f1=_ratio(2 * true, predicted + gold),
        gold=gold, predicted=predicted, **more,
    )  # fmt: skip


def _ratio(over: int, under: int) -> float | None:
    return over / under if under else None
