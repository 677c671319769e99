"""A Python process of its own: its seconds and its peaks of memory.

Library of `python -m benchmarks.evaluation`, `benchmarks.startup`, `benchmarks.board` and `benchmarks.workers`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.measure import Usage
from phingpt_bench.core.errors import BenchError

LOOK = 0.1  # seconds between two looks at the processes of a tree

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
    cpu, began = _children_seconds(), time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, env=_environment(variables),
    )  # fmt: skip
    usage = Usage(time.perf_counter() - began, _children_seconds() - cpu)
    _check(done.returncode, done.stderr)
    return usage


def tree(
    code: str, *arguments: str, variables: Mapping[str, str] | None = None, apart: Sequence[str] = ()
) -> tuple[Usage, float]:
    """As `python`, with the processor time of all processes that come from this one, waited for or not.

    apart: parts of command lines; the second value is the processor time of the processes that have one of them.

    It is read from /proc while they run, so of each process up to LOOK seconds are not seen. Linux only.
    """
    began, seen, names = time.perf_counter(), dict[tuple[int, int], float](), dict[tuple[int, int], str]()
    with tempfile.TemporaryFile("w+", encoding="utf-8") as said:
        started = subprocess.Popen(
            [sys.executable, "-c", code, *arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said, env=_environment(variables),
        )  # fmt: skip
        ours = {started.pid}
        while started.poll() is None:
            _look(ours, seen, names)
            time.sleep(LOOK)
        usage = Usage(time.perf_counter() - began, sum(seen.values()))
        said.seek(0)
        _check(started.returncode, said.read())
    return usage, sum(spent for key, spent in seen.items() if any(part in names.get(key, "") for part in apart))


def _look(ours: set[int], seen: dict[tuple[int, int], float], names: dict[tuple[int, int], str]) -> None:
    """Add the children of the processes in `ours`; note by (id, start) processor seconds and command line of each."""
    ticks = os.sysconf("SC_CLK_TCK")
    found = {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError):
            values = file.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            found[int(file.parent.name)] = int(values[1]), int(values[19]), (int(values[11]) + int(values[12])) / ticks
    ours &= found.keys()
    while more := {pid for pid, (parent, _, _) in found.items() if parent in ours} - ours:
        ours |= more
    for pid in ours:
        _, start, seconds = found[pid]
        seen[pid, start] = seconds
        with contextlib.suppress(OSError):
            line = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            names[pid, start] = line.strip() or names.get((pid, start), "")  # one that ends has none


def _environment(variables: Mapping[str, str] | None) -> dict[str, str]:
    paths = os.pathsep.join(filter(None, [str(Path.cwd()), os.environ.get("PYTHONPATH")]))
    return {**os.environ, "PYTHONPATH": paths, **(variables or {})}


def _check(code: int, said: str) -> None:
    """BenchError for a process that failed, with the last line of its errors."""
    if code != 0:
        last = (said.strip().splitlines() or [f"exit code {code}"])[-1]
        raise BenchError(f"a measured process failed ({last})")


def _children_seconds() -> float:
    """Processor seconds of all processes that this one has waited for."""
    times = os.times()
    return times.children_user + times.children_system
