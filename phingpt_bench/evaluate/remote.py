"""A worker of a cluster: what it is sent, what it sends back, and what it does in between. It knows no Ray."""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from phingpt_bench.core.at_work import at_work
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.workplace import OWNER
from phingpt_bench.cost.prices import PriceCard
from phingpt_bench.evaluate.adapters import AdapterFacts, Training
from phingpt_bench.evaluate.cells import Cell
from phingpt_bench.evaluate.exposure import Exposures
from phingpt_bench.evaluate.facts import for_worker
from phingpt_bench.evaluate.job import Job
from phingpt_bench.evaluate.shipped import Folder, packed, unpacked
from phingpt_bench.evaluate.suite import Suite
from phingpt_bench.evaluate.worker import Worker
from phingpt_bench.live.display import Display
from phingpt_bench.live.events import Event

News = tuple[float, list[tuple[float, Event]]]  # the time now and that of each event, by the worker's clock
SCRATCH = ".workers"  # below the results, where these are shared: answers and checkpoints survive a lost worker


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What a worker has to know of a run. owner: what the results folder's OWNER file says, to know a shared disk."""

    suite: Suite
    training: Training
    prices: PriceCard
    folder: Path
    """The folder that the driver works in, from which relative paths start."""
    owner: str
    threads: int
    watched: bool


@dataclass(frozen=True, slots=True)
class Order:
    """One cell for a worker. shipped: the files of its adapter, where the worker does not share the driver's disk."""

    cell: Cell
    adapters: Mapping[str, AdapterFacts]
    ahead: tuple[str, ...] = ()
    shipped: Folder | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """What a cell made. files: of its run, or of its adapter where no disk is shared; error: why there are none."""

    files: Folder = field(default_factory=dict)
    error: BenchError | None = None
    held: str = ""


class Told(Display):
    """Keeps events, each with its time on this process's clock, until the driver asks for them."""

    def __init__(self, watched: bool):
        self.watched = watched
        self._events: list[tuple[float, Event]] = []
        self._lock = threading.Lock()

    def tell(self, event: Event) -> None:
        """Keep one event."""
        with self._lock:
            self._events.append((time.monotonic(), event))

    def news(self) -> News:
        """The time now, and the events since the last call."""
        with self._lock:
            events, self._events = self._events, []
        return time.monotonic(), events


class Remote:
    """The worker's side: reads the tasks once, then does orders one by one, while another thread may ask for `news`."""

    def __init__(self, setup: Setup):
        self._setup, self._told = setup, Told(setup.watched)
        self._made: Folder = {}
        self._worker: Worker | None = None
        self._scratch = Path()
        self._stack = contextlib.ExitStack()  # ends with the process
        self.shared = False

    def begin(self) -> bool:
        """Get ready; returns whether the results folder is shared with the driver. BenchError as for `gather`."""
        import torch

        setup = self._setup
        torch.set_num_threads(setup.threads)
        self._stack.enter_context(at_work())
        if setup.folder.is_dir():
            os.chdir(setup.folder)
        results = setup.folder / setup.suite.results_folder
        try:
            self.shared = (results / OWNER).read_text(encoding="utf-8") == setup.owner
        except OSError:
            self.shared = False
        self._scratch = results / SCRATCH if self.shared else Path(tempfile.mkdtemp(prefix="phingpt-bench-"))
        suite = replace(setup.suite, results=self._scratch)
        facts = for_worker(suite)
        exposures = Exposures(facts.known, facts.tasks, suite.trained_on)
        job = Job(suite, facts, self._told, setup.prices, exposures, keep=self._keep)
        self._worker = Worker(job, setup.training, eager=False)
        return self.shared

    def do(self, order: Order) -> Made:
        """One cell; an error of ours is a value, so that only a lost worker or a bug raises."""
        assert self._worker is not None
        self._made, cell, adapters = {}, order.cell, dict(order.adapters)
        step = cell.step
        if not self.shared and step.kind == "train":
            cell = replace(cell, step=replace(step, folder=self._scratch / "adapters" / step.model))
        elif not self.shared and step.adapter in adapters and order.shipped is not None:
            entry = adapters[step.adapter]
            folder = self._scratch / "adapters" / f"{entry.digest}"
            if not folder.is_dir():
                unpacked(order.shipped, folder)
            adapters[step.adapter] = replace(entry, folder=folder)
        try:
            self._worker.do(cell, adapters, order.ahead)
        except BenchError as err:
            return Made(error=err, held=self._worker.held)
        if cell.step.kind == "train" and not self.shared:
            self._made = packed(cell.step.folder)
        return Made(self._made, held=self._worker.held)

    def news(self) -> News:
        """The time now, and the events since the last call."""
        return self._told.news()

    def _keep(self, _step: object, files: Folder) -> None:
        self._made = files
