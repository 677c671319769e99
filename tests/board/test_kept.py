"""A large board, section by section: the same board, from the cache while nothing changed, in any language."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from helpers.board_factory import example_runs, labels, make_run, write_run
from helpers.drawing import render
from helpers.paths import ROOT

from phingpt_bench.board import kept, load
from phingpt_bench.board.filters import Filter
from phingpt_bench.board.load import Options, board_at, load_board
from phingpt_bench.board.values import Board
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.files import read_text
from phingpt_bench.core.jsonio import read_json, write_json, write_text
from phingpt_bench.core.ledgers import Ledger
from phingpt_bench.core.notes import Note
from phingpt_bench.core.sentences import joined, sentence, sentence_n
from phingpt_bench.results import index
from phingpt_bench.results.folders import run_files
from phingpt_bench.text.language import speaking


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PHINGPT_BENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(load, "LARGE", 1)
    for i, run in enumerate(example_runs()):
        write_run(tmp_path / "results" / f"{i:02d}", run)
    return tmp_path / "results"


OPTIONS: list[dict[str, Any]] = [
    {"most": 3}, {}, {"checks": True}, {"tasks": ["phin_made_up_ner"]}, {"metric": "acc"}, {"published": False},
    {"wanted": Filter(kinds=("tuned",), sort="cost")}, {"trust_times": True}, {"calibrate": ["batch"]},
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_it_is_the_board_of_all_runs_at_once(results: Path, options: dict[str, Any]) -> None:
    made, calibrate = dict(options), options.get("calibrate", ())
    made.pop("calibrate", None)
    whole = load_board(results, Options(**made), calibrate=calibrate)[0]
    assert board_at(results, Options(**made), calibrate=calibrate) == whole
    assert board_at(results, Options(**made), calibrate=calibrate) == whole, "once more, from the cache"


def counted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    made: list[tuple[Any, ...]] = []
    section_of = load.section_of
    monkeypatch.setattr(load, "section_of", lambda runs, key, scope: made.append(key) or section_of(runs, key, scope))
    return made


@pytest.mark.slow
def test_only_what_changed_is_made_again(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = counted(monkeypatch)
    board_at(results, Options(most=5))
    assert len(made) == 3, "two tasks, and the limited runs of one"
    board_at(results, Options(most=5))
    assert len(made) == 3
    board_at(results)  # another cut of the same sections
    assert len(made) == 3
    write_run(results / "new", make_run("Model New", "base", labels(0.95, seed=77), task="phin_made_up_sentiment"))
    board = board_at(results, Options(most=5))
    assert made[3:] == [("phin_made_up_sentiment", "phin_made_up_sentiment/made-up/v1", None)]
    assert any(row.name == "Model New" for row in board.sections[1].rows)
    assert board == load_board(results, Options(most=5))[0]


@pytest.mark.slow
def test_a_changed_program_and_changed_prices_make_it_again(
    results: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = counted(monkeypatch)
    board_at(results)
    monkeypatch.setattr(load, "program_stamp", lambda: "another version")
    board_at(results)
    assert len(made) == 6
    card = tmp_path / "mine.yaml"
    card.write_text('date: "2001-01-01"\nentries: []\n', encoding="utf-8")
    assert board_at(results, Options(prices=card)) == load_board(results, Options(prices=card))[0]
    assert len(made) == 9


@pytest.mark.slow
def test_an_edited_passport_of_the_user_makes_it_again(
    results: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It has the language and the licence that a board shows, and the metric that a run must have."""
    folder = tmp_path / "tasks" / "passports"
    folder.mkdir(parents=True)
    shipped = read_text(ROOT / "tasks" / "passports" / "demo_sentiment.yaml")
    mine = re.sub(r"^protocol: .*$", "protocol: made/mine/v1", shipped, flags=re.MULTILINE)
    mine = mine.replace("name: demo_sentiment", "name: mine", 1)
    for path in run_files(results):
        record = read_json(path)
        if record["limit"] is not None:
            record["protocol"].update(id="made/mine/v1", synthetic=True)
            write_json(path, record)
    write_text(folder / "mine.yaml", mine)
    monkeypatch.setenv("PHINGPT_BENCH_TASKS", str(folder.parent))
    first = board_at(results, Options(most=5))
    write_text(folder / "mine.yaml", mine.replace("licence: Apache-2.0", "licence: ask us"))
    second = board_at(results, Options(most=5))
    assert second == load_board(results, Options(most=5))[0] != first
    write_text(folder / "mine.yaml", mine.replace("metric: f1_weighted", "metric: acc"))
    with pytest.raises(BenchError, match=r"protocol\.metric: f1_weighted"):
        board_at(results, Options(most=5))


@pytest.mark.slow
def test_a_newer_run_of_the_same_replaces_the_older(results: Path) -> None:
    again = make_run(
        "majority", "floor", labels(0.34, seed=7), task="phin_made_up_sentiment", created="2001-01-01T00:00:00Z"
    )
    write_run(results / "again", again)
    assert board_at(results).older == load_board(results)[0].older == 1
    assert board_at(results).older == 1, "from the cache"


@pytest.mark.slow
def test_a_damaged_run_is_an_error_also_when_the_others_are_kept(results: Path) -> None:
    board_at(results)
    for name in ("outcomes.json", "run.json"):
        (results / "03" / name).write_text("{", encoding="utf-8")
        with pytest.raises(BenchError, match="not readable as JSON"):
            board_at(results)


@pytest.mark.slow
def test_a_record_that_is_edited_in_place_is_read_again(results: Path) -> None:
    board = board_at(results, Options(most=9))
    path = results / "03" / "run.json"
    before, text = path.stat(), path.read_text(encoding="utf-8")
    with path.open("r+", encoding="utf-8") as file:
        file.write(re.sub(r'"created": "\d{4}', '"created": "1999', text))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = path.stat()
    assert (after.st_size, after.st_mtime_ns, after.st_ino) == (before.st_size, before.st_mtime_ns, before.st_ino)
    assert board_at(results, Options(most=9)) == load_board(results, Options(most=9))[0] != board


@pytest.mark.slow
def test_what_is_kept_is_said_in_the_language_of_the_reader(results: Path) -> None:
    english = render(board_at(results, Options(most=5)))
    with speaking("es"):
        spanish = render(board_at(results, Options(most=5)))
        assert spanish == render(load_board(results, Options(most=5))[0])
    assert english != spanish


def test_the_index_places_records_and_does_not_read_them_twice(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = run_files(results)
    found = index.indexed(files)
    assert [entry.path for entry in found] == [str(file) for file in files]
    assert {entry.kind for entry in found} == {"base", "tuned", "floor", "check"}
    assert {entry.limit for entry in found} == {None, 20}
    read: list[Path] = []
    monkeypatch.setattr(index, "read_json", lambda path: read.append(path) or read_json(path))
    assert index.indexed(files) == found and read == []
    write_json(files[2], {**read_json(files[2]), "suite": "another"})
    assert index.indexed(files)[2].stamp != found[2].stamp
    assert read == [files[2]]
    (place,) = (Path(os.environ["PHINGPT_BENCH_CACHE"]) / "board").glob("index-*.parquet")
    place.write_bytes(b"damaged")
    assert len(index.indexed(files)) == len(files)


@pytest.mark.slow
def test_what_is_kept_comes_back_as_it_was(results: Path) -> None:
    board, store = board_at(results), kept.Kept()
    store.put("board", board)
    assert store.get("board", Board) == board
    text = joined((sentence_n("{n:,} row of {of}", "{n:,} rows of {of}", 2_000, of=sentence("none")), "{odd}"), ": ")
    store.put("notes", [Note(text)])
    (note,) = store.get("notes", list[Note]) or ()
    assert (note.text, vars(note.text)) == ("2,000 rows of none: {odd}", vars(text))
    store.put("mean", [Ledger(seconds={}, tokens_in=1.5)])  # type: ignore[arg-type]
    assert (store.get("mean", list[Ledger]) or [None])[0] == Ledger(seconds={}, tokens_in=1.5)  # type: ignore[arg-type]


SENTENCES: list[tuple[object, object, dict[str, object]]] = [  # key, plural, values
    ("{n:>2000000000}", None, {"n": 1}),
    ("{n}", "{n:9}", {"n": 2}),
    ("{n:{n}}", None, {"n": 9}),
    ("{n.__class__.__init__}", None, {"n": "a"}),
    ("{n[0]}", None, {"n": "ab"}),
    ("{n!r}", None, {"n": 1}),
    ("{n", None, {"n": 1}),
    ("{m}", None, {"n": 1}),
    ("{n}", None, {"n": [1]}),
    ("a", "b", {"c": 1}),
    ("a", "b", {"n": "c"}),
    (1, None, {}),
]


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"{", b"\x80\x04.", b"null", b"[]", b"[" * 100_000),
        *(b'[{"text": 5}]', b'[{"text": "a", "level": "evil"}]', b'[{"text": {}}]'),
        *(
            json.dumps([{"text": dict(zip(("key", "plural", "values"), one, strict=True))}]).encode()
            for one in SENTENCES
        ),
    ],
)
def test_a_damaged_or_foreign_file_is_computed_again(
    data: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PHINGPT_BENCH_CACHE", str(tmp_path))
    store = kept.Kept()
    store.put("part", [Note("a")])
    assert store.get("part", list[Note]) == [Note("a")] and store.get("never kept", list[Note]) is None
    (store.folder / "part.json").write_bytes(data)
    assert store.get("part", list[Note]) in (None, [])


@pytest.mark.slow
def test_a_damaged_part_does_not_change_the_board(results: Path) -> None:
    board = board_at(results, Options(most=3))
    parts = sorted(kept.Kept().folder.glob("*.json"))
    assert len(parts) == 4, "the board and its three sections"
    for part in parts:
        part.write_text(part.read_text().replace('"rank":', '"rang":'))
    assert board_at(results, Options(most=3)) == board
    assert all('"rang":' not in part.read_text() for part in parts)


def test_the_package_opens_no_pickle() -> None:
    """Weights of others are read from safetensors, what is kept from JSON; torch reads its checkpoints as data only."""
    loaders = re.compile(r"^\s*(import|from) (pickle|dill|cloudpickle|shelve|marshal|joblib)\b", re.MULTILINE)
    found = [str(path) for path in (ROOT / "phingpt_bench").rglob("*.py") if loaders.search(path.read_text())]
    assert found == []
