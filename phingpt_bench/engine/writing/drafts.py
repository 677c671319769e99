"""Drafts of how an answer continues: copied from its own prompt, from what it wrote before, or from other answers.

A drafted token costs the computation of a token if it is wrong, and saves a step if it is right. So tokens are
drafted as long as they are likely enough to be right, judged by earlier drafts of their kind. No draft changes an
answer: the model verifies each (decode.py).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

MAX_DRAFT = 64  # tokens
ANSWER_LENGTH = 4  # the last tokens of an answer, at most, that are looked up in other answers
OWN_LENGTHS = (16, 8, 4, 3, 2, 1)  # the last tokens of a text that are looked up in the text before them
START = -1  # placed before each answer


class Kind(NamedTuple):
    """Drafted tokens that are right about equally often.

    source: "copied" from the prompt, "repeated" from the answer itself, or as another was "answered". length: tokens
    that matched. detail: the class of the token, or how often the other answers went on so.
    """

    source: str
    length: int
    detail: str


class History:
    """The tokens of a prompt and its answer so far, and what followed each run of OWN_LENGTHS tokens the last time."""

    def __init__(self, prompt: Sequence[int]):
        self.prompt_length = len(prompt)
        self.tokens: list[int] = []
        self.next_place: dict[tuple[int, ...], int] = {}  # run of tokens -> index of the token that followed it last
        for token in prompt:
            self.add(token)

    def add(self, token: int) -> None:
        """Append one token."""
        at = len(self.tokens)
        for length in OWN_LENGTHS:
            if length <= at:
                self.next_place[tuple(self.tokens[at - length :])] = at
        self.tokens.append(token)

    def answer_end(self, length: int) -> list[int]:
        """The last `length` tokens of the answer; START and all of it where it has fewer."""
        begin = len(self.tokens) - length
        return self.tokens[begin:] if begin >= self.prompt_length else [START, *self.tokens[self.prompt_length :]]


class Drafter:
    """Drafts for the answers of one run. It learns from every token that they turn out to have.

    token_class: the class of a token whose drafts are right about equally often, such as "continues inside a word".
    """

    def __init__(self, token_class: Callable[[int], str]):
        self.token_class = token_class
        self.right: Counter[Kind] = Counter()
        self.made: Counter[Kind] = Counter()
        self.after: dict[tuple[int, ...], Counter[int]] = defaultdict(Counter)  # end of an answer -> next tokens

    def draft(self, history: History, max_tokens: int, min_chance: float) -> list[int]:
        """At most `max_tokens` tokens that follow; each has, with all before it, at least a chance to be right."""
        draft: list[int] = []
        chance = 1.0
        text, answer = history.tokens[-OWN_LENGTHS[0] :], history.answer_end(ANSWER_LENGTH)
        while len(draft) < min(max_tokens, MAX_DRAFT):
            found = [(self._chance(kind), token) for kind, token in self._candidates(history, text, answer)]
            best, token = max(found, default=(0.0, START))
            chance *= best
            if not found or chance < min_chance:
                break
            draft.append(token)
            text = [*text, token][-OWN_LENGTHS[0] :]
            answer = [*answer, token][-ANSWER_LENGTH:]
        return draft

    def learn(self, history: History, new: Sequence[int]) -> None:
        """Note that the answer went on with the tokens `new`, and append them to its history."""
        for token in new:
            answer = history.answer_end(ANSWER_LENGTH)
            for kind, drafted in self._candidates(history, history.tokens[-OWN_LENGTHS[0] :], answer):
                self.made[kind] += 1
                self.right[kind] += drafted == token
            for length in range(1, len(answer) + 1):
                self.after[tuple(answer[-length:])][token] += 1
            history.add(token)

    def _chance(self, kind: Kind) -> float:
        """How often drafts of this kind were right; one in four before any was made (0.5 of 2)."""
        return (self.right[kind] + 0.5) / (self.made[kind] + 2)

    def _candidates(self, history: History, text: Sequence[int], answer: Sequence[int]) -> Iterator[tuple[Kind, int]]:
        """(kind, next token): what followed the longest match in the text, and what followed it in earlier answers."""
        for length in OWN_LENGTHS:
            at = history.next_place.get(tuple(text[-length:])) if length <= len(text) else None
            if at is not None:
                token = history.tokens[at]
                # a model that repeats itself continues so whatever the words are
                copied = at < history.prompt_length
                yield Kind("copied", length, self.token_class(token)) if copied else Kind("repeated", length, ""), token
                break
        for length in range(len(answer), 0, -1):
            counts = self.after.get(tuple(answer[-length:]))
            if counts:
                token, often = counts.most_common(1)[0]
                share = often / counts.total()
                detail = "always" if share > 0.95 else "mostly" if share > 0.6 else "at times"
                yield Kind("answered", length, detail), token
                break
