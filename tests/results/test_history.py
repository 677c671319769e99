"""A model's runs over weeks: a line each, with a test against the one before and what was changed."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
from helpers.board_factory import labels, make_run, write_run

import phingpt_bench as pb
from phingpt_bench.board.sections import build
from phingpt_bench.cli import watch
from phingpt_bench.cli.main import main
from phingpt_bench.core.diagnostics import Diagnostics, Served
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.provenance import Fingerprint, Provenance
from phingpt_bench.evaluate.suite import Suite
from phingpt_bench.results.collect import Run, collect, read_run
from phingpt_bench.results.compare import Comparer
from phingpt_bench.results.history import histories


@pytest.fixture
def weeks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PHINGPT_BENCH_CACHE", str(tmp_path / "cache"))
    for week, share in enumerate((0.5, 0.9, 0.9), 1):
        run = make_run(kind="tuned", adapter="mine", outcomes=labels(share), created=f"2026-11-0{week}T00:00:00Z")
        model = dataclasses.replace(run.record.model, adapter_digest=f"{min(week, 2)}")
        record = dataclasses.replace(run.record, model=model, run_id=f"week-{week}")
        write_run(tmp_path / f"week-{week}" / "runs" / "a", dataclasses.replace(run, record=record))
    write_run(tmp_path / "week-1" / "runs" / "b", make_run("Other"))
    return tmp_path


def folders(place: Path) -> list[Path]:
    return [place / f"week-{week}" for week in (1, 2, 3)]


def test_each_run_is_tested_against_the_one_before(weeks: Path) -> None:
    (found,) = histories(collect(*folders(weeks), every=True), "MINE", Comparer())
    first, second, third = found.steps
    assert first.since is None and second.since is not None and third.since is not None
    assert second.since.significant and second.since.value is not None and second.since.value > 0
    assert not third.since.significant
    assert (first.changed, second.changed, third.changed) == ((), ("adapter",), ())
    with pytest.raises(BenchError, match="no run of 'another'") as told:
        histories(collect(*folders(weeks)), "another", Comparer())
    assert "Model A + mine" in (told.value.hint or "")


def test_what_a_server_says_that_it_is_and_what_it_was_asked_are_changes() -> None:
    def run(week: int, *models: str, **asked: str) -> Run:
        served = Diagnostics(served=Served(ladder={}, rungs={}, requests=1, models=list(models)))
        provenance = Provenance(
            fingerprint=Fingerprint(setup="s", rows="r", **{"template": "t", "asked": "a", **asked})
        )
        return make_run(
            "API", diagnostics=served, provenance=provenance, created=f"2026-11-0{week}T00:00:00Z", run_id=f"{week}"
        )

    runs = [
        run(1, "v1"), run(2, "v2"), run(3, "v2", asked="b"), run(4, "v2", asked="b", template="u"),
        run(5, "v2", "v3", asked="b", template="u"), make_run("API", created="2026-11-06T00:00:00Z"),
    ]  # fmt: skip
    (found,) = histories(runs, "api", Comparer())
    changed = [step.changed for step in found.steps]
    assert changed == [(), ("served model",), ("settings",), ("prompt",), ("served model",), ("served model",)]
    (row,) = build([runs[4]]).sections[0].rows
    assert "the server answered with several models: v2, v3" in [note.text for note in row.notes]
    (row,) = build([runs[3]]).sections[0].rows
    assert not any("several models" in note.text for note in row.notes)


def test_another_fingerprint_of_a_server_is_a_change_where_both_runs_have_one() -> None:
    def run(week: int, **prints: int) -> Run:
        served = Served(ladder={}, rungs={}, requests=1, models=["m"], fingerprints=prints)
        return make_run(
            "API", diagnostics=Diagnostics(served=served), created=f"2026-11-0{week}T00:00:00Z", run_id=f"{week}"
        )

    runs = [run(1), run(2, a=8), run(3, a=5), run(4, b=5), run(5, a=3, b=2)]
    (found,) = histories(runs, "api", Comparer())
    mark = "server's fingerprint"
    assert [mark in step.changed for step in found.steps] == [False, False, False, True, True]


def test_the_verb_draws_the_weeks(weeks: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call = ["leaderboard", *map(str, folders(weeks))]
    assert main([*call, "--history", "mine"]) == 0
    out = capsys.readouterr().out
    assert [line.split()[:2] for line in out.splitlines() if line.startswith("2026")] == [
        ["2026-11-01", "week-1"], ["2026-11-02", "week-2"], ["2026-11-03", "week-3"],
    ]  # fmt: skip
    assert "Other" not in out and "adapter" in out
    assert main([*call, "--published", "none"]) == 0
    out = capsys.readouterr().out
    assert "1 older run of the same rows is not shown: --history MODEL" in " ".join(out.split())
    for more in (["--watch"], ["--format", "json"]):  # not left aside in silence
        assert main([*call, "--history", "mine", *more]) == 2
    assert main([*call, "--history", "x"]) == 2


def test_several_folders_are_one_board_and_a_run_in_two_of_them_is_one(weeks: Path) -> None:
    assert len(collect(*folders(weeks))) == 3  # two adapters, one of them twice; and another model
    assert len(collect(weeks / "week-1", weeks / "week-1", weeks)) == 3
    assert len(collect(*folders(weeks), every=True)) == 4


def test_what_evaluate_writes_is_found_without_naming_it(weeks: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.chdir(weeks)
    write_run(weeks / "results" / "local" / "model" / "runs" / "a", make_run("Localised"))
    assert main(["leaderboard", "--published", "none"]) == 0
    assert "Localised" in capsys.readouterr().out
    assert main(["leaderboard", "results"]) == 2


def test_a_watched_board_sees_what_evaluate_writes(weeks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(weeks)
    write_run(weeks / "results" / "local" / "model" / "a", make_run())
    (first,) = watch._state([])
    write_run(weeks / "results" / "local" / "model" / "b", make_run("Other"))
    assert len(watch._state([])) == 2 and watch._state([])[0] == first
    assert watch._state([weeks / "nowhere", weeks / "week-1"])


@pytest.mark.slow
def test_boards_are_chosen_by_tag_and_day(weeks: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An older run that is meant stands for a newer one; floors stay."""
    for week in (1, 2, 3):
        run = read_run(weeks / f"week-{week}" / "runs" / "a" / "run.json")
        write_run(run.path.parent, dataclasses.replace(run, record=dataclasses.replace(run.record, tags=[f"w{week}"])))
    write_run(weeks / "week-1" / "runs" / "c", make_run("majority", kind="floor"))
    call = ["leaderboard", *map(str, folders(weeks)), "--published", "none", "--columns", "model,date,tags", "--full"]

    def shown(*more: str) -> set[str]:
        assert main([*call, *more]) == 0
        return set(re.findall(r"2026-11-0\d +w\d|majority|Other", capsys.readouterr().out))

    assert shown("--tag", "w2") == {"2026-11-02  w2", "majority"}
    assert shown("--tag", "w2,w3") == {"2026-11-03  w3", "majority"}
    assert "2026-11-01  w1" in shown("--until", "2026-11-01")
    assert shown("--since", "2026-11-03") == {"2026-11-03  w3", "majority"}
    assert main([*call[:-5], "--history", "mine", "--until", "2026-11-02"]) == 0
    out = capsys.readouterr().out
    assert "#w1" in out and "#w2" in out and "#w3" not in out
    assert main([*call[:-5], "--history", "mine", "--since", "2026-12-01"]) == 2
    error = capsys.readouterr().err
    assert "all 3 runs of 'mine' are hidden, of 2026-11-01 to 2026-11-03" in error and "leave out --since" in error
    assert main([*call, "--since", "2026-11-03", "--until", "2026-11-01"]) == 2
    assert "--since: 2026-11-03 is after 2026-11-01, the day of --until" in capsys.readouterr().err
    for wrong, message in ((["--tag", "w9"], "unknown tag 'w9'"), (["--since", "May"], "--since: 'May' is not a day")):
        assert main([*call, *wrong]) == 2
        assert message in capsys.readouterr().err


def test_a_history_counts_what_it_hides_and_says_how_to_see_it(weeks: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for week in (1, 2, 3):
        run = read_run(weeks / f"week-{week}" / "runs" / "a" / "run.json")
        write_run(run.path.parent, dataclasses.replace(run, record=dataclasses.replace(run.record, tags=[f"w{week}"])))
    call = ["leaderboard", *map(str, folders(weeks)), "--history", "mine"]

    def shown(*more: str) -> tuple[int, str]:
        assert main([*call, *more]) == 0
        out = " ".join(capsys.readouterr().out.split())
        return len(re.findall(r"#w\d", out)), out

    assert shown()[0] == 3 and "hid" not in shown()[1]
    n, out = shown("--until", "2026-11-01")
    assert n == 1 and "2 more runs, of 2026-11-02 to 2026-11-03, are hidden: leave out --until to see them" in out
    n, out = shown("--tag", "w1,w3", "--since", "2026-11-01")
    assert n == 2 and "1 more run, of 2026-11-02, is hidden: leave out --tag and --since to see it" in out
    assert "the run shown before" in out  # week 3 is compared with week 1
    assert "the run shown before" not in shown("--tag", "w2,w3")[1]
    assert "1 more run, of 2026-11-01" in shown("--tag", "w2,w3")[1]


@pytest.mark.slow
def test_the_api_chooses_by_tag_and_day_as_well(weeks: Path) -> None:
    def days(**chosen: object) -> list[str]:
        return [row.created[:10] for row in pb.board(folders(weeks), **chosen).rows if row.adapter == "mine"]

    assert days() == ["2026-11-03", "2026-11-01"]
    assert days(until="2026-11-02") == ["2026-11-02", "2026-11-01"]
    assert days(since="2026-11-02", until="2026-11-02") == ["2026-11-02"]
    assert days(since="2026-11-04") == []
    assert pb.load_results(folders(weeks)).to_text()
    with pytest.raises(BenchError, match="'May' is not a day"):
        pb.board(folders(weeks), since="May")
    with pytest.raises(BenchError, match="unknown tag 'w9'"):
        pb.board(folders(weeks), tags="w9")


def test_a_tag_of_a_suite_is_in_its_records_and_has_no_blanks() -> None:
    assert Suite(name="s", tasks=["t"], tags=["week-3"]).tags == ["week-3"]
    with pytest.raises(BenchError, match="a tag holds only letters"):
        Suite(name="s", tasks=["t"], tags=["week 3"])
