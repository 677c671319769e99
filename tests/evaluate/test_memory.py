"""Memory that runs out while a base is asked: the run goes on, its record says so, and it is as done as any other."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.tiny import save_tiny, short_of_memory

from phingpt_bench.cli.main import main
from phingpt_bench.core.records import read_record
from phingpt_bench.evaluate import loading
from phingpt_bench.models.base_spec import BaseSpec
from phingpt_bench.models.load import Loaded

pytestmark = pytest.mark.slow


def test_it_is_recorded_and_nothing_is_to_be_done_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    right = loading.load_base

    def small(spec: BaseSpec) -> Loaded:
        loaded = right(spec)
        short_of_memory(loaded.model, 120)
        return loaded

    monkeypatch.setattr(loading, "load_base", small)
    base = save_tiny(tmp_path / "base")
    words = ["evaluate", "--base", str(base), "--tasks", "phin_demo_sentiment", "--limit", "12", "--no-floors"]
    words += ["--quantisation", "none", "--dtype", "float32", "--results", str(tmp_path / "r")]
    assert main(words) == 0, capsys.readouterr().err
    (file,) = (tmp_path / "r" / "runs").glob("*/*/run.json")
    record = read_record(file)
    assert (record.diagnostics.memory_splits or 0) >= 1
    monkeypatch.undo()
    capsys.readouterr()
    assert main(words) == 0 and "Nothing to do" in capsys.readouterr().out
