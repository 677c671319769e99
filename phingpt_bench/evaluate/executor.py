"""Carrying out cells on whatever workers there are: one loop for this process and for a cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from phingpt_bench.core.errors import BenchError
from phingpt_bench.evaluate.cells import Cell
from phingpt_bench.evaluate.schedule import Schedule


@dataclass(frozen=True, slots=True)
class Slot:
    """A free worker. held: the group whose base it holds, "" for none."""

    name: str
    held: str = ""


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of a cell: done, an error of ours, or lost with its worker."""

    id: str
    error: BenchError | None = None
    lost: bool = False


class Executor(Protocol):
    """Workers that take cells."""

    def slots(self) -> Sequence[Slot]:
        """The workers that are free now; those that are lost are left out, those that came are in."""

    def submit(self, slot: Slot, cell: Cell, ahead: Sequence[str], /) -> None:
        """Give a cell to a free worker. ahead: the adapters of the same group that come after it."""

    def done(self) -> Iterable[Ended]:
        """The cells that ended since the last call; waits for one if none did. Their files are written by then.

        BenchError if nothing can end any more, such as when all workers are lost.
        """


def carry_out(schedule: Schedule, executor: Executor, settled: Callable[[Cell, Ended], None]) -> None:
    """Do all cells of a schedule. settled: called after each end, when the schedule knows of it."""
    while not schedule.over:
        for slot in executor.slots():
            cell = schedule.next(slot.held)
            if cell is None:
                break
            executor.submit(slot, cell, schedule.ahead(cell.group))
        for ended in executor.done():
            cell = schedule.cells[ended.id]
            if ended.lost:
                schedule.lose(ended.id)
            elif ended.error is not None:
                schedule.fail(ended.id, ended.error.message)
            else:
                schedule.finish(ended.id)
            settled(cell, ended)
