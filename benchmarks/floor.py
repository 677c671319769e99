"""What a problem needs at least: its distinct tokens, and a bare forward of them.

Library of `python -m benchmarks.evaluation`.

The requests of a task form a prefix tree: a node is one token after all tokens above it, whose keys and values need to
be computed once. No way of scoring can forward fewer tokens than the tree has nodes. For generation the answers are in
the tree too, so its floor is that of a reader who knows each answer beforehand and only verifies it.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.measure import Stopwatch
from phingpt_bench.engine.model_facts import without_peft
from phingpt_bench.engine.prefix import common_prefix_length

PREFIX = 32  # tokens: what all requests share counts as a prefix of its own from this length on


@dataclass(frozen=True, slots=True)
class Needed:
    """prefix: tokens that all requests begin with, 0 below PREFIX. own: the other nodes of the tree by document."""

    prefix: int
    own: tuple[int, ...]

    @property
    def tokens(self) -> int:
        """Nodes of the tree."""
        return self.prefix + sum(self.own)


def needed(sequences: Sequence[tuple[Any, Sequence[int]]]) -> Needed:
    """The prefix tree of (document, tokens that must go in); a token that two documents share is booked on one."""
    ordered = sorted((tuple(tokens), document) for document, tokens in sequences)
    shared = common_prefix_length(ordered[0][0], ordered[-1][0]) if len(ordered) > 1 else 0
    prefix = shared if shared >= PREFIX else 0
    own: dict[Any, int] = {}
    before: tuple[int, ...] = ()
    for tokens, document in ordered:
        known = max(common_prefix_length(tokens, before), prefix)
        own[document] = own.get(document, 0) + len(tokens) - known
        before = tokens
    return Needed(prefix, tuple(sorted((count for count in own.values() if count), reverse=True)))


def tokens_at_once(forwards: Sequence[tuple[int, int]]) -> int:
    """Tokens per forward (rows x width) as the average token met them."""
    sizes = [rows * width for rows, width in forwards]
    return round(sum(size * size for size in sizes) / max(1, sum(sizes)))


def layout(own: Sequence[int], at_once: int) -> list[tuple[int, int]]:
    """Batches (rows, width) without padding: documents by length, cut where `at_once` tokens are reached."""
    shapes, batch = [], []
    for count in own:
        batch.append(count)
        if sum(batch) >= at_once:
            shapes.append((len(batch), round(sum(batch) / len(batch))))
            batch = []
    return [*shapes, (len(batch), round(sum(batch) / len(batch)))] if batch else shapes


def steps(own: Sequence[int], forwards: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Batches (rows, width), one for each of `forwards` that has its share of the tokens: the same sizes, on the whole.

    Tells what the sizes of steps cost: `layout` has them all alike.
    """
    total, given = sum(own), sum(rows * width for rows, width in forwards)
    shapes, seen, done = [], 0, 0
    for rows, width in forwards:
        seen += rows * width
        size = round(seen * total / given) - done
        done += size
        if size:
            documents = max(1, round(size * len(own) / total))
            shapes.append((documents, max(1, round(size / documents))))
    return shapes


def bare(model: Any, need: Needed, shapes: Sequence[tuple[int, int]], fast: bool) -> Stopwatch:
    """The time that the model's body alone (no output head, no padding) takes for the needed tokens.

    shapes: the batches (rows, width) of what is not of the shared prefix. fast: on the matrix kernels that our side
    chooses here, otherwise on torch's own.
    The batches find the keys and values of the shared prefix ready; copying them is not in the time.
    """
    import torch

    from phingpt_bench.engine.kernels import fastest_kernels

    causal = without_peft(model)
    body, vocabulary = causal.get_decoder(), causal.config.vocab_size
    watch, cache = Stopwatch(), None

    def ids(rows: int, width: int) -> Any:
        return torch.randint(vocabulary, (rows, width), device=causal.device)

    with torch.no_grad(), fastest_kernels(model) if fast else contextlib.nullcontext():
        if need.prefix:
            tokens = ids(1, need.prefix)
            with watch.running():
                cache = body(input_ids=tokens, use_cache=True).past_key_values
        for rows, width in shapes:
            tokens, past = ids(rows, width), copy.deepcopy(cache)
            if past is not None:
                past.batch_repeat_interleave(rows)
            with watch.running():
                body(input_ids=tokens, use_cache=past is not None, past_key_values=past)
    return watch
