"""Guesses of how an answer goes on: copied from its own prompt, or as the answers before it went on.

A guess costs the computation of a token where it is wrong, and saves a step where it is right. So it is made as long
as it is likely enough to be right, judged by how often guesses of its kind were; no guess changes an answer.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence

LONGEST = 12  # tokens of a guess
MATCH = 4  # tokens that are compared with what stood before
START = -1  # stands in front of each answer

Kind = tuple[str, int, str]


class Drafter:
    """Guesses for the answers of one run; it learns from every token of theirs.

    shape: the class of a token whose guesses are right equally often, such as "goes on inside a word".
    """

    def __init__(self, shape: Callable[[int], str]):
        self.shape = shape
        self.right: Counter[Kind] = Counter()
        self.made: Counter[Kind] = Counter()
        self.after: dict[tuple[int, ...], Counter[int]] = defaultdict(Counter)

    def index(self, prompt: Sequence[int]) -> dict[int, list[int]]:
        """Token -> its places in the prompt; what `guess` and `learn` take as `places`."""
        places: dict[int, list[int]] = defaultdict(list)
        for at, token in enumerate(prompt[:-1]):
            places[token].append(at)
        return places

    def guess(
        self, prompt: Sequence[int], places: dict[int, list[int]], answer: Sequence[int], longest: int, least: float
    ) -> list[int]:
        """At most `longest` tokens that follow `answer`, each right with a chance of at least `least`."""
        draft: list[int] = []
        chance = 1.0
        tail = [START, *answer][-MATCH:]
        while len(draft) < min(longest, LONGEST):
            best = max(
                ((self._chance(kind), token) for kind, token in self._candidates(prompt, places, tail)), default=None
            )
            if best is None or chance * best[0] < least:
                break
            chance *= best[0]
            draft.append(best[1])
            tail = [*tail, best[1]][-MATCH:]
        return draft

    def learn(
        self, prompt: Sequence[int], places: dict[int, list[int]], answer: Sequence[int], new: Sequence[int]
    ) -> None:
        """That `answer` went on with the tokens `new`."""
        tail = [START, *answer][-MATCH:]
        for token in new:
            for kind, guessed in self._candidates(prompt, places, tail):
                self.made[kind] += 1
                self.right[kind] += guessed == token
            for length in range(1, len(tail) + 1):
                self.after[tuple(tail[-length:])][token] += 1
            tail = [*tail, token][-MATCH:]

    def _chance(self, kind: Kind) -> float:
        """How often guesses of this kind were right, beginning with little trust."""
        return (self.right[kind] + 0.5) / (self.made[kind] + 2)

    def _candidates(
        self, prompt: Sequence[int], places: dict[int, list[int]], tail: Sequence[int]
    ) -> Iterator[tuple[Kind, int]]:
        """(kind, next token): as the longest match in the prompt goes on, and as earlier answers did."""
        found, length = -1, 0
        for at in reversed(places.get(tail[-1], ())):
            same = 1
            while same < len(tail) and same <= at and prompt[at - same] == tail[-1 - same]:
                same += 1
            if same > length:
                found, length = at, same
        if length:
            token = prompt[found + 1]
            yield ("copied", length, self.shape(token)), token
        for size in range(len(tail), 0, -1):
            counts = self.after.get(tuple(tail[-size:]))
            if counts:
                token, often = counts.most_common(1)[0]
                share = often / counts.total()
                yield ("answered", size, "always" if share > 0.95 else "mostly" if share > 0.6 else "at times"), token
                break
