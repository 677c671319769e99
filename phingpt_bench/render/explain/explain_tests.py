"""How the p of a row came about, and what Holm's correction made of it."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from phingpt_bench.board.row import Row
from phingpt_bench.board.values import Board, Section
from phingpt_bench.render.explain.explain_lines import Line, below, method_name, number, p_value
from phingpt_bench.results.collect import Run
from phingpt_bench.results.comparable import shared_clusters
from phingpt_bench.results.compare import Comparer
from phingpt_bench.results.difference import Difference
from phingpt_bench.scoring.metrics import METRICS
from phingpt_bench.stats.paired import ALPHA, holm
from phingpt_bench.stats.resample import RESAMPLES, SEED
from phingpt_bench.text.clean import clean
from phingpt_bench.text.language import say, say_n, spoken


def test_lines(test: Difference, run: Run, base: Run, metric: str, comparer: Comparer) -> Iterable[str]:
    """The difference of a run to its base, its interval and p, and the counts that p is made of."""
    if test.reason is not None:
        yield say("There is no test: {reason}.", reason=clean(spoken(test.reason)))
        return
    yield say(
        "difference {value}, 95 % interval {low} to {high}, p {p}, {n:,} rows, method {method}",
        value=number(test.value, "+.4f"), low=number(test.low, "+.4f"), high=number(test.high, "+.4f"),
        p=p_value(test.p), n=test.n, method=method_name(test.method),
    )  # fmt: skip
    if test.method == "seeds":
        yield say(
            "p is that at which the interval of the difference of the means would end at 0, from the variance by rows "
            "and by seeds (docs/statistics.md)."
        )
        return
    there, here = (comparer.aligned(other, run, metric)[0] for other in (base, run))
    if test.method in ("mcnemar-exact", "sign-flip-exact"):
        yield from _of_right(test, *(np.asarray(METRICS[metric].function(rows)) > 0.5 for rows in (there, here)))
    else:
        yield from _of_swaps(test, there, here, len(set(shared_clusters(run, base))))


def _of_right(test: Difference, there: np.ndarray, here: np.ndarray) -> Iterable[str]:
    gained, lost = int((here & ~there).sum()), int((there & ~here).sum())
    yield say("{gained:,} rows are right here and wrong there, {lost:,} the other way round.", gained=gained, lost=lost)
    if test.method == "mcnemar-exact":
        yield say(
            "McNemar, exact: p = min(1, 2 x P(X <= {least})), X binomial of {both} and 1/2.",
            least=min(gained, lost), both=gained + lost,
        )  # fmt: skip
    else:
        yield say(
            "p is exact: of all ways to swap the answers of the two by whole clusters, the share with a difference at "
            "least as large."
        )


def _of_swaps(test: Difference, there: np.ndarray, here: np.ndarray, clusters: int) -> Iterable[str]:
    other = int((there != here).reshape(len(here), -1).any(axis=1).sum())
    yield say_n("{n:,} row has other counts here than there.", "{n:,} rows have other counts here than there.", other)
    assert test.p is not None  # there was a test
    times = test.resamples or RESAMPLES
    values = {"times": times, "seed": SEED, "extreme": round(test.p * (times + 1)) - 1}
    if times > RESAMPLES:
        yield say(
            "After {first:,} permutations the corrected p could still have been on either side of {alpha}, so more "
            "were drawn.", first=RESAMPLES, alpha=ALPHA,
        )  # fmt: skip
    if clusters:
        yield say(
            "Permutation: of {times:,} random swaps of the answers of {n:,} clusters (seed {seed}), {extreme:,} differ "
            "at least as much; p = (1 + {extreme}) / (1 + {times}).", n=clusters, **values,
        )  # fmt: skip
    else:
        yield say(
            "Permutation: of {times:,} random swaps of the answers of {n:,} rows (seed {seed}), {extreme:,} differ at "
            "least as much; p = (1 + {extreme}) / (1 + {times}).", n=len(here), **values,
        )  # fmt: skip


def holm_lines(board: Board, section: Section, row: Row) -> Iterable[Line]:
    """The p-values of the model's tasks up to this one, each with its factor."""
    mine = row.against_base
    if mine is None or mine.p is None or mine.p_holm is None:
        return
    family = sorted(
        (other.against_base.p, at.task)
        for at in (board.sections if section.limit is None else board.limited)
        if at.limit == section.limit
        for other in at.rows
        if other.identity == row.identity and other.against_base is not None and other.against_base.p is not None
    )
    if len(family) == 1:
        yield say("One task was tested, so p stays {p}.", p=p_value(mine.p_holm))
    else:
        yield say(
            "{m} tasks of this model in this setting were tested. By size, the first p is multiplied by {m}, the next "
            "by {less}, and so on; none becomes smaller than the one before it:", m=len(family), less=len(family) - 1,
        )  # fmt: skip
        for place, ((p, task), after) in enumerate(zip(family, holm([p for p, _ in family]), strict=True)):
            yield below(f"{clean(task)}: {p_value(p)} x {len(family) - place} -> {p_value(after)}")
            if task == section.task:
                break
    values = {"p": p_value(mine.p_holm), "alpha": ALPHA}
    if mine.p_holm < ALPHA and mine.spans_zero:
        yield say("{p} is under {alpha}, but the interval holds 0: not significant.", **values)
    elif mine.p_holm < ALPHA:
        yield say("{p} is under {alpha}: significant.", **values)
        if mine.only_majority:
            yield say(
                "It gets no *: {name} is not shown to be better than one label for all rows.", name=clean(row.name)
            )
    else:
        yield say("{p} is not under {alpha}: not significant.", **values)
