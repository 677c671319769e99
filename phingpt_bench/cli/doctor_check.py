"""A line of the doctor's report, and the commands that install what one misses."""

from __future__ import annotations

import importlib.util
import os
import shlex
from dataclasses import dataclass
from pathlib import Path

from phingpt_bench.core import torch_build

TORCH = f"torch=={torch_build.VERSION}"  # for installations without constraints.txt


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the report. `level` is ok, note (the demo runs without it), MISSING or BROKEN (it cannot run)."""

    level: str
    subject: str
    text: str
    fix: str | None = None


def present(module: str) -> bool:
    """Whether a package is installed; it is not imported."""
    return importlib.util.find_spec(module) is not None


def install(requirement: str, *, name: str, options: str = "") -> str:
    """The command that installs a package in the version that was tested, so that no other build of torch comes along.

    In a checkout constraints.txt pins all of them; elsewhere only torch is pinned, whose newest build may be for CUDA
    and gigabytes large.
    """
    from phingpt_bench.core.paths import share

    constraints = share("constraints.txt")
    if constraints.is_file():
        folder = "" if constraints.parent == Path.cwd() else f"{constraints.parent}{os.sep}"
        options += f"-c {shlex.quote(folder + constraints.name)} "
        requirement = name if name == "torch" else requirement
    elif name == "torch":
        requirement = TORCH
    return f"pip install {options}{requirement}"
