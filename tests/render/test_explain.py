"""`leaderboard --explain`: every number of the page can be worked out again, and leads to that of the board."""

from __future__ import annotations

import dataclasses
import math
import re

import numpy as np
import pytest
from helpers.board_factory import billed, example_runs, labels, make_run, write_run
from helpers.explained import NER, SENTIMENT, flat, page, rich_outcomes, worked
from helpers.seeds import clustered, trained

from phingpt_bench.board.sections import build
from phingpt_bench.cli.main import main
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.exposure import Compared, Exposure
from phingpt_bench.core.ledgers import Ledger, Price
from phingpt_bench.core.machine import Machine
from phingpt_bench.core.provenance import Provenance
from phingpt_bench.render.board.formats import board_text
from phingpt_bench.render.board.row_text import full_name
from phingpt_bench.render.explain.explain_blocks import explain
from phingpt_bench.render.explain.explain_find import found_row, found_section
from phingpt_bench.results.compare import Comparer
from phingpt_bench.scoring.metrics import METRICS, metric_rows
from phingpt_bench.text.write_terminal import terminal

HOSTILE = "[red]x[/red] \x1b[31m \u202e" + "very-long-name" * 12 + " {0} {n}"


@pytest.mark.parametrize("name", METRICS)
def test_the_last_line_can_be_worked_out_and_is_the_score(name):
    """The line is Python but for ^ and x; what it gives is the score, up to the four decimals of what it adds up."""
    rows, of = next(
        (rows, outcomes) for outcomes in rich_outcomes().values() if (rows := metric_rows(name, outcomes)) is not None
    )
    total = rows.sum(0)
    sum_, _, shown = worked(name, total, of.labels, 10_000)[-1].strip().rpartition(" = ")
    score = float(METRICS[name].function(total))
    assert shown == f"{score:.4f}"
    assert re.fullmatch(r"[\d.+\-*/()^ xsqrte]+", sum_)
    value = eval(sum_.replace("^", "**").replace(" x ", " * "), {"sqrt": math.sqrt})
    assert value == pytest.approx(score, abs=2e-4)


def test_a_metric_without_lines_of_its_own_gets_no_others(monkeypatch):
    monkeypatch.setitem(METRICS, "new", dataclasses.replace(METRICS["acc"], name="new"))
    with pytest.raises(KeyError):
        worked("new", metric_rows("acc", labels(0.7, 60)).sum(0), ["negative", "neutral", "positive"])


def test_the_lines_of_each_label_give_its_f1():
    total = metric_rows("f1_weighted", labels(0.7, 60)).sum(0)
    lines = worked("f1_weighted", total, ["negative", "neutral", "positive"])
    each = [line for line in lines if "2 x" in line and "gold" not in line]
    assert len(each) == 3
    for line in each:
        told, value = line.partition(": ")[2].split(" = ")
        assert eval(told.replace(" x ", " * ")) == pytest.approx(float(value), abs=5e-5)


def test_an_undefined_score_and_a_long_label():
    nothing = np.zeros((4, 3), dtype=int)
    assert worked("entity_f1", nothing, ["PER", "ORG", "LOC"])[-1].endswith("= undefined")
    lines = worked("acc", np.eye(2, 3, dtype=int), ["a" * 40, "b"], 60)
    assert max(map(len, lines)) <= 60
    assert "a" * 40 in "".join("".join(lines).split())


@pytest.fixture(scope="module")
def example():
    """Runs with their board and its comparisons, made once."""
    runs = [make_run(HOSTILE, outcomes=labels(0.5, seed=1)), *example_runs()]
    return runs, build(runs), Comparer()


def test_the_page_of_a_tuned_row_holds_what_the_board_shows(example):
    runs, board, comparer = example
    section = found_section(board, SENTIMENT)
    row = next(row for row in section.rows if row.adapter == "adapter-one")
    text = terminal(explain(board, runs, "adapter-one", SENTIMENT, comparer))
    assert text.startswith(f"{SENTIMENT}: Model A + adapter-one, 0-shot, nf4+dq\n")
    for part in (
        "run.json, and outcomes.json beside it", "300 rows of split test", "No two of them are known",
        f"= {row.score:.4f}", f"95 %: {row.interval.low:.4f} to {row.interval.high:.4f}, method bootstrap",
        f"difference {row.against_base.value:+.4f}", "differ at least as much; p = (1 + 0) / (1 + 10000)",
        "Rank 1 of 7 ranked rows, shared by 2 rows.", "It has the best score.",
        "Not shown to differ from TF-IDF + LR (floor)", "Test rows that are equal to a training row: 0.",
        "Evaluation: $0.005200, as recorded", "Training: $0.115000, as recorded",
        "Price: made-up-core x 2 at $0.25 an hour together, card of 2000-01-01; made-up price",
    ):  # fmt: skip
        assert part in flat(text), part
    assert f"One task was tested, so p stays {row.against_base.p_holm:.4f}" in flat(text)


def test_what_tokens_cost_is_worked_out_with_their_price():
    spent = billed()
    text = flat(page([make_run("A", evaluation=spent)], "A", "phin_made_up"))
    assert (
        "Evaluation: (10,000 tokens read x $2 + 2,000 tokens read from the host's cache x $0.5"
        " + 600 tokens written x $8) / 1,000,000 = $0.025800" in text
    )
    assert "Price: made-up-api, USD of a million tokens, card of 2000-01-01; made-up price" in text
    assert "machine" not in text.partition("Evaluation:")[2].partition("Price:")[0]
    other = dataclasses.replace(spent, tokens_in=None, tokens_out=None, usd=0.5)  # as a mean over runs may be
    assert "Evaluation: $0.500000, as recorded" in flat(page([make_run("A", evaluation=other)], "A", "phin_made_up"))


def test_a_row_that_shares_a_rank_and_one_that_leads_the_next_say_why():
    runs = [
        make_run("A", outcomes=labels(0.8, seed=1)), make_run("B", base="b", outcomes=labels(0.8, seed=1)),
        make_run("C", base="c", outcomes=labels(0.4, seed=3)),
    ]  # fmt: skip
    task = "phin_made_up"
    assert "does not differ from it: p 1.0000 x 2 comparisons is not under 0.05" in flat(page(runs, "B", task))
    assert "It differs from A, 0-shot, nf4+dq, the first of rank 1: p 0.0001 x 2" in flat(page(runs, "3", task))


@pytest.mark.slow
def test_the_family_of_holm_is_worked_out():
    def pair(task, seed):
        return [
            make_run(task=task, outcomes=labels(0.55, seed=seed)),
            make_run(kind="tuned", adapter="x", task=task, outcomes=labels(0.62, seed=seed + 50)),
        ]

    runs = [run for i, task in enumerate("abc") for run in pair(task, i)]
    tests = {section.task: row.against_base for section in build(runs).sections for row in section.rows if row.adapter}
    least, last = min(tests, key=lambda task: tests[task].p), max(tests, key=lambda task: tests[task].p)
    assert f"{least}: {tests[least].p:.4f} x 3 -> {tests[least].p_holm:.4f}" in page(runs, "+ x", least)
    assert f"{last}: {tests[last].p:.4f} x 1 -> {tests[last].p_holm:.4f}" in page(runs, "+ x", last)


def test_clusters_and_accuracy():
    runs = [
        make_run(outcomes=clustered(labels(0.5, seed=1))),
        make_run(kind="tuned", adapter="x", outcomes=clustered(labels(0.8, seed=2))),
    ]
    text = flat(page(runs, "+ x", "phin_made_up", metric="acc"))
    assert "They belong to 100 documents or texts (clusters), at most 3 rows to one." in text
    assert "300 rows of 100 clusters are worth" in text
    wilson = re.search(r"with p = (\d+) / (\d+), n = ([\d.]+), z = ([\d.]+)", text)
    hits, rows, n, z = map(float, wilson.groups())
    p = hits / rows
    low = (p + z * z / 2 / n - z * math.sqrt(p * (1 - p) / n + z * z / 4 / n / n)) / (1 + z * z / n)
    assert f"95 %: {low:.4f} to" in text
    assert "the other way round. p is exact" in text
    assert "swaps of the answers of 100 clusters" in flat(page(runs, "+ x", "phin_made_up"))


def test_a_copy_from_the_cache_says_when_it_was_measured():
    kept = Provenance(measured="1999-12-31T00:00:00Z")
    found = flat(page([make_run("tfidf-lr", "floor", provenance=kept)], "tfidf-lr", "phin_made_up"))
    assert "fitted and measured 1999-12-31" in found


def test_costs_have_their_formula_where_one_price_holds():
    price = Price(card="2000-01-01", entry="core", count=2, usd_per_hour=0.36, assumption="made up")
    box = Machine(processor="made-up", cores=3, memory_bytes=None, gpus=["A100", "A100"])
    ledger = Ledger(seconds={"load": 10.0, "evaluate": 50.0}, usd=0.006, price=price, machine=box)
    text = flat(page([make_run(evaluation=ledger)], "Model A", "phin_made_up"))
    assert "Evaluation: evaluate 50.0 s; machine 3 x made-up, memory unknown, 2 x A100" in text
    assert "Evaluation: 50.0 s / 3600 x $0.36 = $0.005000" in text
    assert "1,000 documents: 1,000 x $0.005000 / 300 = $0.016667" in text


def test_several_seeds_say_each_score_and_their_mean():
    runs = [trained(seed) for seed in (1, 2, 3)] + [make_run(outcomes=labels(0.5, seed=9))]
    text = page(runs, "3 seeds", "phin_made_up")
    assert [f"Score under seed {seed}" in text for seed in (1, 2, 3, 4)] == [True, True, True, False]
    row = build(runs).sections[0].rows[0]
    assert f"({' + '.join(f'{score:.4f}' for score in row.seeds)}) / 3 = {row.score:.4f}" in flat(text)
    half = float(re.search(r"half width: sqrt\(.*\) = ([\d.]+)", flat(text)).group(1))
    assert row.score + half == pytest.approx(row.interval.high, abs=1e-3)
    assert "standard error by seeds" in text
    assert "p is that at which the interval" in text


def test_limited_exposed_and_base_rows():
    texts = Compared(by="texts", training_rows=9, test_rows=300)
    seen = Exposure(exact=299, normalised=0, near=0, compared=texts)
    runs = [make_run(outcomes=labels(0.5, seed=1)), make_run(kind="tuned", adapter="x", exposure=seen)]
    text = flat(page(runs, "+ x", "phin_made_up"))
    assert "It is not ranked; the reason is below." in text
    assert "299 of 300 test rows were in its training" in text
    assert "Compared: the texts of 9 training rows with those of 300 test rows." in text
    assert "This is the base that the others are compared with." in page(runs, "model a, 0-shot", "phin_made_up")
    limited = [make_run(limit=20, outcomes=labels(0.5, 20))]
    assert "limited to 20 rows is not ranked" in flat(page(limited, "Model A", "phin_made_up"))


def test_rows_are_found_by_rank_name_or_part(example):
    board = example[1]
    section = found_section(board, SENTIMENT)
    last = section.rows[-1]
    assert found_row(section, str(last.rank)) is last
    assert found_row(section, "1") is section.rows[0], "of a rank that two rows share the first"
    assert found_row(section, " Adapter-TWO ").adapter == "adapter-two"
    assert found_row(section, "majority (floor)").name == "majority"
    assert found_row(section, "a 5-shot").shots == 5
    assert found_row(section, full_name(section.rows[-1])) is section.rows[-1]
    with pytest.raises(BenchError, match="row 'Model A' matches 5 rows") as several:
        found_row(section, "Model A")
    assert "Model A + adapter-one, 0-shot, nf4+dq (rank 1)" in several.value.hint
    with pytest.raises(BenchError, match="no rank '99'"):
        found_row(section, "99")
    with pytest.raises(BenchError, match="no row 'gpt'") as none:
        found_row(section, "gpt")
    assert "its rows" in none.value.hint
    with pytest.raises(BenchError, match=f"did you mean '{NER}'"):
        found_section(board, "phin_made_up_nerr")
    twice = build([make_run(task="a", protocol="p/v1"), make_run(task="b", protocol="p/v1")])
    with pytest.raises(BenchError, match="several tables: a, b"):
        found_section(twice, "p/v1")


@pytest.mark.parametrize("width", [60, 80, 160])
def test_no_line_is_longer_than_the_width(example, width):
    runs, board, comparer = example
    for row, task in (("adapter-one", SENTIMENT), ("CRF", NER), ("red", "phin_made_up")):
        text = terminal(explain(board, runs, row, task, comparer), width)
        assert max(map(len, text.splitlines())) <= width
        assert "\x1b" not in text
        assert "\u202e" not in text


def test_the_command(tmp_path, capsys):
    for number, run in enumerate(example_runs()[-3:]):
        write_run(tmp_path / str(number), run)
    assert main(["leaderboard", str(tmp_path), "--explain", "CRF", NER]) == 0
    text = capsys.readouterr().out
    assert text.startswith(f"{NER}: ")
    assert max(map(len, text.splitlines())) <= 80
    out = tmp_path / "page.txt"
    assert main(["leaderboard", str(tmp_path), "--explain", "CRF", NER, "--output", str(out)]) == 0
    assert out.read_text() == text
    capsys.readouterr()
    assert main(["leaderboard", str(tmp_path), "--explain", "CRF", NER, "--width", "40"]) == 0
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 40
    assert main(["leaderboard", str(tmp_path), "--explain", "CRF", NER, "--width", "39"]) == 2
    assert "give at least 40\n" in capsys.readouterr().err
    assert main(["leaderboard", str(tmp_path), "--explain", "gpt", NER]) == 2
    assert capsys.readouterr().err.count("\n") <= 2


def test_a_number_counts_the_rows_where_limited_rows_have_no_rank():
    """The foot of the board names row 1; a limited board says that it has no ranks and no break-even."""
    runs = [dataclasses.replace(run, record=dataclasses.replace(run.record, limit=20)) for run in example_runs()]
    board = build(runs)
    assert board.limited and not board.sections
    section = board.limited[0]
    assert all(row.rank is None for row in section.rows)
    assert found_row(section, "1") is section.rows[0]
    assert found_row(section, "2") is section.rows[1]
    for beyond in ("0", str(len(section.rows) + 1)):
        with pytest.raises(BenchError, match="no rank"):
            found_row(section, beyond)
    assert "no ranks and no break-even" in board_text(board, "terminal")
    assert "no ranks" not in board_text(build(example_runs()), "terminal")


def test_a_perfect_score_says_why_it_has_an_interval():
    runs = [make_run("half", "floor", outcomes=labels(0.5, 60)), make_run("perfect", "floor", outcomes=labels(1.0, 60))]
    text = flat(page(runs, "perfect", "phin_made_up"))
    assert "method Wilson for 0 of n rows (edge)" in text
    assert "Wilson's of 0 of 60 rows with a score of their own, times 1, the length of the scale" in text
