"""Long boards go to the user's pager on a terminal, in full; short ones, pipes and --no-pager do not."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.board_factory import example_runs, write_run


@pytest.fixture
def results(tmp_path: Path) -> Path:
    for i, run in enumerate(example_runs()):
        write_run(tmp_path / "results" / str(i), run)
    return tmp_path / "results"


def on_a_terminal(folder: Path, *arguments: str, lines: int = 24, **variables: str) -> str:
    """What the verb writes to a terminal of 80 columns."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "COLUMNS": "80", "LINES": str(lines), "TERM": "xterm-256color", **variables}
    call = [sys.executable, "-m", "phingpt_bench", "leaderboard", str(folder), *arguments]
    process = subprocess.Popen(call, stdout=theirs, stderr=subprocess.DEVNULL, stdin=theirs, env=environment)
    os.close(theirs)
    found = b""
    while True:
        try:
            part = os.read(ours, 65_536)
        except OSError:  # the other end is closed
            break
        found += part
    os.close(ours)
    assert process.wait() == 0
    return found.decode()


@pytest.mark.slow
def test_a_long_board_is_paged_in_full_and_a_short_one_is_not(results: Path, tmp_path: Path) -> None:
    taken = tmp_path / "paged"
    pager = f"tee {taken}"
    shown = on_a_terminal(results, PHINGPT_BENCH_PAGER=pager)
    assert taken.exists(), shown
    text = taken.read_text()
    assert text.index("Answer") < text.index("All tasks") < text.index("[..]")
    assert "\x1b[" in text  # its colours go through
    taken.unlink()
    brief = on_a_terminal(results, "--no-pager", PHINGPT_BENCH_PAGER=pager)
    assert not taken.exists() and "[..]" not in brief and "Answer" in brief
    on_a_terminal(results, lines=400, PHINGPT_BENCH_PAGER=pager)
    assert not taken.exists()
    assert "[..]" not in on_a_terminal(results, PHINGPT_BENCH_PAGER="cat")
