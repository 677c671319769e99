"""Form and knowledge: the effect of unreadable answers on a difference, and how much remains if none can occur."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from phingpt_bench.core.outcomes import Outcomes, in_order, rows_at
from phingpt_bench.core.protocol import CHOSEN
from phingpt_bench.core.records import NO_MODELS
from phingpt_bench.results.answering import read_alone
from phingpt_bench.results.collect import Run
from phingpt_bench.results.comparison.values import Form, Split
from phingpt_bench.results.groups import setting
from phingpt_bench.results.identity import model_key
from phingpt_bench.scoring.metrics import METRICS, metric_rows, score_of
from phingpt_bench.stats.changes import Change, changes, linear

# statistics whose counts determine an answer's score: with them one can compute what another answer would have scored
OF_ANSWERS = ("confusion", "written", "questions", "spans", "errors")


def form_of(
    a: Run, b: Run, x: Outcomes, y: Outcomes, metric: str, runs: Sequence[Run], fates: Sequence[str]
) -> Form | None:
    """None if every answer could be read and there are no twins: then nothing can be said about form.

    x, y: the outcomes of a and b, in the same order, and their fates. runs: those in which to look for twins.
    """
    split = split_of(a, b, metric, runs, x.clusters)
    written = not (x.probs or y.probs)
    unread_a, unread_b = (np.asarray(side.invalid or [False] * len(fates), dtype=bool) for side in (x, y))
    if split is None and not (unread_a | unread_b).any():
        return None
    places = np.flatnonzero(~(unread_a | unread_b)).tolist()
    readable = _change(rows_at(x, places), rows_at(y, places), metric) if places else None
    by_pieces = x.kind == "spans" and METRICS[metric].statistic == "spans"
    bounds_a, bounds_b = _bounds(x, metric), _bounds(y, metric)
    between = None
    if bounds_a is not None and bounds_b is not None:
        between = bounds_b[0] - bounds_a[1], bounds_b[1] - bounds_a[0]
    return Form(
        written=written, n_readable=len(places), readable=readable,
        pieces=_change(read_alone(x), read_alone(y), metric) if by_pieces else None,
        fixed_unread=int((np.isin(fates, ("fixed", "better")) & unread_a).sum()),
        broken_unread=int((np.isin(fates, ("broken", "worse")) & unread_b).sum()), bounds_a=bounds_a,
        bounds_b=bounds_b, bounds_difference=between, split=split,
    )  # fmt: skip


def split_of(a: Run, b: Run, metric: str, runs: Sequence[Run], clusters: Sequence[int] = ()) -> Split | None:
    """The gain in two parts (values.Split), if both runs have a twin among `runs` on the same rows; otherwise None.

    clusters: of the rows of `a`, in their order; empty if every row is independent.
    """
    twin_a, twin_b = twin(a, runs), twin(b, runs)
    if a.record.task != b.record.task or twin_a is None or twin_b is None:
        return None
    written, chosen = ((twin_a, twin_b), (a, b)) if _is_chosen(a) else ((a, b), (twin_a, twin_b))
    counts = [metric_rows(metric, in_order(run.outcomes, a.outcomes.ids)) for run in (*written, *chosen)]
    if any(rows is None for rows in counts):
        return None
    rows_wa, rows_wb, rows_ca, rows_cb = (rows for rows in counts if rows is not None)
    function = METRICS[metric].function
    gain = changes(rows_wa, rows_wb, function, clusters)
    knowledge = changes(rows_ca, rows_cb, function, clusters)
    form = linear([rows_wb, rows_cb, rows_wa, rows_ca], function, [1, -1, -1, 1], clusters)
    if None in (gain.a, gain.b, knowledge.a, knowledge.b):
        return None
    form = dataclasses.replace(form, a=gain.a - knowledge.a, b=gain.b - knowledge.b)
    return Split(
        written=written[0].record.task, chosen=chosen[0].record.task, metric=metric, gain=gain, knowledge=knowledge,
        form=form,
    )  # fmt: skip


def twin(run: Run, runs: Sequence[Run]) -> Run | None:
    """The newest run of the same model in the same setting on the same rows that answers in the other way, or None.

    The other way: labels were chosen by likelihood where those of `run` were written, or vice versa.
    """

    def fits(other: Run) -> bool:
        return (
            _is_chosen(run) != _is_chosen(other)
            and _is_form(run, other)
            and other.record.protocol.id == run.record.protocol.id
            and model_key(other) == model_key(run)
            and (setting(other) == setting(run) or run.record.model.kind in NO_MODELS)
            and sorted(other.outcomes.ids) == sorted(run.outcomes.ids)
            and other.outcomes.labels == run.outcomes.labels
        )

    return max(filter(fits, runs), key=lambda other: other.record.created, default=None)


def _is_chosen(run: Run) -> bool:
    """Whether the most probable label was the answer, so that no answer was unreadable."""
    return run.record.protocol.extraction == CHOSEN


def _is_form(a: Run, b: Run) -> bool:
    """Whether one task is another form of the other."""
    return a.record.form_of == b.record.task or b.record.form_of == a.record.task


def _change(x: Outcomes, y: Outcomes, metric: str) -> Change | None:
    rows_a, rows_b = metric_rows(metric, x), metric_rows(metric, y)
    if rows_a is None or rows_b is None:
        return None
    found: Change = changes(rows_a, rows_b, METRICS[metric].function, x.clusters)
    return found


def _bounds(outcomes: Outcomes, metric: str) -> tuple[float, float] | None:
    """(lowest, highest) score as unreadable answers would all have been wrong or right; None if that is unknown."""
    if METRICS[metric].statistic not in OF_ANSWERS:
        return None
    wrong, right = (score_of(side, metric) for side in (_all_wrong(outcomes), _all_right(outcomes)))
    if wrong is None or right is None:
        return None
    return min(wrong, right), max(wrong, right)


def _all_right(outcomes: Outcomes) -> Outcomes:
    if outcomes.kind == "spans":
        right = [[[gold] * 3 for *_, gold in row] for row in outcomes.counts]
        return dataclasses.replace(outcomes, counts=_where(outcomes.invalid, right, outcomes.counts))
    return dataclasses.replace(outcomes, pred=_where(outcomes.invalid, outcomes.gold, outcomes.pred))


def _all_wrong(outcomes: Outcomes) -> Outcomes:
    if outcomes.kind != "spans":  # INVALID is wrong in every class, and has the largest error on the scale
        return outcomes
    wrong = [[[0, predicted, gold] for _, predicted, gold in row] for row in outcomes.counts]
    return dataclasses.replace(outcomes, counts=_where(outcomes.invalid, wrong, outcomes.counts))


def _where(these: Sequence[bool], then: Sequence[Any], otherwise: Sequence[Any]) -> list[Any]:
    if not these:
        return list(otherwise)
    return [new if is_so else old for is_so, new, old in zip(these, then, otherwise, strict=True)]
