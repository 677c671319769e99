"""How much of a gain is the label prior of the base: the part that calibration without labels adds to it."""

from __future__ import annotations

from collections.abc import Sequence

from phingpt_bench.core.outcomes import in_order
from phingpt_bench.results.calibrated import calibrated_outcomes
from phingpt_bench.results.collect import Run
from phingpt_bench.results.compare import Comparer, mean
from phingpt_bench.results.comparison.form import twin
from phingpt_bench.results.comparison.values import LabelPrior
from phingpt_bench.scoring.metrics import METRICS, metric_rows, score_of
from phingpt_bench.scoring.prior import Method
from phingpt_bench.stats.changes import changes

METHOD: Method = "batch"  # every run with probabilities has it


def label_prior(a: Run, b: Run, metric: str, clusters: Sequence[int] = ()) -> LabelPrior | None:
    """The gain of b over the base a in two parts (values.LabelPrior), of the first of several seeds.

    None if a is no base or its labels were not chosen, is calibrated already, or the two share no rows.
    clusters: of the rows of `a`.
    """
    rows = calibrated_outcomes(a, METHOD)
    if a.kind != "base" or a.record.protocol.calibration is not None or rows is None:
        return None
    counts = [metric_rows(metric, side) for side in (a.outcomes, rows, in_order(b.outcomes, a.outcomes.ids))]
    before, between, after = counts
    if before is None or between is None or after is None:
        return None
    function = METRICS[metric].function
    return LabelPrior(
        method=METHOD, metric=metric, prior=changes(before, between, function, clusters),
        rest=changes(between, after, function, clusters),
    )  # fmt: skip


def prior_of(a: Run, b: Run, metric: str, clusters: Sequence[int], runs: Sequence[Run]) -> LabelPrior | None:
    """`label_prior` of the two, or where their answers were written that of their twins among `runs` (form.twin)."""
    found = label_prior(a, b, metric, clusters)
    if found is not None:
        return found
    chosen_a, chosen_b = twin(a, runs), twin(b, runs)
    if chosen_a is None or chosen_b is None:
        return None
    return label_prior(chosen_a, chosen_b, metric, chosen_a.outcomes.clusters)


def prior_part(base: Run, metric: str, comparer: Comparer) -> float | None:
    """The score of a base with batch calibration minus that without, of several seeds the mean; None without."""
    rows = [calibrated_outcomes(member, METHOD) for member in base.members]
    if base.kind != "base" or base.record.protocol.calibration is not None:
        return None
    score = mean([None if found is None else score_of(found, metric) for found in rows])
    own = comparer.scores(base).get(metric)
    return None if score is None or own is None else score - own
