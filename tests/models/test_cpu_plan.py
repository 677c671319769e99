"""The CPU plan: what is measured, what is kept for the machine, and what the user has set."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from phingpt_bench.core import openmp
from phingpt_bench.models import cpu_plan
from phingpt_bench.models.base_spec import BaseSpec, compute_dtype

SHAPE = {"hidden_size": 64, "intermediate_size": 128}


@pytest.fixture(autouse=True)
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """No kept measurement, no setting of the user's, and torch's threads as they were afterwards."""
    monkeypatch.setenv("PHINGPT_BENCH_CACHE", str(tmp_path))
    for name in (*cpu_plan.OWN_THREADS, *openmp.OWN):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(cpu_plan, "_used", [])
    cpu_plan._kept.cache_clear()
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)
    cpu_plan._kept.cache_clear()


def speeds(monkeypatch: pytest.MonkeyPatch, **found: float) -> list[tuple[int, int]]:
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(cpu_plan, "_speeds", lambda shape: asked.append(shape) or found)
    return asked


@pytest.mark.parametrize(
    ("found", "dtype"),
    [
        ({"float32": 136.0, "bfloat16": 82.0}, "float32"),  # Sapphire Rapids
        ({"float32": 207.0, "bfloat16": 438.0}, "bfloat16"),  # Zen 5
        ({"float32": 100.0, "bfloat16": 105.0}, "float32"),  # not worth the rounding
        ({"float32": 100.0}, "float32"),  # no instructions
    ],
)
def test_auto_is_the_dtype_that_was_measured_to_be_faster(monkeypatch, found, dtype):
    speeds(monkeypatch, **found)
    spec = BaseSpec(model="somewhere/else", device="cpu")
    assert cpu_plan.fastest_dtype(None) == compute_dtype(spec) == dtype
    assert compute_dtype(BaseSpec(model="somewhere/else", device="cpu", compute_dtype="float32")) == "float32"


def test_the_measurement_is_of_the_models_shapes_and_kept(monkeypatch, tmp_path):
    asked = speeds(monkeypatch, float32=1.0, bfloat16=3.0)
    assert cpu_plan.fastest_dtype({"text_config": SHAPE}) == "bfloat16"
    cpu_plan._kept.cache_clear()  # another process
    assert cpu_plan.fastest_dtype(SHAPE) == "bfloat16"
    assert asked == [(64, 128)]
    assert list(json.loads((tmp_path / "cpu.json").read_text()).values()) == [{"float32": 1.0, "bfloat16": 3.0}]
    assert cpu_plan.shape_of({"hidden_size": 4096, "intermediate_size": 14336}) == (1536, 1536)
    assert cpu_plan.shape_of(None) == cpu_plan.TYPICAL


def test_a_damaged_file_is_measured_again(monkeypatch, tmp_path):
    (tmp_path / "cpu.json").write_text("{")
    asked = speeds(monkeypatch, float32=1.0)
    assert cpu_plan.fastest_dtype(SHAPE) == "float32"
    assert len(asked) == 1


def test_a_real_measurement_has_every_dtype_of_this_processor():
    found = cpu_plan._speeds((64, 128))
    assert "float32" in found and min(found.values()) > 0


@pytest.mark.parametrize(("slow", "threads"), [(None, 2), (2, 1)])
def test_threads_that_have_to_be_waited_for_are_not_used(monkeypatch, slow, threads):
    """The clock advances by what a product takes: with all threads half, or ten times where a neighbour computes."""
    speeds(monkeypatch, float32=1.0)
    now = [0.0]

    def work() -> None:
        now[0] += 10.0 if torch.get_num_threads() == slow else 1.0 / torch.get_num_threads()

    monkeypatch.setattr(cpu_plan, "_work", lambda shape, dtype: work)
    monkeypatch.setattr(cpu_plan.time, "perf_counter", lambda: now[0])
    monkeypatch.setattr(cpu_plan, "cores", lambda: 2)
    torch.set_num_threads(2)
    plan = cpu_plan.use(SHAPE)
    assert plan.threads == torch.get_num_threads() == threads
    assert ("busy" in plan.text("float32")) == (threads == 1)
    assert cpu_plan.use(SHAPE).available == 2, "what torch would take, not what an earlier plan has set"


def test_the_users_threads_are_left_alone(monkeypatch):
    speeds(monkeypatch, float32=7.0)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    torch.set_num_threads(1)
    plan = cpu_plan.use(SHAPE)
    assert plan.text("bfloat16") == "CPU: 1 thread (OMP_NUM_THREADS), bfloat16 (a thread's GFLOP/s: float32 7)"


def test_workers_take_the_users_threads_too(monkeypatch):
    assert cpu_plan.own_threads() is None
    for value, threads in (("3", 3), ("", None), ("0", None), ("many", None)):
        monkeypatch.setenv("OMP_NUM_THREADS", value)
        assert cpu_plan.own_threads() == threads


def test_threads_sleep_soon_unless_the_user_has_said_how_they_wait(monkeypatch):
    for own, found in (
        ({}, {"GOMP_SPINCOUNT": "10000"}),
        ({"OMP_WAIT_POLICY": "active"}, {"OMP_WAIT_POLICY": "active"}),
    ):
        monkeypatch.setattr(openmp.os, "environ", dict(own))
        openmp.limit_spinning()
        assert openmp.os.environ == found
