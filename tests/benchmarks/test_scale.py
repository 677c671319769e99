"""The scheduler simulated with times: near the bound, with loads, stragglers and lost workers."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import scale


def seconds(cells: list, seed: int = 0) -> dict[str, float]:
    """What a cell's size says, which the schedule knows, times chance, which it does not; one in 100 takes 4 times."""
    chance = random.Random(seed)
    return {
        cell.id: cell.work * chance.lognormvariate(4.0, 0.3) * (4.0 if chance.random() < 0.01 else 1.0)
        for cell in cells
    }


@pytest.mark.parametrize(("adapters", "tasks", "trained"), [(192, 50, False), (900, 10, True)])
def test_ten_thousand_cells_on_64_workers_are_within_5_percent_of_the_bound(
    adapters: int, tasks: int, trained: bool
) -> None:
    cells = scale.cells_of(8, adapters, tasks, trained=trained)
    assert len(cells) >= 10_000
    found = scale.simulated(cells, seconds(cells), 64, load=30.0, attach=0.5, starting=30.0, lost=0.01)
    assert found.done + found.failed == len(cells)
    assert found.efficiency >= 0.95
    assert found.loads <= 64 * 4 + found.lost, "bases stay where they are"


def test_what_is_lost_is_done_again_and_fails_after_two_losses() -> None:
    cells = scale.cells_of(2, 10, 5, trained=False)
    took = seconds(cells)
    assert scale.simulated(cells, took, 4).lost == 0
    some = scale.simulated(cells, took, 4, lost=0.05, starting=1.0)
    assert some.lost > 0 and some.done + some.failed == len(cells)
    none = scale.simulated(cells, took, 4, lost=1.0, starting=1.0)
    assert (none.done, none.failed, none.lost) == (0, len(cells), 2 * len(cells))


@settings(max_examples=50)
@given(st.integers(1, 4), st.integers(0, 12), st.integers(1, 6), st.booleans(), st.integers(1, 20), st.integers(0, 99))
def test_no_cell_is_lost_and_none_is_done_twice(
    bases: int, adapters: int, tasks: int, trained: bool, workers: int, seed: int
) -> None:
    cells = scale.cells_of(bases, adapters, tasks, trained=trained)
    found = scale.simulated(cells, seconds(cells, seed), workers, load=5.0, lost=0.1, starting=2.0, seed=seed)
    assert found.done + found.failed == len(cells)
    assert found.seconds >= found.bound * 0.5 or found.failed, "faster than all workers together"


def test_the_benchmark_reads_measured_times(tmp_path, capsys) -> None:
    out = tmp_path / "scale.json"
    arguments = ["--adapters", "6", "--tasks", "3", "--bases", "2", "--workers", "1", "4", "--faster", "1"]
    assert scale.main([*arguments, "--out", str(out)]) == 0
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= 80
    assert out.is_file()
