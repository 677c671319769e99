"""A part of a prompt behind what the cache holds: a CPU takes the keys as they are, a GPU what its kernels serve."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from phingpt_bench.engine.writing import packed_step
from phingpt_bench.engine.writing.packed_step import PackedStep
from phingpt_bench.models import key_heads

HEADS, KEY_HEADS, SIZE, NEW = 6, 2, 8, 20


def step(past: int, device: str) -> torch.Tensor:
    """A slot with 20 new tokens, and before them `past` in the cache."""
    made = torch.Generator().manual_seed(0)
    cached = [torch.randn(1, KEY_HEADS, past + NEW, SIZE, generator=made).to(device) for _ in range(2)]
    query = torch.randn(HEADS, NEW, SIZE, generator=made).to(device)
    new = [t[0, :, past:] for t in cached]
    return PackedStep([NEW], [past], torch.device(device)).attend(query, tuple(new), tuple(cached), None)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict]:
    """What attention is asked for: its options, and the heads of its keys."""
    calls, attention = [], F.scaled_dot_product_attention

    def spy(query, keys, values, **options):
        calls.append({**options, "heads": keys.shape[1]})
        return attention(query, keys, values, **options)

    monkeypatch.setattr(packed_step.F, "scaled_dot_product_attention", spy)
    return calls


@pytest.mark.parametrize("past", [0, 7])
def test_a_cpu_copies_no_key(asked: list[dict], past: int) -> None:
    made = torch.Generator().manual_seed(0)
    keys, values = (torch.randn(1, KEY_HEADS, past + NEW, SIZE, generator=made) for _ in range(2))
    query = torch.randn(HEADS, NEW, SIZE, generator=made)
    seen = torch.ones(NEW, past + NEW, dtype=torch.bool).tril(past) if past else None
    plain = F.scaled_dot_product_attention(
        query[None], keys, values, attn_mask=seen, is_causal=seen is None, enable_gqa=True
    )
    asked.clear()
    assert torch.equal(step(past, "cpu"), plain[0].transpose(0, 1))  # the same bits
    assert asked[0]["heads"] == KEY_HEADS and asked[0]["enable_gqa"]


@pytest.mark.parametrize(
    ("past", "flash", "heads"),
    [
        (7, True, HEADS),  # flash attention takes no mask
        (0, True, KEY_HEADS),
        (0, False, HEADS),  # float32, or a GPU before Ampere
    ],
)
def test_a_gpu_has_keys_for_each_head_where_only_its_slowest_kernel_would_share_them(
    monkeypatch: pytest.MonkeyPatch, asked: list[dict], past: int, flash: bool, heads: int
) -> None:
    """On torch's device without data; the answer for a GPU is torch's own, here made up: flash or none."""

    def can(shapes: torch.backends.cuda.SDPAParams) -> bool:
        assert shapes.enable_gqa and shapes.is_causal is (shapes.attn_mask is None)
        return flash and shapes.attn_mask is None

    monkeypatch.setattr(torch.backends.cuda, "can_use_flash_attention", can)
    assert step(past, "meta").shape == (NEW, HEADS, SIZE)
    assert asked[0]["heads"] == heads and asked[0]["enable_gqa"] is (heads == KEY_HEADS)


@pytest.mark.parametrize("past", [0, 7])
def test_keys_for_each_head_give_the_same_attention(
    monkeypatch: pytest.MonkeyPatch, asked: list[dict], past: int
) -> None:
    shared = step(past, "cpu")
    monkeypatch.setattr(key_heads, "_shares_keys", lambda *args: False)
    assert torch.allclose(step(past, "cpu"), shared, atol=1e-6)
    assert [call["heads"] for call in asked] == [KEY_HEADS, HEADS]
