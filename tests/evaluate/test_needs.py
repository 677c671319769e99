"""The memory of a plan: estimated where a base's files are there, compared with what is free, said before loading."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from phingpt_bench.core.records import Model
from phingpt_bench.evaluate import needs as module
from phingpt_bench.evaluate.needs import Need, needs
from phingpt_bench.evaluate.steps import Step
from phingpt_bench.evaluate.suite import Suite
from phingpt_bench.models.base_spec import BaseSpec
from phingpt_bench.models.footprint import OVERHEAD, Shape
from phingpt_bench.render.plan_blocks import plan_blocks
from phingpt_bench.text.write_terminal import terminal

SPEC = BaseSpec(model="org/Model", device="cpu", compute_dtype="float32", quantisation="none")
SHAPE = Shape(
    parameters=10**9, linear=9 * 10**8, layers=10, hidden=1000, inner=4000, kv=500, vocabulary=50_000, lora_sides=10**5
)
KNOWN = Model(name="Model", kind="base", base="org/Model", base_revision="abc")


def suite(tmp_path: Path) -> Suite:
    return Suite(name="s", tasks=["t"], bases=[SPEC], results=tmp_path)


def facts(**changes: Any) -> Any:
    recipe = SimpleNamespace(tokens_per_batch=512, gradient_checkpointing=False)
    entry = SimpleNamespace(name="a", recipe=recipe)
    return SimpleNamespace(**{"bases": {SPEC: KNOWN}, "adapters": [entry], **changes})


def steps(tmp_path: Path) -> list[Step]:
    run = Step(
        kind="evaluate", model="Model 0-shot", folder=tmp_path / "r", task="t", base=SPEC, documents=5, requests=15
    )
    return [Step(kind="train", model="a", folder=tmp_path / "a", base=SPEC, adapter="a"), run]


@pytest.fixture(autouse=True)
def sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "shape_of", lambda files, revision: SHAPE)
    monkeypatch.setattr(module, "available_bytes", lambda: 6_000_000_000)


def test_trainings_and_bases_have_an_estimate_next_to_what_is_free(tmp_path: Path) -> None:
    found = needs(suite(tmp_path), facts(), steps(tmp_path))
    assert [(one.what, one.training, one.device, one.available) for one in found] == [
        ("a", True, "cpu", 6_000_000_000),
        ("Model", False, "cpu", 6_000_000_000),
    ]
    assert all(4e9 + OVERHEAD < one.needed < 8e9 for one in found)  # 4 bytes a weight, and what is computed
    done = [replace(step, done=True) for step in steps(tmp_path)]
    assert needs(suite(tmp_path), facts(), done) == []


def test_what_is_not_there_yet_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unknown = {SPEC: replace(KNOWN, base_revision=None)}
    assert needs(suite(tmp_path), facts(bases=unknown), steps(tmp_path)) == []
    monkeypatch.setattr(module, "shape_of", lambda files, revision: None)
    assert needs(suite(tmp_path), facts(), steps(tmp_path)) == []


def test_written_answers_need_memory_for_what_they_have_read(tmp_path: Path) -> None:
    (labels,) = needs(suite(tmp_path), facts(), steps(tmp_path)[1:])
    (written,) = needs(suite(tmp_path), facts(), [replace(steps(tmp_path)[1], requests=5)])
    assert written.needed - labels.needed == 16 * (512 + 128) * 10 * 2 * 500 * 4  # rows, positions, layers, k and v


def test_a_gpu_is_asked_for_its_own_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda at: ((at + 1) * 10**9, 16 * 10**9))
    assert module.free_bytes("cuda:1") == 2 * 10**9

    def full(at: int) -> None:
        raise RuntimeError("CUDA error: out of memory")

    monkeypatch.setattr(torch.cuda, "mem_get_info", full)
    assert module.free_bytes("cuda:0") is None


def test_too_much_is_said_in_the_plan_and_before_loading(tmp_path: Path) -> None:
    need = Need(what="Model", training=False, device="cuda:0", needed=19.4e9, available=15_800_000_000)
    text = terminal(plan_blocks(suite(tmp_path), steps(tmp_path), (), [need]))
    assert "about 19.4 GB on cuda:0, MORE than the 15.8 GB that are" in " ".join(text.split())
    assert "19.4 GB, and 15.8 GB are free on cuda:0: it may run out" in need.warning
    fits = replace(need, needed=9e9)
    assert not fits.is_too_much and not replace(need, available=None).is_too_much
    assert "MORE" not in terminal(plan_blocks(suite(tmp_path), steps(tmp_path), (), [fits]))
