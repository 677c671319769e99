"""The time of a run that was never done here: a range from the nearest runs, or the reason why there is none."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from helpers.board_factory import make_run, write_run

from benchmarks.guesses import covered, records
from phingpt_bench.cli.main import main
from phingpt_bench.core.ledgers import Ledger
from phingpt_bench.core.machine import this_machine
from phingpt_bench.core.paths import share
from phingpt_bench.core.records import RunRecord
from phingpt_bench.evaluate import times
from phingpt_bench.evaluate.facts import Facts
from phingpt_bench.evaluate.guess import NEAR, Traits, guessed, traits_of
from phingpt_bench.evaluate.steps import Step
from phingpt_bench.evaluate.tasks import Tasks
from phingpt_bench.render import plan_blocks

TASK, OTHER = "phin_demo_sentiment", "phin_demo_sentiment_gen"


def traits(**changes: Any) -> Traits:
    whole = Traits(task=TASK, made=("M", "nf4"), floor=False, asked=(0, False), way=("labels", "labels"))
    return whole._replace(**changes)


def run(seconds: float, n: int = 10, **changes: Any) -> tuple[Traits, RunRecord]:
    record = make_run().record
    protocol = replace(record.protocol, n=n)
    ledger = Ledger(seconds={"evaluate": seconds, "load": 500.0, "warm-up": 70.0})
    return traits(**changes), replace(record, protocol=protocol, evaluation=ledger)


def test_about_nine_of_ten_shipped_runs_lie_in_the_range_that_the_others_give() -> None:
    """The claim of the plan; a narrower range would not hold it, a wider one would say less."""
    inside, guesses = covered(records(share("results")))
    assert guesses > 100 and 0.85 <= inside / guesses <= 0.95
    assert all(near.low < 1 < near.high <= 15 * near.low for near in NEAR)


def test_the_nearest_kind_of_runs_decides_and_loading_does_not_count() -> None:
    known = [
        run(100.0, asked=(5, False)),
        run(900.0, task=OTHER),
        run(20.0), run(40.0, n=20), run(60.0),
        run(7.0, made=("X", "nf4")),
    ]  # fmt: skip
    guess = guessed(traits(), 50, known)
    assert guess is not None and guess.n == 3
    assert (guess.low, guess.high) == (pytest.approx(0.4 * 2.0 * 50), pytest.approx(2.3 * 2.0 * 50))
    guess = guessed(traits(), 50, known[:2])
    assert guess is not None and "in another way" in guess.near and guess.low == pytest.approx(0.4 * 10.0 * 50)
    guess = guessed(traits(), 50, known[1:2])
    assert guess is not None and "another task of its kind" in guess.near and guess.n == 1


@pytest.mark.parametrize(
    "other",
    [{"made": ("M", None)}, {"made": ("X", "nf4")}, {"task": OTHER, "way": ("generation", "labels")},
     {"task": OTHER, "asked": (5, False)}],
    ids=["number-format", "base", "way", "shots"],
)  # fmt: skip
def test_a_run_that_is_not_near_gives_no_guess(other: dict[str, Any]) -> None:
    assert guessed(traits(), 50, [run(20.0, **other)]) is None


def test_a_baseline_is_guessed_as_a_whole_from_other_tasks() -> None:
    floor = {"made": ("majority",), "floor": True, "asked": (), "way": ("", "")}
    guess = guessed(traits(**floor), 5000, [run(8.0, **{**floor, "task": OTHER})])
    assert guess is not None and (guess.low, guess.high) == (2.4, 36.0), "its fit, whatever the number of rows"
    assert guessed(traits(**floor), 5000, [run(8.0, **{**floor, "task": OTHER, "made": ("crf",)})]) is None


@pytest.fixture
def measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A results folder of last week: the floor `majority` on another task, on this machine."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results").mkdir()  # in place of the shipped results, which may be of such a machine
    monkeypatch.setenv("COLUMNS", "80")
    found = make_run("majority", kind="floor", task=OTHER)
    ledger = Ledger(seconds={"evaluate": 8.0}, machine=this_machine("cpu"))
    model = replace(found.record.model, quantisation=None, compute_dtype=None)
    record = replace(found.record, evaluation=ledger, model=model, seed=0)
    write_run(tmp_path / "weeks" / "one" / "runs" / OTHER / "m", replace(found, record=record))
    return tmp_path


@pytest.mark.slow
def test_a_plan_marks_guesses_and_says_what_it_cannot_guess(measured: Path, capsys: pytest.CaptureFixture[str]) -> None:
    suite = measured / "s.yaml"
    suite.write_text(
        f"name: s\ntasks: [{TASK}]\nresults: weeks/two\nadapters: [{{recipe: demo}}]\n"
        "bases: [{model: smollm2-135m-instruct, quantisation: nf4}]\n"
    )
    assert main(["run", str(suite), "--dry-run"]) == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 80
    assert [line.split() for line in out.splitlines() if "majority" in line] == [
        ["floor:", "majority", "2-36", "s?", "to", "do"]
    ]
    text = " ".join(out.split())
    assert "? 1 guess, 2-36 s, from runs here of the same baseline on another task; of ten, nine lie in such a" in text
    assert "A training is not guessed: its time depends on its rows and steps." in text
    assert "No guess for 6 runs: nothing near was measured here, such as the same base on such a task." in text

    assert main(["run", str(suite), "--dry-run", "--format", "json"]) == 0
    cells = json.loads(capsys.readouterr().out)["cells"]
    guesses = {cell["model"]: cell["guess"] for cell in cells}
    assert guesses["majority"] == {"low": 2.4, "high": 36.0, "from": "the same baseline on another task", "runs": 1}
    assert guesses["random"] is None and all(cell["seconds"] is None for cell in cells)
    assert all(cell["group"] == "" or cell["group"].isalnum() for cell in cells), "an id, not a Python object"
    assert len({cell["group"] for cell in cells}) == 3, "a training, a base, and what needs none"


def test_a_run_of_another_week_tells_the_time_of_the_same_run(
    measured: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (measured / "s.yaml").write_text(f"name: s\ntasks: [{OTHER}]\nresults: weeks/two\n"
                                     "bases: [{model: smollm2-135m-instruct, quantisation: nf4}]\n")  # fmt: skip
    assert main(["run", "s.yaml", "--dry-run", "--format", "json"]) == 0
    (cell,) = [cell for cell in json.loads(capsys.readouterr().out)["cells"] if cell["model"] == "majority"]
    assert cell["guess"] is None and cell["seconds"] is not None


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (0.2, 0.6, "<1 s"), (0.2, 6.0, "<6 s"), (3.0, 40.0, "3-40 s"), (40.0, 190.0, "40 s-3 min"),
        (130.0, 900.0, "2-15 min"), (61.0, 62.0, "1 min"), (1800.0, 9000.0, "30 min-2 h 30 min"),
        (4000.0, 9000.0, "1 h 07 min-2 h 30 min"),
    ],
)  # fmt: skip
def test_a_range_has_its_unit_once(low: float, high: float, text: str) -> None:
    assert plan_blocks._range(low, high) == text


def test_traits_of_a_record_are_those_of_its_plan() -> None:
    found = traits_of(make_run(kind="tuned", adapter="a").record)
    assert found == traits_of(make_run(kind="tuned", adapter="b").record) and not found.floor
    assert traits_of(make_run("crf", kind="floor").record).made == ("crf",)


def test_times_of_many_steps_are_looked_up_not_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Records of other models than a step's are not looked at: a plan of 50,000 cells may have as many records."""
    compared = []
    monkeypatch.setattr(times, "_is_timed", lambda step, record: compared.append(record) is None)
    known, names = Tasks(), [f"model-{at}" for at in range(300)]
    records: dict[Path, RunRecord | None] = {
        Path(name): make_run(name, kind="floor", task=OTHER).record for name in names
    }
    facts = Facts(known=known, tasks={TASK: known[TASK]}, bases={}, adapters=(), floors={}, checks=(), records=records)
    found = times.Times(facts)
    for name in names:
        step = found.of(Step(kind="floor", model=name, folder=Path("r") / name, task=TASK, documents=10))
        assert step.guess is not None and step.seconds is None
    assert len(compared) == len(names), "one a step, not all for each"
