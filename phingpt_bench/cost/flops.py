"""Floating-point operations, computed from counted tokens. Nothing here is measured.

A linear layer of n weights multiplies and adds once per weight and token: 2n FLOPs forward. Backward it takes 2n for
the gradient of its input, and 2n for the gradient of its weights if these are trained (Kaplan et al. 2020,
arXiv:2001.08361, section 2.1: 6N per token for full training). Frozen weights only need the first, so with N frozen and
A trained (LoRA) weights, per token

    forward             2 (N + A)
    training            4 N + 6 A
    ... recomputing     6 N + 8 A, if activations are computed again in the backward pass

N and A are the model's parameters without the embedding and the output head: looking up a token is not a product, and
the head only runs at the few scored positions. Also left out: the products of attention, 2 x layers x context x width
per token forward (1 % for a model of 135M at 60 tokens of context, 8 % at 512; 1 % for one of 8B at 512), unpacking of
4-bit weights, padding. Tokens are those of the ledger: every prompt counts in full, even if its beginning was computed
once for several prompts, and rejected draft tokens do not count. So the result is what prompts and answers take when
each is processed alone, not what the engine did.
"""

from __future__ import annotations


def forward(weights: int | None, tokens: int | None, adapter: int = 0) -> float | None:
    """FLOPs of reading or writing `tokens`; None if tokens or weights are unknown.

    weights: N of the base; adapter: A, 0 without an active adapter.
    """
    if weights is None or tokens is None:
        return None
    return 2.0 * (weights + adapter) * tokens


def training(weights: int | None, tokens: int | None, adapter: int, *, recomputing: bool = False) -> float | None:
    """FLOPs of training A adapter weights on `tokens` (all epochs) with N frozen; None if one of them is unknown."""
    if weights is None or tokens is None:
        return None
    again = 2.0 * (weights + adapter) if recomputing else 0.0
    return (4.0 * weights + 6.0 * adapter + again) * tokens
