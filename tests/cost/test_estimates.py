"""Break-even in its awkward cases; hosted models, papers and ledgers on a price card; unknown stays None."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.ledgers import Ledger, Price
from phingpt_bench.core.machine import GIB, Machine
from phingpt_bench.cost.breakeven import BreakEven, Case, break_even
from phingpt_bench.cost.estimate import Usd, hosted_usd, hours_usd, over, repriced
from phingpt_bench.cost.prices import ApiPrice, Entry, PriceCard, load_prices, of_gpu

WHENCE = {"source": "a price list", "read_on": "2026-01-02", "assumption": "none"}
CPU = Machine(processor="AMD EPYC", cores=2, memory_bytes=23 * GIB, gpus=[])
UNHEARD_OF = Machine(processor="Intel", cores=8, memory_bytes=64 * GIB, gpus=["NVIDIA Unheard-of 1"])


def entry(name: str, usd: float, gpu: str | None = None) -> Entry:
    return Entry(id=name, usd_per_hour=usd, gpu=gpu, **WHENCE)


def hosted(name: str, model: str, read: float, written: float) -> ApiPrice:
    return ApiPrice(
        id=name, models=(model,), host="a host", usd_per_million_in=read, usd_per_million_out=written, **WHENCE
    )


CARD = PriceCard(
    date="2026-01-03",
    entries=(
        entry("cpu-core-hour", 0.05),
        entry("a100-40gb", 2.0, "A100 40GB"),
        entry("a100-80gb", 3.0, "A100 80GB"),
        entry("rtx-3090", 0.5, "RTX 3090"),
        entry("paper", 1.0),
    ),
    api=(hosted("here", "M", 1.0, 10.0), hosted("there", "M", 3.0, 4.0), hosted("n", "N", 2.0, 2.0)),
)


def usd(low: float, high: float | None = None) -> Usd:
    return Usd(low, low if high is None else high)


@pytest.mark.parametrize(
    ("get", "run", "other_get", "other_run", "want"),
    [
        (10.0, 0.01, 0.0, 0.02, Case("after", 1000)),  # even at 1,000: cheaper from 1,001 on
        (10.0, 0.0, 0.0, 0.03, Case("after", 333)),  # even at 333.3
        (0.005, 0.0, 0.0, 0.01, Case("after", 0)),  # even at half a document: the first pays it back
        (10.0, 0.02, 0.0, 0.02, Case("never")),  # the same to run, dearer to get
        (10.0, 0.03, 0.0, 0.02, Case("never")),
        (0.0, 0.02, 0.0, 0.02, Case("never")),  # the same in everything
        (0.0, 0.01, 0.0, 0.02, Case("at once")),
        (1.0, 0.02, 5.0, 0.02, Case("at once")),
        (1.0, 0.046875, 5.0, 0.03125, Case("until", 255)),  # even at 256
        (1.0, 0.03, 5.0, 0.0, Case("until", 133)),  # even at 133.3
        (4.999, 0.03, 5.0, 0.02, Case("never")),  # even before the first document
    ],
)
def test_break_even_of_exact_prices(get, run, other_get, other_run, want):
    result = break_even(usd(get), usd(run), usd(other_get), usd(other_run))
    assert result == BreakEven(want, want)

    def costs(n: int) -> tuple[float, float]:
        return get + n * run, other_get + n * other_run

    cheaper = [n for n in range(1, 2000) if costs(n)[0] < costs(n)[1] - 1e-12]
    expected = {
        "never": [],
        "at once": list(range(1, 2000)),
        "after": list(range((want.documents or 0) + 1, 2000)),
        "until": list(range(1, (want.documents or 0) + 1)),
    }[want.kind]
    assert cheaper == expected


def test_break_even_over_ranges_is_best_and_worst():
    assert break_even(usd(10), usd(0.01), usd(0), usd(0.02, 0.11)) == BreakEven(Case("after", 100), Case("after", 1000))
    assert break_even(usd(10), usd(0.01), usd(0), usd(0.005, 0.02)) == BreakEven(Case("after", 1000), Case("never"))
    assert break_even(usd(1, 10), usd(0.01), usd(2), usd(0.02)) == BreakEven(Case("at once"), Case("after", 800))


@pytest.mark.parametrize("unknown", range(4))
def test_break_even_of_something_unknown_is_unknown(unknown):
    values = [usd(1.0), usd(0.1), usd(0.0), usd(0.2)]
    assert break_even(*values[:unknown], None, *values[unknown + 1 :]) is None


def test_a_range_is_in_order_and_above_zero():
    for low, high in ((2.0, 1.0), (-1.0, 1.0)):
        with pytest.raises(ValueError, match="not a range"):
            Usd(low, high)
    assert over([]) is None
    assert over([3.0, 1.0, 2.0]) == usd(1.0, 3.0)


def test_a_hosted_model_costs_its_tokens_at_each_host():
    assert hosted_usd(CARD, "M", 1e6, 1e5) == usd(2.0, 3.4)
    assert hosted_usd(CARD, "N", 5e5, 0.0) == usd(1.0)
    assert hosted_usd(CARD, "m", 1e6, 1e5) is None  # names are taken exactly


@pytest.mark.parametrize(
    ("gpu", "want"),
    [
        ("RTX 3090", ["rtx-3090"]),
        ("A100-40GB", ["a100-40gb"]),
        ("A100", ["a100-40gb", "a100-80gb"]),
        ("A100 (Colab)", ["a100-40gb", "a100-80gb"]),
        ("RTX 3090 / A100-40GB (as printed)", ["rtx-3090", "a100-40gb"]),
        ("RTX 3090 / K80", []),
        ("RTX 3090 Ti", []),
        ("K80", []),
        ("", []),
    ],
)
def test_a_papers_gpu_is_taken_as_exactly_as_it_is_named(gpu, want):
    assert [found.id for found in of_gpu(CARD, gpu)] == want


def test_published_hours_are_priced_where_all_is_stated():
    assert hours_usd(CARD, "RTX 3090", 4, 2.5) == usd(5.0)
    assert hours_usd(CARD, "A100", 2, 1.0) == usd(4.0, 6.0)
    for gpu, count, hours in ((None, 1, 1.0), ("RTX 3090", None, 1.0), ("RTX 3090", 1, None), ("K80", 1, 1.0)):
        assert hours_usd(CARD, gpu, count, hours) is None


def ledger(**kept) -> Ledger:
    return Ledger(**{"seconds": {"load": 600.0, "evaluate": 1200.0}, "usd": 9.0, "machine": CPU, **kept})


def at(entry: str, count: int = 1) -> Price:
    return Price(entry=entry, count=count, usd_per_hour=9.0)


def test_a_ledger_is_repriced_by_its_entry_else_by_its_machine():
    changed = repriced(ledger(price=at("cpu-core-hour", 4)), CARD)
    assert (changed.usd, changed.price.card, changed.price.count) == (pytest.approx(0.05 * 4 / 2), "2026-01-03", 4)
    assert repriced(ledger(price=at("paper")), CARD).usd == pytest.approx(0.5)
    assert repriced(ledger(price=at("of another card")), CARD).usd == pytest.approx(0.05 * 2 / 2)
    assert repriced(ledger(price=None), CARD).price.entry == "cpu-core-hour"


def test_a_ledger_without_machine_time_or_known_gpu_loses_its_usd():
    for kept in ({"machine": None}, {"seconds": {}}, {"machine": UNHEARD_OF}):
        changed = repriced(ledger(price=at("of another card"), **kept), CARD)
        assert (changed.usd, changed.price) == (None, None)
        assert changed.seconds == ledger(**kept).seconds


def test_the_shipped_card_has_a_source_for_every_api_price():
    card = load_prices()
    assert len(card.api) > 15
    for price in card.api:
        assert price.source and price.assumption and price.host, price.id
        assert price.usd_per_million_in <= price.usd_per_million_out, price.id  # no list has it the other way
        assert price.usd_per_million_cached is None or price.usd_per_million_cached < price.usd_per_million_in, price.id
    assert hosted_usd(card, "GPT-4o", 1e6, 1e6) == usd(12.5)
    assert load_prices().hosted("a model of nobody") == ()


API = """\
date: "2026-01-01"
entries: []
api:
  - id: x
    models: [X]
    host: H
    usd_per_million_in: 1.0
    usd_per_million_out: 2.0
    source: s
    read_on: "2026-01-01"
    assumption: a
"""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("usd_per_million_in", "usd_per_milion_in", r"card\.yaml:7: .*did you mean 'usd_per_million_in'"),
        ("1.0", "0", "leave an unknown price out"),
        ("[X]", "[]", "names no model"),
        ("[X]", "X", "expected a list"),
        ('"2026-01-01"\n    assumption', "soon\n    assumption", "read_on must be like 2026-11-25, not 'soon'"),
        ("    host: H\n", "", "missing key 'host'"),
        ("api:\n", "api:\n  - {id: x}\n", "missing key 'models'"),
    ],
)
def test_a_bad_card_is_reported_with_file_and_line(tmp_path: Path, old, new, message):
    file = tmp_path / "card.yaml"
    file.write_text(API, encoding="utf-8")
    assert load_prices(file).api[0].usd(1e6, 1e6) == pytest.approx(3.0)
    file.write_text(API.replace(old, new), encoding="utf-8")
    with pytest.raises(BenchError, match=message):
        load_prices(file)


def test_ids_are_distinct_over_machines_and_apis():
    with pytest.raises(ValueError, match="given twice: paper"):
        dataclasses.replace(CARD, api=(hosted("paper", "M", 1.0, 1.0),))
