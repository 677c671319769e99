"""Shared beginnings of prompts (instruction, few-shot block): which of them should be computed once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

MIN_LENGTH = 32  # tokens: a shorter prefix saves less than the copies of its cache cost


@dataclass(frozen=True, slots=True)
class SharedPrefix:
    """Tokens that several sequences begin with, and the indices of these sequences."""

    tokens: tuple[int, ...]
    members: tuple[int, ...]

    @property
    def saved(self) -> int:
        """Tokens that need not be computed when the prefix is computed once: its own for every member but one."""
        return len(self.tokens) * (len(self.members) - 1)


def common_prefix_length(a: Sequence[int], b: Sequence[int]) -> int:
    """The number of tokens that two sequences share at their beginning."""
    pairs = enumerate(zip(a, b, strict=False))
    return next((at for at, (x, y) in pairs if x != y), min(len(a), len(b)))


def shared_prefixes(
    sequences: Sequence[Sequence[int]], min_saved: int, min_length: int = MIN_LENGTH
) -> list[SharedPrefix]:
    """The prefixes that should be computed once, the one that saves most first.

    A sequence belongs to one prefix at most, and keeps at least one token outside of it. There are several prefixes
    because each task has its own few-shot examples, and a document that is itself an example gets different ones.

    In lexical order the sequences of a prefix are adjacent, and what all of them share is the minimum of what
    neighbours share. So the prefix that saves most is the largest rectangle under the curve of these lengths: its
    height is the length of the prefix, its width the number of sequences but one.

        tokens shared   5 |  #    #    #
                        3 |  #    #    #         #
                        1 |  #    #    #    #    #
        by sequences        0,1  1,2  2,3  3,4  4,5    largest: 5 x 3, so the sequences 0 to 3 share 5 tokens

    Args:
        sequences: token ids.
        min_saved: what computing a prefix costs (a forward for it, batches of its own), in tokens; one that saves
            fewer is left out.
        min_length: tokens that a prefix has at least.
    """
    order = sorted(range(len(sequences)), key=lambda at: tuple(sequences[at]))
    shared = [_shared_length(sequences[a], sequences[b]) for a, b in pairwise(order)]
    cuts = [0, *(at + 1 for at, length in enumerate(shared) if length < min_length), len(order)]
    found = [
        prefix
        for begin, end in pairwise(cuts)  # no prefix reaches across neighbours that share too little
        for prefix in _in_segment(sequences, order[begin:end], shared[begin : end - 1], min_saved, min_length)
    ]
    return sorted(found, key=lambda prefix: -prefix.saved)


def _in_segment(
    sequences: Sequence[Sequence[int]], order: list[int], shared: list[int], min_saved: int, min_length: int
) -> Iterator[SharedPrefix]:
    """The prefixes among sequences in lexical order, whose neighbours share so many tokens. Consumes both lists."""
    while True:
        best = _largest_rectangle(shared, min_length)
        if best.area < max(1, min_saved):
            return
        members = order[best.begin : best.end + 1]
        yield SharedPrefix(tuple(sequences[members[0]][: best.height]), tuple(members))
        # what the sequences on both sides of these share is the least of the lengths between them
        order[best.begin : best.end + 1] = []
        inner = best.begin > 0 and best.end < len(shared)
        between = [min(shared[best.begin - 1 : best.end + 1])] if inner else []
        shared[max(0, best.begin - 1) : best.end + 1] = between


@dataclass(frozen=True, slots=True)
class _Rectangle:
    """Under a curve of heights, over the columns from `begin` up to but without `end`."""

    height: int = 0
    begin: int = 0
    end: int = 0

    @property
    def area(self) -> int:
        return self.height * (self.end - self.begin)


def _largest_rectangle(heights: Sequence[int], min_height: int) -> _Rectangle:
    """The largest rectangle of at least a height under `heights`; an empty one where there is none.

    Of several that are as large, the one that is higher, then the one that begins later.
    """
    best = _Rectangle()
    open_: list[tuple[int, int]] = []  # (height, begin) of rectangles that continue, each higher than the one before
    for at, height in enumerate([*heights, 0]):
        begin = at
        while open_ and open_[-1][0] >= height:
            tall, begin = open_.pop()
            if tall >= min_height:
                found = _Rectangle(tall, begin, at)
                best = max(best, found, key=lambda one: (one.area, one.height, one.begin, one.end))
        open_.append((height, begin))
    return best


def _shared_length(a: Sequence[int], b: Sequence[int]) -> int:
    """How many tokens two sequences share at their beginning, with one left over in each."""
    return max(0, min(common_prefix_length(a, b), len(a) - 1, len(b) - 1))
