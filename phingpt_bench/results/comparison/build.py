"""From two runs to a comparison: rows aligned, the test, the caveats, and the details of their kind of answer."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence

import numpy as np

from phingpt_bench.core.errors import unknown
from phingpt_bench.core.outcomes import Outcomes, in_order
from phingpt_bench.core.sentences import sentence
from phingpt_bench.results.answering import with_majority
from phingpt_bench.results.collect import Run
from phingpt_bench.results.comparable import same_rows, shared_clusters, why_incomparable
from phingpt_bench.results.compare import Comparer
from phingpt_bench.results.comparison.caveats import caveats_of, other_setting, seen_of
from phingpt_bench.results.comparison.form import form_of
from phingpt_bench.results.comparison.labels import counted, label_fates, labels_of
from phingpt_bench.results.comparison.numbers import number_fates, numbers_of
from phingpt_bench.results.comparison.prior import prior_of
from phingpt_bench.results.comparison.row_values import ERROR_FATES, FATES
from phingpt_bench.results.comparison.spans import span_fates, spans_of
from phingpt_bench.results.comparison.values import Comparison, Side
from phingpt_bench.results.difference import Difference
from phingpt_bench.results.groups import exposed
from phingpt_bench.results.pairing import why_not_base
from phingpt_bench.scoring.metrics import METRICS, metric_rows
from phingpt_bench.stats.changes import Change, changes
from phingpt_bench.stats.paired import holm


def compare(
    a: Run,
    b: Run,
    comparer: Comparer | None = None,
    *,
    metric: str | None = None,
    runs: Sequence[Run] = (),
    test: Difference | None = None,
    details: bool = True,
) -> Comparison:
    """What changed from `a`, the reference, to `b`, the challenger.

    metric: replaces the primary one of `a`. runs: those among which twins are looked for (see values.Split). test:
    where it was made before, as by `corrected_tests`. details: without, only scores, test, caveats and fates, which
    takes a fraction of the time.
    Never raises for runs that cannot be compared: `test.reason` then says why. BenchError for a metric that the runs do
    not have, and for outcomes that are inconsistent.
    """
    comparer = comparer or Comparer()
    metric = _metric(a, b, metric, comparer)
    test = test or tested(a, b, metric, comparer, across=False, tests=1)
    record, protocol = a.record, a.record.protocol
    bare = Comparison(
        task=record.task, protocol=protocol.id, dataset=protocol.dataset, split=protocol.split, metric=metric,
        kind=protocol.kind, n=len(a.outcomes.ids), documents=_documents(a, b), limit=record.limit,
        synthetic=protocol.synthetic, a=_side(a, metric, comparer), b=_side(b, metric, comparer),
        test=test, caveats=tuple(caveats_of(a, b)), fates={}, metrics={},
    )  # fmt: skip
    if why_incomparable(a, b) is not None:
        return bare
    x, y = side_by_side(a, b)
    if not details:
        return dataclasses.replace(bare, fates=_fates(x, y))
    return _with_details(bare, (a, b), (x, y), runs, comparer)


def _documents(a: Run, b: Run) -> int | None:
    clusters = shared_clusters(a, b) if same_rows(a, b) else a.outcomes.clusters
    found = len(set(clusters))
    return found if 0 < found < len(clusters) else None


def _with_details(
    bare: Comparison, pair: tuple[Run, Run], rows: tuple[Outcomes, Outcomes], runs: Sequence[Run], comparer: Comparer
) -> Comparison:
    """A comparison with what it holds of its kind of answer; rows are the outcomes of the pair in the same order."""
    (a, b), (x, y) = pair, rows
    known: dict[str, Change] = {}
    if x.kind == "labels":
        fates, labels = labels_of(x, y)
        made = dataclasses.replace(bare, fates=fates, labels=labels)
        of_rows = [row.fate for row in labels.rows]
        if labels.calibration is not None and labels.calibration.n == len(x.ids):
            known = {"brier": labels.calibration.brier, "ece": labels.calibration.ece}  # costly, and not twice
    elif x.kind == "spans":
        fates, spans = spans_of(x, y)
        made = dataclasses.replace(bare, fates=fates, spans=spans)
        of_rows = [row.fate for row in spans.rows]
    else:
        fates, numbers = numbers_of(x, y)
        made = dataclasses.replace(bare, fates=fates, numbers=numbers)
        of_rows = [row.fate for row in numbers.rows]
    both = comparer.scores(a).keys() & comparer.scores(b).keys()
    form = form_of(a, b, x, y, bare.metric, runs, of_rows)
    return dataclasses.replace(
        made, metrics=_metrics(a, b, x, y, both, comparer, known), form=form,
        prior=prior_of(a, b, bare.metric, x.clusters, runs),
    )  # fmt: skip


def side_by_side(a: Run, b: Run) -> tuple[Outcomes, Outcomes]:
    """The outcomes of two runs on the same rows, in one order and with the same clusters."""
    clusters = shared_clusters(a, b)
    other = in_order(b.outcomes, a.outcomes.ids)
    return dataclasses.replace(a.outcomes, clusters=clusters), dataclasses.replace(other, clusters=clusters)


def fates_of(x: Outcomes, y: Outcomes) -> list[str]:
    """The fate of each row, see row_values.FATES and ERROR_FATES; x and y as from `side_by_side`."""
    return {"labels": label_fates, "spans": span_fates, "scores": number_fates}[x.kind](x, y)


def _fates(x: Outcomes, y: Outcomes) -> dict[str, int]:
    return counted(fates_of(x, y), ERROR_FATES if x.kind == "scores" else FATES)


def corrected_tests(
    pairs: Sequence[tuple[Run, Run]], comparer: Comparer, metric: str | None = None, *, across: bool = False
) -> list[Difference]:
    """The test of each pair (reference first), with p corrected by Holm over all of them.

    Pairs of limited runs make families of their own, one for each limit: a quick look must not change a result.
    metric: instead of the primary one, where both runs of a pair have it.
    """
    found = []
    for a, b in pairs:
        both = comparer.scores(a).keys() & comparer.scores(b).keys()
        chosen = metric if metric is not None and metric in both else a.record.protocol.metric
        found.append(tested(a, b, chosen, comparer, across=across, tests=len(pairs)))
    for limit in {a.record.limit for a, _ in pairs}:
        places = [at for at, (a, _) in enumerate(pairs) if a.record.limit == limit]
        for at, p in zip(places, holm([found[at].p for at in places]), strict=True):
            found[at] = dataclasses.replace(found[at], p_holm=p)
    return found


def tested(a: Run, b: Run, metric: str, comparer: Comparer, *, across: bool, tests: int) -> Difference:
    """B minus a with its paired test, or the reason why there is none.

    across: also of different engines. tests: made together, as in `Comparer.test`.

    As on the board (`pairing.against_base`), but runs of other shots, examples or chat templates are compared too: then
    the prompts are meant to differ, and a caveat says so.
    """
    name = a.record.model.name
    reason = why_incomparable(a, b) or why_not_base(b, a, across=across)
    if reason == "other prompts" and other_setting(a, b):
        reason = None
    if reason is not None:
        return Difference(against=name, reason=reason)
    return with_majority(comparer.test(b, a, metric, name, tests), b, metric, comparer)


def _metric(a: Run, b: Run, metric: str | None, comparer: Comparer) -> str:
    if metric is None:
        return a.record.protocol.metric
    both = comparer.scores(a).keys() & comparer.scores(b).keys()
    if metric not in both:
        raise unknown(sentence("metric"), metric, both)
    return metric


def _metrics(
    a: Run, b: Run, x: Outcomes, y: Outcomes, names: Collection[str], comparer: Comparer, known: dict[str, Change]
) -> dict[str, Change]:
    """The change of each metric, resampled once for all that are functions of the same counts; those `known` are taken.

    Of several seeds it is that of the mean, with the interval of its test.
    """
    if a.seeds or b.seeds:
        return {name: _of_means(a, b, name, comparer) for name in METRICS if name in names}
    found = dict(known)
    left = [name for name in METRICS if name in names and name not in known]
    for statistic in dict.fromkeys(METRICS[name].statistic for name in left):
        mine = [name for name in left if METRICS[name].statistic == statistic]

        def scores(totals: np.ndarray, mine: Sequence[str] = mine) -> np.ndarray:
            return np.stack([METRICS[name].function(totals) for name in mine], axis=-1)

        rows_a, rows_b = metric_rows(mine[0], x), metric_rows(mine[0], y)
        assert rows_a is not None and rows_b is not None  # the metrics are among the scores of both
        found |= zip(mine, changes(rows_a, rows_b, scores, x.clusters), strict=True)
    return {name: found[name] for name in METRICS if name in found}


def _of_means(a: Run, b: Run, name: str, comparer: Comparer) -> Change:
    test = comparer.test(b, a, name, a.record.model.name)
    return Change(comparer.scores(a)[name], comparer.scores(b)[name], test.value, test.low, test.high)


def _side(run: Run, metric: str, comparer: Comparer) -> Side:
    record, model, protocol = run.record, run.record.model, run.record.protocol
    scores = comparer.scores(run)
    score = scores.get(metric)
    return Side(
        name=model.name, adapter=model.adapter, kind=model.kind,
        variant=protocol.variant, quantisation=model.quantisation, served_by=model.served_by,
        compute_dtype=model.compute_dtype, seed=record.seed, run_id=record.run_id,
        created=record.created, seeds=len(run.members), score=score,
        interval=None if score is None else comparer.interval(run, metric), scores=scores,
        invalid=sum(map(bool, run.outcomes.invalid)), seen=seen_of(run),
        exposed=exposed(run) is not None,
    )  # fmt: skip
