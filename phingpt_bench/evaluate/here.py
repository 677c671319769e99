"""The executor without a cluster: one worker, in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from phingpt_bench.core.errors import BenchError
from phingpt_bench.evaluate.adapters import AdapterFacts
from phingpt_bench.evaluate.cells import Cell
from phingpt_bench.evaluate.executor import Ended, Slot
from phingpt_bench.evaluate.worker import Worker
from phingpt_bench.models.base_spec import BaseSpec


class Here:
    """Does each cell while the caller waits for it.

    The error of one run on a base that is loaded is its own, and other cells follow. What fails before (training,
    loading, attaching) and a server that does not answer end the work, as the next cells would fail with them, after
    their time.
    """

    def __init__(self, worker: Worker, adapters: Callable[[], Mapping[str, AdapterFacts]]):
        """adapters: the adapters as they are on the disk now, by name."""
        self._worker, self._adapters = worker, adapters
        self._next: tuple[Cell, Sequence[str]] | None = None

    def slots(self) -> Sequence[Slot]:
        """The one worker, unless it has a cell."""
        return [] if self._next else [Slot("here", self._worker.held)]

    def submit(self, _slot: Slot, cell: Cell, ahead: Sequence[str]) -> None:
        """Take a cell."""
        self._next = cell, ahead

    def done(self) -> Iterable[Ended]:
        """Do the cell. BenchError if it fails and the others would fail with it."""
        if self._next is None:
            return
        (cell, ahead), self._next = self._next, None
        try:
            self._worker.do(cell, self._adapters(), ahead)
        except BenchError as err:
            if not self._is_alone(cell):
                raise
            yield Ended(cell.id, err)
            return
        yield Ended(cell.id)

    def _is_alone(self, cell: Cell) -> bool:
        """Whether the error of a cell says nothing about others."""
        if cell.step.kind != "evaluate":
            return cell.step.kind != "train"
        return isinstance(cell.step.base, BaseSpec) and self._worker.held == cell.group
