"""From runs to a board: one section per task and protocol, its rows ranked, compared and flagged."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from phingpt_bench.board.costs import on_card, payback, tokens_each, with_costs
from phingpt_bench.board.families import corrected, with_details
from phingpt_bench.board.frontier import frontier
from phingpt_bench.board.power import detectable, power_notes
from phingpt_bench.board.published.rows import PublishedRow
from phingpt_bench.board.standing import Scope, Standing, standing_of
from phingpt_bench.board.values import Board, Prices, Row, Section
from phingpt_bench.core.errors import unknown
from phingpt_bench.core.notes import Note
from phingpt_bench.core.records import Ledger, RunRecord
from phingpt_bench.core.sentences import sentence
from phingpt_bench.cost.ledger import per_thousand
from phingpt_bench.data.catalogue import Rights
from phingpt_bench.results.answering import answering, beats_majority
from phingpt_bench.results.arrange import Arrangement, Key, arranged
from phingpt_bench.results.cache import Cache
from phingpt_bench.results.collect import Run
from phingpt_bench.results.compare import Comparer, Difference
from phingpt_bench.results.comparison.prior import prior_part
from phingpt_bench.results.pairing import NO_MODELS, against_base, base_of, beats, best_of_base, exposed, fallback_note
from phingpt_bench.results.seeds import with_seeds_joined
from phingpt_bench.results.unseen import unseen
from phingpt_bench.scoring.metrics import METRICS
from phingpt_bench.stats.paired import ALPHA
from phingpt_bench.text.numbers import percent, signed

SETUP = ("load", "probe")  # phases of a ledger that prepare a model for all its runs
SMALL = 0.005  # of a label prior: below it nothing is said of it
RUN_ON = 0.1  # of the answers: from here on it is said that they ran on
ORACLE = "oracle"  # the check that gives the gold answers


def build(  # noqa: PLR0913  each is an option of the board
    runs: Sequence[Run],
    published: Mapping[str, tuple[PublishedRow, ...]] | None = None,
    *,
    tasks: Collection[str] = (),
    metric: str | None = None,
    checks: bool = False,
    across_engines: bool = False,
    cache: Cache | None = None,
    prices: Prices | None = None,
    rights: Mapping[str, Rights] | None = None,
) -> Board:
    """The board of `runs`.

    published: rows by protocol id; None for no published rows.
    tasks: the tasks to show, or protocol ids, in this order; empty means all, by name.
    metric: shown instead of the primary metric of each task that has it.
    checks: whether to show oracle, null and echo as well.
    across_engines: whether to rank rows of different engines together.
    cache: of tests and intervals. New ones are added; the caller saves it.
    prices: the card for published rows and, if it is the user's own, for the runs too; None for no estimates.
    rights: languages and licence of the data by protocol id.
    BenchError for a task without a run, or a metric that none of the tasks has.
    """
    runs = runs if prices is None else on_card(runs, prices)
    plan = arranged(runs, tasks, checks)
    scope = Scope(
        comparer=Comparer(cache), metric=metric, published=published or {}, prices=prices, across=across_engines,
        tasks=tasks_of(plan),
    )  # fmt: skip
    sections = [section_of(group, key, scope) for key, group in plan.groups.items()]
    return joined(plan, sections, metric, prices, rights)


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
    sections = [_with_power(section) for section in sections]
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
    rows = _on_frontier([_row(run, standing, scope.tasks) for run in standing.runs], metric)
    notes: list[Note] = []
    if scope.across and _engines(standing):
        notes.append(
            Note(sentence("ranked across engines, as asked: {engines}", engines=", ".join(_engines(standing))))
        )
    if limit is None and standing.floor is None and any(row.kind == "tuned" for row in rows):
        text = sentence("no floor rows: nothing here shows that a cheap classical model would not do as well")
        notes.append(Note(text))
    shows = detectable(standing) if limit is None else None
    card = None if scope.prices is None else scope.prices.card
    tokens = tokens_each(standing.runs)
    published = () if limit is not None else _published(scope.published.get(protocol, ()), metric)
    if scope.prices is not None:
        published = tuple(with_costs(row, tokens, scope.prices.card) for row in published)
    return Section(
        task=task, protocol=protocol, dataset=first.dataset, split=first.split, metric=metric, limit=limit,
        n=standing.n, synthetic=first.synthetic, rows=tuple(rows), notes=tuple(notes), published=published,
        tokens=tokens,
        payback=None if limit is not None else payback(rows, published, card),
        floor=None if standing.floor is None else standing.floor.record.model.name, older=older, detectable=shows,
    )  # fmt: skip


def _engines(standing: Standing) -> list[str]:
    """The engines of the ranked models if there are several, otherwise none."""
    models = [run.record.model for run in standing.runs if id(run) in standing.ranks and run.kind not in NO_MODELS]
    found = sorted({model.served_by or "phingpt-bench" for model in models})
    return found if len(found) > 1 else []


def _row(run: Run, standing: Standing, tasks: int) -> Row:
    record, model, protocol = run.record, run.record.model, run.record.protocol
    comparer, metric = standing.comparer, standing.metric
    scores = comparer.scores(run)
    score = scores[metric]
    rank, tied = standing.rank(run)
    base = base_of(run, standing.runs)
    better, below = None, None
    if model.kind in ("base", "tuned") and standing.floor is not None:
        better, below = beats(run, standing.floor, metric, comparer)
    evaluation = evaluated(record.evaluation)
    test = None if base is None or base is run else against_base(run, base, metric, comparer, tasks)
    answers = answering(run)
    prior = prior_part(base, metric, comparer) if run.kind == "tuned" and base is not None else None
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
        beats_majority=beats_majority(run, metric, comparer) if _is_gain(test, metric) else None,
        labels=_labels(record), label_prior=prior, beats_floor=better, training=record.training, evaluation=evaluation,
        usd_per_1000=per_thousand(evaluation, protocol.n), frontier=None, parameters=model.parameters,
        adapter_parameters=model.adapter_parameters,
        exposure=None if record.exposure is None else record.exposure.counts, exposed=exposed(run) is not None,
        partly_checked=record.exposure is not None and record.exposure.partly,
        base_unknown=model.kind in ("base", "tuned") and (record.exposure is None or record.exposure.base is None),
        unseen=unseen(run, metric, comparer),
        notes=(*_prior_notes(test, prior), *_notes(run, standing, base, below)),
        run_id=record.run_id, suite=record.suite,
        created=record.created, seeds=_seed_scores(run, metric, comparer), blocks=_blocks(run),
    )  # fmt: skip


def _notes(run: Run, standing: Standing, base: Run | None, below: Note | None) -> Iterator[Note]:
    """The notes to a row. below: that the run does not beat the best floor."""
    record, metric = run.record, standing.metric
    score = standing.comparer.scores(run)[metric]
    if (reason := standing.apart.get(id(run))) is not None:
        yield Note(reason)
    stored = record.scores.get(metric, score)
    if stored != score if stored is None or score is None else abs(stored - score) > 1e-6:
        yield Note(sentence("run.json says {stored}, its outcomes give {score}", stored=stored, score=score))
    yield from _of_adapter(run)
    if below is not None and record.model.kind == "tuned":  # of every weak base it would be too much: there is the mark
        yield below
    if note := fallback_note(run, base):
        yield Note(note)
    if (best := best_of_base(run, standing.runs, metric, standing.comparer)) is not None:
        score = standing.comparer.scores(best)[metric]
        yield Note(
            sentence(
                "the base at its best prompt ({variant}): {score}",
                variant=best.record.protocol.variant,
                score=f"{score:.3f}",
            ),
            "info",
        )
    if (source := record.provenance.imported) is not None:
        name = " ".join(filter(None, (source.source, source.version)))
        yield Note(sentence("imported from {source}: cost unknown", source=name), "info")
    yield from _answering_notes(run, standing)
    floor = standing.floor
    if below is not None and record.diagnostics.trained_on_task is False and floor is not None:
        yield Note(sentence("not trained on this task, as {name} was", name=floor.record.model.name), "info")
    if (record.model.kind, record.model.name) == ("check", ORACLE) and metric == record.protocol.metric:
        low, high = METRICS[metric].bounds
        if score is None or abs(score - (high if METRICS[metric].higher_is_better else low)) > 1e-9:
            yield Note(sentence("the gold answers do not get the best score: the task or its scoring has a bug"))


def _of_adapter(run: Run) -> Iterator[Note]:
    """What is not known of an adapter from elsewhere, and whether its base is another one by design."""
    record = run.record
    if record.model.trained_elsewhere:
        rows = record.exposure is not None and record.exposure.adapter is not None
        text = (
            sentence("trained elsewhere: prompt unknown, rows as declared")
            if rows
            else sentence("trained elsewhere: prompt and rows unknown")
        )
        yield Note(text, "info")
    if record.diagnostics.changed_base is not None:
        yield Note(sentence("on a base changed by design: {why}", why=record.diagnostics.changed_base), "info")


def _prior_notes(test: Difference | None, prior: float | None) -> Iterator[Note]:
    """How much of a tuned row's gain calibration without labels gives the base; nothing where it gives it none."""
    if prior is not None and test is not None and test.value is not None and prior >= SMALL and test.value > 0:
        text = sentence("of {gain} the label prior is {prior}", gain=signed(test.value), prior=signed(prior))
        yield Note(text, "info")


def _answering_notes(run: Run, standing: Standing) -> Iterator[Note]:
    """That nearly all answers are one label, or ran on to the limit of tokens."""
    if run.kind in NO_MODELS:
        return
    found, scores = answering(run), standing.comparer.scores(run)
    if found.one_label and found.label_share is not None:
        share, mcc = percent(found.label_share), scores.get("mcc")
        if mcc is not None and abs(mcc) < 0.0005:
            yield Note(sentence("answers {label} in {share} of the rows, MCC 0", label=found.label, share=share))
        else:
            yield Note(sentence("answers {label} in {share} of the rows", label=found.label, share=share))
    if found.run_on is not None and found.run_on >= RUN_ON:
        text = sentence("{share} of the answers ran on to the limit of tokens", share=percent(found.run_on))
        yield Note(text, "info")


def _on_frontier(rows: Sequence[Row], metric: str) -> list[Row]:
    """The rows with `frontier` filled in; rows without a rank are left out of the front."""
    points = [(row.usd_per_1000, row.score) if row.rank is not None else (None, None) for row in rows]
    front = frontier(points, higher_is_better=METRICS[metric].higher_is_better)
    return [dataclasses.replace(row, frontier=on) for row, on in zip(rows, front, strict=True)]


def _is_gain(test: Difference | None, metric: str) -> bool:
    """Whether a difference to the base may get a star for being better."""
    if test is None or test.value is None or test.p is None or test.p >= ALPHA:
        return False
    return (test.value > 0) == METRICS[metric].higher_is_better


def _seed_scores(run: Run, metric: str, comparer: Comparer) -> tuple[float | None, ...]:
    """The score of each of several seeds; empty for a single run."""
    return tuple(comparer.scores(member)[metric] for member in run.seeds)


def _labels(record: RunRecord) -> int | None:
    """The rows that a tuned model or a floor was trained on, as far as its exposure says how many."""
    compared = None if record.exposure is None else record.exposure.compared
    return None if compared is None or record.model.kind == "base" else compared.training_rows


def _blocks(run: Run) -> int:
    """How many blocks of examples the members of a run are, where each has one of its own; else 0."""
    blocks = {member.record.protocol.block for member in run.seeds}
    return len(blocks) if len(blocks) == len(run.seeds) > 1 else 0


def evaluated(ledger: Ledger) -> Ledger:
    """The ledger without loading and probing, which are booked only on a model's first run.

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
