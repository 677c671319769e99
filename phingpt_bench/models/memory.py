"""Memory of a process that loads one model after another: given back, and its peaks counted from a new start."""

from __future__ import annotations

import contextlib
import ctypes
import gc
from pathlib import Path


def free() -> None:
    """Give memory that nothing refers to any more back to the system and to the GPUs, so that no later peak counts it.

    A system without glibc keeps what Python has freed.
    """
    import torch

    gc.collect()
    with contextlib.suppress(OSError, AttributeError):  # no glibc
        ctypes.CDLL(None).malloc_trim(0)
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    if torch.backends.mps.is_available():
        torch.mps.empty_cache()


def forget_peaks() -> None:
    """Count the peaks of memory (cost.meters) from now on, on all GPUs and in main memory.

    Main memory: on Linux only, and only where /proc may be written; elsewhere its peak stays that of the whole process.
    """
    import torch

    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    if torch.cuda.is_available():
        for device in range(torch.cuda.device_count()):
            torch.cuda.reset_peak_memory_stats(device)
