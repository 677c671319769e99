"""The board's costs that no run metered: published rows on our price card, and when a tuned model pays back."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from pathlib import Path

from phingpt_bench.board.published.rows import PublishedRow
from phingpt_bench.board.published.values import PublishedCost
from phingpt_bench.board.values import Against, Payback, Prices, Row, TokensEach
from phingpt_bench.cost.breakeven import break_even
from phingpt_bench.cost.estimate import LABEL_TOKENS, Usd, hosted_usd, hours_usd, repriced
from phingpt_bench.cost.prices import PriceCard, load_prices, own_card
from phingpt_bench.results.collect import Run

FREE = Usd(0.0, 0.0)  # what it costs to get a model that is used as it is


def prices_of(path: Path | None = None) -> Prices:
    """The price card in `path`, else in $PHINGPT_BENCH_PRICES, both the user's own, else the one shipped."""
    own = path or own_card()
    return Prices(name="prices.yaml" if own is None else own.name, own=own is not None, card=load_prices(own))


def on_card(runs: Iterable[Run], prices: Prices) -> list[Run]:
    """The runs with all USD at the card's prices where it is the user's own, else as they were recorded."""
    if not prices.own:
        return list(runs)

    def priced(run: Run) -> Run:
        record = run.record
        training = None if record.training is None else repriced(record.training, prices.card)
        evaluation = repriced(record.evaluation, prices.card)
        return dataclasses.replace(run, record=dataclasses.replace(record, training=training, evaluation=evaluation))

    return [priced(run) for run in runs]


def tokens_each(runs: Iterable[Run]) -> TokensEach | None:
    """Tokens of a document as a run metered them: of the first of `runs` that was asked without examples or template.

    `runs` come best first: the answers of a model that does the task well are as long as an API's would be. A label is
    taken as LABEL_TOKENS: ours are chosen, not written, or written up to a fixed length. None where no run has counted.
    """
    for run in runs:
        protocol, ledger = run.record.protocol, run.record.evaluation
        if run.record.model.kind not in ("base", "tuned") or protocol.shots or protocol.chat_template:
            continue
        assumed = protocol.kind == "labels"
        if not ledger.tokens_in or not protocol.n or (ledger.tokens_out is None and not assumed):
            continue
        return TokensEach(
            read=ledger.tokens_in / protocol.n,
            written=float(LABEL_TOKENS) if assumed else (ledger.tokens_out or 0) / protocol.n,
            assumed=assumed,
            counted_by=run.record.model.name,
            run_id=run.record.run_id,
        )
    return None


def with_costs(row: PublishedRow, tokens: TokensEach | None, card: PriceCard) -> PublishedRow:
    """The row with what its training would cost on the card, and what an API would take for 1,000 documents.

    The second only for a model that was asked without examples and answered at once: the tokens of our own 0-shot
    prompt say nothing of longer ones, nor of a chain of thought.
    """
    each = None
    if tokens is not None and not row.shots and row.zero_shot == "direct":
        each = hosted_usd(card, row.model, 1000 * tokens.read, 1000 * tokens.written)
    return dataclasses.replace(row, usd_per_1000=each, training_on_card=on_our_card(row.cost, card))


def on_our_card(cost: PublishedCost | None, card: PriceCard) -> Usd | None:
    """A published training's wall hours times its GPUs at the card's price for them; None where any is unknown."""
    return None if cost is None else hours_usd(card, cost.gpu, cost.gpu_count, cost.hours)


def assumed_per_hour(cost: PublishedCost) -> float | None:
    """The USD of a GPU-hour that the source assumed: as it says, else its USD over its GPU-hours, else None."""
    if cost.usd_per_gpu_hour is not None:
        return cost.usd_per_gpu_hour
    hours = None if cost.hours is None or cost.gpu_count is None else cost.hours * cost.gpu_count
    return None if cost.usd is None or not hours or cost.gpu is None else cost.usd / hours


def payback(rows: Sequence[Row], published: Sequence[PublishedRow]) -> Payback | None:
    """The best ranked tuned row against hosted models, larger ones of the board, and the floors; None without such a
    row or without others.

    Each kind comes best first. Hosted models that look alike (one model in several sources) are taken once.
    """
    tuned = next((row for row in rows if row.kind == "tuned" and row.rank is not None), None)
    if tuned is None:
        return None
    hosted: dict[str, Usd] = {}
    for other in published:
        if other.usd_per_1000 is not None:
            hosted.setdefault(other.model, other.usd_per_1000)
    others = [_against(tuned, name, "hosted", FREE, each) for name, each in hosted.items()]
    for row in rows:
        larger = row.kind in ("base", "tuned") and (row.parameters or 0) > (tuned.parameters or 0) > 0
        if larger or row.kind == "floor":
            kind = "larger" if larger else "floor"
            name = row.name if row.adapter is None else f"{row.name} + {row.adapter}"
            others.append(_against(tuned, name, kind, _to_get(row), _to_run(row), row.run_id))
    if not others:
        return None
    return Payback(
        run_id=tuned.run_id, model=tuned.name, adapter=tuned.adapter, usd_per_1000=tuned.usd_per_1000,
        training_usd=None if tuned.training is None else tuned.training.usd, against=tuple(others),
    )  # fmt: skip


def _against(
    tuned: Row, name: str, kind: str, get: Usd | None, per_1000: Usd | None, run_id: str | None = None
) -> Against:
    own = _to_run(tuned)
    result = break_even(
        _to_get(tuned),
        None if own is None else own.times(0.001),
        get,
        None if per_1000 is None else per_1000.times(0.001),
    )
    return Against(
        name=name, run_id=run_id, kind=kind, training_usd=None if get is None else get.low, usd_per_1000=per_1000,
        best=None if result is None else result.best, worst=None if result is None else result.worst,
    )  # fmt: skip


def _to_run(row: Row) -> Usd | None:
    return None if row.usd_per_1000 is None else Usd(row.usd_per_1000, row.usd_per_1000)


def _to_get(row: Row) -> Usd | None:
    """What a row's training took; a base was not trained here, nor a floor without a ledger of it."""
    if row.training is None:
        return FREE if row.kind in ("base", "floor") else None
    return None if row.training.usd is None else Usd(row.training.usd, row.training.usd)
