"""The state of a run: the events so far, summed up. It has no clock: each event and question comes with its time."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from phingpt_bench.live.events import (
    Advanced,
    Billed,
    By,
    Event,
    Planned,
    Priced,
    Scored,
    Stage,
    StageEnded,
    StageStarted,
    Workers,
)

WINDOW = 30.0  # seconds over which a rate is computed: batches come sorted by length, so the pace changes
TRANSLATED = ("waiting", "running", "done", "stopped")
WAITING, RUNNING, DONE, STOPPED = TRANSLATED


@dataclass(slots=True)
class Progress:
    """One stage and its progress. Times are seconds of the clock of the events.

    done: units, including `already`, which an earlier run completed. marks: (time, units, tokens) of the last WINDOW.
    worker: whose stage it is; "" without workers. bill: what a host bills for it; None: it costs this machine's time.
    """

    stage: Stage
    status: str = WAITING
    started: float = 0.0
    ended: float = 0.0
    already: int = 0
    done: int = 0
    tokens: int = 0
    note: str = ""
    score: Scored | None = None
    marks: deque[tuple[float, int, int]] = field(default_factory=deque)
    worker: str = ""
    bill: Billed | None = None

    def seconds(self, now: float) -> float:
        """Its running time so far; 0.0 while it waits."""
        if self.status == WAITING:
            return 0.0
        return max(0.0, (now if self.status == RUNNING else self.ended) - self.started)

    def rates(self, now: float) -> tuple[float | None, float | None]:
        """(units, tokens) per second, over the last WINDOW while it runs, then over all of it; None without events.

        It falls while no events come. What comes after the last unit, such as paraphrases of the prompt, has none.
        """
        if self.status == RUNNING and self.stage.total and self.done >= self.stage.total:
            return None, None
        if self.status != RUNNING or not self.marks:
            seconds, units, tokens = self.seconds(now), self.done - self.already, self.tokens
        else:
            time, before, read = self.marks[0]
            seconds, units, tokens = now - time, self.done - before, self.tokens - read
        if seconds <= 0:
            return None, None
        return (units / seconds if units else None), (tokens / seconds if tokens else None)

    def advance(self, event: Advanced, now: float) -> None:
        """Book units and tokens."""
        if not self.marks:
            self.marks.append((self.started, self.done, self.tokens))
        self.done, self.tokens = self.done + event.count, self.tokens + event.tokens
        self.note = self.note if event.note is None else event.note
        self.marks.append((now, self.done, self.tokens))
        while len(self.marks) > 2 and self.marks[1][0] <= now - WINDOW:
            self.marks.popleft()


class State:
    """All stages in order, the one that ended last, and the price of an hour."""

    def __init__(self) -> None:
        self.stages: list[Progress] = []
        self.last: Progress | None = None
        self.priced = False  # whether a Priced event has come
        self.usd_per_hour: float | None = None
        self.workers: Workers | None = None
        self._began: float | None = None  # with workers: when the first event was, and the last
        self._latest = 0.0

    def apply(self, event: Event, now: float) -> None:
        """Take one event. Events of a stage are ignored while none runs."""
        self._began, self._latest = now if self._began is None else self._began, now
        self.last = None if isinstance(event, By | Workers) else self.last
        if isinstance(event, Workers):
            self.workers = event
        elif isinstance(event, By):
            self._of_worker(event.worker, event.event, now if event.at is None else event.at)
        else:
            self._take(event, now, "")

    def _of_worker(self, worker: str, event: Event | None, now: float) -> None:
        """Take an event of a worker: its prices and plans are not ours. A lost worker's stage waits again."""
        if event is None:
            for at, one in enumerate(self.stages):
                if one.status == RUNNING and one.worker == worker:
                    self.stages[at] = Progress(one.stage)
        elif not isinstance(event, Priced | Planned):
            self._take(event, now, worker)

    def _take(self, event: Event, now: float, worker: str) -> None:
        if isinstance(event, Priced):
            self.priced, self.usd_per_hour = True, event.usd_per_hour
        elif isinstance(event, Planned):
            begun = [one for one in self.stages if one.status != WAITING]
            self.stages = begun + [Progress(stage) for stage in event.stages]
        elif isinstance(event, StageStarted):
            self._start(event, now, worker)
        elif (running := self.running_of(worker)) is not None:
            if isinstance(event, Advanced):
                running.advance(event, now)
            elif isinstance(event, Billed):
                running.bill = event
            elif isinstance(event, Scored):
                running.score = event
            elif isinstance(event, StageEnded):
                running.status, running.ended = (DONE if event.whole else STOPPED), now
                self.last = running

    def _start(self, event: StageStarted, now: float, worker: str) -> None:
        places = [at for at, one in enumerate(self.stages) if one.stage.key == event.stage.key]
        if places and self.stages[places[0]].status in (RUNNING, DONE) and self.stages[places[0]].worker != worker:
            places = []  # another worker loads the same base
        waiting = [at for at, one in enumerate(self.stages) if one.status == WAITING]
        at = places[0] if places else min(waiting, default=len(self.stages))
        self.stages[at : at + bool(places)] = [
            Progress(event.stage, RUNNING, started=now, already=event.already, done=event.already, worker=worker)
        ]

    @property
    def running(self) -> Progress | None:
        """The running stage, or None."""
        return next((one for one in self.stages if one.status == RUNNING), None)

    def running_of(self, worker: str) -> Progress | None:
        """The running stage of a worker, or None."""
        return next((one for one in self.stages if one.status == RUNNING and one.worker == worker), None)

    def of(self, status: str) -> list[Progress]:
        """The stages with a status, in order."""
        return [one for one in self.stages if one.status == status]

    def seconds(self, now: float) -> float:
        """The time of all stages so far, without that between them; with workers, the time since the plan was made.

        now: of no account when all is over.
        """
        if self.workers is not None:
            return 0.0 if self._began is None else max(now, self._latest) - self._began
        return sum(one.seconds(now) for one in self.stages)

    def usd(self, one: Progress, now: float) -> float | None:
        """The cost of a stage so far: its bill, else its time; None if the price is not known."""
        return self._usd(one.seconds(now)) if one.bill is None else one.bill.usd

    def all_usd(self, now: float) -> float | None:
        """The cost of all stages so far; None if a price is not known. With workers, the time is that of `seconds`."""
        bills = [one.bill.usd for one in self.stages if one.bill is not None]
        by_time = [one for one in self.stages if one.bill is None and one.status != WAITING]
        time = self.seconds(now) if self.workers is not None else sum(one.seconds(now) for one in by_time)
        parts = [*bills, *([self._usd(time)] if by_time or not bills else [])]
        known = [part for part in parts if part is not None]
        return sum(known) if len(known) == len(parts) else None

    @property
    def billed(self) -> bool:
        """Whether a host bills a stage that has begun."""
        return any(one.bill is not None for one in self.stages)

    def _usd(self, seconds: float) -> float | None:
        return None if self.usd_per_hour is None else self.usd_per_hour * seconds / 3600

    def left(self, one: Progress, now: float) -> float | None:
        """Seconds until a stage ends: by its own rate, or by `expected`, or by stages like it; None if unknown."""
        if one.status in (DONE, STOPPED):
            return 0.0
        total, (rate, _) = one.stage.total, one.rates(now)
        if one.status == RUNNING and total and rate:
            return (total - one.done) / rate
        whole = one.stage.expected if one.stage.expected is not None else self._like(one.stage)
        return None if whole is None else max(0.0, whole - one.seconds(now))

    def all_left(self, now: float) -> tuple[float, int]:
        """(seconds left of the stages where this is known, number of the other stages)."""
        known = [self.left(one, now) for one in self.stages if one.status in (WAITING, RUNNING)]
        beside = 1 if self.workers is None else max(1, self.workers.all)
        return sum(one for one in known if one is not None) / beside, sum(one is None for one in known)

    def _like(self, stage: Stage) -> float | None:
        """The time of the nearest finished stages, in proportion to their units."""
        for name in stage.alike:
            done = [one for one in self.of(DONE) if name in one.stage.alike]
            if not done:
                continue
            seconds = sum(one.seconds(0.0) for one in done)
            if stage.total is None:
                return seconds / len(done)
            if units := sum(one.done - one.already for one in done):
                return seconds * stage.total / units
        return None
