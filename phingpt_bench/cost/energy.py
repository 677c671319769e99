"""Energy meters of this machine: joules by a counter of the hardware, or by its sampled power. Never an estimate.

nvml-counter  NVIDIA GPUs since Volta count the energy of the whole board: nvmlDeviceGetTotalEnergyConsumption, mJ since
              the driver was loaded.
nvml-sampled  Older GPUs say their power only: nvmlDeviceGetPowerUsage, mW; sampled twice a second and summed by the
              trapezoidal rule.
rapl          Linux' powercap: energy_uj of processor packages, and of DRAM where it is a domain of its own, in uJ.
              Since CVE-2020-8694 only root may read it, unless the file is opened to others.

A meter measures the hardware, not the process: it includes everything that runs there. For work on a GPU, its board and
RAPL are added ("nvml-counter+rapl"); if RAPL cannot be read the processor is missing, as the method's name shows.
Figures are only comparable under the same method. For processors without RAPL, codecarbon takes a share of a
nominal wattage: an estimate, which is not used here.
"""

from __future__ import annotations

import contextlib
import functools
import re
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from phingpt_bench.core import gpus
from phingpt_bench.core.sentences import sentence

POWERCAP = Path("/sys/class/powercap")
# seconds between two reads: of power, which changes; of RAPL, which wraps (262 kJ, a usual range, is 15 min at 290 W)
INTERVALS = {"nvml-sampled": 0.5, "rapl": 30.0}


class Counter(Protocol):
    """One meter."""

    method: str

    def read(self) -> float | None:
        """Joules since some fixed point, never falling; None when the meter could not be read."""


class NvmlCounter:
    """The energy counters of some GPUs. `handles` are NVML's."""

    method = "nvml-counter"

    def __init__(self, nvml: Any, handles: Sequence[Any]):
        self._nvml, self._handles = nvml, handles

    def read(self) -> float | None:
        """Their sum since the driver was loaded; None if a GPU does not support it."""
        try:
            return float(sum(self._nvml.nvmlDeviceGetTotalEnergyConsumption(one) for one in self._handles)) / 1000
        except self._nvml.NVMLError:  # not supported (before Volta, a slice of a GPU), or the driver is gone
            return None


class NvmlSampled:
    """The power of some GPUs, integrated over time. Each read takes a sample; a thread of `Energy` reads in between."""

    method = "nvml-sampled"

    def __init__(self, nvml: Any, handles: Sequence[Any], clock: Callable[[], float] = time.perf_counter):
        self._nvml, self._handles, self._clock = nvml, handles, clock
        self._joules = 0.0
        self._last: tuple[float, float] | None = None  # (time, watts)
        self._lock = threading.Lock()

    def read(self) -> float | None:
        """The integral of their power since the first read; None if it could not be read."""
        with self._lock:
            try:
                watts = sum(self._nvml.nvmlDeviceGetPowerUsage(one) for one in self._handles) / 1000
            except self._nvml.NVMLError:
                self._last = None
                return None
            now = self._clock()
            if self._last is not None:
                self._joules += (now - self._last[0]) * (watts + self._last[1]) / 2
            self._last = (now, watts)
            return self._joules


class Rapl:
    """The powercap domains in `folders`, each with energy_uj and max_energy_range_uj, after which it wraps to 0.

    One wrap between two reads is noticed; a thread of `Energy` reads often enough.
    """

    method = "rapl"

    def __init__(self, folders: Sequence[Path]):
        self._files = [folder / "energy_uj" for folder in folders]
        self._ranges = [int((folder / "max_energy_range_uj").read_text()) for folder in folders]
        self._last = [int(file.read_text()) for file in self._files]
        self._joules = 0.0
        self._lock = threading.Lock()

    def read(self) -> float | None:
        """Their sum since this meter was made; None if a file could not be read."""
        with self._lock:
            try:
                values = [int(file.read_text()) for file in self._files]
            except (OSError, ValueError):
                return None
            for value, last, most in zip(values, self._last, self._ranges, strict=True):
                self._joules += (value - last if value >= last else value - last + most) / 1e6
            self._last = values
            return self._joules


class Energy:
    """All meters of this machine together. `method` names them, joined by "+"; None without meters.

    lacking: why other meters are missing, in words. While it is used, a thread reads the meters that need frequent
    reads.
    """

    def __init__(self, counters: Sequence[Counter], lacking: Sequence[str] = ()):
        self._counters = list(counters)
        self.lacking = list(lacking)
        self.method = "+".join(counter.method for counter in self._counters) or None
        often = [counter for counter in self._counters if counter.method in INTERVALS]
        if often:
            every = min(INTERVALS[counter.method] for counter in often)
            threading.Thread(target=_look, args=(often, every), name="energy", daemon=True).start()

    def read(self) -> float | None:
        """Joules since some fixed point; None if a meter cannot be read: a part must not look like the whole."""
        read = [counter.read() for counter in self._counters]
        known = [value for value in read if value is not None]
        return sum(known) if known and len(known) == len(read) else None


def _look(counters: Sequence[Counter], every: float) -> None:
    while True:
        time.sleep(every)
        for counter in counters:
            counter.read()


@functools.cache
def here(device: str | None = None) -> Energy:
    """The meters of this machine for work on a torch device, or on all GPUs; cached for the process."""
    counter: Counter | None = None
    no_gpus = None
    if (device or "cuda").startswith("cuda"):
        counter, no_gpus = _nvml(device)
    packages, no_packages = rapl(POWERCAP)
    found = [one for one in (counter, packages) if one is not None]
    return Energy(found, [why for why in (no_gpus, no_packages) if why])


def rapl(root: Path) -> tuple[Rapl | None, str | None]:
    """(the RAPL meter below a powercap folder, None) or (None, why there is none).

    Packages, and DRAM domains below them; "core" and "uncore" are parts of a package, "psys" would count it twice.
    """
    folders = []
    for folder in sorted(root.glob("intel-rapl:*")):  # the name is the driver's, on AMD too
        with contextlib.suppress(OSError):
            if re.match(r"package|dram", (folder / "name").read_text()):
                folders.append(folder)
    if not folders:
        return None, sentence("no RAPL: nothing in {folder}/intel-rapl:*", folder=root)
    try:
        return Rapl(folders), None
    except PermissionError:
        return None, sentence("RAPL is closed: {folder}/energy_uj can be read by root only", folder=folders[0])
    except (OSError, ValueError) as err:
        return None, sentence("RAPL cannot be read: {reason}", reason=err)


def _nvml(device: str | None) -> tuple[Counter | None, str | None]:
    try:
        import pynvml
    except ImportError:
        return None, sentence("no NVML: package nvidia-ml-py is not installed")
    return nvml(pynvml, device)


def nvml(module: Any, device: str | None = None) -> tuple[Counter | None, str | None]:
    """(the meter of the GPUs that this process may use, or of one torch device, None) or (None, why there is none).

    module: pynvml.
    """
    if gpus.torch_is_blind():
        return None, sentence("torch sees no GPU")
    try:
        module.nvmlInit()
        handles = _handles(module, device)
    except module.NVMLError as err:
        return None, sentence("no NVML: {reason}", reason=err)
    if not handles:
        return None, sentence("no GPU, or it is unknown which of them are used here")
    if any(_is_sliced(module, handle) for handle in handles):
        return None, sentence("a slice of a GPU (MIG) has no meter of its own")
    counter = NvmlCounter(module, handles)
    if counter.read() is not None:
        return counter, None
    sampled = NvmlSampled(module, handles)
    return (
        (sampled, None)
        if sampled.read() is not None
        else (None, sentence("NVML reports neither energy nor power of these GPUs"))
    )


def _handles(module: Any, device: str | None) -> list[Any]:
    """NVML's handles of the GPUs that CUDA may use, or of one device; empty if they cannot be identified."""
    handles = [module.nvmlDeviceGetHandleByIndex(at) for at in range(module.nvmlDeviceGetCount())]
    found = [
        gpus.Gpu(
            name=str(module.nvmlDeviceGetName(handle)),
            uuid=str(module.nvmlDeviceGetUUID(handle)),
            sliced=_is_sliced(module, handle),
        )
        for handle in handles
    ]
    uuids = [gpu.uuid for gpu in found]
    if device is not None and (own := _uuid(device)) in uuids:
        return [handles[uuids.index(own)]]
    return [handles[at] for at in gpus.places(found, device) or ()]


def _uuid(device: str) -> str | None:
    """The UUID of a CUDA device as torch knows it, in NVML's form; None before torch is imported."""
    torch = sys.modules.get("torch")
    properties = getattr(getattr(torch, "cuda", None), "get_device_properties", None)
    if properties is None:
        return None
    with contextlib.suppress(RuntimeError, AssertionError):
        uuid = getattr(properties(int(device.partition(":")[2] or 0)), "uuid", None)
        return None if uuid is None else f"GPU-{uuid}"
    return None


def _is_sliced(module: Any, handle: Any) -> bool:
    """Whether a board is cut into slices, so that its meter counts the work of others."""
    with contextlib.suppress(AttributeError, module.NVMLError):  # most GPUs cannot be sliced
        return bool(module.nvmlDeviceGetMigMode(handle)[0])
    return False
