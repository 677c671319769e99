"""Whether B is worse than A, for pipelines: what a paired test says, and what the rows could have shown at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.sentences import sentence
from phingpt_bench.results.collect import Run
from phingpt_bench.results.compare import Comparer
from phingpt_bench.results.difference import Difference
from phingpt_bench.scoring.metrics import METRICS


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a gate says about one task.

    failed: B is worse than A by more than `margin`, or nothing can be said because there is not a test (`test.reason`).
    loss: how much worse B is, whichever way the metric is counted; negative where it is better. least, most: ends of
    its 95 % interval. detectable: the smallest true difference that these rows show with 80 % power (stats/power.py),
    None if there is none.
    """

    task: str
    metric: str
    failed: bool
    margin: float
    loss: float | None
    least: float | None
    most: float | None
    detectable: float | None
    test: Difference

    @property
    def unsure(self) -> bool:
        """Whether the task passed although its interval reaches to a loss above the margin."""
        return not self.failed and self.margin > 0 and (self.most is None or self.most > self.margin)


def verdict(task: str, metric: str, test: Difference, margin: float, detectable: float | None) -> Verdict:
    """The gate of one test (B minus A).

    It fails where p, corrected over the tasks, is under 0.05 and B is the worse one; with a margin also the whole 95 %
    interval of the loss must lie above it, so that a larger margin never fails more. A difference without a test fails:
    a pipeline must not pass on nothing.
    """
    sign = -1.0 if METRICS[metric].higher_is_better else 1.0
    loss = None if test.value is None else sign * test.value
    ends = [sign * end for end in (test.low, test.high) if end is not None]
    least, most = (min(ends), max(ends)) if ends else (None, None)
    worse = test.significant and loss is not None and loss > 0
    failed = test.reason is not None or (worse and (margin == 0 or (least is not None and least > margin)))
    return Verdict(
        task=task, metric=metric, failed=failed, margin=margin, loss=loss, least=least, most=most,
        detectable=detectable, test=test,
    )  # fmt: skip


def verdicts(
    pairs: Sequence[tuple[Run, Run]], tests: Sequence[Difference], metrics: Sequence[str], margin: float, how: Comparer
) -> list[Verdict]:
    """The gate of each pair (reference first) with its test, in that order.

    BenchError for a margin that no loss can exceed.
    """
    found = []
    for metric in metrics:
        low, high = METRICS[metric].bounds
        if margin >= high - low:
            raise BenchError(
                "{margin:g} is not below the span of {metric}, which is {span:g}: no loss could fail",
                where="--margin",
                hint="it is in the scale of the metric: 0.01 for one point of 100",
                margin=margin,
                metric=metric,
                span=high - low,
            )
    for (a, b), test, metric in zip(pairs, tests, metrics, strict=True):
        detectable = how.detectable(a, b, metric) if test.reason is None else None
        found.append(verdict(a.record.task, metric, test, margin, detectable))
    return found


def not_run(lacking: Sequence[Run], margin: float) -> list[Verdict]:
    """The gate of runs of A whose tasks B lacks: each fails, or leaving a task out would be the way to pass."""
    none = Difference(against="", reason=sentence("B has no run of it"))
    return [
        verdict(a.record.task, a.record.protocol.metric, replace(none, against=a.record.model.name), margin, None)
        for a in lacking
    ]
