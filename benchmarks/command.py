"""A command in a process of its own: its seconds and its peaks of memory. Not run by itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.measure import Usage
from phingpt_bench.core.errors import BenchError

# what `python -m MODULE ARGUMENTS` does, and what the process held at the most
OBSERVED = """\
import atexit, json, runpy, sys
from benchmarks.measure import peak_gpu_bytes, peak_host_bytes
def note(file=sys.argv[1]):
    with open(file, "w", encoding="ascii") as out:
        json.dump([peak_host_bytes(), peak_gpu_bytes()], out)
atexit.register(note)
module, sys.argv = sys.argv[2], sys.argv[2:]
runpy.run_module(module, run_name="__main__", alter_sys=True)
"""


def command(module: str, *arguments: str) -> Usage:
    """Run `python -m module arguments` with as many threads as torch has here. BenchError when it fails."""
    import torch

    paths = os.pathsep.join(filter(None, [os.getcwd(), os.environ.get("PYTHONPATH")]))
    threads = str(torch.get_num_threads())
    environment = {**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads}
    with tempfile.TemporaryDirectory() as folder:
        peaks = Path(folder) / "peaks.json"
        cpu, began = children_seconds(), time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", OBSERVED, str(peaks), module, *arguments],
            capture_output=True, text=True, check=False, env=environment, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        usage = Usage(time.perf_counter() - began, children_seconds() - cpu)
        if done.returncode != 0:
            last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
            raise BenchError(f"a measured command failed ({module}: {last})")
        usage.peak_host_bytes, usage.peak_gpu_bytes = json.loads(peaks.read_text(encoding="ascii"))
    return usage


def children_seconds() -> float:
    """Processor seconds of all processes that this one has waited for."""
    times = os.times()
    return times.children_user + times.children_system
