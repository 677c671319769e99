"""Meters count each second once, prices have sources, and what is unknown stays unknown."""

from __future__ import annotations

import dataclasses
import hashlib
import sys
import time
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from phingpt_bench.core import fingerprint
from phingpt_bench.core import machine as machines
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.ledgers import Price
from phingpt_bench.core.machine import GIB, Machine
from phingpt_bench.cost import meters
from phingpt_bench.cost.meters import Meter
from phingpt_bench.cost.prices import Entry, PriceCard, load_prices, match
from phingpt_bench.models import memory

CPU = Machine(processor="AMD EPYC", cores=2, memory_bytes=23 * GIB, gpus=[])


def with_gpus(*gpus: str) -> Machine:
    return dataclasses.replace(CPU, cores=16, gpus=list(gpus))


def entry(name: str, usd: float, gpu: str | None = None) -> Entry:
    return Entry(id=name, usd_per_hour=usd, source="a price list", read_on="2026-01-02", assumption="none", gpu=gpu)


CARD = PriceCard(
    date="2026-01-03",
    entries=(
        entry("cpu-core-hour", 0.05),
        entry("h100", 4.0, "H100"),
        entry("h100-pcie", 3.0, "H100 PCIe"),
        entry("rtx-3090", 0.5, "RTX 3090"),
        entry("l4", 0.8, "L4"),
        entry("paper", 1.0),
    ),
)


class Clock:
    """perf_counter under our control."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch):
        self.now = 100.0
        monkeypatch.setattr(time, "perf_counter", lambda: self.now)

    def __call__(self, seconds: float) -> None:
        self.now += seconds


def test_phases_add_up_and_nested_time_is_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, meter = Clock(monkeypatch), Meter()
    clock(7)  # before any phase: nobody's
    with meter.phase("load"):
        clock(1)
    with meter.phase("train"):
        clock(2)
        with meter.phase("evaluate"):
            clock(4)
        clock(8)
    clock(16)  # between phases: nobody's
    with meter.phase("load"):
        clock(32)
    assert meter.seconds == {"load": 33.0, "train": 10.0, "evaluate": 4.0}


def test_a_phase_inside_itself_and_one_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, meter = Clock(monkeypatch), Meter()
    with meter.phase("a"), meter.phase("a"):
        clock(3)
    with pytest.raises(RuntimeError), meter.phase("b"):
        clock(5)
        raise RuntimeError
    assert meter.seconds == {"a": 3.0, "b": 5.0}


def test_ledger_of_a_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, meter = Clock(monkeypatch), Meter()
    monkeypatch.setattr(meters, "this_machine", lambda device, workers: CPU)
    with meter.phase("evaluate"):
        clock(1800)
        meter.count(tokens_in=10)
        meter.count(tokens_in=5, tokens_out=0)
        running = meter.ledger(CARD)  # while the phase runs: the time so far
    assert running.seconds == {"evaluate": 1800.0}
    done = meter.ledger(CARD)
    assert done.usd == pytest.approx(0.05 * 2 * 0.5)
    assert (done.tokens_in, done.tokens_out, done.machine) == (15, 0, CPU)
    assert done.price == Price(
        card="2026-01-03",
        entry="cpu-core-hour",
        count=2,
        usd_per_hour=0.1,
        source="a price list",
        read_on="2026-01-02",
        assumption="none",
    )


def test_unknown_is_none_not_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meters, "this_machine", lambda device, workers: with_gpus("NVIDIA Unheard-of 1"))
    nothing = Meter().ledger(CARD)
    assert (nothing.usd, nothing.price, nothing.tokens_in, nothing.tokens_out) == (None, None, None, None)
    assert Meter().ledger(None).usd is None


def test_peak_memory_is_in_bytes() -> None:
    peak = meters.peak_host_bytes()
    assert peak is not None
    assert 5e6 < peak < 1e12  # a Python process holds megabytes: the unit is right
    if "torch" not in sys.modules or not sys.modules["torch"].cuda.is_available():
        assert meters.peak_gpu_bytes() is None


@pytest.mark.slow
def test_the_peak_is_that_of_the_gpu_that_works(monkeypatch: pytest.MonkeyPatch) -> None:
    """A training on one GPU is no part of the peak of an evaluation on another, or of a later one on the same."""
    peaks, pool = {0: 100, 1: 40}, [0]
    cuda = SimpleNamespace(
        is_available=lambda: True,
        device_count=lambda: len(peaks),
        max_memory_allocated=peaks.__getitem__,
        reset_peak_memory_stats=lambda at: peaks.update({at: 0}),
        empty_cache=lambda: pool.append(1),
    )
    mps = SimpleNamespace(is_available=lambda: True)
    torch = SimpleNamespace(
        cuda=cuda,
        backends=SimpleNamespace(mps=mps),
        mps=SimpleNamespace(empty_cache=lambda: pool.append(2)),
    )
    monkeypatch.setitem(sys.modules, "torch", torch)
    assert [meters.peak_gpu_bytes(place) for place in ("cuda:0", "cuda:1", "cuda", None)] == [100, 40, 100, 140]
    assert [meters.peak_gpu_bytes(place) for place in ("cpu", "mps")] == [None, None]
    memory.forget_peaks()
    assert peaks == {0: 0, 1: 0}
    memory.free()
    assert pool == [0, 1, 2]  # Apple's memory too


@pytest.mark.parametrize(
    ("machine", "want"),
    [
        (CPU, ("cpu-core-hour", 0.1)),
        (with_gpus("NVIDIA H100 80GB HBM3"), ("h100", 4.0)),
        (with_gpus("NVIDIA H100 PCIe", "NVIDIA H100 PCIe"), ("h100-pcie", 6.0)),
        (with_gpus("NVIDIA GeForce RTX 3090"), ("rtx-3090", 0.5)),
        (with_gpus("NVIDIA GeForce RTX 3090 Ti"), None),  # another product
        (with_gpus("NVIDIA L40S"), None),  # not an L4
        (with_gpus("NVIDIA H100 80GB HBM3 MIG 1g.10gb"), None),  # a slice is not the whole
        (with_gpus("NVIDIA L4", "Tesla T4"), None),
        (dataclasses.replace(with_gpus("NVIDIA L4"), memory_bytes=None), ("l4", 0.8)),
    ],
)
def test_match(machine: Machine, want: tuple[str, float] | None) -> None:
    got = match(CARD, machine)
    assert (None if got is None else (got.id, pytest.approx(got.usd_per_hour))) == want


def test_match_without_a_cpu_price() -> None:
    assert match(dataclasses.replace(CARD, entries=CARD.entries[1:]), CPU) is None


@pytest.mark.parametrize(
    ("limit", "want"),
    [
        ("max 100000", 8),
        ("150000 100000", 2),  # 1.5 processors of time: two can be at work
        ("200000 100000", 2),
        ("10000 100000", 1),
        ("3200000 100000", 8),  # more than the process may run on
        ("0 0", 8),
        ("", 8),
        (None, 8),
    ],
)
def test_cores_within_a_containers_limit(
    limit: str | None, want: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machines, "_CGROUP", tmp_path)
    monkeypatch.setattr(machines.os, "sched_getaffinity", lambda process: set(range(8)), raising=False)
    if limit is not None:
        (tmp_path / "cpu.max").write_text(f"{limit}\n")
    assert machines.cores() == want
    assert machines.this_machine().cores == want


def test_memory_within_a_containers_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machines, "_CGROUP", tmp_path)
    installed = machines.memory_bytes()
    assert installed is not None
    (tmp_path / "memory.max").write_text("max\n")
    assert machines.memory_bytes() == installed
    (tmp_path / "memory.max").write_text(f"{installed // 2}\n")
    assert machines.memory_bytes() == installed // 2


def test_times_hold_for_a_machine_of_the_same_parts() -> None:
    assert CPU.like(dataclasses.replace(CPU, memory_bytes=23 * GIB + 1000))
    others: list[dict[str, Any]] = [{"cores": 4}, {"processor": "Intel"}, {"gpus": ["L4"]}, {"memory_bytes": 48 * GIB}]
    assert not any(CPU.like(dataclasses.replace(CPU, **other)) for other in others)
    assert machines.this_machine().like(machines.this_machine())


def test_shipped_card_has_sources_and_dates() -> None:
    card = load_prices()
    assert match(card, CPU) is not None
    assert match(card, with_gpus("NVIDIA H100 80GB HBM3")) is not None
    assert match(card, with_gpus("NVIDIA A100-SXM4-40GB")) != match(card, with_gpus("NVIDIA A100-SXM4-80GB"))
    for item in card.entries:
        assert item.source and item.assumption
        assert date.fromisoformat(item.read_on) <= date.fromisoformat(card.date)
    for name, usd in (("fingpt-rtx-3090", 1.00), ("fingpt-a100", 4.10), ("rtx-a5000", 0.26)):
        found = card.find(name)
        assert found is not None and found.usd_per_hour == usd


def test_own_card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "prices.yaml"
    own.write_text(
        'date: "2026-02-03"\nentries:\n'
        '  - {id: cpu-core-hour, usd_per_hour: 1, source: us, read_on: "2026-02-03", assumption: ours}\n'
    )
    monkeypatch.setenv("PHINGPT_BENCH_PRICES", str(own))
    assert load_prices().find("cpu-core-hour").usd_per_hour == 1.0
    own.write_text(
        'date: "2026-02-03"\nentries:\n  - {id: a, usd_per_hour: 0, source: us, read_on: "2026-02-03", assumption: o}\n'
    )
    with pytest.raises(BenchError, match=r"prices.yaml:3: .*leave an unknown price out"):
        load_prices()
    own.write_text("date: 2026-02-03\nentries: []\n")
    with pytest.raises(BenchError, match="put it in quotes"):
        load_prices()


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("date", "soon", "date must be like 2026-11-25, not 'soon'"),
        ("date", "20260203", "date must be like 2026-11-25"),
        ("read_on", "2026-02-31", "read_on must be like 2026-11-25, not '2026-02-31'"),
        ("usd_per_hour", "1e308", "usd_per_hour is 1e\\+308"),
        ("usd_per_hour", ".inf", "expected a number"),
        ("usd_per_hour", ".nan", "expected a number"),
    ],
)
def test_a_card_that_cannot_be_is_reported_with_file_and_field(
    tmp_path: Path, field: str, value: str, told: str
) -> None:
    values = {"date": "2026-02-03", "read_on": "2026-02-03", "usd_per_hour": "1", field: value}
    own = tmp_path / "prices.yaml"
    own.write_text(
        f'date: "{values["date"]}"\nentries:\n  - {{id: cpu-core-hour, usd_per_hour: {values["usd_per_hour"]}, '
        f'source: us, read_on: "{values["read_on"]}", assumption: ours}}\n'
    )
    with pytest.raises(BenchError, match=rf"prices.yaml:\d+: .*{told}"):
        load_prices(own)


@pytest.mark.parametrize(("name", "told"), [("absent.yaml", "no such price card"), (".", "a folder")])
def test_a_card_that_is_not_there_has_a_hint(tmp_path: Path, name: str, told: str) -> None:
    with pytest.raises(BenchError, match=told) as caught:
        load_prices(tmp_path / name)
    assert "prices.yaml" in (caught.value.hint or "") and caught.value.where == str(tmp_path / name)


def test_digest_is_canonical() -> None:
    assert fingerprint.digest({"b": 1, "a": (1, 2)}) == fingerprint.digest({"a": [1, 2], "b": 1})
    assert fingerprint.digest(["é", 1], 64) == hashlib.sha256('["é",1]'.encode()).hexdigest()
    assert len(fingerprint.digest([], 8)) == 8
    fingerprint.digest("\ud800")  # damaged text has a digest too
    with pytest.raises(ValueError, match="JSON compliant"):
        fingerprint.digest(float("nan"))


def test_file_digest(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    assert fingerprint.file_digest(path) == "ba7816bf8f01cfea"  # FIPS 180-2, example of SHA-256


def test_environment_names_versions_without_imports() -> None:
    found = machines.environment()
    assert found.packages["lm_eval"]
    assert set(found.packages) == set(machines.PACKAGES)
    assert (found.python or "").startswith("3.")
