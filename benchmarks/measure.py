"""Seconds, memory and their spread: what every benchmark here measures with. Not run by itself."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import logging
import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(slots=True)
class Usage:
    """What a block of work, or a command, used. cpu_seconds: of all threads. Peaks in bytes, None where unknown."""

    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_host_bytes: int | None = None
    peak_gpu_bytes: int | None = None


class Stopwatch:
    """Adds up the time of the blocks entered with it, a GPU's queued work included."""

    def __init__(self) -> None:
        self.seconds = self.cpu_seconds = 0.0

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        synchronise()
        wall, cpu = time.perf_counter(), time.process_time()
        try:
            yield
        finally:
            synchronise()
            self.seconds += time.perf_counter() - wall
            self.cpu_seconds += time.process_time() - cpu


@contextlib.contextmanager
def measured() -> Iterator[Usage]:
    """Time of the block and the most memory held within it; what earlier blocks freed is given back first."""
    free()
    forget_peaks()
    usage, watch = Usage(), Stopwatch()
    try:
        with watch.running():
            yield usage
    finally:
        usage.seconds, usage.cpu_seconds = watch.seconds, watch.cpu_seconds
        usage.peak_host_bytes, usage.peak_gpu_bytes = peak_host_bytes(), peak_gpu_bytes()


def free() -> None:
    """Give memory that nothing refers to back to the system: else the next peak counts it too."""
    import torch

    gc.collect()
    with contextlib.suppress(OSError, AttributeError):  # glibc only
        ctypes.CDLL(None).malloc_trim(0)
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def forget_peaks() -> None:
    """Start the peaks anew. Main memory: Linux only, elsewhere the peak stays that of the whole process."""
    import torch

    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()


def peak_host_bytes() -> int | None:
    """The most main memory held since `forget_peaks`."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) * 1024
    from phingpt_bench.cost import meters

    return meters.peak_host_bytes()  # of the whole process: where there is no /proc nothing forgets it


def peak_gpu_bytes() -> int | None:
    """The most GPU memory held by tensors since `forget_peaks`; None without a GPU."""
    import torch

    return torch.cuda.max_memory_allocated() if torch.cuda.is_available() else None


def synchronise() -> None:
    """Wait for what a GPU still has to do."""
    import torch

    if torch.cuda.is_available():
        torch.cuda.synchronize()


def spread(values: Sequence[float]) -> dict[str, Any]:
    """Median, least and most of some repeats, and all of them in order; None where nothing was measured."""
    if not values:
        return {"median": None, "least": None, "most": None, "values": []}
    return {"median": statistics.median(values), "least": min(values), "most": max(values), "values": list(values)}


def interleaved(names: Sequence[str], repeats: Callable[[str], int], work: Callable[[str, int], None]) -> None:
    """work(name, repeat) for every name in turn, as often as `repeats` says; every second round in reverse order.

    So a machine that slows down during the run slows all sides down alike.
    """
    for repeat in range(max(map(repeats, names))):
        for name in names if repeat % 2 == 0 else list(reversed(names)):
            if repeat < repeats(name):
                work(name, repeat)


def prepare(threads: int) -> None:
    """Silence the libraries and set torch's threads; 0 leaves them as they are."""
    import torch

    from phingpt_bench.cli.hush import hush

    hush()
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)  # an optional kernel package is absent
    if threads:
        torch.set_num_threads(threads)


def load_average() -> list[float] | None:
    """Processes that wanted to run during the last 1, 5 and 15 minutes: above the threads used, others were at work."""
    return [round(value, 2) for value in os.getloadavg()] if hasattr(os, "getloadavg") else None
