"""The GPUs of this machine as their drivers list them: without torch, so a torch that cannot use them shows."""

from __future__ import annotations

import functools
import importlib.metadata
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

VISIBLE = "CUDA_VISIBLE_DEVICES"
HIDING = (VISIBLE, "HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES")  # the last two are AMD's
KFD = Path("/sys/class/kfd/kfd/topology/nodes")  # of AMD's driver on Linux; processors are nodes of it, too


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpu:
    """A GPU by its driver. uuid: as nvidia-smi writes it. driver: its version. capability: of CUDA, such as (7, 5).

    sliced: MIG is on, so a program gets a slice of it at most.
    """

    name: str
    maker: str = "NVIDIA"
    uuid: str = ""
    driver: str = ""
    capability: tuple[int, int] | None = None
    sliced: bool = False


@functools.cache
def listed() -> tuple[Gpu, ...]:
    """All GPUs of NVIDIA's driver, otherwise those of AMD's; empty where no driver answers."""
    return _nvidia() or _amd()


def _nvidia() -> tuple[Gpu, ...]:
    fields: tuple[str, ...] = ("name", "uuid", "driver_version", "mig.mode.current", "compute_cap")
    text = None
    while text is None and len(fields) >= 3:  # drivers before 2021 do not know the last one, before 2020 the last two
        text = output_of("nvidia-smi", f"--query-gpu={','.join(fields)}", "--format=csv,noheader")
        fields = fields[:-1]
    found = []
    for line in (text or "").splitlines():
        parts = [*(part.strip() for part in line.split(",")), "", "", "", "", ""]
        name, uuid, driver, slices, capability = parts[:5]
        major, _, minor = capability.partition(".")
        known = (int(major), int(minor)) if major.isdigit() and minor.isdigit() else None
        if name:
            sliced = slices == "Enabled"  # otherwise Disabled, or [N/A]
            found.append(Gpu(name=name, uuid=uuid, driver=driver, capability=known, sliced=sliced))
    return tuple(found)


def _amd() -> tuple[Gpu, ...]:
    found = []
    for node in sorted(KFD.glob("*")):
        try:
            if int((node / "gpu_id").read_text()):
                name = (node / "name").read_text().strip()
                found.append(Gpu(name=f"AMD {name}".strip(), maker="AMD"))
        except (OSError, ValueError):
            continue
    return tuple(found)


def names(device: str | None = None) -> list[str]:
    """The names of the GPUs that a CUDA program may use, or of the one that is `device` ("cuda:1") to it.

    If it is not known which they are: all of them. Empty if the installed torch uses no GPU. A slice of a GPU has
    " MIG" after the name of its board, which no price fits.
    """
    gpus = [] if torch_is_blind() else list(listed())
    chosen = os.environ.get(VISIBLE)
    if chosen is not None and "MIG-" in chosen:
        return [f"{gpu.name} MIG" for gpu in gpus]
    at = places(gpus, device)
    return [f"{gpus[i].name}{' MIG' * gpus[i].sliced}" for i in (range(len(gpus)) if at is None else at)]


def places(gpus: Sequence[Gpu], device: str | None = None) -> list[int] | None:
    """Places of the GPUs that a CUDA program may use, or of the one that is `device` to it; None if that is unknown.

    The driver numbers GPUs by bus, CUDA by speed unless configured: a number means the same to both if all are equal.
    Of whole and sliced ones together CUDA may show a slice only, so no number is known there.
    Like CUDA, the first entry of CUDA_VISIBLE_DEVICES that names no GPU hides all that follow.
    """
    chosen = os.environ.get(VISIBLE)
    set_by_bus = os.environ.get("CUDA_DEVICE_ORDER") == "PCI_BUS_ID" and not any(gpu.sliced for gpu in gpus)
    by_bus = set_by_bus or len({(gpu.name, gpu.sliced) for gpu in gpus}) == 1
    found: list[int] = list(range(len(gpus)))
    ordered = by_bus
    if chosen is not None:
        found, ordered = [], True
        for word in (part.strip() for part in chosen.split(",")):
            matching = [at for at, gpu in enumerate(gpus) if word.startswith("GPU-") and gpu.uuid.startswith(word)]
            if len(matching) == 1:
                found += matching
            elif word.isdigit() and int(word) < len(gpus):
                if not by_bus:
                    return None
                found.append(int(word))
            elif word.startswith(("MIG-", "GPU-")):  # a slice of a GPU, or an unknown one
                return None
            else:
                break
    if device is None:
        return found
    index = int(device.partition(":")[2] or 0)
    return [found[index]] if ordered and index < len(found) else None


def torch_is_blind() -> bool:
    """Whether this torch uses no GPU, so that a GPU would idle. Does not import torch."""
    torch = sys.modules.get("torch")
    if torch is not None and hasattr(torch, "cuda"):  # a half-imported torch has no cuda yet
        return not torch.cuda.is_available()
    try:
        return importlib.metadata.version("torch").endswith("+cpu")
    except importlib.metadata.PackageNotFoundError:
        return True


def unused(torch: Any) -> tuple[Gpu, ...]:
    """The GPUs that the drivers list although torch sees none; empty where it sees one, or where they are hidden."""
    if torch.cuda.is_available():
        return ()
    return () if any(os.environ.get(name) in ("", "-1") for name in HIDING) else listed()


def output_of(*command: str) -> str | None:
    """The output of a command, or None if it is not installed, fails or takes over 10 seconds."""
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=10,
            check=False,
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
