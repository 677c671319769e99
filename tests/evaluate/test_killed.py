"""Work that is killed at random points, its newest files cut, ends as undisturbed work: PHINGPT_BENCH_KILLS of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from helpers.faults import campaign
from helpers.tiny_gguf import save_tiny_gguf

from phingpt_bench.models.embedded import SMOLLM2

KILLS = int(os.environ.get("PHINGPT_BENCH_KILLS", "5"))  # the nightly run has more


@pytest.mark.slow
@pytest.mark.timeout(300 + 120 * KILLS)
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")
def test_killed_work_ends_as_undisturbed_work(tmp_path: Path) -> None:
    """Conversion of a base, training, answers, records and board; the outcome is compared byte for byte."""
    (source,) = SMOLLM2.wheel_files() or ()
    tally = campaign(tmp_path / "work", save_tiny_gguf(source, tmp_path / "tiny.gguf"), KILLS, seed=KILLS)
    assert tally.faults == [], tally
    assert tally.kills == KILLS and sum(tally.stages.values()) == KILLS
