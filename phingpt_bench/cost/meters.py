"""A meter that runs during a piece of work and returns its cost as a ledger."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from phingpt_bench.core.at_work import workers
from phingpt_bench.core.ledgers import Ledger
from phingpt_bench.core.machine import this_machine
from phingpt_bench.cost.energy import Energy, here
from phingpt_bench.cost.prices import PriceCard, match, priced


class Meter:
    """Seconds and joules by phase, tokens and peak memory of the work done while it runs.

        meter = Meter()
        with meter.phase("load"):
            ...
        meter.count(tokens_in=1200, tokens_out=3)
        ledger = meter.ledger(load_prices())

    While an inner phase runs the outer one is paused, so each second is counted once. A phase that is entered again
    adds to its time; a phase that ends in an exception counts too.
    Time is `time.perf_counter`: wall time, including sleep. For one thread only. Energy is that of the device's
    board and of the processors, as far as they have meters; it is unknown as soon as one of them could not be read.
    """

    def __init__(self, device: str | None = None, *, energy: Energy | None = None):
        """device: the torch device that does the work, whose price and energy count; None: all GPUs of the machine.

        energy: the meters; by default those of this machine.
        """
        self.seconds: dict[str, float] = {}
        self.joules: dict[str, float] | None = {}
        self._device, self._energy = device, energy or here(device)
        self._read: float | None = None
        self.tokens_in: int | None = None
        self.tokens_out: int | None = None
        self._running: list[str] = []
        self._since = 0.0
        self._workers = workers()

    @contextlib.contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Count the time of the block under `name`."""
        self.book()
        self._running.append(name)
        self.seconds.setdefault(name, 0.0)
        if self.joules is not None:
            self.joules.setdefault(name, 0.0)
        try:
            yield
        finally:
            self.book()
            self._running.pop()

    def count(self, tokens_in: int | None = None, tokens_out: int | None = None) -> None:
        """Add tokens read and written by the model. A kind that was never counted stays None: not measured."""
        if tokens_in is not None:
            self.tokens_in = (self.tokens_in or 0) + tokens_in
        if tokens_out is not None:
            self.tokens_out = (self.tokens_out or 0) + tokens_out

    def ledger(self, prices: PriceCard | None) -> Ledger:
        """The cost so far.

        USD is all seconds at the machine's price per hour; None if the card has no price for it, and without a card.
        """
        self.book()
        machine = this_machine(self._device, self._workers)
        entry = None if prices is None else match(prices, machine)
        return Ledger(
            seconds=dict(self.seconds),
            tokens_in=self.tokens_in,
            tokens_out=self.tokens_out,
            peak_host_bytes=peak_host_bytes(),
            peak_gpu_bytes=peak_gpu_bytes(self._device),
            usd=entry.usd_per_hour * sum(self.seconds.values()) / 3600 if entry else None,
            price=priced(entry, prices) if entry and prices else None,
            machine=machine,
            joules=dict(self.joules) if self.joules is not None and self._energy.method else None,
            energy_method=self._energy.method if self.joules is not None else None,
        )

    def resume(self, earlier: Ledger) -> None:
        """Add the cost of an interrupted part of the same work, by phase. If its energy is unknown, so is the sum."""
        for phase, seconds in earlier.seconds.items():
            self.seconds[phase] = self.seconds.get(phase, 0.0) + seconds
        if earlier.joules is None or earlier.energy_method != self._energy.method:
            self.joules = None
        for phase, joules in (earlier.joules or {}).items():
            if self.joules is not None:
                self.joules[phase] = self.joules.get(phase, 0.0) + joules

    def book(self) -> None:
        """Book the time since the last change on the innermost running phase."""
        now, read = time.perf_counter(), self._energy.read()
        if self._running:
            self.seconds[self._running[-1]] += now - self._since
            if read is None or self._read is None:
                self.joules = None
            elif self.joules is not None:
                self.joules[self._running[-1]] += read - self._read
        self._since, self._read = now, read


def peak_host_bytes() -> int | None:
    """Peak main memory of this process since it started, or since memory.forget_peaks on Linux.

    On Linux only this program counts: getrusage includes the parent process up to the moment of exec. None where the
    system does not say.
    """
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) * 1024
    try:
        import resource
    except ImportError:  # Windows
        import psutil

        return getattr(psutil.Process().memory_info(), "peak_wset", None)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # bytes on macOS, KiB elsewhere


def peak_gpu_bytes(device: str | None = None) -> int | None:
    """Peak GPU memory of tensors on a torch device, or summed over all; None without a GPU or before torch is used.

    Since the process started or since `memory.forget_peaks`, without the memory of CUDA itself. None for "mps", whose
    peaks torch does not keep.
    """
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_available() or not (device or "cuda").startswith("cuda"):
        return None
    places = range(torch.cuda.device_count()) if device is None else [int(device.partition(":")[2] or 0)]
    return sum(int(torch.cuda.max_memory_allocated(i)) for i in places)
