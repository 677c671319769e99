"""Costs on the board: estimates from our own tokens, break-even against others, and the card that is in force."""

from __future__ import annotations

import dataclasses
import json
import re

import pytest
from helpers.board_factory import PRICE, PRICES, example_runs, labels, make_run, seen, spans, write_run
from helpers.drawing import render
from helpers.published import published

from phingpt_bench.board.cost_values import Prices
from phingpt_bench.board.costs import tokens_each
from phingpt_bench.board.load import Options, load_board
from phingpt_bench.board.sections import build
from phingpt_bench.board.standing import Calculation
from phingpt_bench.cli import main as command
from phingpt_bench.core.ledgers import Ledger
from phingpt_bench.core.machine import Machine
from phingpt_bench.cost.breakeven import Case
from phingpt_bench.cost.estimate import LABEL_TOKENS, Usd
from phingpt_bench.cost.prices import LabelPrice, load_prices
from phingpt_bench.render.board.cost_text import count_text, payback_lines, when_text
from phingpt_bench.render.board.formats import board_text as page
from phingpt_bench.text.language import speaking

TASK = "phin_made_up_sentiment"


@pytest.fixture(scope="module")
def section():
    (found,) = build(example_runs(), published(), Calculation(tasks=[TASK]), prices=PRICES).sections
    return found


def metered(read: int | None, written: int | None = None) -> Ledger:
    return Ledger(seconds={"evaluate": 60.0}, tokens_in=read, tokens_out=written, usd=0.01, price=PRICE)


def test_tokens_are_those_of_the_first_plain_run_that_counted_them():
    runs = [
        make_run(shots=5, evaluation=metered(9999)),
        make_run(chat=True, evaluation=metered(9999)),
        make_run("majority", "floor", evaluation=metered(9999)),
        make_run(evaluation=metered(None)),
        make_run("Model B", evaluation=metered(6000, 4800)),
        make_run("Model C", evaluation=metered(9999)),
    ]
    tokens = tokens_each(runs)
    assert (tokens.read, tokens.written, tokens.assumed, tokens.counted_by) == (20.0, LABEL_TOKENS, True, "Model B")
    assert tokens_each(runs[:4]) is None


def test_written_entities_are_counted_not_assumed():
    assert tokens_each([make_run(outcomes=spans(0.5, 98), evaluation=metered(980))]) is None
    tokens = tokens_each([make_run(outcomes=spans(0.5, 98), evaluation=metered(980, 196))])
    assert (tokens.read, tokens.written, tokens.assumed) == (10.0, 2.0, False)


def test_an_api_row_has_an_estimate_and_others_have_none(section):
    by_model = {row.model: row for row in section.published}
    each = by_model["Model H"].usd_per_1000  # 40 tokens read, 3 written, at $2 and $10 in and $40 out
    assert (each.low, each.high) == (pytest.approx(0.04 * 2 + 0.12), pytest.approx(0.04 * 10 + 0.12))
    assert {by_model[name].usd_per_1000 for name in ("Model X", "Model Y", "Model Z")} == {None}
    assert by_model["Model Z"].training_on_card == Usd(3.5, 3.5)
    assert by_model["Model X"].training_on_card is None


@pytest.mark.slow
@pytest.mark.parametrize("change", [{"shots": 5}, {"zero_shot": "reasoning"}, {"zero_shot": None}])
def test_no_estimate_where_the_prompt_or_the_answer_was_longer(change):
    rows = {key: tuple(dataclasses.replace(row, **change) for row in rows) for key, rows in published().items()}
    (found,) = build(example_runs(), rows, Calculation(tasks=[TASK]), prices=PRICES).sections
    assert {row.usd_per_1000 for row in found.published} == {None}
    assert {other.kind for other in found.payback.against} == {"floor"}


def test_the_best_tuned_row_pays_back_against_each_kind(section):
    payback = section.payback
    assert (payback.adapter, payback.training_usd) == ("adapter-one", 0.115)
    hosted, *floors = payback.against
    own = 0.0052 / 300
    for case, rate in ((hosted.best, 0.52), (hosted.worst, 0.2)):
        assert case == Case("after", int(0.115 / (rate / 1000 - own)))
    assert [(other.kind, other.best) for other in floors] == [("floor", None)] * 2  # their time was not priced
    assert payback_lines(payback)[1] == "Model H (estimate, $0.20-0.52): after 230 to 630 documents"


def test_a_larger_model_and_a_cheaper_floor():
    def costing(usd: float) -> dict:
        return {"evaluation": Ledger(seconds={"evaluate": 60.0}, usd=usd, price=PRICE)}

    trained = Ledger(seconds={"train": 60.0}, usd=3.0, price=PRICE)
    runs = [
        make_run("small", "tuned", labels(0.8, seed=1), adapter="a", training=trained, **costing(0.003)),
        make_run("large", outcomes=labels(0.7, seed=2), base="large", **costing(0.3)),
        make_run("floor", "floor", labels(0.5, seed=3), **costing(0.0003)),
    ]
    sizes = {"small": 10, "large": 100}
    runs = [
        dataclasses.replace(
            run,
            record=dataclasses.replace(
                run.record,
                model=dataclasses.replace(run.record.model, parameters=sizes.get(run.record.model.name)),
            ),
        )
        for run in runs
    ]
    (found,) = build(runs).sections
    assert [(other.name, other.kind, other.best) for other in found.payback.against] == [
        ("large", "larger", Case("after", 3030)),
        ("floor", "floor", Case("never")),
    ]
    assert payback_lines(found.payback)[1:] == [
        "large ($1.00): after 3,000 documents",
        "floor ($0.0010): never: the baseline is already cheaper",
    ]


def test_a_served_model_is_among_those_that_a_tuned_row_is_compared_with(served_run):
    trained = Ledger(seconds={"train": 60.0}, usd=3.0, price=PRICE)
    own = Ledger(seconds={"evaluate": 60.0}, usd=0.003, price=PRICE)
    runs = [
        make_run("small", "tuned", labels(0.8, seed=1), adapter="a", training=trained, evaluation=own),
        served_run("Best API", 0.7, 0.3),
        served_run("Middle API", 0.6, 0.09),
        served_run("Cheap API", 0.5, 0.03),
    ]
    runs += [make_run(f"Own {i}", outcomes=labels(0.4, seed=i), base=f"own-{i}") for i in range(3)]  # most are ours
    for across in (False, True):
        found = build(runs, options=Calculation(across_engines=across)).sections[0].payback
        assert {(other.name, other.kind, other.best) for other in found.against} == {
            ("Best API", "served", Case("after", 3030)),
            ("Middle API", "served", Case("after", 10344)),
            ("Cheap API", "served", Case("after", 33333)),
        }
        assert payback_lines(found)[1:] == [
            "Best API ($1.00): after 3,000 documents",
            "Cheap API ($0.10): after 33,000 documents",
            "1 more in --format json",
        ]


@pytest.fixture
def served_run():
    def made(name: str, accuracy: float, usd: float):
        spent = Ledger(seconds={"evaluate": 60.0}, usd=usd, price=PRICE)
        run = make_run(name, outcomes=labels(accuracy, seed=2), base=name, evaluation=spent)
        model = dataclasses.replace(run.record.model, engine="openai-chat-completions")
        return dataclasses.replace(run, record=dataclasses.replace(run.record, model=model))

    return made


def test_no_payback_without_a_ranked_tuned_row_or_without_others():
    assert build([make_run()]).sections[0].payback is None
    assert build([make_run(kind="tuned", adapter="a")]).sections[0].payback is None


@pytest.mark.parametrize(
    ("best", "worst", "want"),
    [
        (None, None, "N/A"),
        (Case("after", 41234), Case("after", 41567), "after 41,000 to 42,000 documents"),
        (Case("after", 41234), Case("after", 41267), "after 41,000 documents"),
        (Case("at once"), Case("at once"), "from the first document on"),
        (Case("never"), Case("never"), "never: the baseline is already cheaper"),
        (Case("until", 95), Case("until", 95), "up to 95 documents only"),
        (
            Case("after", 7),
            Case("never"),
            "after 7 documents at its dearest, never at its cheapest",
        ),
    ],
)
def test_words_of_a_break_even(best, worst, want):
    assert when_text(best, worst) == want


def test_counts_are_reported_to_two_figures():
    assert [count_text(n) for n in (0, 7, 99, 101, 999, 12_600)] == ["0", "7", "99", "100", "1,000", "13,000"]


CARD = """\
date: "2001-02-03"
entries:
  - {id: made-up-core, usd_per_hour: 25.0, source: mine, read_on: "2001-02-03", assumption: my own price}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("PHINGPT_BENCH_CACHE", str(tmp_path / "cache"))
    for i, run in enumerate(example_runs()):
        write_run(tmp_path / "results" / str(i), run)
    (tmp_path / "mine.yaml").write_text(CARD, encoding="utf-8")
    return tmp_path


@pytest.mark.slow
def test_a_board_is_priced_by_the_users_card(folder, monkeypatch, capsys):
    def usd(board):
        return {row.run_id: row.evaluation.usd for section in board.sections for row in section.rows}

    before = usd(load_board(folder / "results")[0])
    repriced = usd(load_board(folder / "results", Options(prices=folder / "mine.yaml"))[0])
    for run_id, amount in repriced.items():  # 25 an hour and core, two cores, 75 seconds
        assert amount == (None if before[run_id] is None else pytest.approx(25 * 2 * 75 / 3600))
    assert any(amount is not None for amount in repriced.values())
    monkeypatch.setenv("PHINGPT_BENCH_PRICES", str(folder / "mine.yaml"))
    assert usd(load_board(folder / "results")[0]) == repriced

    monkeypatch.delenv("PHINGPT_BENCH_PRICES")
    assert command.main(["leaderboard", str(folder / "results"), "--full", "--prices", str(folder / "mine.yaml")]) == 0
    out = capsys.readouterr().out
    assert "at the prices of mine.yaml, 2001-02-03" in " ".join(out.split())
    assert "my own price" in " ".join(out.split()) and "made-up price" not in " ".join(out.split())


def test_the_board_says_when_it_is_on_the_shipped_card(folder):
    board, _ = load_board(folder / "results")
    assert f"shipped price card of {board.prices.card.date}" in " ".join(render(board).split())
    assert json.loads(page(board, "json"))["prices"]["own"] is False


def test_a_card_that_is_missing_or_wrong_is_an_error(folder, capsys):
    (folder / "bad.yaml").write_text(CARD.replace("25.0", "dear"), encoding="utf-8")
    for name, message in (("none.yaml", "no such price card"), ("bad.yaml", "expected a number")):
        assert command.main(["leaderboard", str(folder / "results"), "--prices", str(folder / name)]) == 2
        assert message in capsys.readouterr().err


def test_costs_are_reported_in_spanish(section):
    with speaking("es"):
        assert payback_lines(section.payback)[1] == "Model H (estimación, $0.20-0.52): tras 230 a 630 documentos"


def card_with_labels(**changes: object) -> Prices:
    card = PRICES.card
    api = tuple(dataclasses.replace(price, **changes) for price in card.api)
    label = LabelPrice(usd=0.1, source="made-up", read_on="2000-01-01", assumption="made-up price")
    return dataclasses.replace(PRICES, card=dataclasses.replace(card, label=label, api=api))


@pytest.mark.slow
def test_a_training_pays_for_its_labels_and_says_what_it_is_without():
    """Nine labels at 0.10 beside a training of 0.115: nearly nine times as long until it has paid back."""
    (plain,) = build(example_runs(), published(), Calculation(tasks=[TASK]), prices=PRICES).sections
    (section,) = build(example_runs(), published(), Calculation(tasks=[TASK]), prices=card_with_labels()).sections
    payback, own = section.payback, 0.0052 / 300
    assert (payback.labels, payback.labels_usd) == (9, pytest.approx(0.9))
    hosted = payback.against[0]
    assert hosted.best == Case("after", int((0.115 + 0.9) / (0.52 / 1000 - own)))
    assert (hosted.owned_best, hosted.owned_worst) == (plain.payback.against[0].best, plain.payback.against[0].worst)
    head, line, *_ = payback_lines(payback)
    assert "(training $0.12 and 9 labels $0.90, then" in head
    assert line.endswith("after 2,000 to 5,600 documents; with the labels already there after 230 to 630 documents")


def test_models_that_are_no_longer_sold_are_left_out_of_the_break_even():
    (section,) = build(
        example_runs(), published(), Calculation(tasks=[TASK]), prices=card_with_labels(sold=False)
    ).sections
    assert {other.kind for other in section.payback.against} == {"floor"}
    assert any(row.usd_per_1000 for row in section.published)  # the estimate of a document stays


def test_a_floor_pays_for_its_labels_too():
    priced = {"evaluation": Ledger(seconds={"evaluate": 60.0}, usd=0.0003, price=PRICE)}
    trained = Ledger(seconds={"train": 1.0}, usd=0.0, price=PRICE)
    runs = [
        make_run(kind="tuned", adapter="a", outcomes=labels(0.8, seed=1), training=trained, exposure=seen(), **priced),
        make_run("floor", "floor", labels(0.5, seed=3), training=trained, exposure=seen(), **priced),
    ]
    (section,) = build(runs, prices=card_with_labels()).sections
    (floor,) = section.payback.against
    assert floor.best == floor.owned_best == Case("never")  # the same labels, so they make no difference


def test_the_shipped_card_has_a_price_of_a_label_and_knows_what_is_no_longer_sold():
    card = load_prices()
    assert card.label is not None and "doi:" in card.label.source
    words = re.compile(r"to its end|while it was sold|to 2026")
    assert [price.id for price in card.api if not price.sold] == [
        price.id for price in card.api if words.search(price.assumption)
    ]


def test_times_of_a_shared_machine_are_shown_and_count_for_nothing_unless_they_are_trusted():
    box = Machine(processor="made-up", cores=2, memory_bytes=None, gpus=[])
    shared = dataclasses.replace(box, workers=3)

    def spent(machine: Machine, usd: float) -> Ledger:
        return Ledger(seconds={"evaluate": 60.0}, usd=usd, price=PRICE, machine=machine, tokens_in=6000)

    runs = [
        make_run("Model A", "base", labels(0.5, seed=1), evaluation=spent(box, 0.01)),
        make_run("Model B", "base", labels(0.9, seed=2), base="made-up/model-b", evaluation=spent(shared, 0.001)),
        make_run("majority", "floor", labels(0.34, seed=7)),
    ]
    rows = {row.name: row for row in build(runs, prices=PRICES).sections[0].rows}
    assert rows["Model B"].usd_per_1000 is not None, "shown"
    assert [rows[name].frontier for name in ("Model A", "Model B")] == [None, None], "B may be the cheaper one"
    assert "times and energy were measured on a machine that 3 processes shared" in [
        note.text for note in rows["Model B"].notes
    ]
    assert not any("shared" in note.text for note in rows["Model A"].notes)
    trusted = {
        row.name: row for row in build(runs, options=Calculation(trust_times=True), prices=PRICES).sections[0].rows
    }
    assert [trusted[name].frontier for name in ("Model A", "Model B")] == [False, True]
    assert not any("shared" in note.text for note in trusted["Model B"].notes)


@pytest.mark.parametrize(("accuracy", "front"), [(0.5, [None, None, False]), (0.95, [True, None, False])])
def test_a_row_has_p_only_if_no_row_of_a_shared_machine_may_dominate_it(accuracy, front):
    """The dearest row of a board had P: all others, which cost less and scored more, had shared a machine."""
    shared = Machine(processor="made-up", cores=2, memory_bytes=None, gpus=[], workers=2)
    cheap = Ledger(seconds={"evaluate": 60.0}, usd=0.001, price=PRICE, machine=shared)
    dear = Ledger(seconds={"evaluate": 60.0}, usd=0.9, price=PRICE)
    runs = [
        make_run("Model A", "base", labels(accuracy, seed=1), evaluation=dear),
        make_run("Model B", "base", labels(0.9, seed=2), base="made-up/model-b", evaluation=cheap),
        make_run("Model C", "base", labels(0.4, seed=3), base="c", evaluation=dataclasses.replace(dear, usd=1.0)),
    ]
    board = build(runs, prices=PRICES)
    rows = {row.name: row for row in board.sections[0].rows}
    assert [rows[name].frontier for name in ("Model A", "Model B", "Model C")] == front
    assert ("on the Pareto front" in render(board, 80)) is (True in front)


@pytest.mark.slow
def test_what_was_trained_on_a_shared_machine_pays_back_nowhere():
    shared = Machine(processor="made-up", cores=2, memory_bytes=None, gpus=[], workers=2)
    runs = example_runs()
    slow = []
    for run in runs:
        record = run.record
        if record.training is not None and run.kind == "tuned":
            record = dataclasses.replace(record, training=dataclasses.replace(record.training, machine=shared))
        slow.append(dataclasses.replace(run, record=record))
    assert build(runs, published(), Calculation(tasks=[TASK]), prices=PRICES).sections[0].payback is not None
    silent = build(slow, published(), Calculation(tasks=[TASK]), prices=PRICES).sections[0]
    assert silent.payback is None
    assert any("no break-even" in note.text and "--trust-times" in note.text for note in silent.notes)
    assert (
        build(slow, published(), Calculation(tasks=[TASK], trust_times=True), prices=PRICES).sections[0].payback
        is not None
    )
