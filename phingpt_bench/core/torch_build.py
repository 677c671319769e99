"""Which build of torch this machine can use, for `make` before anything is installed, and for `doctor`.

    python -m phingpt_bench.core.torch_build [auto|cpu|cu126|cu130|rocm7.2|pypi]

prints pip's arguments, and on stderr why. So this module and all that it imports are of Python's standard library.

What the builds of this version need: CUDA 13.0 a driver from 580 on and a GPU of compute capability 7.5 (T4, RTX 20) or
newer; CUDA 12.6 a driver from 525 on (528 on Windows; minor versions of CUDA 12 are compatible), and has kernels for
GPUs from 5.0 to 9.0: not for Blackwell (B200, RTX 50). The build on PyPI is for CUDA 13.0 on Linux and for the CPU on
Windows and macOS.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Sequence
from typing import NamedTuple

from phingpt_bench.core import gpus
from phingpt_bench.core.sentences import sentence

VERSION = "2.13.0"  # as in constraints.txt
BUILDS = ("cpu", "cu126", "cu130", "rocm7.2")
INDEX = "https://download.pytorch.org/whl/"
AUTO, PYPI = "auto", "pypi"
CU130_DRIVER, CU126_DRIVER = 580, 525  # the oldest drivers
CU130_CAPABILITY = (7, 5)
BLACKWELL = (10, 0)  # the first capability that the build for CUDA 12.6 has no kernels for
PIP_SETTINGS = ("index-url", "extra-index-url", "find-links")


class Choice(NamedTuple):
    """A build (one of BUILDS, or PYPI for whatever pip finds), and the reason in words."""

    build: str
    why: str


def choose(found: Sequence[gpus.Gpu], system: str | None = None) -> Choice:
    """The build for these GPUs on this system: the newest that their driver and all of them can use, else the CPU's.

    Of GPUs that no build has kernels for together, the newest ones count.
    """
    system = system or platform.system()
    if system not in ("Linux", "Windows"):
        return Choice(PYPI, sentence("on {system} there is one build", system=system))
    if not found:
        return Choice("cpu", sentence("no driver lists a GPU"))
    names = ", ".join(dict.fromkeys(gpu.name for gpu in found))
    if found[0].maker != "NVIDIA":
        if system == "Linux":
            return Choice("rocm7.2", names)
        return Choice("cpu", sentence("{gpu}: there is no build for {system}", gpu=names, system=system))
    digits = found[0].driver.partition(".")[0]
    driver = int(digits) if digits.isdigit() else 0
    facts = {"gpu": names, "driver": found[0].driver}
    if driver < CU126_DRIVER:
        why = sentence("{gpu}, driver {driver}: CUDA 12.6 needs one from {oldest} on", oldest=CU126_DRIVER, **facts)
        return Choice("cpu", why)
    new = any(gpu.capability is not None and gpu.capability >= BLACKWELL for gpu in found)
    if driver < CU130_DRIVER:
        why = sentence("{gpu}, driver {driver}: CUDA 13.0 needs one from {oldest} on", oldest=CU130_DRIVER, **facts)
        return Choice("cpu" if new else "cu126", why)
    if not new and any(gpu.capability is not None and gpu.capability < CU130_CAPABILITY for gpu in found):
        return Choice("cu126", sentence("{gpu}, driver {driver}: CUDA 13.0 has no kernels for it", **facts))
    return Choice("cu130", sentence("{gpu}, driver {driver}", **facts))


def arguments(build: str, system: str | None = None) -> list[str]:
    """Pip's arguments for a build of this version."""
    on_pypi = {"Linux": "cu130", "Darwin": "cpu"}.get(platform.system() if system is None else system)
    if build in (PYPI, on_pypi):
        return [f"torch=={VERSION}"]
    return ["--extra-index-url", f"{INDEX}{build}", f"torch=={VERSION}+{build}"]


def command(build: str) -> str:
    """The command that puts a build, with the libraries that it needs, in place of another one.

    By its full version: "2.13.0" alone is what is installed already.
    """
    return f"pip install {' '.join(arguments(build, system=''))}"


def own_index() -> str | None:
    """The setting by which pip here takes packages from somewhere else than PyPI; None without one.

    Such a place may have a build of its own, and PyTorch's may be out of reach: what pip finds is taken.
    """
    for name in PIP_SETTINGS:
        variable = f"PIP_{name.upper().replace('-', '_')}"
        if os.environ.get(variable):
            return variable
    configured = gpus.output_of(sys.executable, "-m", "pip", "config", "list") or ""
    for line in configured.splitlines():
        key = line.partition("=")[0].strip()
        if key.rpartition(".")[2] in PIP_SETTINGS:
            return f"pip config {key}"
    return None


def main(argv: Sequence[str]) -> int:
    """Print pip's arguments for the build that was asked for, or chosen; 2 for a name that is none."""
    asked = argv[0] if argv and argv[0] else AUTO
    if asked not in (AUTO, PYPI, *BUILDS):
        print(f"TORCH is one of {', '.join((AUTO, *BUILDS, PYPI))}, not '{asked}'", file=sys.stderr)
        return 2
    choice = Choice(asked, "as asked for") if asked != AUTO else choose(gpus.listed())
    if asked == AUTO and (setting := own_index()):
        size = ", and PyPI's brings some 3 GB of CUDA" if choice.build == "cpu" else ""
        choice = Choice(PYPI, f"what pip finds, as {setting} is set; it should be {choice.build} ({choice.why}){size}")
    print(f"torch {VERSION}, build {choice.build}: {choice.why}; another one: make TORCH=NAME, with NAME one of "
          f"{', '.join(BUILDS)}", file=sys.stderr)  # fmt: skip
    print(*arguments(choice.build))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
