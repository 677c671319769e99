"""Guesses of how an answer goes on: copied from its own prompt, as it went on itself before, or as other answers did.

A guess costs the computation of a token where it is wrong, and saves a step where it is right. So it is made as long
as it is likely enough to be right, judged by how often guesses of its kind were; no guess changes an answer.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence

LONGEST = 64  # tokens of a guess
MATCH = 4  # tokens of an answer that are compared with other answers
LENGTHS = (16, 8, 4, 3, 2, 1)  # tokens that are compared with what stood before in the same row
START = -1  # stands in front of each answer

Kind = tuple[str, int, str]


class Past:
    """The tokens of a prompt and its answer so far, and where each sequence of some LENGTHS of them last went on."""

    def __init__(self, prompt: Sequence[int]):
        self.prompt = len(prompt)
        self.tokens: list[int] = []
        self.next: dict[tuple[int, ...], int] = {}
        for token in prompt:
            self.add(token)

    def add(self, token: int) -> None:
        """One token more."""
        at = len(self.tokens)
        for length in LENGTHS:
            if length <= at:
                self.next[tuple(self.tokens[at - length :])] = at
        self.tokens.append(token)

    def answer(self, length: int) -> list[int]:
        """The last tokens of the answer, START in front of its first."""
        begin = len(self.tokens) - length
        return self.tokens[begin:] if begin >= self.prompt else [START, *self.tokens[self.prompt :]]


class Drafter:
    """Guesses for the answers of one run; it learns from every token of theirs.

    shape: the class of a token whose guesses are right equally often, such as "goes on inside a word".
    """

    def __init__(self, shape: Callable[[int], str]):
        self.shape = shape
        self.right: Counter[Kind] = Counter()
        self.made: Counter[Kind] = Counter()
        self.after: dict[tuple[int, ...], Counter[int]] = defaultdict(Counter)

    def guess(self, past: Past, longest: int, least: float) -> list[int]:
        """At most `longest` tokens that follow, each right (with all before it) with a chance of at least `least`."""
        draft: list[int] = []
        chance = 1.0
        row, tail = past.tokens[-LENGTHS[0] :], past.answer(MATCH)
        while len(draft) < min(longest, LONGEST):
            found = [(self._chance(kind), token) for kind, token in self._candidates(past, row, tail)]
            best, token = max(found, default=(0.0, START))
            chance *= best
            if not found or chance < least:
                break
            draft.append(token)
            row = [*row, token][-LENGTHS[0] :]
            tail = [*tail, token][-MATCH:]
        return draft

    def learn(self, past: Past, new: Sequence[int]) -> None:
        """That the answer went on with the tokens `new`, which are added to its past."""
        for token in new:
            tail = past.answer(MATCH)
            for kind, guessed in self._candidates(past, past.tokens[-LENGTHS[0] :], tail):
                self.made[kind] += 1
                self.right[kind] += guessed == token
            for length in range(1, len(tail) + 1):
                self.after[tuple(tail[-length:])][token] += 1
            past.add(token)

    def _chance(self, kind: Kind) -> float:
        """How often guesses of this kind were right, beginning with little trust."""
        return (self.right[kind] + 0.5) / (self.made[kind] + 2)

    def _candidates(self, past: Past, row: Sequence[int], tail: Sequence[int]) -> Iterator[tuple[Kind, int]]:
        """(kind, next token): as the longest match in the row goes on, and as earlier answers did."""
        for length in LENGTHS:
            at = past.next.get(tuple(row[-length:])) if length <= len(row) else None
            if at is not None:
                token = past.tokens[at]
                # a model that repeats itself goes on so whatever the words are
                yield ("copied", length, self.shape(token)) if at < past.prompt else ("repeated", length, ""), token
                break
        for size in range(len(tail), 0, -1):
            counts = self.after.get(tuple(tail[-size:]))
            if counts:
                token, often = counts.most_common(1)[0]
                share = often / counts.total()
                yield ("answered", size, "always" if share > 0.95 else "mostly" if share > 0.6 else "at times"), token
                break
