"""benchmarks/gpu.sh in miniature, on whatever device is there: every part runs, and the file holds what it measured."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from helpers.paths import ROOT

pytestmark = pytest.mark.slow


def test_the_script_runs_in_miniature(tmp_path: Path) -> None:
    out = tmp_path / "gpu.json"
    done = subprocess.run(
        ["sh", str(ROOT / "benchmarks" / "gpu.sh"), str(out), "--miniature", "--device", "cpu"],
        capture_output=True,
        text=True,
        timeout=580,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "all checks are right" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    found = json.loads(out.read_text())
    assert str(tmp_path) not in out.read_text(), "a path of this machine"
    assert found["device"] == "cpu"
    kinds = {(one["check"], one["numbers"].partition(",")[0]) for one in found["exactness"]}
    assert {("labels", "none"), ("written answers", "none"), ("4-bit products", "nf4+dq")} <= kinds
    assert all(one["good"] for one in found["exactness"])
    for part in ("random", "embedded"):
        assert found[part]["training"]["tokens_per_second"] > 0
        assert found[part]["training"]["usd_an_epoch"] > 0  # the price of cores
        assert {(run["task"], run["tuned"]) for run in found[part]["runs"]} == {
            (task, tuned) for task in ("phin_demo_sentiment", "phin_demo_ner") for tuned in (False, True)
        }
    assert all(run["score"] is None for run in found["random"]["runs"]), "random weights have no score"
    assert all(run["score"] is not None for run in found["embedded"]["runs"] if run["task"] == "phin_demo_sentiment")
