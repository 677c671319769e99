"""Two systems over all tasks that both were run on: one line per task."""

from __future__ import annotations

from collections.abc import Sequence

from phingpt_bench.render.comparison.comparison_text import name_of, no_star
from phingpt_bench.render.measures import metric_name
from phingpt_bench.results.comparison.values import Comparison
from phingpt_bench.text.blocks import Block, Grid, Lines, Title, folding
from phingpt_bench.text.clean import clean
from phingpt_bench.text.language import count, say, spoken
from phingpt_bench.text.numbers import p_text, score_text, signed


def summary(comparisons: Sequence[Comparison]) -> list[Block]:
    """The blocks; p is after Holm's correction over the tasks shown (limited runs among themselves)."""
    first = comparisons[0]
    metrics = dict.fromkeys(comparison.metric for comparison in comparisons)
    marks = {metric: f" ({at})" if len(metrics) > 1 else "" for at, metric in enumerate(metrics, 1)}
    rows = []
    for one in comparisons:
        gained, lost = list(one.fates.values())[:2] if one.fates else (None, None)
        test = one.test
        p = test.p if test.p_holm is None else test.p_holm
        mark = ("*" if test.starred else " ") + ("!" if one.caveats and _serious(one) else " ")
        rows.append([
            clean(one.task) + marks[one.metric], count(one.n), score_text(one.a.score), score_text(one.b.score),
            say("no test") if test.reason else signed(test.value) + mark,
            spoken(test.reason) if test.reason else p_text(p, test.at_most),
            "-" if gained is None else count(gained), "-" if lost is None else count(lost),
        ])  # fmt: skip
    heads = folding(say("task"), "n", "A", "B", "B - A", "p", say("fixed"), say("broken"), right=range(1, 8))
    names = [f"A: {name_of(first.a)}", f"B: {name_of(first.b)}"]
    notes = [f"{marks[metric].strip()} {metric_name(metric)}" for metric in metrics if marks[metric]]
    notes = notes or [metric_name(metric) for metric in metrics]
    explained = say("* p < 0.05, paired test on the same rows, p after Holm's correction over these tasks.")
    if any(_serious(one) for one in comparisons):
        explained += " " + say("! see --task: limited rows, or test rows seen in training.")
    if constant := [clean(one.task) for one in comparisons if one.test.only_majority]:
        notes.append(f"{', '.join(constant)}: {no_star()}")
    return [
        Title(say("A and B on {n} tasks", n=len(comparisons)), level=1), Lines(names),
        Grid(heads, rows), Lines([*notes, explained], "dim"),
        Lines([say("--task NAME shows what changed in one of them.")], "dim"),
    ]  # fmt: skip


def _serious(comparison: Comparison) -> bool:
    return any(caveat.kind in ("limited", "exposed") for caveat in comparison.caveats)
