"""Energy is read from meters, by phase, and is unknown where there are none; FLOPs are computed from counted tokens."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from phingpt_bench.core import gpus
from phingpt_bench.core.ledgers import Ledger
from phingpt_bench.cost import energy, flops
from phingpt_bench.cost.energy import Energy, NvmlCounter, NvmlSampled, nvml, rapl
from phingpt_bench.cost.ledger import total_joules
from phingpt_bench.cost.meters import Meter


class NVMLError(Exception):
    """As in pynvml."""


def fake_nvml(gpus: int = 2, counts: bool = True, powers: bool = True, names: str = "same") -> Any:
    """pynvml with GPUs that have used 1 kJ, 2 kJ ... and draw 100 W, 200 W ...; `joules` and `watts` can be set."""
    fake = SimpleNamespace(NVMLError=NVMLError, joules=[1000.0 * (i + 1) for i in range(gpus)], watts=[100.0, 200.0])

    def need(there: bool) -> None:
        if not there:
            raise NVMLError("Not Supported")

    def total(at: int) -> int:
        need(counts)
        return int(fake.joules[at] * 1000)

    def power(at: int) -> int:
        need(powers)
        return int(fake.watts[at] * 1000)

    fake.nvmlInit = lambda: None
    fake.nvmlDeviceGetCount = lambda: gpus
    fake.nvmlDeviceGetHandleByIndex = lambda at: at
    fake.nvmlDeviceGetName = lambda at: "H100" if names == "same" else f"GPU {at}"
    fake.nvmlDeviceGetUUID = lambda at: f"GPU-{at}{at}{at}"
    fake.nvmlDeviceGetTotalEnergyConsumption = total
    fake.nvmlDeviceGetPowerUsage = power
    return fake


def powercap(root: Path, **values: int) -> Path:
    """A folder as Linux has it: two packages, one with a DRAM domain, a core domain and psys, which are not counted."""
    for name, kind in {
        "intel-rapl:0": "package-0",
        "intel-rapl:0:0": "core",
        "intel-rapl:0:1": "dram",
        "intel-rapl:1": "package-1",
        "intel-rapl:2": "psys",
    }.items():
        folder = root / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "name").write_text(f"{kind}\n")
        (folder / "max_energy_range_uj").write_text("1000000000\n")
        (folder / "energy_uj").write_text(f"{values.get(kind.replace('-', ''), 0)}\n")
    return root


@pytest.fixture(autouse=True)
def no_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """The GPUs are NVML's word alone: a torch without CUDA would say that there are none."""
    monkeypatch.setattr(gpus, "torch_is_blind", lambda: False)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.delenv("CUDA_DEVICE_ORDER", raising=False)


def test_gpus_that_torch_does_not_use_are_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    cuda = SimpleNamespace(is_available=lambda: False)
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda))
    assert nvml(fake_nvml()) == (None, "torch sees no GPU")
    cuda.is_available = lambda: True
    assert isinstance(nvml(fake_nvml())[0], NvmlCounter)
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace())  # half imported
    monkeypatch.setattr("importlib.metadata.version", lambda name: "2.13.0+cpu")
    assert nvml(fake_nvml())[0] is None
    monkeypatch.setattr("importlib.metadata.version", lambda name: "2.13.0+cu130")
    assert isinstance(nvml(fake_nvml())[0], NvmlCounter)


def test_gpus_count_their_energy() -> None:
    fake = fake_nvml()
    meter, why = nvml(fake)
    assert isinstance(meter, NvmlCounter) and why is None
    assert meter.read() == 3000.0  # of both
    fake.joules[1] += 50
    assert meter.read() == 3050.0


def test_gpus_that_only_say_their_power_are_sampled() -> None:
    fake, now = fake_nvml(counts=False), [10.0]
    meter, _ = nvml(fake)
    assert isinstance(meter, NvmlSampled) and meter.method == "nvml-sampled"
    meter = NvmlSampled(fake, [0, 1], clock=lambda: now[0])
    assert meter.read() == 0.0
    now[0] += 2
    assert meter.read() == pytest.approx(600)  # 300 W for 2 s
    now[0] += 1
    fake.watts = [200.0, 300.0]
    assert meter.read() == pytest.approx(600 + 400)  # from 300 W to 500 W


def test_without_meters_there_is_a_reason() -> None:
    assert nvml(fake_nvml(counts=False, powers=False)) == (None, "NVML reports neither energy nor power of these GPUs")
    fake = fake_nvml()
    fake.nvmlInit = lambda: (_ for _ in ()).throw(NVMLError("Driver Not Loaded"))
    assert nvml(fake) == (None, "no NVML: Driver Not Loaded")


@pytest.mark.parametrize(
    ("visible", "names", "order", "joules"),
    [
        ("1", "same", None, 2000),
        ("0,1", "same", None, 3000),
        ("GPU-11", "different", None, 2000),
        ("1", "different", "PCI_BUS_ID", 2000),
        ("1", "different", None, None),  # CUDA counts by speed, NVML by bus: 1 may be the other one
        ("MIG-1", "same", None, None),
        ("7", "same", None, None),
        ("", "same", None, None),
    ],
)
def test_only_the_gpus_of_this_process_are_counted(
    visible: str, names: str, order: str | None, joules: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    if order:
        monkeypatch.setenv("CUDA_DEVICE_ORDER", order)
    meter, why = nvml(fake_nvml(names=names))
    assert (meter.read() if meter else None) == joules
    assert (why is None) == (joules is not None)


def test_rapl_adds_packages_and_dram_and_sees_a_wrap(tmp_path: Path) -> None:
    meter, why = rapl(powercap(tmp_path, package0=900_000_000, package1=5_000_000, dram=1_000_000, psys=1, core=1))
    assert meter is not None and why is None
    assert meter.read() == 0.0
    powercap(tmp_path, package0=950_000_000, package1=6_000_000, dram=3_000_000, psys=77_000_000, core=9)
    assert meter.read() == pytest.approx(50 + 1 + 2)
    powercap(tmp_path, package0=50_000_000, package1=6_000_000, dram=3_000_000)  # past its range of 1 kJ
    assert meter.read() == pytest.approx(53 + 100)
    (tmp_path / "intel-rapl:1" / "energy_uj").unlink()
    assert meter.read() is None


def test_rapl_that_is_not_there_or_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert rapl(tmp_path)[0] is None and "nothing in" in str(rapl(tmp_path)[1])
    powercap(tmp_path)
    read = Path.read_text

    def closed(path: Path, *args: Any) -> str:
        if path.name == "energy_uj":
            raise PermissionError(13, "Permission denied", str(path))
        return read(path, *args)

    monkeypatch.setattr(Path, "read_text", closed)
    assert "root only" in str(rapl(tmp_path)[1])


class Fake:
    """A counter under our control, which needs no thread."""

    method = "nvml-counter"

    def __init__(self, joules: float | None = 100.0):
        self.joules = joules

    def read(self) -> float | None:
        return self.joules


def test_joules_are_booked_by_phase_as_seconds_are(monkeypatch: pytest.MonkeyPatch) -> None:
    counter = Fake()
    meter = Meter(energy=Energy([counter]))
    counter.joules += 7  # before any phase: nobody's
    with meter.phase("harness"):
        counter.joules += 1
        with meter.phase("evaluate"):
            counter.joules += 20
        counter.joules += 300
    ledger = meter.ledger(None)
    assert ledger.joules == {"harness": 301.0, "evaluate": 20.0} and ledger.energy_method == "nvml-counter"
    assert total_joules(ledger) == 321.0


def test_a_meter_that_fails_on_the_way_leaves_nothing_known() -> None:
    counter = Fake()
    meter = Meter(energy=Energy([counter, Fake()]))
    with meter.phase("a"):
        counter.joules = None
    with meter.phase("b"):
        counter.joules = 500.0
    ledger = meter.ledger(None)
    assert (ledger.joules, ledger.energy_method) == (None, None)
    nothing = Meter(energy=Energy([]))
    with nothing.phase("a"):
        time.sleep(0)
    assert (nothing.ledger(None).joules, nothing.ledger(None).energy_method) == (None, None)


def test_an_interrupted_part_is_added_where_it_was_measured_alike() -> None:
    def resumed(earlier: Ledger) -> Ledger:
        counter = Fake()
        meter = Meter(energy=Energy([counter]))
        meter.resume(earlier)
        with meter.phase("train"):
            counter.joules += 5
        return meter.ledger(None)

    alike = Ledger(seconds={"train": 60.0}, joules={"train": 1000.0}, energy_method="nvml-counter")
    assert resumed(alike).joules == {"train": 1005.0} and resumed(alike).seconds["train"] > 60
    assert resumed(Ledger(seconds={"train": 60.0})).joules is None
    assert resumed(Ledger(seconds={}, joules={"train": 1.0}, energy_method="rapl")).joules is None


def test_flops_of_a_layer_by_counting() -> None:
    """One linear layer of m x n weights with a LoRA of rank r: every product counted one by one."""
    m, n, r, tokens = 5, 7, 2, 3
    product = 2 * tokens  # a multiplication and an addition a token and weight
    forward = product * (m * n + r * n + m * r)
    for_inputs = product * (m * n + r * n + m * r)
    for_weights = product * (r * n + m * r)
    weights, adapter = m * n, r * n + m * r
    assert flops.forward(weights, tokens, adapter) == forward
    assert flops.training(weights, tokens, adapter) == forward + for_inputs + for_weights
    assert flops.training(weights, tokens, adapter, recomputing=True) == 2 * forward + for_inputs + for_weights
    assert flops.training(0, 1, adapter) == 3 * flops.forward(0, 1, adapter)  # full training: three times a forward
    assert flops.forward(None, 5) is None and flops.forward(5, None) is None and flops.training(5, None, 1) is None


@pytest.mark.parametrize(
    ("visible", "names", "device", "joules"),
    [
        (None, "same", "cuda:1", 2000),
        ("1,0", "same", "cuda:0", 2000),
        ("1", "same", "cuda:0", 2000),
        ("1,x,0", "same", "cuda:1", None),  # CUDA stops at the first entry that it does not know
        (None, "different", "cuda:0", None),  # the first by speed, which may be any of them
        ("GPU-11,GPU-00", "different", "cuda:1", 1000),
    ],
)
def test_only_the_gpu_that_works_is_counted(
    monkeypatch: pytest.MonkeyPatch, visible: str | None, names: str, device: str, joules: float | None
) -> None:
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace())  # not imported yet: the driver alone knows
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    meter, why = nvml(fake_nvml(names=names), device)
    assert (None if meter is None else meter.read()) == joules
    assert (why is None) is (joules is not None)


def test_torch_says_which_of_several_gpus_works(monkeypatch: pytest.MonkeyPatch) -> None:
    properties = [SimpleNamespace(uuid="111"), SimpleNamespace(uuid="000")]  # by speed: not as NVML counts them
    cuda = SimpleNamespace(is_available=lambda: True, get_device_properties=lambda at: properties[at])
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda))
    meter, _ = nvml(fake_nvml(names="different"), "cuda:0")
    assert meter is not None and meter.read() == 2000.0


SLICE = "a slice of a GPU (MIG) has no meter of its own"
UNKNOWN = "no GPU, or it is unknown which of them are used here"


@pytest.mark.parametrize("imported", [False, True])
@pytest.mark.parametrize("order", [None, "PCI_BUS_ID"])
@pytest.mark.parametrize(
    ("sliced", "device", "why"),
    [
        ((1,), "cuda:0", SLICE),
        ((1,), None, SLICE),
        ((1, 1), "cuda:0", SLICE),
        ((0, 1), "cuda:0", UNKNOWN),  # CUDA may show the slice alone, as its first
        ((0, 1), None, SLICE),
    ],
)
def test_a_sliced_gpu_has_no_meter_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
    imported: bool,
    order: str | None,
    sliced: tuple[int, ...],
    device: str | None,
    why: str,
) -> None:
    if order:
        monkeypatch.setenv("CUDA_DEVICE_ORDER", order)
    cuda = SimpleNamespace(get_device_properties=lambda at: SimpleNamespace(uuid="of the slice"))
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda) if imported else SimpleNamespace())
    fake = fake_nvml(gpus=len(sliced))
    fake.nvmlDeviceGetMigMode = lambda handle: [sliced[handle], sliced[handle]]
    assert nvml(fake, device) == (None, why)


def test_work_on_the_cpu_does_not_ask_for_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("phingpt_bench.cost.energy._nvml", lambda device: (None, "asked"))
    energy.here.cache_clear()
    assert "asked" in energy.here("cuda:0").lacking
    assert "asked" not in energy.here("cpu").lacking
    energy.here.cache_clear()
