"""The mentions of labels in an answer, and which of them are negated, asked or stated.

The rules are those of scoring/labels.py: "Mentions" (M1 to M3) and "Negation" (N1 to N5). One sentence, token by token:

    not only          skipped: a sequence of AFFIRMING negates nothing
    positive          a mention, stated
    ,                 a stop: it would close an open negator
    it is             words
    not               a negator opens (N1)
    neutral           a mention, negated: the negator is open and not more than WINDOW words away
    but               a word of ENDS: the negator closes
    negative          a mention, stated
"""

from __future__ import annotations

from typing import NamedTuple

from phingpt_bench.scoring.vocabulary import Vocabulary, longest
from phingpt_bench.scoring.words import (
    COPULAS,
    DENIES_BEFORE,
    DENIES_BEHIND,
    ENDS,
    FILLERS,
    JOINS,
    KEYWORDS,
    LESS,
    REASONS_WHY,
    SPANISH,
    STOPS,
    VERBS,
    is_unspaced,
)

WINDOW = 5

_SENTENCE = frozenset(".!?;:(\n")
_NOT = frozenset(("not", "no", "never"))
_BEHIND = STOPS | JOINS | ENDS | REASONS_WHY | KEYWORDS  # what may follow an answer that is a common word
_CLOSED_BY = {"no": VERBS, "without": VERBS, "than": VERBS, "sin": SPANISH}


class Mention(NamedTuple):
    """A label in an answer: where it begins and ends, in tokens, its index, and whether it is negated."""

    start: int
    end: int
    label: int
    negated: bool


def find_mentions(vocabulary: Vocabulary, tokens: list[str]) -> tuple[list[Mention], set[int]]:
    """All mentions by position, and which of them (by index) are asked."""
    state = _State(tokens)
    at = 0
    while at < len(tokens):
        token = tokens[at]
        end, value = longest(vocabulary.labels, tokens, at) if token in vocabulary.labels else (at, 0)
        if end == at + 1 and token in vocabulary.common and not stands(vocabulary, tokens, at):
            end = at
        if end > at:
            state.on_label(at, end, value)
            at = end
            continue
        end, value = longest(vocabulary.negators, tokens, at) if token in vocabulary.negators else (at, 0)
        if end > at:
            state.on_negator(token, end - at, bool(value))
            at = end
            continue
        if token in STOPS:
            state.on_stop(token)
        elif token.endswith("n't"):
            state.on_negator(token, 1, True)
        else:
            state.on_word(token)
        at += 1
    return state.found, state.asked


class _State:
    """The state of an answer up to a token.

    negator: the open one, "" if none is open. words: the number of words after it. reached: whether it has negated a
    mention. sentence: the index of the first mention since the last end of a sentence.
    """

    __slots__ = ("asked", "found", "negator", "reached", "sentence", "tokens", "words")

    def __init__(self, tokens: list[str]):
        self.tokens = tokens
        self.found: list[Mention] = []
        self.asked: set[int] = set()
        self.negator, self.words, self.reached, self.sentence = "", 0, False, 0

    def on_label(self, at: int, end: int, label: int) -> None:
        tokens, found = self.tokens, self.found
        negated = (
            (self.negator != "" and self.words <= WINDOW)  # N1
            or (bool(found) and found[-1].negated and _joined(tokens[found[-1].end : at]))  # N2
            or _refused(tokens[end : end + 2])  # N3
            or _lessened(tokens, at)  # N4
            or _denied(tokens, at, end)  # N5
        )
        found.append(Mention(at, end, label, negated))
        self.reached = self.reached or self.negator != ""
        self.words += end - at

    def on_negator(self, token: str, length: int, negates: bool) -> None:
        """negates: else the sequence begins with a negator and affirms ("not only")."""
        if negates:
            self.negator, self.words, self.reached = token, 0, False
        else:
            self.words += length

    def on_stop(self, token: str) -> None:
        if token == "?":
            self.asked.update(range(self.sentence, len(self.found)))
        if token in _SENTENCE:
            self.sentence = len(self.found)
        if not (token == "," and self.negator == "neither"):
            self.negator = ""

    def on_word(self, token: str) -> None:
        if self.negator:
            self.words += 1
            if token in ENDS or token in (COPULAS if self.reached else _CLOSED_BY.get(self.negator, ())):
                self.negator = ""


def stands(vocabulary: Vocabulary, tokens: list[str], at: int) -> bool:
    """Whether the common word at `at` is there as an answer, and not as a word of a sentence (M3)."""
    opens = at == 0 or tokens[at - 1] in STOPS
    closes = at + 1 == len(tokens) or tokens[at + 1] in _BEHIND
    if tokens[at] == "no":
        return closes or (opens and longest(vocabulary.unsure, tokens, at)[0] == at)
    if tokens[at] == "si":
        return closes
    return closes and (opens or tokens[at - 1] in JOINS or explicit(tokens, at))


def explicit(tokens: list[str], start: int) -> bool:
    """Whether a word of KEYWORDS leads to the mention at `start` (rule 5)."""
    at = start - 1
    while at >= 0 and (tokens[at] in FILLERS or tokens[at] in "|\n"):
        at -= 1
    if at < 0 or tokens[at] in KEYWORDS:
        return at >= 0
    if tokens[at] not in COPULAS and tokens[at] not in ":=":
        return False
    for token in reversed(tokens[max(at - WINDOW - 4, 0) : at]):
        if token in STOPS:
            return False
        if token in KEYWORDS:
            return True
    return False


def _joined(between: list[str]) -> bool:
    return any(token in JOINS for token in between) and all(token in JOINS or token == "," for token in between)


def _refused(after: list[str]) -> bool:
    """Whether it begins with "is not", "isn't" or "no es"."""
    if after and after[0].endswith("n't"):
        return after[0][:-3] in COPULAS
    pair = after if len(after) == 2 else ["", ""]
    return (pair[0] in COPULAS and pair[1] in _NOT) or (pair[0] == "no" and pair[1] in SPANISH)


def _lessened(tokens: list[str], at: int) -> bool:
    """Whether "less" is directly before, but not "more or less" or "no less"."""
    return at > 0 and tokens[at - 1] in LESS and not (at > 1 and (tokens[at - 2] in JOINS or tokens[at - 2] in _NOT))


def _denied(tokens: list[str], at: int, end: int) -> bool:
    """Whether Chinese, Japanese or Korean words beside the mention deny it."""
    if at > 0 and is_unspaced(tokens[at - 1]) and DENIES_BEFORE.search(tokens[at - 1]):
        return True
    behind = end
    while behind < min(end + 3, len(tokens)) and is_unspaced(tokens[behind]):
        behind += 1
    return behind > end and DENIES_BEHIND.match("".join(tokens[end:behind])) is not None
