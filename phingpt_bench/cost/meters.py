"""A meter that runs along with a piece of work and says at the end what it cost."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator

from phingpt_bench.core.machine import this_machine
from phingpt_bench.core.records import Ledger
from phingpt_bench.cost.energy import Energy, here
from phingpt_bench.cost.prices import PriceCard, match, priced


class Meter:
    """Seconds and joules by phase, tokens and peak memory of the work that is done while it runs.

        meter = Meter()
        with meter.phase("load"):
            ...
        meter.count(tokens_in=1200, tokens_out=3)
        ledger = meter.ledger(load_prices())

    While an inner phase runs the outer one stands still, so the sum over phases is the time spent in phases, each
    second counted once. A phase entered again adds to itself; one that ends in an exception counts too.
    Time is `time.perf_counter`: wall time, sleep of the process included. For one thread. Energy is that of the
    whole machine, as far as it has meters; all of it is unknown as soon as one of them could not be read.
    """

    def __init__(self, energy: Energy | None = None):
        """energy: the meters, those of this machine where none are given."""
        self.seconds: dict[str, float] = {}
        self.joules: dict[str, float] | None = {}
        self._energy = energy or here()
        self._read: float | None = None
        self.tokens_in: int | None = None
        self.tokens_out: int | None = None
        self._running: list[str] = []
        self._since = 0.0

    @contextlib.contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Counts the time of the block under `name`."""
        self._settle()
        self._running.append(name)
        self.seconds.setdefault(name, 0.0)
        if self.joules is not None:
            self.joules.setdefault(name, 0.0)
        try:
            yield
        finally:
            self._settle()
            self._running.pop()

    def count(self, tokens_in: int | None = None, tokens_out: int | None = None) -> None:
        """Adds tokens read by the model and tokens written by it. What was never counted stays None: not measured."""
        if tokens_in is not None:
            self.tokens_in = (self.tokens_in or 0) + tokens_in
        if tokens_out is not None:
            self.tokens_out = (self.tokens_out or 0) + tokens_out

    def ledger(self, prices: PriceCard | None) -> Ledger:
        """The cost so far. USD is all seconds at the machine's price per hour; None where the card has no price for it,
        and without a card."""
        self._settle()
        machine = this_machine()
        entry = None if prices is None else match(prices, machine)
        return Ledger(
            seconds=dict(self.seconds),
            tokens_in=self.tokens_in,
            tokens_out=self.tokens_out,
            peak_host_bytes=peak_host_bytes(),
            peak_gpu_bytes=peak_gpu_bytes(),
            usd=entry.usd_per_hour * sum(self.seconds.values()) / 3600 if entry else None,
            price=priced(entry, prices) if entry and prices else None,
            machine=machine,
            joules=dict(self.joules) if self.joules is not None and self._energy.method else None,
            energy_method=self._energy.method if self.joules is not None else None,
        )

    def resume(self, earlier: Ledger) -> None:
        """Book what an interrupted part of the same work took, phase by phase. Energy unknown there is unknown now."""
        for phase, seconds in earlier.seconds.items():
            self.seconds[phase] = self.seconds.get(phase, 0.0) + seconds
        if earlier.joules is None or earlier.energy_method != self._energy.method:
            self.joules = None
        for phase, joules in (earlier.joules or {}).items():
            if self.joules is not None:
                self.joules[phase] = self.joules.get(phase, 0.0) + joules

    def _settle(self) -> None:
        """Books the time since the last change to the innermost running phase."""
        now, read = time.perf_counter(), self._energy.read()
        if self._running:
            self.seconds[self._running[-1]] += now - self._since
            if read is None or self._read is None:
                self.joules = None
            elif self.joules is not None:
                self.joules[self._running[-1]] += read - self._read
        self._since, self._read = now, read


def peak_host_bytes() -> int | None:
    """The most main memory this process has held since it started (not since the meter did); None on Windows."""
    try:
        import resource
    except ImportError:  # not a Unix system
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # bytes on macOS, KiB elsewhere


def peak_gpu_bytes() -> int | None:
    """The most GPU memory held by tensors, the peaks of all devices added; None without a GPU or before torch is used.

    Since the process started or since `torch.cuda.reset_peak_memory_stats()`. What CUDA itself holds is not in it.
    """
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_available():
        return None
    return sum(int(torch.cuda.max_memory_allocated(i)) for i in range(torch.cuda.device_count()))
