"""From runs to a board: one section per task and protocol, its rows ranked, compared and flagged."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from phingpt_bench.board.cost_values import Prices
from phingpt_bench.board.costs import on_card, payback, tokens_each, with_costs
from phingpt_bench.board.families import corrected, with_details
from phingpt_bench.board.power import detectable, power_notes
from phingpt_bench.board.published.rows import PublishedRow
from phingpt_bench.board.rows import on_frontier, row_of
from phingpt_bench.board.standing import Calculation, Scope, Standing, standing_of
from phingpt_bench.board.values import Board, Section
from phingpt_bench.core.errors import unknown
from phingpt_bench.core.notes import Note
from phingpt_bench.core.records import NO_MODELS
from phingpt_bench.core.sentences import sentence
from phingpt_bench.data.catalogue import Rights
from phingpt_bench.results.arrange import Arrangement, Key, arranged
from phingpt_bench.results.cache import Cache
from phingpt_bench.results.collect import Run
from phingpt_bench.results.compare import Comparer
from phingpt_bench.results.pairing import Bases
from phingpt_bench.results.seeds import with_seeds_joined
from phingpt_bench.scoring.metrics import METRICS


def build(
    runs: Sequence[Run],
    published: Mapping[str, tuple[PublishedRow, ...]] | None = None,
    options: Calculation | None = None,
    *,
    cache: Cache | None = None,
    prices: Prices | None = None,
    rights: Mapping[str, Rights] | None = None,
) -> Board:
    """The board of `runs`.

    published: rows by protocol id; None for no published rows.
    options: None for the defaults.
    cache: of tests and intervals. New ones are added; the caller saves it.
    prices: the card for published rows and, if it is the user's own, for the runs too; None for no estimates.
    rights: languages and licence of the data by protocol id.
    BenchError for a task without a run, or a metric that none of the tasks has.
    """
    runs = runs if prices is None else on_card(runs, prices)
    options = options or Calculation()
    plan = arranged(runs, options.tasks, options.checks)
    scope = Scope(
        options=options, comparer=Comparer(cache), published=published or {}, prices=prices, tasks=tasks_of(plan)
    )
    sections = [section_of(group, key, scope) for key, group in plan.groups.items()]
    return joined(plan, sections, options.metric, prices, rights)


def tasks_of(plan: Arrangement[Any]) -> int:
    """How many whole splits the sections of a board are of: as many tests as a correction over tasks can count."""
    return max(1, sum(limit is None for _, _, limit in plan.groups))


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
            raise unknown(sentence("metric"), metric, known)
    # all tasks are compared, even if they are not shown: Holm's correction and the names must not depend on that
    if rights is not None:
        sections = [_with_rights(section, rights) for section in sections]
    sections = [_with_power(_with_twins(section, sections)) for section in sections]
    shown = [section for section in corrected(with_details(sections)) if section.task in plan.shown]
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
    return dataclasses.replace(section, languages=found.languages, licence=found.licence, documents=found.documents)


def _with_twins(section: Section, sections: Sequence[Section]) -> Section:
    """The section, with a note that names the other tasks that ask about its rows in another way.

    Labels that are chosen and labels that are written are two tasks, whose scores no option ranks together.
    """
    twins = [
        s.task for s in sections if (s.protocol, s.limit) == (section.protocol, section.limit) and s is not section
    ]
    if not twins:
        return section
    note = Note(
        sentence("the same rows, answered otherwise, are also in table {tasks}", tasks=", ".join(twins)), "info"
    )
    return dataclasses.replace(section, notes=(*section.notes, note))


def _with_power(section: Section) -> Section:
    """The section with what its rows could have shown among its notes."""
    if section.limit is not None:
        return section
    return dataclasses.replace(section, notes=(*section.notes, *power_notes(section.detectable, section.documents)))


def section_of(runs: Sequence[Run], key: Key, scope: Scope) -> Section:
    """The section of the runs of one task, protocol and limit; p-values are not yet corrected over the tasks."""
    task, protocol, limit = key
    before = sum(run.older for run in runs)
    joined_runs = with_seeds_joined(runs)
    older = sum(run.older for run in joined_runs) - before
    standing = standing_of(joined_runs, scope, limit)
    first, metric = joined_runs[0].record.protocol, standing.metric
    bases = Bases(standing.runs)
    priors: dict[int, float | None] = {}
    made = [row_of(run, standing, scope, bases.near(run), priors) for run in standing.runs]
    rows = on_frontier(made, metric, scope.options.trust_times)
    timed = [row for row in rows if scope.options.trust_times or row.shared_by == 1]
    notes: list[Note] = []
    if scope.options.across_engines and _engines(standing):
        notes.append(
            Note(sentence("ranked across engines, as asked: {engines}", engines=", ".join(_engines(standing))))
        )
    if limit is None and standing.floor is None and any(row.kind == "tuned" for row in rows):
        if any(run.kind == "floor" for run in standing.runs):
            text = sentence("no floor row is ranked, so none is there to beat: their training rows hold test rows")
        else:
            text = sentence("no floor rows: nothing here shows that a cheap classical model would not do as well")
        notes.append(Note(text))
    shows = detectable(standing) if limit is None else None
    card = None if scope.prices is None else scope.prices.card
    tokens = tokens_each(standing.runs)
    published = () if limit is not None else _published(scope.published.get(protocol, ()), metric)
    if scope.prices is not None:
        published = tuple(with_costs(row, tokens, scope.prices.card) for row in published)
    pays = None if limit is not None else payback(timed, published, card)
    if limit is None and pays is None and len(timed) < len(rows) and payback(rows, published, card):
        text = sentence(
            "no break-even, as times of a machine that several processes shared do not count: --trust-times"
        )
        notes.append(Note(text, "info"))
    return Section(
        task=task, protocol=protocol, dataset=first.dataset, split=first.split, metric=metric, limit=limit,
        n=standing.n, synthetic=first.synthetic, rows=tuple(rows), notes=tuple(notes), published=published,
        tokens=tokens, payback=pays,
        floor=None if standing.floor is None else standing.floor.record.model.name, older=older, detectable=shows,
    )  # fmt: skip


def _engines(standing: Standing) -> list[str]:
    """The engines of the ranked models if there are several, otherwise none."""
    models = [run.record.model for run in standing.runs if id(run) in standing.ranks and run.kind not in NO_MODELS]
    found = sorted({model.served_by or "phingpt-bench" for model in models})
    return found if len(found) > 1 else []


def _published(rows: Iterable[PublishedRow], metric: str) -> tuple[PublishedRow, ...]:
    """The published rows with the metric: first those on our rows and in our metric, then by score."""
    having = [row for row in rows if metric in row.metrics]
    sign = -1 if metric not in METRICS or METRICS[metric].higher_is_better else 1
    return tuple(
        sorted(
            having,
            key=lambda r: (not (r.comparison.same_rows and r.comparison.same_metric), sign * r.metrics[metric].value),
        )
    )
