"""Prompts that wait for a slot; a shared prefix is computed once, with the first of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from phingpt_bench.engine.prefix import shared_prefixes
from phingpt_bench.engine.writing.slot_cache import Kept, SlotCache


@dataclass(slots=True, eq=False)
class _Prefix:
    """A shared prefix of some prompts.

    length: its tokens. waiting: how many of the prompts have no slot yet. slot: where the first of them is being
    computed. kept: its keys and values, from then on until no prompt waits for them.
    """

    length: int
    waiting: int
    slot: int | None = None
    kept: Kept | None = None


class Admitted(NamedTuple):
    """A prompt that got a slot: the index of the prompt, and how many of its tokens the slot's cache holds already."""

    prompt: int
    cached: int


class PromptQueue:
    """Prompts, the longest first; those that share a prefix one after another, so that one prefix is kept at a time.

    The longest first, so that room in the cache is made once and a run's need of memory shows at its start.
    """

    def __init__(self, prompts: Sequence[Sequence[int]], min_saved: int):
        """min_saved: tokens that sharing a prefix must save."""
        self._prompts = prompts
        self._prefixes: dict[int, _Prefix] = {}  # by the index of the prompt
        ranks = {at: (len(prompt), -1) for at, prompt in enumerate(prompts)}
        for number, shared in enumerate(shared_prefixes(prompts, min_saved)):
            members = shared.members
            self._prefixes |= dict.fromkeys(members, _Prefix(len(shared.tokens), len(members)))
            ranks |= dict.fromkeys(members, (max(len(prompts[at]) for at in members), number))
        self._order = sorted(ranks, key=lambda at: (*ranks[at], len(prompts[at]), at))

    def __len__(self) -> int:
        return len(self._order)

    def next_tokens(self) -> int | None:
        """How many tokens of the next prompt would have to be computed.

        None when there is no prompt, or when the coming forward computes what it begins with: it has to wait for that.
        """
        prefix = self._next_prefix()
        if not self._order or (prefix is not None and prefix.slot is not None):
            return None
        cached = prefix.length if prefix is not None and prefix.kept is not None else 0
        return len(self._prompts[self._order[-1]]) - cached

    def admit(self, cache: SlotCache, slot: int) -> Admitted:
        """Give the next prompt a slot of the cache. Only where `next_tokens` is not None."""
        prefix = self._next_prefix()
        index, cached = self._order.pop(), 0
        if prefix is not None:
            prefix.waiting -= 1
            if prefix.kept is None:
                prefix.slot = slot
            else:
                cached = cache.restore(slot, prefix.kept)
                prefix.kept = prefix.kept if prefix.waiting else None
        return Admitted(index, cached)

    def after_forward(self, cache: SlotCache) -> None:
        """Copy from the cache what the next prompt begins with, if the forward just made has computed it."""
        prefix = self._next_prefix()
        if prefix is not None and prefix.slot is not None:
            prefix.kept, prefix.slot = cache.copy(prefix.slot, prefix.length), None

    def _next_prefix(self) -> _Prefix | None:
        return self._prefixes.get(self._order[-1]) if self._order else None
