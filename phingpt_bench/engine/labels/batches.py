"""Batches of rows of similar length, within limits of rows, tokens and logits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from phingpt_bench.engine.budgets import saturating_tokens, token_budget
from phingpt_bench.engine.labels.tree import TokenTree

MAX_PLACES = 512  # of a batch have logits: a row of many questions has many (152,000 words: 311 MB)
MAX_PADDED = 0.1  # of a row: with enough tokens in the batch, a row that would be padded more begins the next batch


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """size: rows of a batch, at most. device: its type ("cpu", "cuda"), which bounds the tokens.

    rope_switch: rows of more tokens are not batched with shorter ones (model_facts.rope_switch); None: no such length.
    """

    size: int
    device: str
    rope_switch: int | None = None


def batches(trees: Iterable[TokenTree], limits: BatchLimits, cached: int = 0) -> Iterator[list[TokenTree]]:
    """Batches of similar rows, the longest first. A row beyond the limits is a separate batch.

    Rows with branches are in separate batches from rows without: the latter need no mask.

    cached: tokens in front of every row that are not forwarded, as their keys and values are cached.
    """
    budget, enough = token_budget(limits.device), saturating_tokens(limits.device)

    def kind(tree: TokenTree) -> tuple[bool, bool]:
        return tree.branches, limits.rope_switch is not None and len(tree.tokens) > limits.rope_switch

    ordered = sorted(
        ((kind(tree), -len(tree.tokens), tree) for tree in trees), key=lambda one: (*one[:2], one[2].tokens)
    )
    batch: list[TokenTree] = []
    batch_kind, width, places = (False, False), 0, 0
    for own_kind, negative_length, tree in ordered:
        own_width = -negative_length - cached
        padded = len(batch) * width >= enough and own_width < (1 - MAX_PADDED) * width
        full = len(batch) == limits.size or (len(batch) + 1) * width > budget or places + tree.places > MAX_PLACES
        if batch and (own_kind != batch_kind or padded or full):
            yield batch
            batch = []
        if not batch:
            batch_kind, width, places = own_kind, own_width, 0
        batch.append(tree)
        places += tree.places
    if batch:
        yield batch
