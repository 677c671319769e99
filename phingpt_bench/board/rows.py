"""From runs to a board: one section per task and protocol, its rows ranked, compared and flagged."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from phingpt_bench.board.cost_values import Prices
from phingpt_bench.board.costs import on_card, payback, tokens_each, with_costs
from phingpt_bench.board.families import corrected, with_details
from phingpt_bench.board.frontier import frontier
from phingpt_bench.board.power import detectable, power_notes
from phingpt_bench.board.prompts import prompt_spread
from phingpt_bench.board.published.rows import PublishedRow
from phingpt_bench.board.row_notes import prior_notes, row_notes, shared_by, shared_notes
from phingpt_bench.board.standing import Calculation, Scope, Standing, standing_of
from phingpt_bench.board.values import Board, Row, Section
from phingpt_bench.core.errors import unknown
from phingpt_bench.core.ledgers import PARAPHRASES, WARM_UP, Ledger
from phingpt_bench.core.notes import Note
from phingpt_bench.core.records import NO_MODELS, RunRecord
from phingpt_bench.core.sentences import sentence
from phingpt_bench.cost.ledger import per_thousand
from phingpt_bench.data.catalogue import Rights
from phingpt_bench.results.answering import answering
from phingpt_bench.results.arrange import Arrangement, Key, arranged
from phingpt_bench.results.cache import Cache
from phingpt_bench.results.collect import Run
from phingpt_bench.results.compare import Comparer
from phingpt_bench.results.comparison.prior import prior_part
from phingpt_bench.results.pairing import Bases, against_base, base_of, beats, exposed
from phingpt_bench.results.seeds import with_seeds_joined
from phingpt_bench.results.unseen import unseen
from phingpt_bench.scoring.metrics import METRICS

# phases of a ledger that are no part of answering the task's own prompt
SETUP = ("load", WARM_UP, "probe", PARAPHRASES)


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
    """The section with the other tasks that ask for its rows otherwise among its notes.

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
    made = [_row(run, standing, scope, bases.near(run), priors) for run in standing.runs]
    rows = _on_frontier(made, metric, scope.options.trust_times)
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


def _row(run: Run, standing: Standing, scope: Scope, bases: Sequence[Run], priors: dict[int, float | None]) -> Row:
    """The row of a run. priors: those of the bases of earlier rows by `id`, which many adapters share."""
    record, model, protocol = run.record, run.record.model, run.record.protocol
    comparer, metric = standing.comparer, standing.metric
    scores = comparer.scores(run)
    score = scores[metric]
    rank, tied = standing.rank(run)
    base = base_of(run, bases)
    better, below = None, None
    if model.kind in ("base", "tuned") and standing.floor is not None:
        better, below = beats(run, standing.floor, metric, comparer)
    evaluation = evaluated(record.evaluation)
    test = None if base is None or base is run else against_base(run, base, metric, comparer, scope.tasks)
    answers = answering(run)
    prior = None
    if run.kind == "tuned" and base is not None:
        if id(base) not in priors:
            priors[id(base)] = prior_part(base, metric, comparer)
        prior = priors[id(base)]
    return Row(
        name=model.name, adapter=model.adapter, adapter_digest=model.adapter_digest,
        recipe_digest=model.recipe_digest, kind=model.kind,
        variant=protocol.variant, details=(), base=model.base,
        base_revision=model.base_revision, quantisation=model.quantisation, compute_dtype=model.compute_dtype,
        served_by=model.served_by,
        shots=protocol.shots, chat_template=protocol.chat_template,
        prompt=protocol.setting.prompt, thinking=protocol.thinking,
        calibration=protocol.calibration, seed=record.seed, n=protocol.n, rank=rank,
        tied=tied, score=score, interval=None if score is None else comparer.interval(run, metric), scores=scores,
        invalid_share=answers.unread, answering=answers, is_base=base is run, against_base=test,
        base_run=None if base is None or base is run else base.record.run_id,
        labels=_labels(record), label_prior=prior, beats_floor=better, training=record.training, evaluation=evaluation,
        usd_per_1000=per_thousand(evaluation, protocol.n), frontier=None, parameters=model.parameters,
        adapter_parameters=model.adapter_parameters,
        exposure=None if record.exposure is None else record.exposure.counts, exposed=exposed(run) is not None,
        partly_checked=record.exposure is not None and record.exposure.partly,
        base_unknown=model.kind in ("base", "tuned") and (record.exposure is None or record.exposure.base is None),
        unseen=unseen(run, metric, comparer),
        notes=(*prior_notes(test, prior), *row_notes(run, standing, base, bases, below), *shared_notes(run, scope)),
        shared_by=shared_by(run),
        run_id=record.run_id, suite=record.suite,
        created=record.created, tags=tuple(record.tags), prompts=prompt_spread(run, base, metric),
        seeds=tuple(comparer.scores(member)[metric] for member in run.seeds), blocks=_blocks(run),
    )  # fmt: skip


def _on_frontier(rows: Sequence[Row], metric: str, trust_times: bool) -> list[Row]:
    """The rows with `frontier` filled in; rows without a rank are left out of it.

    trust_times: whether times of a shared machine count like others. If not, the cost of these rows may be anything,
    and no row that one of them may dominate is on the front.
    """
    trusted = [trust_times or row.shared_by == 1 for row in rows]
    points = [
        (row.usd_per_1000, row.score) if row.rank is not None and known else (None, None)
        for row, known in zip(rows, trusted, strict=True)
    ]
    rivals = [row.score for row, known in zip(rows, trusted, strict=True) if row.rank is not None and not known]
    front = frontier(points, higher_is_better=METRICS[metric].higher_is_better, rivals=rivals)
    return [dataclasses.replace(row, frontier=on) for row, on in zip(rows, front, strict=True)]


def _labels(record: RunRecord) -> int | None:
    """The rows that a tuned model or a floor was trained on, as far as its exposure says how many."""
    compared = None if record.exposure is None else record.exposure.compared
    return None if compared is None or record.model.kind == "base" else compared.training_rows


def _blocks(run: Run) -> int:
    """How many blocks of examples the members of a run are, where each has one of its own; else 0."""
    blocks = {member.record.protocol.block for member in run.seeds}
    return len(blocks) if len(blocks) == len(run.seeds) > 1 else 0


def evaluated(ledger: Ledger) -> Ledger:
    """The ledger without loading and probing, which are booked only on a model's first run, and without paraphrases.

    USD are reduced in proportion to the seconds; they are unknown if no other phase is left.
    """
    seconds = {phase: spent for phase, spent in ledger.seconds.items() if phase not in SETUP}
    if ledger.token_price is not None:  # tokens cost the same however long they take
        return dataclasses.replace(ledger, seconds=seconds)
    whole, rest = sum(ledger.seconds.values()), sum(seconds.values())
    usd = ledger.usd if whole == rest else None
    if usd is None and ledger.usd is not None and seconds:
        usd = ledger.usd * rest / whole
    return dataclasses.replace(ledger, seconds=seconds, usd=usd)


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
