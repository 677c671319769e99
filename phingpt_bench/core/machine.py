"""The machine (without its name) and the software that a number was made with, as in records."""

from __future__ import annotations

import functools
import importlib.metadata
import os
import platform
import re
import shlex
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from phingpt_bench.core import at_work, gpus
from phingpt_bench.core.declared import Count, Least

PACKAGES = ("phingpt_bench", "lm_eval", "torch", "transformers", "peft", "bitsandbytes", "datasets")
GIB = 2**30
_ROOT = Path(__file__).resolve().parent.parent.parent
_CGROUP = Path("/sys/fs/cgroup")  # cgroup 2; a container sees its own limits here


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """The part of a machine that a process uses: of its GPUs, those that do the work."""

    processor: str  # its name, e.g. "AMD EPYC"
    cores: Annotated[int, Least(1)]
    memory_bytes: Count | None  # None if unknown
    gpus: list[str]  # their names; empty without a GPU
    threads: Annotated[int, Least(1)] | None = None  # that computed; None in older records, and before torch is loaded
    gpu_ids: list[str] = field(default_factory=list)  # the driver's UUIDs, to tell two devices of one name apart
    workers: Annotated[int, Least(1)] = 1  # processes of this program that worked on the machine at the time

    @property
    def shared(self) -> bool:
        """Whether times and energy are not those of this work alone."""
        return self.workers > 1

    def like(self, other: Machine) -> bool:
        """Whether times are comparable between the two: memory may differ by less than half a GiB.

        Those of a shared machine are not.
        """
        return self.kind == other.kind and not self.shared and not other.shared

    @property
    def kind(self) -> tuple[object, ...]:
        """The key of machines with comparable times: processor, cores, memory in whole GiB, GPUs."""
        memory = None if self.memory_bytes is None else round(self.memory_bytes / GIB)
        return self.processor, self.cores, memory, self.gpus


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """The software. Versions come from the packages' metadata, so nothing is imported to learn them."""

    python: str | None = None
    platform: str | None = None  # "Linux x86_64"
    git: str | None = (
        None  # the commit of the checkout, "-dirty" if a tracked file differs that is no record; None without one
    )
    packages: dict[str, str | None] = field(default_factory=dict)  # version by name; None: not installed


def this_machine(device: str | None = None, workers: int = 1) -> Machine:
    """The machine as this process may use it; lower limits of a container count.

    workers: the most processes of this program that were seen at work on it, if there are fewer by now.
    torch is not imported for this. If it is already imported, it names the GPUs (it knows which ones this process may
    use), otherwise their driver does.

    device: the torch device that does the work ("cpu", "cuda:1", "mps"): only its GPU is part of the machine. None: all
        GPUs are.
    """
    return Machine(
        processor=_processor(), cores=cores(), memory_bytes=memory_bytes(), gpus=_gpus(device), threads=_threads(),
        gpu_ids=_gpu_ids(device), workers=max(workers, at_work.workers()),
    )  # fmt: skip


def environment() -> Environment:
    """The software that the program runs on."""
    return Environment(
        python=platform.python_version(),
        platform=f"{platform.system()} {platform.machine()}",
        git=_commit(),
        packages=packages(),
    )


def packages(more: Iterable[str] = ()) -> dict[str, str | None]:
    """The installed versions of PACKAGES and of `more` by name; None for one that is not installed."""
    return {name: version(name) for name in (*PACKAGES, *more)}


def command() -> str:
    """The command line of this process as a shell takes it, with "~" for the home folder: a record names no user."""
    home = str(Path.home())
    name = Path(sys.argv[0]).name
    words = ["phingpt-bench" if name == "__main__.py" else name, *sys.argv[1:]]
    return shlex.join("~" + word.removeprefix(home) if word.startswith(home + os.sep) else word for word in words)


def version(package: str) -> str | None:
    """The installed version of a package, or None; never imports it."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def cores() -> int:
    """The number of processors that this process may use, at least 1.

    A lower limit of a container on processor time counts, rounded up: 1.5 processors of time are 2 processors.
    """
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = map(int, (_CGROUP / "cpu.max").read_text().split())  # microseconds in each period
        return max(1, min(allowed, -(-quota // period)))
    except (OSError, ValueError, ZeroDivisionError):  # no cgroup 2, or "max": no limit
        return allowed


def memory_bytes() -> int | None:
    """Main memory that this process may use: the machine's, or the container's limit if lower; None when unknown."""
    installed = _memory("total")
    limit = _number(_CGROUP / "memory.max")  # None without cgroup 2, and for "max": no limit
    return installed if limit is None or installed is None else min(installed, limit)


def available_bytes() -> int | None:
    """Memory that can still be allocated without swapping, in bytes, within a container's limit; None when unknown."""
    free = _memory("available")
    limit, used = _number(_CGROUP / "memory.max"), _number(_CGROUP / "memory.current")
    return free if free is None or limit is None or used is None else min(free, limit - used)


def _memory(what: str) -> int | None:
    """The "total" or "available" main memory of the machine on any system; None where it does not say."""
    try:
        import psutil

        return int(getattr(psutil.virtual_memory(), what))
    except (ImportError, OSError, RuntimeError):
        return None


def _number(file: Path) -> int | None:
    try:
        return int(file.read_text("ascii"))
    except (OSError, ValueError):
        return None


def _commit() -> str | None:
    if not (_ROOT / ".git").exists():
        return None
    head = gpus.output_of("git", "-C", str(_ROOT), "rev-parse", "--verify", "-q", "HEAD")
    if not head:
        return None
    # what an earlier run wrote in the checkout is no change of the code
    paths = (".", ":(exclude,glob)results/*/runs/**")
    changed = gpus.output_of("git", "-C", str(_ROOT), "status", "--porcelain", "--untracked-files=no", "--", *paths)
    return f"{head}-dirty" if changed else head


@functools.cache
def _processor() -> str:
    name = ""
    if sys.platform == "linux":
        try:
            found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
        except OSError:
            found = None
        name = found.group(1) if found else ""
    elif sys.platform == "darwin":
        name = gpus.output_of("sysctl", "-n", "machdep.cpu.brand_string") or ""
    name = name or platform.processor() or platform.machine() or "processor"
    # trade marks and clock rates are left out
    name = re.sub(r"\((?:R|TM)\)|\bCPU\b|@.*$", "", name, flags=re.IGNORECASE).replace(",", " ")
    return " ".join(name.split())


def _threads() -> int | None:
    torch = sys.modules.get("torch")
    return torch.get_num_threads() if torch is not None and hasattr(torch, "get_num_threads") else None


def _gpu_ids(device: str | None) -> list[str]:
    torch = sys.modules.get("torch")
    kind, _, index = (device or "cuda").partition(":")
    if kind != "cuda" or torch is None or not hasattr(torch, "cuda") or not torch.cuda.is_available():
        return []
    places = range(torch.cuda.device_count()) if device is None else [int(index or 0)]
    found = (getattr(torch.cuda.get_device_properties(i), "uuid", None) for i in places)
    return [str(uuid) for uuid in found if uuid is not None]


def _gpus(device: str | None) -> list[str]:
    kind, _, index = (device or "cuda").partition(":")
    if kind == "mps":
        return [f"{_processor()} GPU"]
    if kind != "cuda":
        return []
    torch = sys.modules.get("torch")
    if torch is None or not hasattr(torch, "cuda"):  # a half-imported torch has no cuda yet
        return gpus.names(device)
    if not torch.cuda.is_available():
        return []
    places = range(torch.cuda.device_count()) if device is None else [int(index or 0)]
    return [torch.cuda.get_device_name(i) for i in places]
