"""LoRA layers with the update in place against PEFT's own, and what is left to PEFT."""

from __future__ import annotations

import contextlib

import pytest

torch = pytest.importorskip("torch")
from peft import LoraConfig, get_peft_model  # noqa: E402
from peft.tuners.lora.layer import Linear  # noqa: E402

from phingpt_bench.models.lora import fused_inference  # noqa: E402

IDS = torch.arange(24).reshape(2, 12)


def tuned(dtype=torch.float32, **options):
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    config = LlamaConfig(
        hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4, vocab_size=100,
        initializer_range=0.3,
    )  # fmt: skip
    lora = LoraConfig(r=4, lora_alpha=12, target_modules="all-linear", init_lora_weights=False, **options)
    return get_peft_model(LlamaForCausalLM(config).to(dtype), lora).to(dtype).eval()


def answer(model):
    with torch.no_grad():
        return model(IDS).logits


def test_the_same_sums_without_pefts_forward(monkeypatch):
    model = tuned()
    expected = answer(model)
    with model.disable_adapter():
        off = answer(model)
    assert not torch.allclose(off, expected, atol=0.1)
    with monkeypatch.context() as patch, fused_inference(model):
        patch.setattr(Linear, "forward", lambda *_: pytest.fail("PEFT's own forward ran"))
        got = answer(model)
    assert torch.allclose(got, expected, atol=1e-5)
    with fused_inference(model), model.disable_adapter():
        assert torch.equal(answer(model), off)
    assert torch.equal(answer(model), expected), "and as before outside the block"
    assert not any("forward" in module.__dict__ for module in model.modules() if type(module) is Linear)


def both_on(model):
    model.add_adapter("other", LoraConfig(r=2, target_modules=["v_proj"], init_lora_weights=False))
    model.base_model.set_adapter(["default", "other"])


@pytest.mark.parametrize(
    ("options", "change"),
    [
        ({"use_dora": True}, None),
        ({"lora_bias": True}, None),
        ({"dtype": torch.bfloat16}, None),
        ({}, both_on),
        ({}, lambda model: model.base_model.merge_adapter()),
        ({"lora_dropout": 0.5}, lambda model: model.train() and torch.manual_seed(1)),
    ],
    ids=["dora", "bias", "bfloat16", "two at once", "merged", "training"],
)
def test_what_is_left_to_peft(options, change):
    model = tuned(**options)
    if change is not None:
        change(model)
    answers = []
    for block in (contextlib.nullcontext(), fused_inference(model)):
        torch.manual_seed(2)
        with block:
            answers.append(answer(model))
    assert torch.equal(*answers)


def test_gradients_and_models_without_adapters():
    model = tuned()
    with fused_inference(model):
        model(IDS).logits.sum().backward()
    assert any(weight.grad is not None for name, weight in model.named_parameters() if "lora_A" in name)
    bare = model.unload()
    expected = answer(bare)
    with fused_inference(bare):
        assert torch.equal(answer(bare), expected)
