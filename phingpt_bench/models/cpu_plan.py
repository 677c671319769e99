"""How a CPU is used: the dtype and the number of threads that are the fastest here, by a measurement of half a second.

Neither follows from the processor's name: of two with bfloat16 instructions and without matrix units, one multiplies in
bfloat16 at 0.7 of its float32 speed and the other at twice it (docs/log.md), and a second thread slows everything down
while another program computes.
"""

from __future__ import annotations

import contextlib
import functools
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from phingpt_bench.compat import torch_parts
from phingpt_bench.core import jsonio
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.machine import cores, this_machine, version
from phingpt_bench.core.paths import cache_dir
from phingpt_bench.core.sentences import sentence, sentence_n

OWN_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")  # set by the user: obeyed
TYPICAL = (576, 1536)  # of the embedded model: for a base whose configuration is not here yet
LARGEST = 1536  # larger products run at the same rate, and take longer to measure
ROWS = 256  # of the products that are measured
# padded tokens that training processes at once, per thread: with fewer, products get slower and a large output head is
# read more often (docs/log.md); with more, nothing is gained and the stored activations grow
PIECE = 512
REPEATS = 3
TIMES_FASTER = 1.1  # float32 is exact: bfloat16 has to be this much faster


@dataclass(frozen=True, slots=True, kw_only=True)
class CpuPlan:
    """What a CPU computes with."""

    threads: int
    """Threads of every product."""

    available: int
    """Threads that torch would take by itself: the processors that this process may use."""

    threads_by: str
    """ "measured", or the variable in which the user has set them."""

    dtype: str
    """What compute_dtype "auto" means here: "float32" or "bfloat16"."""

    gflops: Mapping[str, float]
    """10^9 operations a second of one thread, by dtype; without bfloat16 where the processor has no instructions."""

    def text(self, dtype: str) -> str:
        """The plan in one line. dtype: the one in use, which a suite or recipe may have set."""
        threads = sentence_n("{n} thread", "{n} threads", self.threads)
        if self.threads_by != "measured":
            threads = sentence("{threads} ({variable})", threads=threads, variable=self.threads_by)
        elif self.threads < self.available:
            threads = sentence(
                "{threads} of {n}, as the processor is busy with other programs", threads=threads, n=self.available
            )
        speeds = ", ".join(f"{name} {speed:.0f}" for name, speed in self.gflops.items())
        return sentence("CPU: {threads}, {dtype} (a thread's GFLOP/s: {speeds})",
                        threads=threads, dtype=dtype, speeds=speeds)  # fmt: skip


def use(config: Mapping[str, Any] | None) -> CpuPlan:
    """Measure, let torch use the threads of the plan, and return it. config: of the base, None if it is not known.

    The dtype is kept for this machine, so that it is the same tomorrow. The threads are measured each time work begins,
    since neighbours come and go.
    """
    import torch

    gflops = _kept(shape_of(config))
    available = min(cores(), torch.get_num_threads()) if not _used else _used[0]
    own = _own_variable()
    if own is not None:
        threads = torch.get_num_threads()
    else:
        _used[:] = [available]
        threads = _fastest_threads(shape_of(config), available) if available > 1 else available
        torch.set_num_threads(threads)
    return CpuPlan(
        threads=threads, available=available, threads_by=own or "measured", dtype=_faster(gflops), gflops=gflops
    )


def own_threads() -> int | None:
    """The number of threads that the user has set, as torch reads it; None without one."""
    own = os.environ.get(_own_variable() or "", "")
    return int(own) if own.isdecimal() and int(own) else None


def _own_variable() -> str | None:
    return next((name for name in OWN_THREADS if os.environ.get(name)), None)


_used: list[int] = []  # torch's own number of threads, once a plan has replaced it


def fastest_dtype(config: Mapping[str, Any] | None) -> str:
    """What compute_dtype "auto" means on this CPU: "float32" or "bfloat16". config: as for `use`."""
    return _faster(_kept(shape_of(config)))


def shape_of(config: Mapping[str, Any] | None) -> tuple[int, int]:
    """(hidden size, inner size of the feed-forward layers) of a base by its config.json, cut to LARGEST."""
    found = dict(config or {})
    found = {**found, **(found.get("text_config") or {})}
    sizes = (found.get("hidden_size"), found.get("intermediate_size"))
    hidden, inner = (
        size if isinstance(size, int) and size > 0 else typical for size, typical in zip(sizes, TYPICAL, strict=True)
    )
    return min(hidden, LARGEST), min(inner, LARGEST)


def _faster(gflops: Mapping[str, float]) -> str:
    return "bfloat16" if gflops.get("bfloat16", 0.0) > TIMES_FASTER * gflops["float32"] else "float32"


@functools.cache
def _kept(shape: tuple[int, int]) -> dict[str, float]:
    """The speeds of a thread by dtype: from the file of this machine, otherwise measured and written there."""
    file, key = _file(), _key(shape)
    kept = _read(file)
    found = kept.get(key)
    if isinstance(found, dict) and all(isinstance(speed, float) for speed in found.values()) and "float32" in found:
        return found
    found = _speeds(shape)
    with contextlib.suppress(BenchError, OSError):  # a read-only cache only means that it is measured again
        jsonio.write_json(file, {**kept, key: found})
    return found


def _file() -> Path:
    return cache_dir() / "cpu.json"


def _key(shape: tuple[int, int]) -> str:
    return f"{this_machine().processor}, torch {version('torch')}, {shape[0]} x {shape[1]}"


def _read(file: Path) -> jsonio.JsonObject:
    try:
        found = jsonio.read_json(file)
    except (BenchError, OSError):  # none yet, or damaged
        return {}
    return found if isinstance(found, dict) else {}


def _speeds(shape: tuple[int, int]) -> dict[str, float]:
    """10^9 operations a second of one thread, by dtype, in processor time: a busy machine does not change them."""
    import torch

    names = ["float32", "bfloat16"] if torch_parts.cpu_has_bfloat16() else ["float32"]
    works = {name: _work(shape, getattr(torch, name)) for name in names}
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        times: dict[str, float] = {}
        for _ in range(REPEATS):
            for name, work in works.items():
                began = time.thread_time()
                work()
                times[name] = min(times.get(name, float("inf")), time.thread_time() - began)
    finally:
        torch.set_num_threads(before)
    return {name: round(_operations(shape) / seconds / 1e9, 1) for name, seconds in times.items()}


def _fastest_threads(shape: tuple[int, int], available: int) -> int:
    """The number of threads with which the same work ends first: fewer than all where one would wait for its turn.

    Wall time in turns, so that what another program does meets each.
    """
    import torch

    work = _work(shape, torch.float32)
    spent = dict.fromkeys((available, available - 1, max(1, available // 2)), 0.0)
    for _ in range(REPEATS + 1):
        for threads in spent:
            torch.set_num_threads(threads)
            began = time.perf_counter()
            work()
            spent[threads] += time.perf_counter() - began
    return min(spent, key=lambda threads: spent[threads])


def _operations(shape: tuple[int, int]) -> float:
    return 8.0 * ROWS * shape[0] * shape[1]  # two layers, forward and input gradients, 2 operations each


def _work(shape: tuple[int, int], dtype: Any) -> Callable[[], None]:
    """A feed-forward block of frozen weights, forward and input gradients, as in QLoRA training; run once before."""
    import torch
    import torch.nn.functional as F

    from phingpt_bench.models.products import linear

    hidden, inner = shape
    up, down = torch.full((inner, hidden), 0.01, dtype=dtype), torch.full((hidden, inner), 0.01, dtype=dtype)
    inputs = torch.ones(ROWS, hidden, dtype=dtype)

    def work() -> None:
        gradient = linear(F.silu(linear(inputs, up)), down)
        linear(linear(gradient, down.t()), up.t())

    work()
    return work
