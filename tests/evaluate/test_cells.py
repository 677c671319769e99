"""Cells of a plan: named by their content, split into parts without loss, and handed out without loss or doubles."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest
from helpers.cells import made_up
from hypothesis import given, settings
from hypothesis import strategies as st

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.provenance import Fingerprint
from phingpt_bench.evaluate.cells import Cell, cells_of, part
from phingpt_bench.evaluate.schedule import ATTEMPTS, Schedule
from phingpt_bench.evaluate.steps import Step
from phingpt_bench.models.base_spec import BaseSpec

SHAPES = st.builds(
    made_up, st.integers(1, 3), st.integers(0, 4), st.integers(1, 3), trained=st.booleans(), floors=st.integers(0, 3)
)


@pytest.mark.parametrize("parts", [1, 2, 3, 7])
@pytest.mark.parametrize("trained", [True, False])
def test_the_parts_are_the_plan_and_no_cell_is_in_two(parts: int, trained: bool) -> None:
    cells = made_up(2, 5, 3, trained=trained, floors=3)
    found = [part(cells, number, parts) for number in range(1, parts + 1)]
    assert Counter(cell.id for own in found for cell in own) == Counter(cell.id for cell in cells)


@given(SHAPES, st.integers(1, 12))
def test_no_part_needs_what_another_makes(cells: list[Cell], parts: int) -> None:
    found = [part(cells, number, parts) for number in range(1, parts + 1)]
    assert sorted(cell.id for own in found for cell in own) == sorted(cell.id for cell in cells)
    for own in found:
        assert {need for cell in own for need in cell.needs} <= {cell.id for cell in own}


def test_parts_share_few_bases_and_are_of_one_size() -> None:
    cells = made_up(8, 20, 6)
    found = [part(cells, number, 4) for number in range(1, 5)]
    assert [len({cell.group for cell in own}) for own in found] == [2, 2, 2, 2]
    sizes = [sum(cell.work for cell in own) for own in found]
    assert max(sizes) <= 1.02 * min(sizes)


def test_parts_are_balanced_by_requests_to_models_which_floors_do_not_make() -> None:
    from pathlib import Path
    from types import SimpleNamespace

    def step(kind: Any, model: str, task: int) -> Step:
        base = BaseSpec(model=model) if kind == "evaluate" else None
        made = Fingerprint(template="t", setup="s", rows="r", base=base and model, baseline=model)
        return Step(
            kind=kind, model=model, folder=Path(f"{task}") / model, task=f"task-{task}", base=base, requests=20,
            fingerprint=made,
        )  # fmt: skip

    asked = [step("evaluate", model, task) for model in ("large", "small") for task in (1, 2)]
    floors = [step("floor", f"floor-{at}", task) for at in range(3) for task in (1, 2)]
    cells = cells_of([*asked, *floors], SimpleNamespace(adapters=[]))  # type: ignore[arg-type]
    parts = [[cell.step.model for cell in part(cells, number, 2) if cell.step.base] for number in (1, 2)]
    assert parts == [["large", "large"], ["small", "small"]]
    four = [[cell.step.model for cell in part(cells, number, 4) if cell.step.base] for number in (1, 2, 3, 4)]
    assert four == [["large"], ["large"], ["small"], ["small"]], "the tasks of one base may be split"


def test_a_part_does_not_depend_on_what_is_done() -> None:
    from dataclasses import replace

    cells = made_up(2, 3, 2, trained=True)
    done = [replace(cell, step=replace(cell.step, done=at % 2 == 0)) for at, cell in enumerate(cells)]
    for number in (1, 2, 3):
        assert [cell.id for cell in part(cells, number, 3)] == [cell.id for cell in part(done, number, 3)]


def test_a_part_that_there_is_not() -> None:
    with pytest.raises(BenchError, match="no part 4 of 3"):
        part(made_up(1, 1, 1), 4, 3)


@settings(max_examples=200)
@given(SHAPES, st.integers(1, 5), st.integers(0, 2**31), st.booleans())
def test_nothing_is_lost_and_nothing_done_twice(cells: list[Cell], workers: int, seed: int, in_order: bool) -> None:
    """Workers that end, fail and get lost at random: each cell is done, or has failed for a reason, once."""
    chance = random.Random(seed)
    schedule = Schedule(cells, in_order=in_order)
    running: dict[str, int] = {}
    held = [""] * workers
    done: list[str] = []
    starts: Counter[str] = Counter()
    while not schedule.over:
        for worker in range(workers):
            if worker in running.values() or (cell := schedule.next(held[worker])) is None:
                continue
            assert set(cell.needs) <= set(done), "before what it needs"
            running[cell.id] = worker
            starts[cell.id] += 1
            held[worker] = cell.group or held[worker]
        name = chance.choice(list(running))
        worker, event = running.pop(name), chance.random()
        if event < 0.1:
            held[worker] = ""
            schedule.lose(name)
        elif event < 0.15:
            schedule.fail(name, "made-up")
        else:
            schedule.finish(name)
            done.append(name)
    assert not running
    assert Counter(done) == Counter(set(done)), "done twice"
    assert set(done) | set(schedule.failed) == {cell.id for cell in cells}
    assert set(done) & set(schedule.failed) == set()
    assert max(starts.values()) <= ATTEMPTS
    for cell in cells:
        if cell.id in schedule.failed and not starts[cell.id]:
            assert set(cell.needs) & set(schedule.failed), "failed without a try or a reason"


def test_a_worker_stays_with_its_base_until_that_is_empty() -> None:
    cells = made_up(3, 4, 3)
    schedule = Schedule(cells)
    held, changes = "", 0
    while (cell := schedule.next(held)) is not None:
        changes += cell.group != held
        held = cell.group
        schedule.finish(cell.id)
    assert changes == 3


def test_the_adapters_of_a_base_follow_each_other() -> None:
    schedule = Schedule(made_up(1, 5, 4))
    seen = []
    while (cell := schedule.next("made-up/base-0")) is not None:
        assert cell.step.adapter not in schedule.ahead("made-up/base-0") or cell.step.adapter is not None
        seen.append(cell.step.adapter)
        schedule.finish(cell.id)
    # cells of size 1, then of sizes 2 and 3, in three tasks and a fourth of size 1
    assert len([name for at, name in enumerate(seen) if at == 0 or seen[at - 1] != name]) <= 2 * 6


def test_one_worker_in_order_does_them_as_they_are_planned() -> None:
    cells = made_up(2, 2, 2, trained=True, floors=2)
    schedule = Schedule(cells, in_order=True)
    seen, held = [], ""
    while (cell := schedule.next(held)) is not None:
        seen.append(cell.id)
        held = cell.group
        schedule.finish(cell.id)
    assert seen == [cell.id for cell in cells]


def test_a_failed_training_fails_what_waits_for_it() -> None:
    cells = made_up(1, 1, 2, trained=True)
    schedule = Schedule(cells)
    first = schedule.next("")
    assert first is not None and first.step.kind == "train", "trainings come early: others wait for them"
    schedule.fail(first.id, "diverged")
    assert {cell.id for cell in cells if first.id in cell.needs} <= set(schedule.failed)
    assert "adapter-0-0" in schedule.failed["0 adapter-0-0 1"]
