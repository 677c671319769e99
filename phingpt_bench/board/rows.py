"""The board as plain values: one section per task and protocol, its rows ranked, compared and flagged."""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from phingpt_bench.board.cache import Cache
from phingpt_bench.board.collect import Run
from phingpt_bench.board.compare import ALPHA, Comparer, Difference, bands
from phingpt_bench.board.pairing import base_of, below_floor, main_group
from phingpt_bench.board.published import PublishedRow
from phingpt_bench.core.errors import unknown
from phingpt_bench.core.records import Ledger
from phingpt_bench.stats.intervals import Interval
from phingpt_bench.stats.paired import holm


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One run on the board. `rank` is None where it is not ranked, and `tied` says that others share it."""

    name: str
    adapter: str | None  # None also where `name` already says it
    kind: str
    variant: str  # "0-shot", "5-shot chat", with the seed where only that tells two rows apart
    base: str | None
    quantisation: str | None
    compute_dtype: str | None
    shots: int
    chat_template: bool
    seed: int
    n: int
    rank: int | None
    tied: bool
    score: float | None
    interval: Interval | None
    scores: dict[str, float | None]
    invalid_share: float | None
    is_base: bool  # the 0-shot base that the others are compared with
    against_base: Difference | None  # None for floors, for the base itself, and where there is no base
    training: Ledger | None
    evaluation: Ledger
    exposure: dict[str, int] | None
    warnings: tuple[str, ...]
    run_id: str
    suite: str
    created: str

    @property
    def identity(self) -> tuple[Any, ...]:
        """What makes rows of several tasks rows of one model."""
        return (
            self.kind, self.name, self.adapter, self.variant, self.base, self.quantisation, self.compute_dtype,
            self.seed,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The rows of one task under one protocol, best first. `limit` is None for the whole split; else none is ranked."""

    task: str
    protocol: str
    dataset: str
    split: str
    metric: str
    limit: int | None
    n: int
    rows: tuple[Row, ...]
    published: tuple[PublishedRow, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """Everything a renderer draws. `older` counts runs that a newer one of the same kind replaces."""

    sections: tuple[Section, ...]
    limited: tuple[Section, ...]
    older: int


def build(
    runs: Sequence[Run],
    published: dict[str, tuple[PublishedRow, ...]] | None = None,
    *,
    tasks: Collection[str] = (),
    metric: str | None = None,
    checks: bool = False,
    cache: Cache | None = None,
) -> Board:
    """The board of `runs`.

    published: rows by protocol id, or None for none. tasks: only these, in this order (empty: all, by name).
    metric: this one instead of the primary metric wherever a task has it. checks: show oracle, null and echo as well.
    cache: of tests and intervals; new ones are added, and saving it is the caller's.
    BenchError for a task that no run is of, or a metric that none of the tasks has.
    """
    known = {run.record.task for run in runs}
    for task in tasks:
        if task not in known:
            raise unknown("task", task, known)
    order = list(dict.fromkeys(tasks)) or sorted(known)
    chosen = [r for r in runs if r.record.task in order and (checks or r.record.model.kind != "check")]
    comparer = Comparer(cache)
    if metric is not None:
        metrics = {name for run in chosen for name in comparer.scores(run)}
        if metric not in metrics:
            raise unknown("metric", metric, metrics)
    groups: dict[tuple[str, str, int | None], list[Run]] = defaultdict(list)
    for run in chosen:
        groups[run.record.task, run.record.protocol.id, run.record.limit].append(run)
    keys = sorted(groups, key=lambda key: (order.index(key[0]), key[1], key[2] or 0))
    sections = [_section(groups[key], key, comparer, metric, published or {}) for key in keys]
    return Board(
        sections=_corrected([s for s in sections if s.limit is None]),
        limited=_corrected([s for s in sections if s.limit is not None]),
        older=sum(run.older for run in chosen),
    )


def _section(
    runs: list[Run],
    key: tuple[str, str, int | None],
    comparer: Comparer,
    metric: str | None,
    published: dict[str, tuple[PublishedRow, ...]],
) -> Section:
    task, protocol, limit = key
    first = runs[0].record.protocol
    metric = metric if metric is not None and metric in comparer.scores(runs[0]) else first.metric
    for run in runs:
        if metric not in comparer.scores(run):
            raise unknown("metric", metric, comparer.scores(run), where=str(run.path))
    runs = sorted(runs, key=lambda run: (-_score(run, metric, comparer), run.record.model.name, run.record.run_id))
    main = main_group(runs)
    ranks: dict[int, int] = {}
    if limit is None:
        ranked = [run for run in main if comparer.scores(run)[metric] is not None]
        places = bands(ranked, lambda a, b: (comparer.test(a, b, metric, "").p or 0.0) < ALPHA)
        ranks = {id(run): rank for run, rank in zip(ranked, places, strict=True)}
    shared = Counter(ranks.values())
    floor = next((run for run in main if run.record.model.kind == "floor"), None)
    rows = []
    for run in runs:
        rank = ranks.get(id(run))
        rows.append(_row(run, runs, metric, comparer, rank, shared[rank] > 1, floor, any(run is m for m in main)))
    notes = []
    if limit is None and floor is None and any(row.kind == "tuned" for row in rows):
        notes.append("no floor rows: nothing here shows that a cheap classical model would not do as well")
    return Section(
        task=task, protocol=protocol, dataset=first.dataset, split=first.split, metric=metric, limit=limit,
        n=len(main[0].outcomes.ids), rows=_told_apart(rows), notes=tuple(notes),
        published=() if limit is not None else _published(published.get(protocol, ()), metric),
    )  # fmt: skip


def _row(
    run: Run,
    runs: list[Run],
    metric: str,
    comparer: Comparer,
    rank: int | None,
    tied: bool,
    floor: Run | None,
    main: bool,
) -> Row:
    record, model, protocol = run.record, run.record.model, run.record.protocol
    scores = comparer.scores(run)
    score = scores[metric]
    warnings = []
    if not main:
        warnings.append("answered other rows than the rest, so it is not ranked")
    stored = record.scores.get(metric, score)
    if (stored is None) != (score is None) or (score is not None and abs(stored - score) > 1e-6):
        warnings.append(f"run.json says {stored}, its outcomes give {score}")
    if model.kind == "tuned" and floor is not None:
        warnings += below_floor(run, floor, metric, comparer)
    base = base_of(run, runs)
    adapter = model.adapter if model.adapter and model.adapter not in model.name else None
    return Row(
        name=model.name, adapter=adapter, kind=model.kind, variant=_variant(protocol.shots, protocol.chat_template),
        base=model.base, quantisation=model.quantisation, compute_dtype=model.compute_dtype, shots=protocol.shots,
        chat_template=protocol.chat_template, seed=record.seed, n=protocol.n, rank=rank, tied=tied, score=score,
        interval=None if score is None else comparer.interval(run, metric), scores=scores,
        invalid_share=sum(run.outcomes.invalid) / protocol.n if run.outcomes.invalid else None, is_base=base is run,
        against_base=None if base is None or base is run else comparer.test(run, base, metric, base.record.model.name),
        training=record.training, evaluation=record.evaluation, exposure=_exposure(record.exposure),
        warnings=tuple(warnings), run_id=record.run_id, suite=record.suite, created=record.created,
    )  # fmt: skip


def _variant(shots: int, chat_template: bool) -> str:
    return f"{shots}-shot chat" if chat_template else f"{shots}-shot"


def _score(run: Run, metric: str, comparer: Comparer) -> float:
    score = comparer.scores(run)[metric]
    return -1.0 if score is None else score


def _exposure(data: dict[str, Any] | None) -> dict[str, int] | None:
    """Training rows found among the test rows, by kind of likeness; None where nobody looked."""
    if not isinstance(data, dict):
        return None
    return {kind: int(data[kind]) for kind in ("exact", "normalised", "near") if kind in data} or None


def _told_apart(rows: list[Row]) -> tuple[Row, ...]:
    """The rows with the dtype or the seed added to the variant where rows would look the same without."""
    looks: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:
        looks[row.name, row.adapter, row.variant, row.quantisation].append(row)
    told = []
    for row in rows:
        alike = looks[row.name, row.adapter, row.variant, row.quantisation]
        extra = [row.compute_dtype] if row.compute_dtype and len({r.compute_dtype for r in alike}) > 1 else []
        extra += [f"seed {row.seed}"] if len({r.seed for r in alike}) > 1 else []
        told.append(dataclasses.replace(row, variant=", ".join([row.variant, *extra])) if extra else row)
    return tuple(told)


def _published(rows: Iterable[PublishedRow], metric: str) -> tuple[PublishedRow, ...]:
    """The published rows that have the metric: those on our rows and by our metric first, then by score."""
    having = [row for row in rows if metric in row.metrics]
    return tuple(
        sorted(
            having,
            key=lambda r: (not (r.comparison.same_rows and r.comparison.same_metric), -r.metrics[metric].value),
        )
    )


def _corrected(sections: list[Section]) -> tuple[Section, ...]:
    """The sections with p_holm filled in: Holm's correction over the tasks of each model and variant."""
    places: dict[tuple[Any, ...], list[tuple[int, int, float]]] = defaultdict(list)
    for i, section in enumerate(sections):
        for j, row in enumerate(section.rows):
            if row.against_base is not None and row.against_base.p is not None:
                places[row.identity].append((i, j, row.against_base.p))
    rows = [list(section.rows) for section in sections]
    for family in places.values():
        for (i, j, _), p in zip(family, holm([p for _, _, p in family]), strict=True):
            row = rows[i][j]
            rows[i][j] = dataclasses.replace(row, against_base=dataclasses.replace(row.against_base, p_holm=float(p)))
    return tuple(dataclasses.replace(s, rows=tuple(r)) for s, r in zip(sections, rows, strict=True))
