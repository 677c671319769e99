"""The trie of a context's continuations, as rows of tokens that a causal model can be asked in one forward."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import torch


class Row(NamedTuple):
    """Tokens forwarded together, and the requests that they answer.

    tokens: the context, then the trie's nodes, parents first.
    parents: of each node, the index in `tokens` of what it follows.
    asked: (index of the request, the indices in `tokens` whose successors its continuation is).
    """

    tokens: tuple[int, ...]
    parents: tuple[int, ...]
    asked: tuple[tuple[int, tuple[int, ...]], ...]

    @property
    def context(self) -> int:
        """The number of tokens before the nodes."""
        return len(self.tokens) - len(self.parents)

    @property
    def branches(self) -> bool:
        """Whether some node does not follow the token before it, so that a mask is needed."""
        return any(parent != self.context + at - 1 for at, parent in enumerate(self.parents))

    @property
    def first(self) -> int:
        """The first place whose logits are needed: a reused prefix ends before it."""
        return min(place for _, places in self.asked for place in places)


def tree(context: Sequence[int], continuations: Iterable[tuple[int, Sequence[int]]]) -> Row:
    """One row for all (index of the request, tokens) of a context."""
    tokens, parents, nodes, asked = list(context), [], {}, []
    # longest first: of a label and a longer one that begins with it, the longer makes the nodes of both
    for index, continuation in sorted(continuations, key=lambda one: (-len(one[1]), one[1])):
        places = [len(context) - 1]
        for token in continuation[:-1]:
            key = (places[-1], token)
            if key not in nodes:
                nodes[key] = len(tokens)
                tokens.append(token)
                parents.append(places[-1])
            places.append(nodes[key])
        asked.append((index, tuple(places)))
    return Row(tuple(tokens), tuple(parents), tuple(asked))


def chains(context: Sequence[int], continuations: Iterable[tuple[int, Sequence[int]]], longest: int) -> list[Row]:
    """One row for each branch, without a mask; of a row beyond `longest` tokens the last ones, as in HFLM."""
    rows: list[tuple[tuple[int, ...], list[tuple[int, tuple[int, ...]]]]] = []
    for index, continuation in sorted(continuations, key=lambda one: (-len(one[1]), one[1])):
        whole = (*context, *continuation[:-1])
        end = min(len(whole), longest)
        # a row that goes on answers a shorter one too, unless it lost tokens on the left
        fitting = (
            asked
            for tokens, asked in rows
            if tokens == whole[-longest:] or (len(tokens) < longest and tokens[: len(whole)] == whole)
        )
        asked = next(fitting, None)
        if asked is None:
            asked = []
            rows.append((whole[-longest:], asked))
        asked.append((index, tuple(range(end - len(continuation), end))))
    return [Row(tokens, (), tuple(asked)) for tokens, asked in rows]


def seen_by(batch: Sequence[Row], width: int, skipped: int) -> tuple[torch.Tensor, torch.Tensor]:
    """(mask, position ids): which of the keys each token sees (rows x 1 x width x skipped + width), and its place."""
    seen = torch.ones(width, width, dtype=torch.bool).tril().repeat(len(batch), 1, 1)
    positions = torch.arange(skipped, skipped + width).repeat(len(batch), 1)
    for at, row in enumerate(batch):
        positions[at, len(row.tokens) - skipped :] = 0  # padding: some models have no position beyond their longest row
        for node, parent in enumerate((one - skipped for one in row.parents), start=row.context - skipped):
            seen[at, node] = seen[at, parent]
            seen[at, node, node] = True
            positions[at, node] = positions[at, parent] + 1
    before = torch.ones(len(batch), width, skipped, dtype=torch.bool)
    return torch.cat([before, seen], dim=2)[:, None], positions
