"""Which worker does which cell next: no clock, no models, so that it can be simulated with measured times.

Trainings come first, the largest with what waits for it before others. A worker stays with the base that it holds while
that has cells; otherwise it goes where most work waits for each worker that is there already. Within a base large cells
come before those of half their size, so that small ones are left for the end; among cells of like size those of one
adapter follow each other.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.sentences import sentence
from phingpt_bench.evaluate.cells import WITHOUT_BASE, Cell

ATTEMPTS = 2  # of a cell whose worker is lost

Rank = tuple[int, float, str, float, int]


class Schedule:
    """Cells that wait, run, are done or have failed: each is in one of these at any time.

    in_order: hand out cells in their own order as far as they are ready, for a single worker that people watch.
    """

    def __init__(self, cells: Sequence[Cell], *, in_order: bool = False):
        """cells: with all that they need, except for what is done already."""
        self.cells = {cell.id: cell for cell in cells}
        self.running: dict[str, str] = {}  # a cell's group by its id
        self.done: set[str] = set()
        self.failed: dict[str, str] = {}  # why, by id
        self._tries: Counter[str] = Counter()
        self._left = {cell.id: {need for need in cell.needs if need in self.cells} for cell in cells}
        self._waiting_for: dict[str, list[str]] = {}
        for cell in cells:
            for need in self._left[cell.id]:
                self._waiting_for.setdefault(need, []).append(cell.id)
        places = {cell.id: place for place, cell in enumerate(cells)}
        by_adapter: defaultdict[tuple[str, str | None], float] = defaultdict(float)
        for cell in cells:
            by_adapter[cell.group, cell.step.adapter] += cell.work
        self._rank: dict[str, Rank] = {cell.id: (0, 0.0, "", 0.0, places[cell.id]) for cell in cells}
        if not in_order:
            for cell in cells:
                adapter, size = cell.step.adapter, -math.frexp(cell.work)[1]
                shared = by_adapter[cell.group, adapter]
                self._rank[cell.id] = (size, -shared, adapter or "", -cell.work, places[cell.id])
        self._in_order = in_order
        self._trainings = 0  # that are ready: they come before all else, since others wait for them
        self._ready: dict[str, list[tuple[Rank, str]]] = {}
        self._work: defaultdict[str, float] = defaultdict(float)  # of a group's ready cells, with what waits for them
        self._holders: Counter[str] = Counter()
        for cell in cells:
            if not self._left[cell.id]:
                self._put(cell.id)

    @property
    def over(self) -> bool:
        """Whether nothing runs and nothing can be started any more."""
        return not self.running and not any(self._ready.values())

    def next(self, held: str) -> Cell | None:
        """The next cell for a free worker that holds the base of group `held`; None while nothing is ready."""
        while True:
            stays = held != WITHOUT_BASE and self._ready.get(held) and not (self._in_order or self._trainings)
            group = held if stays else self._best()
            if group is None:
                return None
            _, name = heapq.heappop(self._ready[group])
            self._work[group] -= self._weight(name)
            self._trainings -= self.cells[name].step.kind == "train"
            if not self.cells[name].step.done:
                break
            self.done.add(name)  # a record of the adapter that was trained again was there
        self._holders[group] += 1
        self.running[name] = group
        self._tries[name] += 1
        return self.cells[name]

    def ahead(self, group: str) -> list[str]:
        """The adapters of a group's ready cells, in the order in which they come; without repetitions."""
        ready = [self.cells[name].step.adapter for _, name in sorted(self._ready.get(group, []))]
        return [name for name in dict.fromkeys(ready) if name is not None]

    def finish(self, name: str) -> list[Cell]:
        """A running cell is done; returns the cells that waited for it alone, which are ready now."""
        self._end(name)
        self.done.add(name)
        freed = []
        for other in self._waiting_for.get(name, ()):
            self._left[other].discard(name)
            if not self._left[other] and other not in self.failed:
                freed.append(self.cells[other])
                self._put(other)
        return freed

    def lose(self, name: str) -> bool:
        """The worker of a running cell is gone. Returns whether the cell waits again; otherwise it has failed."""
        self._end(name)
        if self._tries[name] >= ATTEMPTS:
            self._fail(name, sentence("its worker was lost {n} times", n=ATTEMPTS))
            return False
        self._put(name)
        return True

    def fail(self, name: str, reason: str) -> None:
        """A running cell has failed; what needs it fails with it."""
        self._end(name)
        self._fail(name, reason)

    def replace(self, cells: Iterable[Cell]) -> None:
        """Take newer steps of cells that wait, by their ids; others are not taken in."""
        for cell in cells:
            if cell.id in self.cells and self.waits(cell.id):
                self.cells[cell.id] = replace(self.cells[cell.id], step=cell.step)

    def waits(self, name: str) -> bool:
        """Whether a cell is still to be started."""
        return name not in self.running and name not in self.done and name not in self.failed

    def _end(self, name: str) -> None:
        if name not in self.running:
            raise BenchError("a result for a cell that does not run: {name}", name=name)
        self._holders[self.running.pop(name)] -= 1

    def _fail(self, name: str, reason: str) -> None:
        self.failed[name] = reason
        for other in self._waiting_for.get(name, ()):
            if other not in self.failed:
                self._fail(other, sentence("what it needs has failed: {what}", what=self.cells[name].step.model))

    def _put(self, name: str) -> None:
        group = self.cells[name].group
        heapq.heappush(self._ready.setdefault(group, []), (self._rank[name], name))
        self._work[group] += self._weight(name)
        self._trainings += self.cells[name].step.kind == "train"

    def _weight(self, name: str) -> float:
        """The work of a cell and of all that waits for it: trainings come early."""
        return self.cells[name].work + sum(self.cells[other].work for other in self._waiting_for.get(name, ()))

    def _best(self) -> str | None:
        ready = [group for group, queue in self._ready.items() if queue]
        if not ready:
            return None
        if self._in_order:
            return min(ready, key=lambda group: self._ready[group][0])
        if self._trainings:
            ready = [group for group in ready if self.cells[self._ready[group][0][1]].step.kind == "train"]
        # floors and checks last: they need no base, and fill what others leave
        return max(ready, key=lambda group: (group != WITHOUT_BASE, self._work[group] / (1 + self._holders[group])))
