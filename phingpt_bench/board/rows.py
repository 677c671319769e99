"""From runs to the rows of a section, with ranks, tests, costs and notes."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from phingpt_bench.board.frontier import frontier
from phingpt_bench.board.prompts import prompt_spread
from phingpt_bench.board.row import Row
from phingpt_bench.board.row_notes import prior_notes, row_notes, shared_by, shared_notes
from phingpt_bench.board.standing import Scope, Standing
from phingpt_bench.core.ledgers import COMBINING, PARAPHRASES, WARM_UP, Ledger
from phingpt_bench.core.records import RunRecord
from phingpt_bench.cost.ledger import per_thousand
from phingpt_bench.results.answering import answering
from phingpt_bench.results.collect import Run
from phingpt_bench.results.comparison.prior import prior_part
from phingpt_bench.results.groups import exposed
from phingpt_bench.results.pairing import against_base, base_of, beats
from phingpt_bench.results.unseen import unseen
from phingpt_bench.scoring.metrics import METRICS

# phases of a ledger that are no part of answering the task's own prompt
SETUP = ("load", WARM_UP, "probe", PARAPHRASES, COMBINING)


def row_of(run: Run, standing: Standing, scope: Scope, bases: Sequence[Run], priors: dict[int, float | None]) -> Row:
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


def on_frontier(rows: Sequence[Row], metric: str, trust_times: bool) -> list[Row]:
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
    """The ledger without loading and probing, which are booked only on a model's first run, paraphrases and combining.

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
