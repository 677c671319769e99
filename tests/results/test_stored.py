"""Boards that are kept: the same as made anew; made again where a file changed and nowhere else; bad files are safe."""

from __future__ import annotations

import dataclasses
import os
import pickle
import shutil
import time
from pathlib import Path

import numpy as np
import pytest
from helpers.board_factory import example_runs, labels, make_run, write_run

from phingpt_bench.board.costs import prices_of
from phingpt_bench.board.published import rows as published_results
from phingpt_bench.board.rows import build
from phingpt_bench.board.shorten import shortened
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.jsonio import read_json, write_json, write_text
from phingpt_bench.core.paths import share
from phingpt_bench.cost.prices import PRICES_VARIABLE
from phingpt_bench.render.board.page import page
from phingpt_bench.results import store as store_module
from phingpt_bench.results import stored
from phingpt_bench.results.cache import Cache
from phingpt_bench.results.collect import collect
from phingpt_bench.results.store import LIMIT, Store, stamp
from phingpt_bench.results.stored import stored_board
from phingpt_bench.stats.intervals import Interval
from phingpt_bench.text.language import sentence


@pytest.fixture
def results(tmp_path, monkeypatch):
    monkeypatch.setenv("PHINGPT_BENCH_CACHE", str(tmp_path / "cache"))
    for i, run in enumerate(example_runs()):
        write_run(tmp_path / "results" / f"{i:02d}", run)
    return tmp_path / "results"


@pytest.fixture
def made(monkeypatch):
    """The sections that were made, not taken from the store, and the runs that were read for them."""
    names: list[str] = []

    def section_of(runs, key, *rest):
        names.append(key[0] + (" limited" if key[2] else ""))
        return original(runs, key, *rest)

    original = stored.section_of
    monkeypatch.setattr(stored, "section_of", section_of)
    return names


def anew(results, **options):
    cache = Cache()  # what was computed for the kept board: only what is made of it is made again
    return build(collect(results), published_results.load(), prices=prices_of(), cache=cache, **options)


def test_a_kept_board_is_the_board_made_anew(results, made):
    for options in ({}, {"checks": True}, {"tasks": ["phin_made_up_ner"]}, {"metric": "acc"}):
        made.clear()
        first, again = stored_board(results, **options), stored_board(results, **options)
        assert first == again == anew(results, **options)
        assert page(first, "json") == page(again, "json")
    made.clear()
    assert stored_board(results, published=False) == build(collect(results), prices=prices_of(), cache=Cache())


def test_nothing_is_made_twice_and_the_same_sections_serve_other_boards(results, made):
    stored_board(results)
    assert sorted(made) == ["phin_made_up_ner", "phin_made_up_sentiment", "phin_made_up_sentiment limited"]
    made.clear()
    stored_board(results)
    stored_board(results, tasks=["phin_made_up_ner"])
    stored_board(results, most=2)
    assert made == []


@pytest.mark.parametrize(
    ("place", "name", "want"),
    [
        ("00", "run.json", ["phin_made_up_sentiment"]),
        ("00", "outcomes.json", ["phin_made_up_sentiment"]),
        ("08", "run.json", ["phin_made_up_sentiment limited"]),
        ("12", "outcomes.json", ["phin_made_up_ner"]),
    ],
)
def test_a_file_written_anew_makes_its_section_anew_and_no_other(results, made, place, name, want):
    stored_board(results)
    made.clear()
    write_json(results / place / name, read_json(results / place / name))
    assert stored_board(results) == anew(results)
    assert made == want


def test_what_changed_is_on_the_board(results):
    stored_board(results)
    run = make_run("Model A", "base", labels(0.95, seed=77), task="phin_made_up_sentiment")
    write_run(results / "00", run)
    assert stored_board(results) == anew(results)
    record = read_json(results / "11" / "run.json")
    record["model"]["name"] = "Renamed"
    write_json(results / "11" / "run.json", record)
    assert stored_board(results) == anew(results)
    assert any(row.name == "Renamed" for section in stored_board(results).sections for row in section.rows)


def test_a_new_run_and_one_that_is_gone(results, made):
    stored_board(results)
    made.clear()
    new = make_run("Model N", outcomes=labels(0.7, seed=20), task="phin_made_up_sentiment", base="n")
    write_run(results / "new", new)
    assert stored_board(results) == anew(results)
    assert made == ["phin_made_up_sentiment"]
    newer = dataclasses.replace(new.record, created="2001-01-01T00:00:00Z", run_id="newer")
    write_run(results / "newer", dataclasses.replace(new, record=newer))
    assert stored_board(results).older == anew(results).older == 1
    for folder in ("new", "newer"):
        for file in (results / folder).iterdir():
            file.unlink()
    made.clear()
    assert stored_board(results) == anew(results)
    assert made == []  # as it was at first, which is still kept


def test_prices_published_results_and_language_are_part_of_what_is_kept(results, tmp_path, made, monkeypatch):
    stored_board(results)
    made.clear()
    card = tmp_path / "card.yaml"
    card.write_text('date: "2001-01-01"\nentries: []\n', encoding="utf-8")
    assert stored_board(results, prices=card).prices.card.date == "2001-01-01"
    assert len(made) == 3
    card.write_text('date: "2002-02-02"\nentries: []\n', encoding="utf-8")
    assert stored_board(results, prices=card).prices.card.date == "2002-02-02"
    made.clear()
    stored_board(results, published=False)
    assert len(made) == 3


def test_a_damaged_run_is_told_as_ever(results):
    stored_board(results)
    for name in ("outcomes.json", "run.json"):
        (results / "03" / name).write_text("{", encoding="utf-8")
        with pytest.raises(BenchError, match="not readable as JSON"):
            stored_board(results)
    (results / "03" / "outcomes.json").unlink()
    with pytest.raises(BenchError, match=r"run\.json"):
        stored_board(results)


@pytest.mark.parametrize("content", [b"", b"no pickle", pickle.dumps(print), pickle.dumps(os.getcwd), pickle.dumps([])])
def test_a_damaged_or_foreign_file_in_the_store_is_not_used(results, content, made):
    want = stored_board(results)
    for file in (results.parent / "cache" / "board").glob("*.pickle"):
        file.write_bytes(content)
    made.clear()
    assert stored_board(results) == want
    assert len(made) == 3


def test_the_store_runs_no_code_of_others(tmp_path):
    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "made"),)

    store = Store(tmp_path / "board")
    store.put("x", [1])
    (tmp_path / "board" / "x.pickle").write_bytes(pickle.dumps(Evil()))
    assert store.get("x", object) is None
    assert not (tmp_path / "made").exists()


def test_the_store_keeps_dataclasses_and_plain_numbers(tmp_path):
    store = Store(tmp_path)
    value = {"a": [Interval(low=np.float64(0.25), high=1.0, level=0.95, method="wilson")], "n": np.int64(3), "no": None}
    value["said"] = sentence("{n} rows", n=3)
    store.put("x", value)
    found = store.get("x", dict)
    assert found == value
    assert (found["said"].key, found["said"].values) == ("{n} rows", {"n": 3})
    assert type(found["a"][0].low) is float and type(found["n"]) is int
    assert store.get("y", object) is None


def test_a_store_that_cannot_be_written_is_given_up(results, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    store = Store(tmp_path / "file" / "board")
    assert stored_board(results, store=store) == anew(results)


def test_the_store_stays_within_its_limit(tmp_path, monkeypatch):
    store = Store(tmp_path)
    assert LIMIT >= 2**28
    for i, name in enumerate("abc"):
        store.put(name, "x" * 1000)
        os.utime(tmp_path / f"{name}.pickle", ns=(i, i))
    store.get("a", str)  # used now
    monkeypatch.setattr("phingpt_bench.results.store.LIMIT", 2500)
    store.tidy()
    assert [store.get(name, str) is not None for name in "abc"] == [True, False, True]


def test_temporary_files_that_were_left_over_go_and_those_of_now_stay(tmp_path):
    store = Store(tmp_path)
    for name in ("old.tmp", "new.tmp"):
        (tmp_path / name).write_text("half", encoding="utf-8")
    os.utime(tmp_path / "old.tmp", (1, 1))
    with pytest.raises(AttributeError):
        store.put("x", lambda: None)  # nothing that a pickle can hold
    store.tidy()
    assert [path.name for path in tmp_path.iterdir()] == ["new.tmp"]


def test_the_store_tidies_caches_of_old_code_too(tmp_path, monkeypatch):
    (tmp_path / "old.json").write_text("x" * 1000, encoding="utf-8")
    os.utime(tmp_path / "old.json", (1, 1))
    store = Store(tmp_path)
    store.put("a", "x" * 1000)
    monkeypatch.setattr("phingpt_bench.results.store.LIMIT", 1500)
    store.tidy()
    assert [path.name for path in tmp_path.iterdir()] == ["a.pickle"]


def copied_package(tmp_path, monkeypatch):
    """A copy of the rooms whose files can be written anew, in the place of the package."""
    package = Path(store_module.__file__).parent.parent
    for room in store_module.ROOMS:
        shutil.copytree(package / room, tmp_path / "package" / room, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(store_module, "_PACKAGE", tmp_path / "package")
    return tmp_path / "package"


def test_a_change_of_any_metric_makes_another_cache(tmp_path, monkeypatch):
    package = copied_package(tmp_path, monkeypatch)
    for name in ("entity_metrics", "ner", "calibration", "polarity", "regression"):
        before = Cache(tmp_path / "cache").path
        write_text(package / "scoring" / f"{name}.py", "# mended\n")
        assert Cache(tmp_path / "cache").path != before, name
    before = Cache(tmp_path / "cache").path
    write_text(package / "board" / "costs.py", "# mended\n")
    assert Cache(tmp_path / "cache").path == before  # nothing that a test or an interval needs


@pytest.mark.parametrize("name", ["data/catalogue.py", "text/words/es/cost.yaml", "board/costs.py"])
def test_a_change_of_what_a_board_is_made_by_has_other_keys(tmp_path, monkeypatch, name):
    package = copied_package(tmp_path, monkeypatch)
    before = Store(tmp_path / "cache").key("board")
    write_text(package / name, "# mended\n")
    assert Store(tmp_path / "cache").key("board") != before


def test_the_cache_keeps_what_was_used_when_it_has_too_much(tmp_path, monkeypatch):
    monkeypatch.setattr("phingpt_bench.results.cache.MOST", 3)
    first = Cache(tmp_path)
    for name in "abc":
        first.put(name, 1.0)
    first.save()
    again = Cache(tmp_path)
    assert sorted(again.known) == ["a", "b", "c"]
    again.get("b")
    again.put("d", None)
    again.save()
    assert sorted(Cache(tmp_path).known) == ["b", "d"]


def test_the_shipped_card_named_as_ones_own_is_ones_own(results, monkeypatch):
    assert not stored_board(results).prices.own
    monkeypatch.setenv(PRICES_VARIABLE, str(share("results", "prices.yaml")))
    assert stored_board(results).prices.own
    assert stored_board(results) == anew(results)


def test_other_code_has_other_keys(tmp_path, monkeypatch):
    before = Store(tmp_path).key("board", 1)
    assert Store(tmp_path).key("board", 1) == before != Store(tmp_path).key("board", 2)
    monkeypatch.setattr("phingpt_bench.results.store.ROOMS", ("board", "core"))
    assert Store(tmp_path).key("board", 1) != before


def test_a_stamp_changes_with_every_writing(tmp_path):
    file = tmp_path / "f.json"
    write_json(file, 1)
    for _ in range(20):  # within one tick of the clock of the file system, some of them
        before = stamp(file)
        write_json(file, 1)
        assert stamp(file) != before and stamp(file) == stamp(file)
    assert stamp(tmp_path / "none") is None


def test_the_best_rows_with_floors_and_bases():
    board = build(example_runs())
    short = shortened(board, 1)
    sentiment = next(section for section in short.sections if section.task == "phin_made_up_sentiment")
    whole = next(section for section in board.sections if section.task == "phin_made_up_sentiment")
    assert sentiment.rows[0] == whole.rows[0] and sentiment.rows[0].adapter == "adapter-one"
    assert [row.kind for row in sentiment.rows[1:]] == ["floor", "base", "floor"]
    assert {row.variant for row in sentiment.rows if row.kind == "base"} == {"0-shot"}
    assert sentiment.beyond == len(whole.rows) - 4
    assert f"{sentiment.beyond} more rows: --rows all" in page(short)
    assert shortened(board, None) is board
    assert shortened(board, 1000).sections == board.sections


def test_the_base_of_a_drawn_row_is_the_one_with_its_shots():
    runs = [make_run(adapter="five", kind="tuned", outcomes=labels(0.9), shots=5), make_run(outcomes=labels(0.8))]
    runs.append(make_run(outcomes=labels(0.3), shots=5))
    (section,) = shortened(build(runs), 1).sections
    assert [(row.kind, row.shots) for row in section.rows] == [("tuned", 5), ("base", 0), ("base", 5)]


@pytest.mark.parametrize("name", [".", "./", "../results"])
def test_the_folder_may_be_named_from_within(results, monkeypatch, name):
    monkeypatch.chdir(results)
    assert stored_board(Path(name)).sections == stored_board(results).sections


def test_drawing_again_takes_little_processor_time(results, tmp_path):
    """60 runs of 500 rows on each of 3 tasks. Measured 0.1 s; the bound is for slow machines, not for regressions."""
    ids = [f"row-{i}" for i in range(500)]
    for task in range(3):
        for i in range(60):
            run = make_run(
                f"Model {i}", outcomes=labels(0.4 + i / 150, 500, seed=i, ids=ids), task=f"phin_t{task}", base=str(i)
            )
            record = dataclasses.replace(run.record, protocol=dataclasses.replace(run.record.protocol, metric="acc"))
            write_run(results.parent / "large" / f"{task}-{i}", dataclasses.replace(run, record=record))
    folder = results.parent / "large"
    first = page(stored_board(folder, most=40))
    began = time.process_time()
    assert page(stored_board(folder, most=40)) == first
    assert time.process_time() - began < 1.0
