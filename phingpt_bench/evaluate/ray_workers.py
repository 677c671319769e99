"""Workers on Ray: an actor for each, which holds one base on one device while its cells stream past it.

Ray retries nothing. A lost actor or node puts its cell back, and another one is started for it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.handlers import kept_handlers
from phingpt_bench.core.machine import cores
from phingpt_bench.core.sentences import sentence
from phingpt_bench.core.workplace import OWNER
from phingpt_bench.cost.prices import load_prices
from phingpt_bench.evaluate import record
from phingpt_bench.evaluate.cells import Cell
from phingpt_bench.evaluate.executor import Ended, Slot
from phingpt_bench.evaluate.remote import SCRATCH, Made, Order, Remote, Setup
from phingpt_bench.evaluate.run import Started, Work
from phingpt_bench.evaluate.shipped import packed, unpacked
from phingpt_bench.live.display import Display
from phingpt_bench.live.events import By, Said, Workers
from phingpt_bench.models.cpu_plan import own_threads

Count = int | Literal["auto"]
PASSED = ("PHINGPT_BENCH_", "HF_", "OMP_", "MKL_", "TOKENIZERS_")  # variables that workers get, by their beginnings
STARTING = 600.0  # seconds after which it is an error that no worker came
ANSWER = 10.0  # seconds after which what a worker says is left out
LOOK = 1.0  # seconds between two looks at what the workers say


def on_ray(workers: Count, address: str | None) -> Started:
    """What starts the workers of a run. address: of a cluster; None: the one that is connected, or one started here."""

    def started(work: Work, display: Display) -> contextlib.AbstractContextManager[RayWorkers]:
        return _started(workers, address, work, display)

    return started


@contextlib.contextmanager
def _started(workers: Count, address: str | None, work: Work, display: Display) -> Iterator[RayWorkers]:
    if address is not None:
        show_token()
    ray = _ray()
    own = not ray.is_initialized()
    if own:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # says no more than a warning
        here = {"num_cpus": cores(), "include_dashboard": False} if address is None else {}
        try:
            with kept_handlers():  # Ray's end the driver at a SIGTERM, with a trace of its C++ code
                ray.init(address=address or "local", log_to_driver=False, logging_level="ERROR", **here)
        except Exception as err:  # Ray has no class for what can go wrong here
            reason = str(err).split("\n")[0]
            if address is None:
                raise BenchError(
                    "Ray did not start on this machine ({reason})",
                    where="--workers",
                    hint="it waits 30 seconds, which a very busy machine may need twice: try again",
                    reason=reason,
                ) from None
            raise BenchError(
                "no Ray cluster could be reached ({reason})",
                where="--address",
                hint="'ray status' on its head node shows whether it runs and at which address",
                reason=reason,
            ) from None
    made = None
    try:
        made = RayWorkers(ray, share_of([node for node in ray.nodes() if node["Alive"]], workers), work, display)
        yield made
    finally:
        if made is not None:
            made.close()
        if own:
            ray.shutdown()
        with contextlib.suppress(OSError):  # what is kept of cells that are not done stays
            scratch = work.suite.results_folder / SCRATCH
            if len(work.done) + len(work.failed) >= len([cell for cell in work.cells if cell.step.kind != "train"]):
                shutil.rmtree(scratch)


def show_token() -> None:
    """Let Ray show the token of this machine, if there is one. By itself it does so only where it finds the cluster.

    A head node that has one asks for it, and every machine has one on which Ray was ever started by `run --workers`.
    """
    token = os.environ.get("RAY_AUTH_TOKEN_PATH") or Path.home() / ".ray" / "auth_token"
    if os.environ.get("RAY_AUTH_TOKEN") or Path(token).is_file():
        os.environ.setdefault("RAY_AUTH_MODE", "token")


def _ray() -> Any:
    try:
        import ray
    except ImportError:
        raise BenchError(
            "--workers needs Ray, which is not installed",
            hint="pip install 'phingpt-bench[ray]'; or split the plan with --cells, which needs nothing",
        ) from None
    return ray


@dataclass(frozen=True, slots=True)
class Share:
    """What each worker gets. cpus: whole ones, which are its threads unless the user has set those.

    gpus: a whole one, or an even part of one.
    """

    workers: int
    cpus: int
    gpus: float = 0.0


def share_of(nodes: Sequence[Mapping[str, Any]], workers: Count) -> Share:
    """The largest share of a cluster's nodes with which so many workers fit. "auto": one a GPU, otherwise one a node.

    BenchError if there are fewer cores than workers.
    """
    cpus = [int(node["Resources"].get("CPU", 0)) for node in nodes]
    gpus = [int(node["Resources"].get("GPU", 0)) for node in nodes]
    wanted = workers if workers != "auto" else sum(gpus) or max(1, sum(cpu > 0 for cpu in cpus))
    parts = 1  # workers on a GPU
    while any(gpus) and parts * sum(gpus) < wanted:
        parts += 1
    for each in range(max(cpus, default=0), 0, -1):
        rooms = [cpu // each for cpu in cpus]
        if any(gpus):
            rooms = [min(room, gpu * parts) for room, gpu in zip(rooms, gpus, strict=True)]
        if sum(rooms) >= wanted:
            return Share(wanted, each, 1 / parts if any(gpus) else 0.0)
    raise BenchError(
        "{n} workers do not fit: the cluster has {cpus} cores",
        where="--workers",
        hint="each needs one core at least; 'auto' takes one a GPU, or one a node",
        n=wanted,
        cpus=sum(cpus),
    )


@dataclass(slots=True)
class _Seat:
    """One actor. ref: of what it does, which is to begin while `ready` is False. news: of what it says, if asked."""

    name: str
    actor: Any
    ref: Any
    news: Any = None
    cell: Cell | None = None
    ready: bool = False
    shared: bool = False
    held: str = ""
    ahead: float | None = None


class RayWorkers:
    """The executor: `slots` are actors that have begun and are free."""

    def __init__(self, ray: Any, share: Share, work: Work, display: Display):
        self._ray, self._share, self._work, self._display = ray, share, work, display
        results = work.suite.results_folder
        try:
            owner = (results / OWNER).read_text(encoding="utf-8")
        except OSError:  # not locked by the command line: no disk counts as shared
            owner = ""
        setup = Setup(
            suite=work.suite, training=work.training, prices=load_prices(), folder=Path.cwd(), owner=owner or "none",
            threads=own_threads() or share.cpus, watched=display.watched,
        )  # fmt: skip
        variables = {name: value for name, value in os.environ.items() if name.startswith(PASSED)}
        variables.setdefault("OMP_NUM_THREADS", str(setup.threads))
        variables.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        self._setup = ray.put(setup)
        self._class = ray.remote(Remote).options(
            num_cpus=share.cpus, num_gpus=share.gpus, max_restarts=0, max_task_retries=0, max_concurrency=2,
            scheduling_strategy="SPREAD", runtime_env={"env_vars": variables},
        )  # fmt: skip
        self._made, self._came = 0, time.monotonic()
        self._seats: dict[str, _Seat] = {}
        for _ in range(min(share.workers, max(1, len(work.cells)))):
            self._start()

    def slots(self) -> Sequence[Slot]:
        """The free actors."""
        return [Slot(seat.name, seat.held) for seat in self._seats.values() if seat.ready and seat.cell is None]

    def submit(self, slot: Slot, cell: Cell, ahead: Sequence[str], /) -> None:
        """Send a cell to an actor, with the facts of its adapter, and its files where no disk is shared."""
        seat, known = self._seats[slot.name], self._work.adapters
        step = replace(cell.step, folder=cell.step.folder.resolve())
        cell = replace(cell, step=step)
        needed = {name for name in (step.adapter, *ahead) if name in known}
        adapters = {name: replace(known[name], folder=known[name].folder.resolve()) for name in needed if name}
        own = adapters.get(step.adapter or "")
        shipped = packed(own.folder) if own and step.kind == "evaluate" and not seat.shared else None
        seat.cell = cell
        seat.ref = seat.actor.do.remote(Order(cell, adapters, tuple(ahead), shipped))

    def done(self) -> Iterable[Ended]:
        """The cells that ended. BenchError if no worker comes within STARTING seconds while none is left."""
        waiting = {seat.ref: seat for seat in self._seats.values() if not seat.ready or seat.cell is not None}
        ready, _ = self._ray.wait(list(waiting), num_returns=1, timeout=LOOK) if waiting else ([], [])
        self._look()
        ended = [one for ref in ready for one in self._ended(waiting[ref])]
        if any(seat.ready for seat in self._seats.values()):
            self._came = time.monotonic()
        elif time.monotonic() - self._came > STARTING:
            raise BenchError(
                "no worker came within {n} minutes",
                hint="'ray status' shows what the cluster has and what is taken; fewer --workers need less",
                n=round(STARTING / 60),
            )
        return ended

    def close(self) -> None:
        """End the actors."""
        for seat in self._seats.values():
            self._ray.kill(seat.actor)
        self._seats = {}

    def _start(self) -> None:
        self._made += 1
        name = f"{self._made}"
        actor = self._class.remote(self._setup)
        self._seats[name] = _Seat(name, actor, actor.begin.remote())

    def _ended(self, seat: _Seat) -> Iterator[Ended]:
        """What a finished call of an actor was."""
        cell, seat.cell = seat.cell, None
        try:
            value = self._ray.get(seat.ref)
        except self._ray.exceptions.RayActorError:
            yield from self._lost(seat, cell)
            return
        except self._ray.exceptions.RayTaskError as err:
            self._last_news(seat)
            cause = err.cause if isinstance(getattr(err, "cause", None), Exception) else err
            if cell is None:  # it cannot even begin, and no other could
                raise cause from None
            why = sentence("{kind}: {reason}", kind=type(cause).__name__, reason=str(cause).strip().split("\n")[0])
            yield Ended(cell.id, BenchError(why))
            return
        if cell is None:
            seat.ready, seat.shared = True, bool(value)
            return
        made: Made = value
        self._last_news(seat)
        seat.held = made.held
        if made.error is None:
            self._commit(cell, made)
        yield Ended(cell.id, made.error)

    def _commit(self, cell: Cell, made: Made) -> None:
        """Write what came back, with run.json last, or the adapter's folder as a whole."""
        if cell.step.kind != "train":
            record.write(cell.step.folder, made.files)
        elif made.files:
            unpacked(made.files, cell.step.folder)

    def _lost(self, seat: _Seat, cell: Cell | None) -> Iterator[Ended]:
        del self._seats[seat.name]
        self._display.tell(By(seat.name, None))
        if cell is not None:
            text = sentence("worker {name} is lost with its cell: {what}", name=seat.name, what=cell.step.model)
            self._display.tell(Said(text))
            yield Ended(cell.id, lost=True)
        if self._made < 3 * self._share.workers + 8:  # a worker that dies each time it starts must not go on for ever
            self._start()
        elif not self._seats:
            raise BenchError("all workers are lost, after {n} starts", n=self._made)

    def _look(self) -> None:
        """Pass on what the workers say."""
        if not self._display.watched:
            return
        asked = {seat.news: seat for seat in self._seats.values() if seat.news is not None}
        ready, _ = self._ray.wait(list(asked), num_returns=len(asked), timeout=0) if asked else ([], [])
        for ref in ready:
            self._pass_on(asked[ref])
        for seat in self._seats.values():
            if seat.ready and seat.news is None:
                seat.news = seat.actor.news.remote()
        busy = sum(seat.cell is not None for seat in self._seats.values())
        self._display.tell(Workers(busy, len(self._seats)))

    def _last_news(self, seat: _Seat) -> None:
        """Pass on all that an actor said of a cell that ended: the next look may never come."""
        if not self._display.watched:
            return
        if seat.news is not None:  # its answer may be from before the end
            self._pass_on(seat)
        seat.news = seat.actor.news.remote()
        self._pass_on(seat)

    def _pass_on(self, seat: _Seat) -> None:
        """Tell what an actor says, with its own times: batches come late, and seconds between them say nothing."""
        ref, seat.news = seat.news, None
        with contextlib.suppress(self._ray.exceptions.RayError):  # lost: `done` will see it
            now, events = self._ray.get(ref, timeout=ANSWER)
            seat.ahead = time.monotonic() - now if seat.ahead is None else seat.ahead
            for at, event in events:
                self._display.tell(By(seat.name, event, at + seat.ahead))
