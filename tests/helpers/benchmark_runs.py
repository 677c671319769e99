"""For the tests of benchmarks: one is run, and its table and file looked at."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import report


def run(module: Any, out: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    """A benchmark's file, after its table has been looked at."""
    assert module.main([*arguments, "--out", str(out)]) == 0
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= 80, shown
    text = out.read_text(encoding="utf-8")
    assert str(out.parent) not in text, "a path of this machine"
    results = json.loads(text)
    assert results["schema"] == report.SCHEMA
    assert results["machine"]
    assert results["environment"]["packages"]["torch"]
    return results
