"""How many processes compute on a machine, counted by files of live ones."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from phingpt_bench.core import at_work
from phingpt_bench.core.machine import Machine, this_machine


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(at_work, "PLACE", tmp_path / "at-work")
    return tmp_path / "at-work"


def test_a_process_alone_is_one() -> None:
    assert at_work.workers() == 1
    with at_work.at_work():
        assert at_work.workers() == 1
    assert not this_machine().shared


def test_a_live_neighbour_counts_and_a_dead_one_is_removed(place: Path) -> None:
    with at_work.at_work():
        with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
            (place / str(other.pid)).touch()
            assert at_work.workers() == 2
            machine = this_machine()
            assert machine.workers == 2 and machine.shared
            other.communicate(b"\n")
        assert at_work.workers() == 1
        assert [path.name for path in place.iterdir()] == [str(os.getpid())]
    assert list(place.iterdir()) == []


def test_a_process_with_the_number_of_a_killed_one_does_not_count(place: Path) -> None:
    left = place / str(os.getppid())
    place.mkdir(exist_ok=True)
    left.touch()
    assert at_work.workers() == 2
    os.utime(left, (1e9, 1e9))  # before that process began
    assert at_work.workers() == 1
    assert not left.exists()


def test_a_block_within_a_block_ends_with_the_outer_one(place: Path) -> None:
    with at_work.at_work():
        with at_work.at_work():
            pass
        assert (place / str(os.getpid())).exists()


def test_a_neighbour_that_has_gone_is_remembered() -> None:
    assert this_machine(workers=3).workers == 3


def test_where_there_is_no_folder_it_is_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(at_work, "PLACE", Path("/proc/none/at-work"))
    with at_work.at_work():
        assert at_work.workers() == 1


def test_times_of_a_shared_machine_are_not_like_others() -> None:
    box = Machine(processor="made-up", cores=2, memory_bytes=None, gpus=[])
    shared = Machine(processor="made-up", cores=2, memory_bytes=None, gpus=[], workers=2)
    assert box.like(box) and not box.like(shared) and not shared.like(shared)
