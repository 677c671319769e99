"""A Python process of its own: its seconds and its peaks of memory.

Library of `python -m benchmarks.evaluation`, `benchmarks.startup` and `benchmarks.board`.
"""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from benchmarks.measure import Usage
from phingpt_bench.core.errors import BenchError

# what `python -m MODULE ARGUMENTS` does, and what the process held at the most
OBSERVED = """\
import atexit, json, runpy, sys
from phingpt_bench.cost.meters import peak_gpu_bytes, peak_host_bytes
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

    threads = str(torch.get_num_threads())
    with tempfile.TemporaryDirectory() as folder:
        peaks = Path(folder) / "peaks.json"
        variables = {"OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads}
        usage = python(OBSERVED, str(peaks), module, *arguments, variables=variables)
        host, gpu = json.loads(peaks.read_text(encoding="ascii"))
    return dataclasses.replace(usage, peak_host_bytes=host, peak_gpu_bytes=gpu)


def python(code: str, *arguments: str, variables: Mapping[str, str] | None = None) -> Usage:
    """The time that `python -c code arguments` takes, peaks unknown; `variables` go to its environment.

    BenchError when it fails, with the last line of its errors.
    """
    paths = os.pathsep.join(filter(None, [str(Path.cwd()), os.environ.get("PYTHONPATH")]))
    cpu, began = _children_seconds(), time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": paths, **(variables or {})},
    )  # fmt: skip
    usage = Usage(time.perf_counter() - began, _children_seconds() - cpu)
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise BenchError(f"a measured process failed ({last})")
    return usage


def _children_seconds() -> float:
    """Processor seconds of all processes that this one has waited for."""
    times = os.times()
    return times.children_user + times.children_system
