"""Digests of values and files, and the words that say on what software and machine a number was made."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import json
import os
import platform
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

PACKAGES = ("phingpt_bench", "lm_eval", "torch", "transformers", "peft", "bitsandbytes", "datasets")
NO_GPU = "no GPU"
_ROOT = Path(__file__).resolve().parent.parent.parent
_CGROUP = Path("/sys/fs/cgroup")  # cgroup 2; a container sees its own limits here


def digest(value: Any, length: int = 16) -> str:
    """The first `length` hex digits of the SHA-256 of `value` as canonical JSON (keys sorted, no spaces, UTF-8).

    Tuples and lists with the same items have the same digest. ValueError for NaN, TypeError for what JSON cannot hold.
    """
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    # surrogatepass: damaged text (a lone surrogate) still has a digest instead of stopping the run
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:length]


def file_digest(path: Path | str, length: int = 16) -> str:
    """The first `length` hex digits of the SHA-256 of a file's bytes; OSError when it is not readable."""
    result = hashlib.sha256()
    with open(path, "rb") as file:
        while piece := file.read(1 << 20):
            result.update(piece)
    return result.hexdigest()[:length]


def environment() -> dict[str, Any]:
    """What the program ran on: {"python", "platform", "git", "packages": {name: version or None}}.

    Versions come from the packages' metadata, so nothing is imported. "git" is the commit of the checkout that the
    program runs from, with "-dirty" when a tracked file differs from it; None outside a checkout.
    """
    return {
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "git": _commit(),
        "packages": {name: version(name) for name in PACKAGES},
    }


def version(package: str) -> str | None:
    """The installed version of a package, or None; never imports it."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def machine() -> str:
    """The machine in words, without its name: "2 x AMD EPYC, 23 GB, no GPU".

    The number is the processors this process may run on; memory is in units of 2**30 bytes; a container's limits
    count where they are lower. torch is not imported: the GPU is what torch says if it is already imported (it knows
    which ones this process may use), else what nvidia-smi says.
    """
    memory = memory_bytes()
    gpus = _gpus()
    counted = ", ".join(f"{gpus.count(name)} x {name}" for name in dict.fromkeys(gpus))
    return ", ".join(
        [
            f"{cores()} x {_processor()}",
            f"{round(memory / 2**30)} GB" if memory else "memory unknown",
            counted or NO_GPU,
        ]
    )


def cores() -> int:
    """How many processors this process may run on, at least 1.

    A container's limit on processor time counts where it is lower, rounded up: 1.5 processors of time are 2 processors.
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
    # commas separate the parts of machine(); trade marks and clock rates only add length
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
    """The command's output, or None when it is not installed, fails or takes over 10 seconds."""
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
