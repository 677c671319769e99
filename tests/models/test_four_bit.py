"""4-bit products are tried where they run, LoRA computes in the model's dtype there, and noise is no merged adapter."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from helpers.tiny import save_tiny

from phingpt_bench.core.errors import BenchError
from phingpt_bench.models import adapter, four_bit, load, probe
from phingpt_bench.models.base_spec import BaseSpec
from phingpt_bench.models.load import load_base


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Products of up to 8 rows that have nothing to do with the weights, as a Radeon RX 7900 gave them."""
    from bitsandbytes.nn.modules import Linear4bit

    right = Linear4bit.forward

    def forward(self: Any, x: torch.Tensor) -> torch.Tensor:
        y = right(self, x)
        return torch.zeros_like(y) if x.shape[0] <= 8 else y

    monkeypatch.setattr(Linear4bit, "forward", forward)


def test_right_products_pass() -> None:
    errors = four_bit.product_errors("cpu", torch.float32, (64, 128))
    assert list(errors) == [1, 8, 64, 600] and four_bit.wrong_rows(errors) == []
    four_bit.check_products("cpu", torch.bfloat16, [(64, 128), (128, 64)])


@pytest.mark.usefixtures("broken")
def test_wrong_products_are_refused_with_the_switch_that_avoids_them() -> None:
    assert four_bit.wrong_rows(four_bit.product_errors("cpu", torch.float32, (64, 128))) == [1, 8]
    with pytest.raises(BenchError, match="on 'cpu': 1, 8 rows, relative error 1") as error:
        four_bit.check_products("cpu", torch.float32, [(64, 128)])
    assert "dequantise: always" in (error.value.hint or "")


def test_numbers_that_are_none_are_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    from bitsandbytes.nn.modules import Linear4bit

    monkeypatch.setattr(Linear4bit, "forward", lambda self, x: torch.full((x.shape[0], 64), float("nan")))
    assert four_bit.wrong_rows(four_bit.product_errors("cpu", torch.float32, (64, 64))) == [1, 8, 64, 600]


def test_a_base_on_a_gpu_is_checked_before_its_first_answer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The GPU is made up: the weights lie on the CPU."""
    tried: list[tuple[Any, ...]] = []
    monkeypatch.setattr(load, "device", lambda spec: "cuda:0")
    monkeypatch.setattr(load, "compute_dtype", lambda spec: "float32")
    options = load._options
    monkeypatch.setattr(load, "_options", lambda target, dtype, quantise: options("cpu", dtype, quantise))
    monkeypatch.setattr(load, "check_products", lambda *found: tried.append(found))
    load_base(BaseSpec(model=str(save_tiny(tmp_path / "base"))))
    assert tried[0][:2] == ("cuda:0", torch.float32)
    assert set(tried[0][2]) == {(64, 64), (32, 64), (128, 64), (64, 128)}


@pytest.mark.slow
def test_lora_computes_in_the_models_dtype_off_a_cpu(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from peft import LoraConfig, get_peft_model
    from transformers import PreTrainedModel

    base = BaseSpec(
        model=str(save_tiny(tmp_path / "base")), quantisation="none", compute_dtype="bfloat16", device="cpu"
    )
    model = get_peft_model(load_base(base).model, LoraConfig(r=2, init_lora_weights=False))
    model.save_pretrained(str(tmp_path / "a"))
    kinds = {}
    for device in ("cpu", "cuda"):
        loaded = load_base(base)
        monkeypatch.setattr(PreTrainedModel, "device", property(lambda self, kind=device: SimpleNamespace(type=kind)))
        attached = adapter.attach(loaded, {"a": tmp_path / "a"})
        monkeypatch.undo()
        kinds[device] = {part.dtype for name, part in attached.named_parameters() if "lora_" in name}
    assert kinds == {"cpu": {torch.float32}, "cuda": {torch.bfloat16}}


# noise


class Noisy(torch.nn.Module):
    """Logits that differ a little from one forward to the next, and by `shift` once an adapter was merged."""

    def __init__(self, noise: float):
        super().__init__()
        self.noise, self.shift, self.calls = noise, 0.0, 0
        self.device = torch.device("cpu")

    def forward(self, input_ids: torch.Tensor, **options: Any) -> Any:
        self.calls += 1
        logits = torch.ones(*input_ids.shape, 7) + self.shift + self.noise * (self.calls % 3)
        return SimpleNamespace(logits=logits)


def tokenizer(text: str) -> dict[str, list[int]]:
    return {"input_ids": [1, 2, 3]}


def probed(noise: float, shift: float) -> bool | None:
    model = Noisy(noise)
    first, second = (probe.reference_logits(model, tokenizer) for _ in range(2))
    model.shift = shift
    _, equal = probe.probe(model, tokenizer, [], first, noise=probe.noise_of(first, second))
    return equal


def test_a_device_that_is_noisy_is_told_from_a_merged_adapter() -> None:
    assert probed(noise=0.0, shift=0.0) is True
    assert probed(noise=1e-6, shift=0.0) is None  # neither equal nor another base
    for noise in (0.0, 1e-6):
        with pytest.raises(BenchError, match="differs from the bare base"):
            probed(noise, shift=0.01)


def test_an_adapter_within_the_noise_changes_nothing() -> None:
    with pytest.raises(BenchError, match="changes nothing"):
        model = Noisy(1e-6)
        first, second = (probe.reference_logits(model, tokenizer) for _ in range(2))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(probe, "only", lambda model, name: pytest.MonkeyPatch.context())
            probe.probe(model, tokenizer, ["a"], first, noise=2 * probe.noise_of(first, second))
