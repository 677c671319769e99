"""The details of our scorer: scores by label and type, reasons of INVALID answers, errors, risk and coverage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from phingpt_bench.core.outcomes import Outcomes
from phingpt_bench.rescore.case import Case
from phingpt_bench.rescore.shapes import Shape
from phingpt_bench.rescore.shapes import shapes as shapes_of
from phingpt_bench.rescore.target import Target
from phingpt_bench.rescore.values import ClassScore, Details
from phingpt_bench.scoring import answered, calibration, ner
from phingpt_bench.scoring.answered import Answered
from phingpt_bench.scoring.entities import Span
from phingpt_bench.scoring.statistics import confusion, probabilities, spans


def details(case: Case, target: Target, rows: Sequence[Answered], outcomes: Outcomes) -> Details:
    """The details of the rows."""
    reasons = dict(Counter(row.reason for row in rows if row.reason).most_common())
    shapes = _shapes(case, target, rows) if case.likelihoods is None else []
    if target.kind == "spans":
        gold = [answered.gold_spans(doc) for doc in case.docs]
        misses = ner.misses_by_kind(outcomes.misses)
        return Details(classes=_types(target, gold, rows, outcomes), reasons=reasons, misses=misses, shapes=shapes)
    if target.kind == "scores":
        return Details(reasons=reasons, shapes=shapes)
    classes = _labels(target, confusion(outcomes).sum(0))
    if not outcomes.probs:
        return Details(classes=classes, reasons=reasons, shapes=shapes)
    probs = probabilities(outcomes)
    risks = calibration.risk_at(outcomes.gold_places, probs, calibration.COVERAGES)
    return Details(
        classes=classes,
        reasons=reasons,
        risks={str(share): risk for share, risk in zip(calibration.COVERAGES, risks, strict=True)},
        aurc=calibration.aurc(outcomes.gold_places, probs),
    )


def _shapes(case: Case, target: Target, rows: Sequence[Answered]) -> list[Shape]:
    there = [at for at, missing in enumerate(case.missing) if not missing]
    return shapes_of([case.answers[at] for at in there], [rows[at] for at in there], target, case.rules)


def _labels(target: Target, total: np.ndarray) -> list[ClassScore]:
    result = []
    for at, name in enumerate(target.names):
        result.append(_class(name, int(total[at, at]), int(total[:, at].sum()), int(total[at].sum())))
    return result


def _types(
    target: Target, gold: Sequence[Sequence[Span]], rows: Sequence[Answered], outcomes: Outcomes
) -> list[ClassScore]:
    strict = spans(outcomes).sum(0)
    partial = {name: [0] * 4 for name in target.names}
    typed = np.zeros((len(target.names) + 1, 3), dtype=np.int64)
    for mine, row in zip(gold, rows, strict=True):
        for name in {span.type for span in (*mine, *row.parsed.spans, *row.parsed.problems) if span.type in partial}:
            counts = ner.partial_counts(mine, row.parsed, name)
            partial[name] = [one + other for one, other in zip(partial[name], counts, strict=True)]
        if mine or row.parsed.spans or row.parsed.problems:
            typed += np.asarray(ner.type_only_counts(mine, row.parsed, target.names))
    result = []
    for at, name in enumerate(target.names):
        exact, overlapping, n_pred, n_gold = partial[name]
        true, predicted, of_gold = map(int, strict[at])
        result.append(
            _class(
                name,
                true,
                predicted,
                of_gold,
                partial=_ratio(2 * exact + overlapping, n_pred + n_gold),
                typed=_ratio(2 * int(typed[at, 0]), int(typed[at, 1] + typed[at, 2])),
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
