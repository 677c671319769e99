"""Seconds, memory and their spread, and turns of several sides.

Library of all commands in this folder.
"""

from __future__ import annotations

import contextlib
import logging
import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from phingpt_bench.cost.meters import peak_gpu_bytes, peak_host_bytes
from phingpt_bench.models.memory import forget_peaks, free


@dataclass(slots=True)
class Usage:
    """What a block of work, or a command, used. cpu_seconds: of all threads. Peaks in bytes, None if unknown."""

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
        """Adds the time of the block."""
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


def synchronise() -> None:
    """Wait for what a GPU still has to do."""
    import torch

    if torch.cuda.is_available():
        torch.cuda.synchronize()


def spread(values: Sequence[float]) -> dict[str, Any]:
    """Median, least and most of some repeats, and all of them in order; None if nothing was measured."""
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

    from phingpt_bench.api.silence import silence_libraries

    silence_libraries()
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)  # an optional kernel package is absent
    if threads:
        os.environ["OMP_NUM_THREADS"] = str(threads)  # no measurement here replaces what is asked for
        torch.set_num_threads(threads)


def load_average() -> list[float] | None:
    """Processes that wanted to run during the last 1, 5 and 15 minutes: above the threads used, others were at work."""
    return [round(value, 2) for value in os.getloadavg()] if hasattr(os, "getloadavg") else None
