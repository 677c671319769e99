"""What saves time or memory in training keeps the numbers: every LoRA gradient against that of the plain way."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from helpers.tiny import save_tiny, short_of_memory

from phingpt_bench.models.base_spec import BaseSpec
from phingpt_bench.models.load import load_base
from phingpt_bench.models.lora import fuse_training
from phingpt_bench.train.recipe import Recipe, load_recipe
from phingpt_bench.train.rows import Row, collate, encode
from phingpt_bench.train.trainer import AnswerTrainer, answer_loss, backward, with_lora

pytestmark = pytest.mark.slow

PROMPTS = [
    ("News: Profit fell by a third.\nSentiment:", " negative"),
    ("News: The board meets on Tuesday to discuss the agenda.\nSentiment:", " neutral"),
    ("News: Anna Lee leads Brimworth in Leeds.\nEntities:", " PER: Anna Lee; ORG: Brimworth; LOC: Leeds\n"),
]


def loss_and_gradients(recipe_name: str, compute_dtype: str, dequantise: str) -> tuple[float, dict[str, torch.Tensor]]:
    recipe = load_recipe(recipe_name)
    loaded = load_base(replace(recipe.base, compute_dtype=compute_dtype, dequantise=dequantise, device="cpu"))
    assert loaded.dequantised == (dequantise == "always")
    model = with_lora(loaded, recipe)
    fill_b(model)
    assert fuse_training(model) == (7 * 30 if loaded.dequantised else 0)
    rows = [encode(loaded.tokenizer, *pair) for pair in PROMPTS]
    loss = answer_loss(model, collate(rows, loaded.tokenizer.pad_token_id))
    loss.backward()
    return loss.item(), gradients(model)


def fill_b(model: Any) -> None:
    """B starts at zero, which would leave every gradient of A at zero and compare nothing."""
    generator = torch.Generator().manual_seed(1)
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            parameter.data = torch.randn(parameter.shape, generator=generator) * 0.02


def gradients(model: Any) -> dict[str, torch.Tensor]:
    return {name: parameter.grad for name, parameter in model.named_parameters() if parameter.requires_grad}


def check_equal(found: dict[str, torch.Tensor], expected: dict[str, torch.Tensor], tolerance: float = 1e-5) -> None:
    assert found.keys() == expected.keys()
    for name, gradient in expected.items():
        assert gradient.norm() > 0, name
        error = (gradient - found[name]).norm() / gradient.norm()
        assert error < tolerance, f"{name}: relative error {error:.2g}"


@pytest.mark.parametrize("recipe", ["sentiment-smollm2-135m", "ner-smollm2-135m"])
def test_gradients_equal_those_on_the_unpacked_base(recipe: str) -> None:
    loss, packed = loss_and_gradients(recipe, "float32", "never")
    unpacked_loss, unpacked = loss_and_gradients(recipe, "float32", "always")
    assert loss == pytest.approx(unpacked_loss, rel=1e-6)
    assert len(packed) == 2 * 7 * 30  # A and B of seven linear layers in each of SmolLM2's 30 blocks
    # the unpacked base may multiply on another library (models/products.py): against float64, one is off by 6e-6 and
    # the other by 9e-6 in the worst gradient
    check_equal(unpacked, packed, 2e-5)


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-5), ("bfloat16", 0.05)])
def test_gradients_in_one_step_are_those_of_peft(tmp_path: Path, dtype: Any, tolerance: float) -> None:
    folder = save_tiny(tmp_path, "qwen2")  # its q, k and v have a bias
    model = with_lora(
        load_base(BaseSpec(model=str(folder), quantisation="none", compute_dtype=dtype, device="cpu")),
        Recipe(name="r", tasks=["phin_demo_ner"]),
    )
    fill_b(model)
    batch = collate([Row(list(range(100, 100 + n)), n // 2) for n in (5, 17, 30)], 0)
    loss = backward(model, batch, None).item()
    expected = gradients(model)
    model.zero_grad()
    assert fuse_training(model) == 2 * 7
    assert backward(model, batch, None).item() == pytest.approx(loss, rel=tolerance)
    check_equal(gradients(model), expected, tolerance)
    with torch.no_grad(), model.disable_adapter():
        off = model(batch["input_ids"]).logits
        assert torch.equal(off, model.unload()(batch["input_ids"]).logits)


@pytest.mark.parametrize(
    ("tokens", "recompute", "forwards"),
    [(None, True, 2), (64, False, 3 + 1), (64, True, 3 + 3), (7, False, 6 + 5)],  # pieces + those computed again
)
def test_gradients_in_pieces_are_those_of_the_batch(
    tmp_path: Path, tokens: int | None, recompute: bool, forwards: int
) -> None:
    base = BaseSpec(model=str(save_tiny(tmp_path)), quantisation="none", compute_dtype="float32", device="cpu")
    model = with_lora(load_base(base), Recipe(name="r", tasks=["phin_demo_ner"]))
    fill_b(model)
    lengths = [5, 9, 9, 17, 30, 70]
    batch = collate([Row(list(range(100, 100 + n)), n - 1 - n // 3) for n in lengths], 0)
    whole = backward(model, batch, None)
    expected = gradients(model)
    model.zero_grad()
    seen: list[int] = []
    model.get_base_model().model.layers[0].input_layernorm.register_forward_hook(lambda *_: seen.append(1))
    assert backward(model, batch, tokens, recompute=recompute).item() == pytest.approx(whole.item(), rel=1e-6)
    assert len(seen) == forwards
    check_equal(gradients(model), expected)


def test_a_step_that_does_not_fit_is_done_in_smaller_pieces_with_its_gradients(tmp_path: Path) -> None:
    """As on a GPU, where a step is one piece at first."""
    base = BaseSpec(model=str(save_tiny(tmp_path / "base")), compute_dtype="float32", device="cpu")
    recipe = Recipe(name="r", tasks=["phin_demo_ner"], base=base)
    model = with_lora(load_base(base), recipe)
    fill_b(model)
    rows = [Row(list(range(9, 9 + n)), n // 2) for n in (40, 33, 20, 12)]
    made = AnswerTrainer(model, rows, [[0, 1, 2, 3]], 0, recipe, tmp_path / "out", [])
    made._tokens = None
    whole = made.training_step(model, collate(rows, 0))
    expected = {name: gradient.clone() for name, gradient in gradients(model).items()}
    model.zero_grad(set_to_none=True)
    failed = short_of_memory(model.get_base_model(), 90)
    assert made.training_step(model, collate(rows, 0)).item() == pytest.approx(whole.item(), abs=1e-5)
    check_equal(gradients(model), expected)
    assert (made.splits, failed[0]) == (len(failed), 4 * 39)
    short_of_memory(model.get_base_model(), 10)
    with pytest.raises(torch.OutOfMemoryError):  # a row that does not fit, even recomputed
        made.training_step(model, collate(rows, 0))
