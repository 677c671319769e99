"""The trie of a context's continuations, and of contexts that begin alike, as rows of tokens for one forward."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import torch


class Row(NamedTuple):
    """Tokens forwarded together, and the requests that they answer.

    tokens: a context, then the other nodes of the trie, parents first.
    parents: of each node, the index in `tokens` of what it follows.
    asked: (index of the request, the indices in `tokens` whose successors its continuation is).
    saved: tokens that rows of their own for each context would have more.
    """

    tokens: tuple[int, ...]
    parents: tuple[int, ...]
    asked: tuple[tuple[int, tuple[int, ...]], ...]
    saved: int = 0

    @property
    def context(self) -> int:
        """The number of tokens before the nodes."""
        return len(self.tokens) - len(self.parents)

    @property
    def branches(self) -> bool:
        """Whether some node does not follow the token before it, so that a mask is needed."""
        return any(parent != self.context + at - 1 for at, parent in enumerate(self.parents))

    @property
    def places(self) -> int:
        """How many places have logits that are needed."""
        return len({place for _, places in self.asked for place in places})

    @property
    def first(self) -> int:
        """The first place whose logits are needed or that something else than the next token follows.

        A reused prefix ends before it.
        """
        return min(*(place for _, places in self.asked for place in places), *self.parents, len(self.tokens))


class Trie:
    """A trie that grows; a node is the place of its token, -1 stands before the first."""

    def __init__(self) -> None:
        self.tokens: list[int] = []
        self.parents: list[int] = []
        self.nodes: dict[tuple[int, int], int] = {}

    def add(self, parent: int, token: int) -> int:
        """The node of `token` after `parent`: the one that is there, or a new one."""
        key = (parent, token)
        if key not in self.nodes:
            self.nodes[key] = len(self.tokens)
            self.tokens.append(token)
            self.parents.append(parent)
        return self.nodes[key]

    def row(self, context: int, asked: Iterable[tuple[int, tuple[int, ...]]], saved: int = 0) -> Row:
        """As a row, whose first `context` tokens were added one after another."""
        return Row(tuple(self.tokens), tuple(self.parents[context:]), tuple(asked), saved)


def tree(context: Sequence[int], continuations: Iterable[tuple[int, Sequence[int]]]) -> Row:
    """One row for all (index of the request, tokens) of a context."""
    trie, asked = Trie(), []
    for at, token in enumerate(context):
        trie.add(at - 1, token)
    # longest first: of a label and a longer one that begins with it, the longer makes the nodes of both
    for index, continuation in sorted(continuations, key=lambda one: (-len(one[1]), one[1])):
        places = [len(context) - 1]
        for token in continuation[:-1]:
            places.append(trie.add(places[-1], token))
        asked.append((index, tuple(places)))
    return trie.row(len(context), asked)


def common(a: Sequence[int], b: Sequence[int]) -> int:
    """How many tokens two sequences share at their beginning."""
    pairs = enumerate(zip(a, b, strict=False))
    return next((at for at, (x, y) in pairs if x != y), min(len(a), len(b)))


def piles(rows: Iterable[Row], least: int, added: int, most: int, skipped: int = 0) -> list[tuple[int, list[Row]]]:
    """(tokens when joined, rows) of the rows that `join` may make one of, as their contexts begin alike; or of one row.

    Questions about one text are such, or its entities. least: tokens that neighbours in lexical order must share behind
    the first `skipped`, which all rows do. added: tokens that a row gets from others, at most; most: tokens of such a
    row.
    """
    made: list[tuple[int, list[Row]]] = []
    before: tuple[int, ...] = ()
    first = 0
    for row in sorted(rows, key=lambda row: row.tokens[: row.context]):
        context = row.tokens[: row.context]
        shared = common(context, before)
        before = context
        if made and shared - skipped >= least:
            size, pile = made[-1]
            size += len(row.tokens) - shared
            if size <= min(first + added, most):
                pile.append(row)
                made[-1] = size, pile
                continue
        first = len(row.tokens)
        made.append((first, [row]))
    return made


def join(rows: Sequence[Row]) -> Row:
    """The rows as one, in which what they share stands once."""
    if len(rows) == 1:
        return rows[0]
    trie, asked = Trie(), []
    for row in rows:
        places: list[int] = []  # of the row's tokens, in the trie
        for at, token in enumerate(row.tokens):
            node = at - row.context
            parent = at - 1 if node < 0 else row.parents[node]
            places.append(trie.add(places[parent] if parent >= 0 else -1, token))
        asked += [(index, tuple(places[place] for place in own)) for index, own in row.asked]
    return trie.row(rows[0].context, asked, sum(len(row.tokens) for row in rows) - len(trie.tokens))


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
    # numpy: an assignment of one row costs a twentieth of torch's, and a batch has thousands of nodes
    seen = np.ones((len(batch), 1, width, skipped + width), dtype=bool)
    seen[..., skipped:] = np.tri(width, dtype=bool)
    positions = np.tile(np.arange(skipped, skipped + width), (len(batch), 1))
    for row, own, places in zip(batch, seen[:, 0, :, skipped:], positions, strict=True):
        places[len(row.tokens) - skipped :] = 0  # padding: some models have no position beyond their longest row
        for node, parent in enumerate((one - skipped for one in row.parents), start=row.context - skipped):
            own[node] = own[parent]
            own[node, node] = True
            places[node] = places[parent] + 1
    return torch.from_numpy(seen), torch.from_numpy(positions)
