"""De-quantising once keeps the numbers: every LoRA gradient of the shipped configuration, 4-bit against unpacked."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from phingpt_bench.models.load import load_base
from phingpt_bench.train.recipe import load_recipe
from phingpt_bench.train.rows import collate, encode
from phingpt_bench.train.trainer import answer_loss, with_lora

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
    # B starts at zero, which would leave every gradient of A at zero and compare nothing
    generator = torch.Generator().manual_seed(1)
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            parameter.data = torch.randn(parameter.shape, generator=generator) * 0.02
    rows = [encode(loaded.tokenizer, *pair) for pair in PROMPTS]
    loss = answer_loss(model, collate(rows, loaded.tokenizer.pad_token_id))
    loss.backward()
    return loss.item(), {n: p.grad for n, p in model.named_parameters() if p.requires_grad}


@pytest.mark.parametrize("recipe", ["sentiment-smollm2-135m", "ner-smollm2-135m"])
def test_gradients_equal_those_on_the_unpacked_base(recipe: str) -> None:
    loss, gradients = loss_and_gradients(recipe, "float32", "never")
    unpacked_loss, unpacked = loss_and_gradients(recipe, "float32", "always")
    assert loss == pytest.approx(unpacked_loss, rel=1e-6)
    assert gradients.keys() == unpacked.keys()
    assert len(gradients) == 2 * 7 * 30  # A and B of seven linear layers in each of SmolLM2's 30 blocks
    for name, gradient in gradients.items():
        assert gradient.norm() > 0, name
        error = (gradient - unpacked[name]).norm() / unpacked[name].norm()
        assert error < 1e-5, f"{name}: relative error {error:.2g}"
