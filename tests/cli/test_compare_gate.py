"""`compare --fail-if-worse`: the exit code, what decided, and what the rows could have shown."""

from __future__ import annotations

import dataclasses
import json

import pytest
from helpers.board_factory import labels, make_run, write_run
from helpers.comparison_factory import ADAPTER
from helpers.seeds import trained

from phingpt_bench.cli.main import main
from phingpt_bench.core.outcomes import Outcomes
from phingpt_bench.results.cache import Cache
from phingpt_bench.results.compare import Comparer
from phingpt_bench.results.comparison.gate import verdict
from phingpt_bench.results.difference import Difference
from phingpt_bench.results.seeds import joined

GOOD, BAD = labels(0.85, 400, seed=1), labels(0.7, 400, seed=2)


@pytest.fixture
def gated(tmp_path, capsys, monkeypatch):
    """Runs the gate on a base and an adapter with these outcomes by task: (exit code, standard output, its error)."""
    monkeypatch.setenv("PHINGPT_BENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PHINGPT_BENCH_LANG", "en")

    def run(tasks: dict[str, tuple[Outcomes, Outcomes]], *argv: str) -> tuple[int, str, str]:
        folder = tmp_path / "results"
        for task, (base, tuned) in tasks.items():
            write_run(folder / task / "a", make_run(outcomes=base, task=task))
            write_run(folder / task / "b", make_run(outcomes=tuned, task=task, **ADAPTER))
        code = main(["compare", "base", "adapter-one", "--results", str(folder), "--width", "200", *argv])
        return code, *capsys.readouterr()

    return run


def test_a_worse_model_fails_with_the_test_and_a_better_one_passes(gated):
    code, out, err = gated({"t": (GOOD, BAD)}, "--fail-if-worse", "--metric", "acc")
    assert (code, err) == (1, "")
    assert "B may not be worse than A: failed in 1 of 1 task" in out
    assert "FAILED, worse (exact McNemar, p<0.001" in out
    assert gated({"t": (GOOD, BAD)})[0] == 0  # no gate was asked for
    code, out, _ = gated({"t": (BAD, GOOD)}, "--fail-if-worse")
    assert code == 0 and "B may not be worse than A: passed" in out


def test_a_margin_is_what_may_be_lost(gated):
    """A loss of 0.15 or so, its interval from 0.10 to 0.21."""
    assert gated({"t": (GOOD, BAD)}, "--fail-if-worse", "--metric", "acc", "--margin", "0.05")[0] == 1
    code, out, _ = gated({"t": (GOOD, BAD)}, "--fail-if-worse", "--metric", "acc", "--margin", "0.15")
    assert code == 0 and "by more than 0.15: passed" in out
    assert "(!) the rows do not rule out a loss above the margin" in out
    code, out, _ = gated({"t": (GOOD, BAD)}, "--fail-if-worse", "--metric", "acc", "--margin", "0.4")
    assert code == 0 and "(!)" not in out


def test_what_the_rows_could_have_shown_is_said(gated):
    code, out, _ = gated(
        {"t": (labels(0.7, 40, seed=3), labels(0.68, 40, seed=4))}, "--fail-if-worse", "--format", "json"
    )
    told = json.loads(out)["gate"]
    assert code == 0 and not told["failed"]
    few = told["tasks"][0]["detectable"]
    code, out, _ = gated(
        {"t": (labels(0.7, 4000, seed=3), labels(0.69, 4000, seed=4))}, "--fail-if-worse", "--format", "json"
    )
    many = json.loads(out)["gate"]["tasks"][0]["detectable"]
    assert 0.15 < few < 0.5 and few / many == pytest.approx(10, rel=0.35)


@pytest.mark.slow
def test_one_task_of_several_fails_the_gate_unless_another_is_asked_for(gated):
    tasks = {"t_good": (BAD, GOOD), "t_bad": (GOOD, BAD)}
    code, out, _ = gated(tasks, "--fail-if-worse")
    assert code == 1 and "failed in 1 of 2 tasks" in out and "A and B on 2 tasks" in out
    assert gated(tasks, "--fail-if-worse", "--task", "t_good")[0] == 0
    assert gated(tasks, "--fail-if-worse", "--task", "t_bad", "--format", "markdown")[0] == 1


def test_what_cannot_be_tested_fails(gated):
    other = dataclasses.replace(BAD, ids=[f"other-{i}" for i in range(400)])
    code, out, _ = gated({"t": (GOOD, other)}, "--fail-if-worse")
    assert code == 1 and "FAILED, not tested: other rows" in out


@pytest.mark.parametrize(("argv", "told"), [
    (["--margin", "0.1"], "--margin goes with --fail-if-worse"),
    (["--margin", "-0.1", "--fail-if-worse"], "--margin -0.1 is not a loss"),
    (["--margin", "nan", "--fail-if-worse"], "--margin nan is not a loss"),
    (["--margin", "5", "--fail-if-worse", "--metric", "acc"], "--margin: 5 is not below the span of acc, which is 1"),
    (["--margin", "2", "--fail-if-worse", "--metric", "mcc"], "--margin: 2 is not below the span of mcc, which is 2"),
])  # fmt: skip
def test_bad_margins_are_reported(gated, argv, told):
    code, out, err = gated({"t": (GOOD, BAD)}, *argv)
    assert (code, out) == (2, "") and told in err


def test_it_is_in_spanish(gated):
    assert "NO PASA, peor" in gated({"t": (GOOD, BAD)}, "--fail-if-worse", "--lang", "es")[1]


def test_a_loss_is_one_whichever_way_the_metric_counts():
    worse = Difference(against="a", value=0.1, low=0.05, high=0.15, p=0.001, n=100, method="permutation")
    found = verdict("t", "invalid_rate", worse, 0.02, 0.08)
    assert found.failed and (found.loss, found.least, found.most) == (0.1, 0.05, 0.15)
    assert not verdict("t", "acc", worse, 0.0, 0.08).failed
    assert not verdict("t", "invalid_rate", dataclasses.replace(worse, p_holm=0.06), 0.0, 0.08).failed


def test_several_seeds_have_a_smallest_difference_of_their_own(tmp_path):
    """Two seeds that differ hardly show anything; with the cache and without it the number is the same."""
    base = make_run(outcomes=labels(0.6, 300, seed=9))
    alike, apart = (
        [trained(at, outcomes=labels(share, 300, seed=at)) for at, share in enumerate(shares, 1)]
        for shares in ((0.7, 0.7), (0.55, 0.85))
    )
    cache = Cache(tmp_path)
    for how in (Comparer(), Comparer(cache), Comparer(cache)):
        one, few = how.detectable(base, alike[0], "acc"), how.detectable(base, joined(alike), "acc")
        assert one is not None and few is not None and 0.05 < one < 0.2 and 0.5 * one < few
        assert how.detectable(base, joined(apart), "acc") is None  # no difference up to 1
    assert cache.known


@pytest.mark.slow
def test_a_task_that_b_lacks_fails(gated, tmp_path):
    write_run(tmp_path / "results" / "t_more" / "a", make_run(outcomes=GOOD, task="t_more"))
    code, out, _ = gated({"t": (BAD, GOOD)}, "--fail-if-worse")
    assert code == 1 and "failed in 1 of 2 tasks" in out and "FAILED, not tested: B has no run of it" in out
    assert gated({"t": (BAD, GOOD)}, "--fail-if-worse", "--task", "t")[0] == 0
    code, out, _ = gated({"t": (BAD, GOOD)}, "--fail-if-worse", "--format", "json")
    assert code == 1 and json.loads(out)["gate"]["tasks"][1]["test"]["reason"] == "B has no run of it"
    code, _, err = gated({"t": (BAD, GOOD)}, "--fail-if-worse", "--task", "t_more")
    assert code == 2 and "B (adapter-one) has no run of 't_more', which the other has" in err and "mean" not in err
