"""Folders of results that parts of a plan left: joined without loss, and never silently where they disagree."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from helpers.board_factory import example_runs, labels, make_run, write_run

from phingpt_bench.board.load import Options, load_board
from phingpt_bench.cli.main import main
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.jsonio import read_json
from phingpt_bench.core.paraphrased import Paraphrased
from phingpt_bench.results.collect import Run
from phingpt_bench.results.merge import Merged, merge


def put(folder: Path, runs: list[Run]) -> Path:
    """The runs in a results folder, as a suite leaves them."""
    for at, run in enumerate(runs):
        write_run(folder / "runs" / run.task / f"{at:02d}-{run.record.model.name.lower().replace(' ', '-')}", run)
    return folder


def board(folder: Path) -> object:
    found, _ = load_board(folder, Options(published=False))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("parts", [1, 2, 3, 7])
def test_the_merged_parts_make_the_board_of_the_whole(parts: int, tmp_path: Path) -> None:
    runs = example_runs()
    whole = put(tmp_path / "whole", runs)
    folders = []
    for part in range(parts):
        folder = tmp_path / f"part-{part}"
        for at, run in enumerate(runs):
            if at % parts == part:
                name = f"{at:02d}-{run.record.model.name.lower().replace(' ', '-')}"
                write_run(folder / "runs" / run.task / name, run)
        folders.append(folder)
    assert merge(folders, tmp_path / "all") == Merged(len(runs), len(runs), 0)
    assert board(tmp_path / "all") == board(whole)
    assert merge(folders, tmp_path / "all") == Merged(len(runs), 0, len(runs)), "once more: nothing is written"


def test_the_same_run_twice_is_one_record_the_newest(tmp_path: Path) -> None:
    old = make_run(created="2000-01-01T00:00:00Z")
    new = dataclasses.replace(old, record=dataclasses.replace(old.record, created="2000-01-02T00:00:00Z"))
    folders = [put(tmp_path / "b", [new]), put(tmp_path / "a", [old])]
    assert merge(folders, tmp_path / "all") == Merged(1, 1, 1)
    (file,) = (tmp_path / "all").rglob("run.json")
    assert read_json(file)["created"] == "2000-01-02T00:00:00Z"


def test_of_the_same_run_twice_the_one_with_paraphrases_is_kept(tmp_path: Path) -> None:
    asked = Paraphrased(family="f", digest="0" * 16, scores=[{"macro_f1": 0.5}], changed=0.5)
    old = make_run(created="2000-01-01T00:00:00Z")
    old = dataclasses.replace(old, record=dataclasses.replace(old.record, paraphrases=asked))
    new = make_run(created="2000-01-02T00:00:00Z")
    folders = [put(tmp_path / "b", [new]), put(tmp_path / "a", [old])]
    for order in (folders, folders[::-1]):
        merge(order, tmp_path / f"from-{order[0].name}")
        (file,) = (tmp_path / f"from-{order[0].name}").rglob("run.json")
        assert read_json(file)["paraphrases"]["family"] == "f"


def test_other_outcomes_are_an_error_that_names_both_and_nothing_is_written(tmp_path: Path) -> None:
    one, other = put(tmp_path / "one", [make_run()]), put(tmp_path / "other", [make_run(outcomes=labels(0.6, seed=9))])
    with pytest.raises(BenchError) as caught:
        merge([one, other], tmp_path / "all")
    said = str(caught.value)
    assert "other outcomes" in said and str(one) in said and str(other) in said
    assert not (tmp_path / "all").exists()


def test_a_record_with_scores_that_its_outcomes_do_not_give_is_an_error_that_names_it(tmp_path: Path) -> None:
    """Also where it lies twice: the copy that was edited may be the newer one."""
    run = make_run()
    scores = {**run.record.scores, "f1_weighted": 0.95}
    right = put(tmp_path / "right", [run])
    wrong = put(tmp_path / "wrong", [dataclasses.replace(run, record=dataclasses.replace(run.record, scores=scores))])
    for folders in ([right, wrong], [wrong, right], [wrong]):
        with pytest.raises(BenchError, match=r"f1_weighted: 0\.95, the outcomes give") as caught:
            merge(folders, tmp_path / "all")
        assert str(wrong) in str(caught.value)
    assert not (tmp_path / "all").exists()


def test_equal_outcomes_with_other_scores_are_a_disagreement(tmp_path: Path) -> None:
    """A score that outcomes do not give cannot be checked by them."""
    run = make_run()
    folders = []
    for name, value in (("one", 0.5), ("other", 0.6)):
        record = dataclasses.replace(run.record, scores={**run.record.scores, "made_up": value})
        folders.append(put(tmp_path / name, [dataclasses.replace(run, record=record)]))
    with pytest.raises(BenchError, match="other scores") as caught:
        merge(folders, tmp_path / "all")
    assert all(str(folder) in str(caught.value) for folder in folders)


def test_two_runs_for_one_place_are_an_error(tmp_path: Path) -> None:
    one = put(tmp_path / "one", [make_run(kind="tuned", adapter="mine", digest="1" * 8)])
    other = put(tmp_path / "other", [make_run(kind="tuned", adapter="mine", digest="2" * 8)])
    with pytest.raises(BenchError, match="another run of that name"):
        merge([one, other], tmp_path / "all")


def test_what_the_target_has_stays(tmp_path: Path) -> None:
    runs = example_runs()
    out = put(tmp_path / "all", runs[:4])
    rest = tmp_path / "rest"
    for at, run in enumerate(runs[4:], start=4):
        write_run(rest / "runs" / run.task / f"{at:02d}", run)
    assert merge([rest], out) == Merged(len(runs), len(runs) - 4, 0)


def test_the_verb_says_what_it_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folders = [put(tmp_path / "a", [make_run()]), put(tmp_path / "b", [make_run()])]
    assert main(["merge", *map(str, folders), "--results", str(tmp_path / "all")]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out == [
        f"1 run in {tmp_path / 'all'}",
        "1 was there twice, and agrees",
        f"phingpt-bench leaderboard {tmp_path / 'all'}",
    ]
    assert main(["merge", str(tmp_path / "none"), "--results", str(tmp_path / "all")]) == 2
    assert "no such folder" in capsys.readouterr().err
