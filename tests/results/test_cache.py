"""Kept tests and intervals: other code has another file, what is not used goes, a bad or foreign file does no harm."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from phingpt_bench.core.jsonio import write_text
from phingpt_bench.results import cache as cache_module
from phingpt_bench.results.cache import KEPT, Cache, code_digest


@pytest.fixture
def package(tmp_path, monkeypatch) -> Path:
    """A copy of the rooms whose files can be changed, in the place of the package."""
    place = Path(cache_module.__file__).parent.parent
    for room in cache_module.ROOMS:
        shutil.copytree(place / room, tmp_path / "package" / room, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(cache_module, "_PACKAGE", tmp_path / "package")
    return tmp_path / "package"


@pytest.mark.parametrize("name", ["entity_metrics", "ner", "calibration", "polarity", "regression"])
def test_a_change_of_any_metric_makes_another_cache(tmp_path, package, name):
    before = Cache(tmp_path / "cache").path
    file = package / "scoring" / f"{name}.py"
    text = file.read_text(encoding="utf-8")
    write_text(file, text + "# changed\n")
    assert Cache(tmp_path / "cache").path != before
    write_text(file, text)  # a checkout or a touch changes no digest
    assert Cache(tmp_path / "cache").path == before


def test_the_package_as_it_is_has_the_digest_of_its_copy(package, monkeypatch):
    copied = code_digest()
    monkeypatch.undo()
    assert code_digest() == copied


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


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff"])
def test_a_damaged_file_is_taken_as_empty(tmp_path, content):
    cache = Cache(tmp_path)
    cache.put("a", 1.0)
    cache.save()
    cache.path.write_bytes(content)
    assert Cache(tmp_path).known == {}


def test_files_of_other_code_go_and_what_is_being_written_stays(tmp_path):
    for at in range(KEPT + 2):
        (tmp_path / f"old-{at}.{'pickle' if at % 2 else 'json'}").write_text("{}", encoding="utf-8")
        os.utime(next(tmp_path.glob(f"old-{at}.*")), (at, at))
    (tmp_path / ".half.json.tmp").write_text("half", encoding="utf-8")
    cache = Cache(tmp_path)
    cache.put("a", 1.0)
    cache.save()
    left = {path.name for path in tmp_path.iterdir()}
    assert len(left) == KEPT + 1 and {cache.path.name, ".half.json.tmp"} < left
    assert {"old-0.json", "old-1.pickle", "old-2.json"} & left == set()


def test_a_folder_that_cannot_be_written_is_given_up(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    cache = Cache(tmp_path / "file" / "board")
    cache.put("a", 1.0)
    cache.save()
