"""From runs to a board: one section per task and protocol, its rows ranked, compared and flagged."""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from phingpt_bench.board.costs import on_card, payback, tokens_each, with_costs
from phingpt_bench.board.families import corrected, told_apart
from phingpt_bench.board.frontier import frontier
from phingpt_bench.board.published.rows import PublishedRow
from phingpt_bench.board.values import Board, Prices, Row, Section
from phingpt_bench.core.errors import unknown
from phingpt_bench.core.records import Ledger
from phingpt_bench.cost.ledger import per_thousand
from phingpt_bench.data.catalogue import Rights
from phingpt_bench.data.overlap import KINDS
from phingpt_bench.results.arrange import Arrangement, arranged
from phingpt_bench.results.cache import Cache
from phingpt_bench.results.collect import Run
from phingpt_bench.results.compare import Comparer, bands, mean
from phingpt_bench.results.pairing import against_base, base_of, beats, exposed, fallback_note, main_group
from phingpt_bench.results.seeds import with_seeds_joined
from phingpt_bench.scoring.metrics import METRICS
from phingpt_bench.text.language import sentence
from phingpt_bench.text.numbers import shots_text

SETUP = ("load", "probe")  # phases of a ledger that prepare a model for all its runs
DEMO = "phin_demo_"


def build(
    runs: Sequence[Run],
    published: dict[str, tuple[PublishedRow, ...]] | None = None,
    *,
    tasks: Collection[str] = (),
    metric: str | None = None,
    checks: bool = False,
    cache: Cache | None = None,
    prices: Prices | None = None,
    rights: Mapping[str, Rights] | None = None,
) -> Board:
    """The board of `runs`.

    published: rows by protocol id, or None for none. tasks: only these, or those on a protocol
        id, in this order (empty: all, by name).
    metric: this one instead of the primary metric wherever a task has it. checks: show oracle, null and echo as well.
    cache: of tests and intervals; new ones are added, and saving it is the caller's.
    prices: the card for published rows and, where it is the user's own, for the runs too; None for no estimates.
    rights: languages and licence of the data by protocol id.
    BenchError for a task that no run is of, or a metric that none of the tasks has.
    """
    runs = runs if prices is None else on_card(runs, prices)
    plan = arranged(runs, tasks, checks)
    comparer = Comparer(cache)
    sections = [section_of(group, key, comparer, metric, published or {}, prices) for key, group in plan.groups.items()]
    return joined(plan, sections, metric, prices, rights)


def joined(
    plan: Arrangement[Any],
    sections: Sequence[Section],
    metric: str | None = None,
    prices: Prices | None = None,
    rights: Mapping[str, Rights] | None = None,
) -> Board:
    """The board of all sections of an arrangement, each made by `section_of`. BenchError as in `build` for a metric."""
    if metric is not None:
        known = {name for s in sections if s.task in plan.shown for row in s.rows for name in row.scores}
        if metric not in known:
            raise unknown("metric", metric, known)
    # all tasks are compared, also those that are not shown: else Holm's correction and the names would depend on it
    if rights is not None:
        sections = [_with_rights(section, rights) for section in sections]
    shown = [section for section in corrected(told_apart(sections)) if section.task in plan.shown]
    return Board(
        sections=tuple(s for s in shown if s.limit is None),
        limited=tuple(s for s in shown if s.limit is not None),
        older=plan.older + sum(section.older for section in shown),
        prices=prices,
    )


def _with_rights(section: Section, rights: Mapping[str, Rights]) -> Section:
    found = rights.get(section.protocol)
    if found is None:
        return section
    return dataclasses.replace(section, languages=found.languages, licence=found.licence)


def section_of(
    runs: list[Run],
    key: tuple[str, str, int | None],
    comparer: Comparer,
    metric: str | None,
    published: dict[str, tuple[PublishedRow, ...]],
    prices: Prices | None,
) -> Section:
    """The section of the runs of one task, protocol and limit; names and p-values are not yet told over the tasks."""
    task, protocol, limit = key
    before = sum(run.older for run in runs)
    runs = with_seeds_joined(runs)
    older = sum(run.older for run in runs) - before
    first = runs[0].record.protocol
    metric = metric if metric is not None and metric in comparer.scores(runs[0]) else first.metric
    for run in runs:
        if metric not in comparer.scores(run):
            raise unknown("metric", metric, comparer.scores(run), where=str(run.path))
    runs = sorted(runs, key=lambda run: (-_score(run, metric, comparer), run.record.model.name, run.record.run_id))
    main, others = main_group(runs)
    apart = others | {id(run): reason for run in main if (reason := exposed(run))}
    main = [run for run in main if id(run) not in apart] or main
    ranks: dict[int, int] = {}
    if limit is None:
        ranked = [run for run in main if comparer.scores(run)[metric] is not None and id(run) not in apart]
        places = bands(ranked, lambda a, b: comparer.quick(a, b, metric).p)
        ranks = {id(run): rank for run, rank in zip(ranked, places, strict=True)}
    shared = Counter(ranks.values())
    floor = next((run for run in main if run.record.model.kind == "floor"), None)
    rows = []
    for run in runs:
        rank = ranks.get(id(run))
        rows.append(_row(run, runs, metric, comparer, rank, shared[rank] > 1, floor, apart.get(id(run))))
    rows = _on_frontier(rows, metric)
    notes: list[str] = []
    if limit is None and floor is None and any(row.kind == "tuned" for row in rows):
        notes.append(sentence("no floor rows: nothing here shows that a cheap classical model would not do as well"))
    tokens = tokens_each(runs)
    others = () if limit is not None else _published(published.get(protocol, ()), metric)
    if prices is not None:
        others = tuple(with_costs(row, tokens, prices.card) for row in others)
    return Section(
        task=task, protocol=protocol, dataset=first.dataset, split=first.split, metric=metric, limit=limit,
        n=len(main[0].outcomes.ids), synthetic=synthetic(task, first.dataset), rows=tuple(rows), notes=tuple(notes),
        published=others, tokens=tokens, payback=payback(rows, others) if limit is None else None,
        floor=None if floor is None else floor.record.model.name, older=older,
    )  # fmt: skip


def _row(
    run: Run,
    runs: list[Run],
    metric: str,
    comparer: Comparer,
    rank: int | None,
    tied: bool,
    floor: Run | None,
    apart: str | None,
) -> Row:
    record, model, protocol = run.record, run.record.model, run.record.protocol
    scores = comparer.scores(run)
    score = scores[metric]
    warnings: list[str] = []
    if apart is not None:
        warnings.append(apart)
    stored = record.scores.get(metric, score)
    if (stored is None) != (score is None) or (score is not None and abs(stored - score) > 1e-6):
        warnings.append(sentence("run.json says {stored}, its outcomes give {score}", stored=stored, score=score))
    better = None
    if model.kind in ("base", "tuned") and floor is not None:
        better, warning = beats(run, floor, metric, comparer)
        if model.kind == "tuned" and warning:  # on every weak base a line would be too much: there the mark must do
            warnings.append(warning)
    base = base_of(run, runs)
    evaluation = evaluated(record.evaluation)
    if note := fallback_note(run, base):
        warnings.append(note)
    return Row(
        name=model.name, adapter=model.adapter, adapter_digest=model.adapter_digest,
        recipe_digest=model.recipe_digest, kind=model.kind,
        variant=shots_text(protocol.shots, protocol.chat_template), details=(), base=model.base,
        base_revision=model.base_revision, quantisation=model.quantisation, compute_dtype=model.compute_dtype,
        shots=protocol.shots, chat_template=protocol.chat_template, seed=record.seed, n=protocol.n, rank=rank,
        tied=tied, score=score, interval=None if score is None else comparer.interval(run, metric), scores=scores,
        invalid_share=_invalid_share(run), is_base=base is run,
        against_base=None if base is None or base is run else against_base(run, base, metric, comparer),
        beats_floor=better, training=record.training, evaluation=evaluation,
        usd_per_1000=per_thousand(evaluation, protocol.n), frontier=None, parameters=model.parameters,
        adapter_parameters=model.adapter_parameters,
        exposure=_exposure(record.exposure), exposed=exposed(run) is not None, warnings=tuple(warnings),
        run_id=record.run_id, suite=record.suite,
        created=record.created, seeds=_seed_scores(run, metric, comparer),
    )  # fmt: skip


def _on_frontier(rows: Sequence[Row], metric: str) -> list[Row]:
    """The rows with `frontier` filled in; a row without rank takes no part."""
    points = [(row.usd_per_1000, row.score) if row.rank is not None else (None, None) for row in rows]
    front = frontier(points, higher_is_better=METRICS[metric].higher_is_better)
    return [dataclasses.replace(row, frontier=on) for row, on in zip(rows, front, strict=True)]


def _invalid_share(run: Run) -> float | None:
    """Answers that could not be read over all rows, of several seeds the mean; None where it was not written down."""
    shares = [sum(m.outcomes.invalid) / len(m.outcomes.ids) if m.outcomes.invalid else None for m in run.members]
    return mean(shares)


def _seed_scores(run: Run, metric: str, comparer: Comparer) -> tuple[float | None, ...]:
    """The score of each of several seeds; empty for a single run."""
    return tuple(comparer.scores(member)[metric] for member in run.seeds)


def evaluated(ledger: Ledger) -> Ledger:
    """The ledger without loading and probing, which are booked on the first run of a model only.

    USD are reduced in proportion to the seconds; they are unknown where no other phase is left.
    """
    seconds = {phase: spent for phase, spent in ledger.seconds.items() if phase not in SETUP}
    whole, rest = sum(ledger.seconds.values()), sum(seconds.values())
    usd = ledger.usd if whole == rest else None
    if usd is None and ledger.usd is not None and seconds:
        usd = ledger.usd * rest / whole
    return dataclasses.replace(ledger, seconds=seconds, usd=usd)


def _score(run: Run, metric: str, comparer: Comparer) -> float:
    """What runs are sorted by, the best highest; a run without score comes last."""
    score = comparer.scores(run)[metric]
    if score is None:
        return -math.inf
    return score if METRICS[metric].higher_is_better else -score


def _exposure(data: dict[str, Any] | None) -> dict[str, int] | None:
    """Training rows found among the test rows, by kind of likeness; None where nobody looked."""
    if data is None:
        return None
    return {kind: data[kind] for kind in KINDS if kind in data} or None


def synthetic(task: str, dataset: str) -> bool:
    """Whether rows are made up; records hold the catalogue's title of their dataset, which says so."""
    return task.startswith(DEMO) or "synthetic" in dataset.lower()


def _published(rows: Iterable[PublishedRow], metric: str) -> tuple[PublishedRow, ...]:
    """The published rows that have the metric: those on our rows and by our metric first, then by score."""
    having = [row for row in rows if metric in row.metrics]
    sign = -1 if metric not in METRICS or METRICS[metric].higher_is_better else 1
    return tuple(
        sorted(
            having,
            key=lambda r: (not (r.comparison.same_rows and r.comparison.same_metric), sign * r.metrics[metric].value),
        )
    )
