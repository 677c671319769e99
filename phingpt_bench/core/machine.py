"""The machine (without its name) and the software that a number was made with, as in records."""

from __future__ import annotations

import functools
import importlib.metadata
import os
import platform
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from phingpt_bench.core.builder import Count, Least

PACKAGES = ("phingpt_bench", "lm_eval", "torch", "transformers", "peft", "bitsandbytes", "datasets")
GIB = 2**30
_ROOT = Path(__file__).resolve().parent.parent.parent
_CGROUP = Path("/sys/fs/cgroup")  # cgroup 2; a container sees its own limits here


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """The part of a machine that a process may use."""

    processor: str  # its name, e.g. "AMD EPYC"
    cores: Annotated[int, Least(1)]
    memory_bytes: Count | None  # None if unknown
    gpus: list[str]  # their names; empty without a GPU

    def like(self, other: Machine) -> bool:
        """Whether times are comparable between the two: memory may differ by less than half a GiB."""
        return self.kind == other.kind

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
        None  # the commit of the checkout, with "-dirty" if a tracked file differs; None without a checkout
    )
    packages: dict[str, str | None] = field(default_factory=dict)  # version by name; None: not installed


def this_machine() -> Machine:
    """The machine as this process may use it; lower limits of a container count.

    torch is not imported for this. If it is already imported, it names the GPUs (it knows which ones this process may
    use), otherwise nvidia-smi does.
    """
    return Machine(processor=_processor(), cores=cores(), memory_bytes=memory_bytes(), gpus=_gpus())


def environment() -> Environment:
    """The software that the program runs on."""
    return Environment(
        python=platform.python_version(),
        platform=f"{platform.system()} {platform.machine()}",
        git=_commit(),
        packages={name: version(name) for name in PACKAGES},
    )


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
    try:
        installed = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # Windows has no sysconf
        return None
    try:
        limit = int((_CGROUP / "memory.max").read_text())
    except (OSError, ValueError):  # no cgroup 2, or "max": no limit
        return installed
    return min(installed, limit)


def _commit() -> str | None:
    if not (_ROOT / ".git").exists():
        return None
    head = _run("git", "-C", str(_ROOT), "rev-parse", "--verify", "-q", "HEAD")
    if not head:
        return None
    changed = _run("git", "-C", str(_ROOT), "status", "--porcelain", "--untracked-files=no")
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
        name = _run("sysctl", "-n", "machdep.cpu.brand_string") or ""
    name = name or platform.processor() or platform.machine() or "processor"
    # trade marks and clock rates are left out
    name = re.sub(r"\((?:R|TM)\)|\bCPU\b|@.*$", "", name, flags=re.IGNORECASE).replace(",", " ")
    return " ".join(name.split())


def _gpus() -> list[str]:
    torch = sys.modules.get("torch")
    if torch is not None and hasattr(torch, "cuda"):  # a half-imported torch has no cuda yet
        if not torch.cuda.is_available():
            return []
        return [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    return _gpus_of_the_driver()


@functools.cache
def _gpus_of_the_driver() -> list[str]:
    listed = _run("nvidia-smi", "--query-gpu=name", "--format=csv,noheader") or ""
    return [line.strip() for line in listed.splitlines() if line.strip()]


def _run(*command: str) -> str | None:
    """The command's output, or None if it is not installed, fails or takes over 10 seconds."""
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
