"""Costs that no run measured: published rows at the prices of our card, and when a tuned model pays back."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from pathlib import Path

from phingpt_bench.board.cost_values import Against, Payback, Prices, TokensEach
from phingpt_bench.board.published.rows import PublishedRow
from phingpt_bench.board.published.values import PublishedCost
from phingpt_bench.board.row import Row
from phingpt_bench.cost.breakeven import break_even
from phingpt_bench.cost.estimate import LABEL_TOKENS, Usd, hosted_usd, hours_usd, repriced
from phingpt_bench.cost.prices import PriceCard, load_prices, own_card
from phingpt_bench.results.collect import Run

FREE = Usd(0.0, 0.0)  # the price of getting a model that is used without training


def prices_of(path: Path | None = None) -> Prices:
    """The price card in `path` or $PHINGPT_BENCH_PRICES (both are the user's own), otherwise the shipped one."""
    own = path or own_card()
    return Prices(name="prices.yaml" if own is None else own.name, own=own is not None, card=load_prices(own))


def on_card(runs: Iterable[Run], prices: Prices) -> list[Run]:
    """The runs with all USD at the card's prices if it is the user's own, otherwise as recorded."""
    if not prices.own:
        return list(runs)

    def priced(run: Run) -> Run:
        record = run.record
        training = None if record.training is None else repriced(record.training, prices.card)
        evaluation = repriced(record.evaluation, prices.card)
        return dataclasses.replace(run, record=dataclasses.replace(record, training=training, evaluation=evaluation))

    return [priced(run) for run in runs]


def tokens_each(runs: Iterable[Run]) -> TokensEach | None:
    """Tokens of one document, as measured by the first of `runs` without few-shot examples and chat template.

    `runs` are sorted, the best first: a model that does the task well writes answers as long as an API's would be. A
    label counts as LABEL_TOKENS: our models choose labels instead of writing them, or write up to a fixed length. None
    if no run counted tokens.
    """
    for run in runs:
        protocol, ledger = run.record.protocol, run.record.evaluation
        if run.record.model.kind not in ("base", "tuned") or any(protocol.setting):
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
    """The row with the estimated cost of its training at the card's prices, and of 1,000 documents through an API.

    The second is only estimated for a model that was used without examples and answered at once: the tokens of our
    0-shot prompt say nothing about longer prompts or a chain of thought.
    """
    each = None
    if tokens is not None and not row.shots and row.zero_shot == "direct":
        each = hosted_usd(card, row.model, 1000 * tokens.read, 1000 * tokens.written)
    cost = row.cost
    trained = None if cost is None else hours_usd(card, cost.gpu, cost.gpu_count, cost.hours)
    return dataclasses.replace(row, usd_per_1000=each, training_on_card=trained)


def assumed_per_hour(cost: PublishedCost) -> float | None:
    """The price of a GPU-hour that the source assumed: as stated, or its USD divided by its GPU-hours, or None."""
    if cost.usd_per_gpu_hour is not None:
        return cost.usd_per_gpu_hour
    hours = None if cost.hours is None or cost.gpu_count is None else cost.hours * cost.gpu_count
    return None if cost.usd is None or not hours or cost.gpu is None else cost.usd / hours


def payback(rows: Sequence[Row], published: Sequence[PublishedRow], card: PriceCard | None = None) -> Payback | None:
    """The best ranked tuned row compared with hosted models, larger models of the board, and the floors.

    Models that another engine served count here whether they are ranked with it or not: only costs are compared.

    card: its price of a label is paid for the training rows of either side; hosted models that it knows to be no longer
    sold are left out.

    None if there is no such row or nothing to compare it with. Each kind is sorted, the best first. Hosted models with
    the same name (one model in several sources) are taken once.
    """
    tuned = next((row for row in rows if row.kind == "tuned" and row.rank is not None), None)
    if tuned is None:
        return None
    hosted: dict[str, Usd] = {}
    for other in published:
        if other.usd_per_1000 is not None and (card is None or any(price.sold for price in card.hosted(other.model))):
            hosted.setdefault(other.model, other.usd_per_1000)
    label = None if card is None or card.label is None else card.label.usd
    paid = _labels_usd(tuned, label)
    others = [_against(tuned, name, "hosted", FREE, each, labels=(paid, 0.0)) for name, each in hosted.items()]
    for row in rows:
        larger = row.kind in ("base", "tuned") and (row.parameters or 0) > (tuned.parameters or 0) > 0
        served = row.kind == "base" and row.served_by is not None and row.run_id != tuned.base_run
        if larger or served or row.kind == "floor":
            kind = "served" if served else "larger" if larger else "floor"
            name = row.name if row.adapter is None else f"{row.name} + {row.adapter}"
            costs = _to_get(row), _to_run(row)
            labels = paid, _labels_usd(row, label) or 0.0  # of a floor that is unknown: none, to its advantage
            others.append(_against(tuned, name, kind, *costs, row.run_id, labels=labels))
    if not others:
        return None
    return Payback(
        run_id=tuned.run_id, model=tuned.name, adapter=tuned.adapter, usd_per_1000=tuned.usd_per_1000,
        training_usd=None if tuned.training is None else tuned.training.usd, against=tuple(others),
        labels=tuned.labels, labels_usd=paid,
    )  # fmt: skip


def _against(
    tuned: Row,
    name: str,
    kind: str,
    get: Usd | None,
    per_1000: Usd | None,
    run_id: str | None = None,
    *,
    labels: tuple[float | None, float],
) -> Against:
    """labels: USD of the labels of the tuned row (None if unknown, and then not counted) and of the other."""
    own, each = _to_run(tuned), None if per_1000 is None else per_1000.times(0.001)
    own = None if own is None else own.times(0.001)
    owned = break_even(_to_get(tuned), own, get, each)
    paid = owned
    if labels[0] is not None:
        paid = break_even(_plus(_to_get(tuned), labels[0]), own, _plus(get, labels[1]), each)
    return Against(
        name=name, run_id=run_id, kind=kind, training_usd=None if get is None else get.low, usd_per_1000=per_1000,
        best=None if paid is None else paid.best, worst=None if paid is None else paid.worst,
        owned_best=None if owned is None else owned.best, owned_worst=None if owned is None else owned.worst,
    )  # fmt: skip


def _plus(usd: Usd | None, more: float) -> Usd | None:
    return None if usd is None else Usd(usd.low + more, usd.high + more)


def _labels_usd(row: Row, price: float | None) -> float | None:
    """What the labels of a row's training cost; None if their number or price is unknown."""
    return None if price is None or row.labels is None else row.labels * price


def _to_run(row: Row) -> Usd | None:
    return None if row.usd_per_1000 is None else Usd(row.usd_per_1000, row.usd_per_1000)


def _to_get(row: Row) -> Usd | None:
    """What a row's training cost. A base was not trained here; a floor without a training ledger was not either."""
    if row.training is None:
        return FREE if row.kind in ("base", "floor") else None
    return None if row.training.usd is None else Usd(row.training.usd, row.training.usd)
