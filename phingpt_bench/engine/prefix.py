"""The prompt part that documents share (instruction, few-shot block): its keys and values are computed once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import torch

from phingpt_bench.engine.trie import common

LEAST = 32  # tokens: a shorter prefix saves less than the copies of its cache cost


def shared_prefixes(
    rows: Sequence[Sequence[int]], worth: int, least: int = LEAST
) -> list[tuple[tuple[int, ...], list[int]]]:
    """(prefix, indices of the rows that begin with it), for each prefix worth computing once, the best one first.

    A row is in one group at most, and keeps at least one token outside. A group saves its prefix's tokens for every row
    but one; below `worth` of them, what saving costs (a forward for the prefix, batches of its own) is not earned.
    Groups, for tasks have examples of their own, and a document that stands among the examples is shown others.

    In lexical order the rows of a group stand together, and share what neighbours share at the least, so the best group
    is the largest rectangle under those lengths.
    """
    order = sorted(range(len(rows)), key=lambda at: tuple(rows[at]))
    shared = [_shared(rows[a], rows[b]) for a, b in pairwise(order)]
    cuts = [0, *(at + 1 for at, length in enumerate(shared) if length < least), len(order)]
    groups = [
        group
        for begin, end in pairwise(cuts)  # no group reaches beyond neighbours that share too little
        for group in _of_segment(rows, order[begin:end], shared[begin : end - 1], worth, least)
    ]
    return sorted(groups, key=lambda group: -len(group[0]) * (len(group[1]) - 1))


def _of_segment(
    rows: Sequence[Sequence[int]], order: list[int], shared: list[int], worth: int, least: int
) -> Iterator[tuple[tuple[int, ...], list[int]]]:
    """The groups among rows in lexical order, of which neighbours share so many tokens; takes both lists apart."""
    while True:
        saved, length, begin, end = _largest(shared, least)
        if saved < max(1, worth):
            return
        members = order[begin : end + 1]
        yield tuple(rows[members[0]][:length]), members
        # what the rows before and behind the group share is the least of what stood between them
        order[begin : end + 1] = []
        between = [min(shared[max(0, begin - 1) : end + 1])] if begin and end < len(shared) else []
        shared[max(0, begin - 1) : end + 1] = between


def _largest(heights: Sequence[int], least: int) -> tuple[int, int, int, int]:
    """(area, height, begin, end) of the largest rectangle of at least a height under `heights`; zeros without one."""
    best = (0, 0, 0, 0)
    open_: list[tuple[int, int]] = []  # (begin, height) of rectangles that go on, each higher than the one before
    for at, height in enumerate([*heights, 0]):
        begin = at
        while open_ and open_[-1][1] >= height:
            begin, tall = open_.pop()
            if tall >= least:
                best = max(best, (tall * (at - begin), tall, begin, at))
        open_.append((begin, height))
    return best


def _shared(a: Sequence[int], b: Sequence[int]) -> int:
    """How many tokens two rows share at their beginning, with one left over in each."""
    return max(0, min(common(a, b), len(a) - 1, len(b) - 1))


def prefix_cache(model: Any, tokens: Sequence[int]) -> Any:
    """The cache of `tokens` for one row, or None where it may not be reused exactly.

    That is where a layer keeps a window of the past only, or something else than keys and values.
    """
    from transformers.cache_utils import DynamicLayer

    ids = torch.tensor([list(tokens)], device=model.device)
    with torch.no_grad():
        cache = model(input_ids=ids, use_cache=True, logits_to_keep=1).past_key_values
    layers = getattr(cache, "layers", ())
    return cache if layers and all(type(layer) is DynamicLayer for layer in layers) else None


def lent(cache: Any) -> Any:
    """A one-row cache that serves batches of any size and keeps nothing of them."""
    from transformers.cache_utils import DynamicCache, DynamicLayer

    class Lent(DynamicLayer):
        def update(self, keys: torch.Tensor, values: torch.Tensor, *_: Any, **__: Any) -> tuple[Any, Any]:
            shape = (len(keys), -1, -1, -1)
            both = ((self.keys.expand(shape), keys), (self.values.expand(shape), values))
            return torch.cat(both[0], dim=-2), torch.cat(both[1], dim=-2)

    lent = DynamicCache()
    lent.layers = []
    for layer in cache.layers:
        one = Lent()
        one.lazy_initialization(layer.keys, layer.values)
        one.keys, one.values = layer.keys, layer.values
        lent.layers.append(one)
    return lent
