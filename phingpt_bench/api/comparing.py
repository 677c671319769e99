"""pb.compare(): what changed from one model to another."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from phingpt_bench.api.results import Results
from phingpt_bench.api.shown import ShownItems
from phingpt_bench.results.comparison.asked import comparisons, runs_for
from phingpt_bench.results.comparison.values import Comparison
from phingpt_bench.text.blocks import Block


@dataclass(frozen=True, repr=False)
class Comparisons(ShownItems[Comparison]):
    """A comparison for each task that both were run on. A is the reference; every difference is B minus A.

    `comparisons["phin_fpb"].test` has the difference with its interval and p-value, `.fates` the rows fixed and broken.
    """

    tested: int
    """Tasks that share Holm's correction: all that both were tested on, also where only one was asked for."""

    def name_of(self, item: Comparison) -> str:
        """The task of the comparison."""
        return item.task

    def records(self) -> list[dict[str, object]]:
        """One row per task: both scores, the difference with its test, and the number of rows of each fate."""
        return [
            {
                "task": one.task, "protocol": one.protocol, "metric": one.metric, "n": one.n, "limit": one.limit,
                "synthetic": one.synthetic, "a": one.a.name, "adapter_a": one.a.adapter, "variant_a": one.a.variant,
                "b": one.b.name, "adapter_b": one.b.adapter, "variant_b": one.b.variant, "score_a": one.a.score,
                "score_b": one.b.score, "difference": one.test.value, "low": one.test.low, "high": one.test.high,
                "p": one.test.p, "p_holm": one.test.p_holm, "test_method": one.test.method,
                "no_test_reason": one.test.reason, **{f"rows_{fate}": count for fate, count in one.fates.items()},
            }
            for one in self.items
        ]  # fmt: skip

    def blocks(self) -> Sequence[Block]:
        """One line per task where there are several, otherwise the comparison in detail."""
        from phingpt_bench.render.comparison.comparison_blocks import sections
        from phingpt_bench.render.comparison.comparison_summary import summary

        if len(self) > 1:
            return summary(self.items)
        return [block for one in self.items for block in sections(one, self.tested)]


def compare(
    a: str,
    b: str,
    *,
    task: str | Collection[str] = (),
    results: Results | str | Path | None = None,
    metric: str | None = None,
    across_engines: bool = False,
) -> Comparisons:
    """What changed from A, the reference, to B, the challenger, as `phingpt-bench compare` works it out.

    Args:
        a: a name as a board shows it (an adapter, a model, "base", "tfidf-lr", "base@5-shot"), or the folder of a run.
        b: the same.
        task: only this task, dataset or protocol, or several; all that both were run on where none is given.
        results: from `load_results` or `evaluate`, or the folder of them; None as for `load_results`.
        metric: in place of the primary one, where a task has it.
        across_engines: test runs of different engines against each other, too.

    Raises:
        BenchError: for names that match no run, or more than one, and for a task or metric that one of the two
            lacks.
    """
    names = [task] if isinstance(task, str) else list(task)
    runs = (
        list(results.items)
        if isinstance(results, Results)
        else runs_for(a, b, None if results is None else Path(results))
    )
    asked = comparisons(a, b, runs, tasks=names, metric=metric, across_engines=across_engines, details=True)
    return Comparisons(asked.comparisons, asked.tested)
