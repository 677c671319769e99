"""GPUs as their drivers list them, which of them a process uses, and the build of torch that they can run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from helpers.paths import ROOT

from phingpt_bench.core import gpus, machine, torch_build
from phingpt_bench.core.gpus import Gpu
from phingpt_bench.cost.prices import load_prices, match

A100 = "NVIDIA A100-SXM4-80GB"


def a100s(count: int, driver: str = "580.65.06") -> tuple[Gpu, ...]:
    return tuple(Gpu(name=A100, uuid=f"GPU-{at}", driver=driver, capability=(8, 0)) for at in range(count))


@pytest.fixture(autouse=True)
def no_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """As before torch is imported, with a build for GPUs installed."""
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace())
    monkeypatch.setattr("importlib.metadata.version", lambda name: "2.13.0")
    for name in ("CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER"):
        monkeypatch.delenv(name, raising=False)


def test_the_machine_of_some_work_has_the_gpu_that_does_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpus, "listed", lambda: a100s(8))
    assert machine.this_machine().gpus == [A100] * 8
    assert machine.this_machine("cuda:3").gpus == [A100]
    assert machine.this_machine("cpu").gpus == []
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    assert machine.this_machine().gpus == [A100]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert machine.this_machine().gpus == []
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "MIG-12345")
    assert machine.this_machine("cuda:0").gpus[0] == f"{A100} MIG"  # which no price fits


def test_it_is_the_same_before_and_after_torch_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpus, "listed", lambda: a100s(8))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    before = machine.this_machine("cuda:0"), machine.this_machine()
    properties = SimpleNamespace()  # without an id, which the driver alone is not asked for
    cuda = SimpleNamespace(
        is_available=lambda: True,
        device_count=lambda: 1,
        get_device_name=lambda at: A100,
        get_device_properties=lambda at: properties,
    )
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda))
    assert (machine.this_machine("cuda:0"), machine.this_machine()) == before
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace())
    monkeypatch.setattr("importlib.metadata.version", lambda name: "2.13.0+cpu")  # it will see none
    assert machine.this_machine().gpus == []


def test_of_different_gpus_none_is_taken_for_another(monkeypatch: pytest.MonkeyPatch) -> None:
    mixed = (a100s(1)[0], Gpu(name="NVIDIA DGX Display", uuid="GPU-d", driver="580.1", capability=(7, 5)))
    monkeypatch.setattr(gpus, "listed", lambda: mixed)
    assert len(machine.this_machine("cuda:0").gpus) == 2  # without a price: CUDA's first may be either
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "GPU-0")
    assert machine.this_machine("cuda:0").gpus == [A100]


SMI = """\
#!/bin/sh
case "$1" in
--query-gpu=name,uuid,driver_version,mig.mode.current,compute_cap) ;;
*) exit 2 ;;
esac
cat <<END
{lines}
END
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the fake nvidia-smi is a shell script")
@pytest.mark.parametrize(
    ("boards", "visible", "order", "priced"),
    [
        (("Enabled",), None, None, None),
        (("Enabled",), "0", None, None),
        (("Disabled",), None, None, 2.5),
        (("[N/A]",), None, None, 2.5),
        (("Enabled", "Enabled"), None, None, None),
        (("Disabled", "Enabled"), None, None, None),  # CUDA may show the slice alone, as its first
        (("Disabled", "Enabled"), None, "PCI_BUS_ID", None),
        (("Disabled", "Enabled"), "0", "PCI_BUS_ID", None),
        (("Disabled", "Enabled"), "GPU-1", None, None),
        (("Disabled", "Enabled"), "GPU-0", None, 2.5),
    ],
)
def test_a_slice_is_never_priced_as_its_board(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    boards: tuple[str, ...],
    visible: str | None,
    order: str | None,
    priced: float | None,
) -> None:
    """Before torch is imported, by a fake nvidia-smi on the path; afterwards by the name that CUDA gives a slice."""
    lines = [f"{A100}, GPU-{at}, 580.65.06, {mig}, 8.0" for at, mig in enumerate(boards)]
    (tmp_path / "nvidia-smi").write_text(SMI.format(lines="\n".join(lines)))
    (tmp_path / "nvidia-smi").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    for name, value in (("CUDA_VISIBLE_DEVICES", visible), ("CUDA_DEVICE_ORDER", order)):
        if value is not None:
            monkeypatch.setenv(name, value)
    gpus.listed.cache_clear()
    before = machine.this_machine("cuda:0")
    gpus.listed.cache_clear()
    price = match(load_prices(), before)
    assert (None if price is None else price.usd_per_hour) == priced
    name = A100 if priced else f"{A100} MIG 1g.10gb"
    cuda = SimpleNamespace(
        is_available=lambda: True,
        get_device_name=lambda at: name,
        get_device_properties=lambda at: SimpleNamespace(),
    )
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda))
    after = machine.this_machine("cuda:0")
    assert after.gpus == [name]
    assert match(load_prices(), after) == price


def test_apples_gpu_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_processor", lambda: "Apple M3 Max")
    assert machine.this_machine("mps").gpus == ["Apple M3 Max GPU"]


def test_what_the_drivers_say_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def old(*command: str) -> str | None:
        return None if "compute_cap" in command[1] else "Tesla P100-PCIE-16GB, GPU-1, 418.87\n"

    gpus.listed.cache_clear()
    monkeypatch.setattr(gpus, "output_of", old)
    assert gpus.listed() == (Gpu(name="Tesla P100-PCIE-16GB", uuid="GPU-1", driver="418.87"),)
    gpus.listed.cache_clear()
    monkeypatch.setattr(gpus, "output_of", lambda *command: "Tesla T4, GPU-2, 550.54.15, [N/A], 7.5")
    assert gpus.listed() == (Gpu(name="Tesla T4", uuid="GPU-2", driver="550.54.15", capability=(7, 5)),)
    gpus.listed.cache_clear()
    monkeypatch.setattr(gpus, "output_of", lambda *command: None)
    monkeypatch.setattr(gpus, "KFD", tmp_path)
    for node, number, name in (("0", "0", ""), ("1", "50234", "gfx1100")):  # the first is the processor
        (tmp_path / node).mkdir()
        (tmp_path / node / "gpu_id").write_text(f"{number}\n")
        (tmp_path / node / "name").write_text(f"{name}\n")
    assert gpus.listed() == (Gpu(name="AMD gfx1100", maker="AMD"),)
    gpus.listed.cache_clear()


def one(driver: str, capability: tuple[int, int] | None) -> list[Gpu]:
    return [Gpu(name="NVIDIA", driver=driver, capability=capability)]


@pytest.mark.parametrize(
    ("found", "system", "build"),
    [
        ([], "Linux", "cpu"),
        ([], "Windows", "cpu"),
        ([], "Darwin", "pypi"),
        (one("580.65.06", (8, 9)), "Linux", "cu130"),
        (one("580.65.06", (8, 9)), "Windows", "cu130"),
        (one("610.10", (7, 5)), "Linux", "cu130"),  # T4
        (one("580.65.06", (7, 0)), "Linux", "cu126"),  # V100: CUDA 13 has no kernels for it
        (one("550.54.15", (8, 9)), "Linux", "cu126"),
        (one("535.10", None), "Linux", "cu126"),
        (one("470.10", (8, 0)), "Linux", "cpu"),
        ([*one("580.1", (8, 0)), *one("580.1", (6, 1))], "Linux", "cu126"),  # runs on both
        (one("570.86.16", (12, 0)), "Linux", "cpu"),  # RTX 50: CUDA 12.6 has no kernels for it
        (one("572.16", (10, 0)), "Windows", "cpu"),
        (one("580.65.06", (12, 0)), "Linux", "cu130"),
        ([*one("580.1", (12, 0)), *one("580.1", (6, 1))], "Linux", "cu130"),  # no build has kernels for both
        ([Gpu(name="AMD gfx1100", maker="AMD")], "Linux", "rocm7.2"),
    ],
)
def test_the_build_of_torch_is_one_that_driver_and_gpus_can_run(found: list[Gpu], system: str, build: str) -> None:
    choice = torch_build.choose(found, system)
    assert choice.build == build
    assert choice.why


def test_no_gigabytes_that_nothing_uses_are_installed() -> None:
    arguments = torch_build.arguments
    assert arguments("cpu", "Linux") == ["--extra-index-url", f"{torch_build.INDEX}cpu", "torch==2.13.0+cpu"]
    assert arguments("cu130", "Linux") == ["torch==2.13.0"]  # what PyPI has there
    assert arguments("cu130", "Windows")[-1] == "torch==2.13.0+cu130"  # PyPI has the CPU's there
    assert arguments("pypi", "Windows") == ["torch==2.13.0"]
    assert arguments("cpu", "Darwin") == ["torch==2.13.0"]  # no build there has a suffix
    assert f"\ntorch=={torch_build.VERSION}\n" in (ROOT / "constraints.txt").read_text()


def test_make_asks_before_anything_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """-S: without the packages of the environment: the rule takes Python's own library alone."""
    for asked, code in (("cu126", 0), ("cu999", 2)):
        done = subprocess.run(
            [sys.executable, "-S", "-m", "phingpt_bench.core.torch_build", asked],
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
        assert done.returncode == code, done.stderr
    assert "TORCH is one of auto, cpu, cu126, cu130, rocm7.2, pypi" in done.stderr


def test_an_index_of_ones_own_is_kept_to(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(gpus, "listed", lambda: a100s(1, "550.1"))
    for setting in torch_build.PIP_SETTINGS:
        monkeypatch.delenv(f"PIP_{setting.upper().replace('-', '_')}", raising=False)
    monkeypatch.setattr(gpus, "output_of", lambda *command: "global.timeout='9'")
    assert torch_build.main([]) == 0
    assert capsys.readouterr().out.split()[-1] == "torch==2.13.0+cu126"
    monkeypatch.setattr(gpus, "output_of", lambda *command: "global.index-url='https://pip.example.org/simple'")
    assert torch_build.main([]) == 0
    told = capsys.readouterr()
    assert told.out == "torch==2.13.0\n"
    assert "pip config global.index-url is set" in told.err and "cu126" in told.err
    monkeypatch.setattr(gpus, "listed", tuple)
    assert torch_build.main([]) == 0
    assert "should be cpu (no driver lists a GPU), and PyPI's brings some 3 GB of CUDA" in capsys.readouterr().err
    assert torch_build.main(["cu126"]) == 0  # by name it is taken from where it is
    assert "download.pytorch.org" in capsys.readouterr().out


def test_gpus_that_torch_cannot_use_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    blind = SimpleNamespace(cuda=SimpleNamespace(is_available=lambda: False))
    seeing = SimpleNamespace(cuda=SimpleNamespace(is_available=lambda: True))
    monkeypatch.setattr(gpus, "listed", lambda: a100s(1))
    assert gpus.unused(blind) == a100s(1)
    assert gpus.unused(seeing) == ()
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")  # hidden on purpose
    assert gpus.unused(blind) == ()
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    for name in ("HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES"):
        with monkeypatch.context() as patch:
            patch.setenv(name, "-1")
            assert gpus.unused(blind) == ()
    assert gpus.unused(blind) == a100s(1)
