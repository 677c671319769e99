"""Prompts that wait for a place in a batch; what many of them begin with is computed once, with the first of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from phingpt_bench.engine.prefix import shared_prefixes
from phingpt_bench.engine.writing.rows import Kept, Rows


@dataclass(slots=True, eq=False)
class Shared:
    """What some prompts begin with: `length` tokens. waiting: how many of the prompts have no place yet.

    row: where the first of them is being computed. kept: its keys and values, from then on until nobody waits.
    """

    length: int
    waiting: int
    row: int | None = None
    kept: Kept | None = None


class Waiting:
    """Prompts by length, the longest first; those that share a prefix one after another, so that one is kept at a time.

    So room is made once, and what a run needs of memory shows at its start.
    """

    def __init__(self, prompts: Sequence[Sequence[int]], worth: int):
        """worth: tokens that a prefix must save."""
        self.shared: dict[int, Shared] = {}
        ranks = {at: (len(prompt), -1) for at, prompt in enumerate(prompts)}
        for number, (prefix, members) in enumerate(shared_prefixes(prompts, worth)):
            self.shared |= dict.fromkeys(members, Shared(len(prefix), len(members)))
            ranks |= dict.fromkeys(members, (max(len(prompts[at]) for at in members), number))
        self.order = sorted(ranks, key=lambda at: (*ranks[at], len(prompts[at]), at))

    def __len__(self) -> int:
        return len(self.order)

    def take(self, rows: Rows, row: int) -> tuple[int, int] | None:
        """(index, positions that `row` of `rows` holds of it already) of the next prompt.

        None when there is none, or when it begins with what the coming forward computes.
        """
        shared = self._next()
        if not self.order or (shared is not None and shared.row is not None):
            return None
        index, held = self.order.pop(), 0
        if shared is not None:
            shared.waiting -= 1
            if shared.kept is None:
                shared.row = row
            else:
                held = rows.begin(row, shared.kept)
                shared.kept = shared.kept if shared.waiting else None
        return index, held

    def forwarded(self, rows: Rows) -> None:
        """Keep of `rows` what the next prompt begins with: to be told after each forward."""
        shared = self._next()
        if shared is not None and shared.row is not None:
            shared.kept, shared.row = rows.copy(shared.row, shared.length), None

    def _next(self) -> Shared | None:
        """What the next prompt begins with."""
        return self.shared.get(self.order[-1]) if self.order else None
