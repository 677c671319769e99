"""Where the labels are mentioned in an answer, and which of these mentions are negated, asked or stated.

The rule is told in scoring/labels.py under "Mentions" and "Negation".
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from phingpt_bench.core.errors import BenchError, unknown
from phingpt_bench.scoring.words import (
    AFFIRMING,
    COPULAS,
    ENDS,
    FILLERS,
    JOINS,
    KEYWORDS,
    LESS,
    NEGATORS,
    REASONS_WHY,
    SPANISH,
    STOPS,
    UNSURE,
    VERBS,
    fold,
)
from phingpt_bench.scoring.words import tokens as tokenise

WINDOW = 5

_SENTENCE = frozenset(".!?;:(\n")
_NOT = frozenset(("not", "no", "never"))
_BEHIND = STOPS | JOINS | ENDS | REASONS_WHY | KEYWORDS  # what may follow an answer that is a common word
_CLOSED_BY = {"no": VERBS, "without": VERBS, "than": VERBS, "sin": SPANISH}

Phrases = dict[str, list[tuple[tuple[str, ...], int]]]  # by first word, the longest first


class Mention(NamedTuple):
    """A label in an answer: where it begins and ends, in tokens, its index, and whether it is negated."""

    start: int
    end: int
    label: int
    negated: bool


def _by_first(phrases: Iterable[tuple[tuple[str, ...], int]]) -> Phrases:
    """Word sequences and their values by first word, the longest first."""
    table: Phrases = {}
    for words, value in sorted(phrases, key=lambda phrase: -len(phrase[0])):
        table.setdefault(words[0], []).append((words, value))
    return table


class Vocabulary:
    """The labels as word sequences. whole: each of them joined by spaces, and its index."""

    def __init__(self, labels: Sequence[str], aliases: Mapping[str, str], common: Collection[str]):
        phrases: dict[tuple[str, ...], str] = {}
        for written, label in [*((label, label) for label in labels), *aliases.items()]:
            if label not in labels:
                raise unknown("label", label, labels, where=f"alias '{written}'")
            words = tuple(token for token in tokenise(fold(written)) if token not in STOPS)
            if not words:
                raise BenchError(f"label '{written}' holds no letter or digit, so no answer can name it")
            if written != label and phrases.get(words) == label:
                continue  # an alias that only repeats its label
            if words in phrases:
                raise BenchError(f"labels '{phrases[words]}' and '{label}' cannot be told apart in an answer")
            phrases[words] = label
        index = {label: at for at, label in enumerate(labels)}
        self.labels = _by_first((words, index[label]) for words, label in phrases.items())
        self.whole = {" ".join(words): index[label] for words, label in phrases.items()}
        self.common = {"no", "si", *(fold(word) for word in common)}
        self.unsure = _by_first((tuple(phrase.split()), 0) for phrase in UNSURE | AFFIRMING)
        negating = [(tuple(phrase.split()), 1) for phrase in NEGATORS] + [(tuple(p.split()), 0) for p in AFFIRMING]
        self.negators = _by_first(phrase for phrase in negating if phrase[0] not in phrases)

    def match(self, table: Phrases, tokens: list[str], at: int) -> tuple[int, int]:
        """Where the longest sequence of `table` that begins at `at` ends (`at` where none does), and its value."""
        for words, value in table.get(tokens[at], ()):
            if len(words) == 1 or tuple(tokens[at : at + len(words)]) == words:
                return at + len(words), value
        return at, 0

    def mentions(self, tokens: list[str]) -> tuple[list[Mention], set[int]]:
        """All mentions by position, and which of them (by index) are asked."""
        found: list[Mention] = []
        asked: set[int] = set()
        sentence = 0  # the first mention since the last end of a sentence
        negator, words, reached = "", 0, False  # the open negator, words behind it, whether it reached a mention
        at = 0
        while at < len(tokens):
            token = tokens[at]
            end, label = self.match(self.labels, tokens, at) if token in self.labels else (at, 0)
            if end == at + 1 and token in self.common and not self.stands(tokens, at):
                end = at
            if end > at:
                negated = (bool(negator) and words <= WINDOW) or _lessened(tokens, at)
                negated = negated or (bool(found) and found[-1].negated and _joined(tokens[found[-1].end : at]))
                found.append(Mention(at, end, label, negated or _refused(tokens[end : end + 2])))
                reached, words = reached or bool(negator), words + end - at
                at = end
                continue
            end, negates = self.match(self.negators, tokens, at) if token in self.negators else (at, 1)
            if end > at:
                negator, words, reached = (token, 0, False) if negates else (negator, words + end - at, reached)
                at = end
                continue
            if token in STOPS:
                if token == "?":
                    asked.update(range(sentence, len(found)))
                if token in _SENTENCE:
                    sentence = len(found)
                if not (token == "," and negator == "neither"):
                    negator = ""
            elif token.endswith("n't"):
                negator, words, reached = token, 0, False
            elif negator:
                words += 1
                if token in ENDS or token in (COPULAS if reached else _CLOSED_BY.get(negator, ())):
                    negator = ""
            at += 1
        return found, asked

    def stands(self, tokens: list[str], at: int) -> bool:
        """Whether the common word at `at` is there as an answer, and not as a word of a sentence."""
        opens = at == 0 or tokens[at - 1] in STOPS
        closes = at + 1 == len(tokens) or tokens[at + 1] in _BEHIND
        if tokens[at] == "no":
            return closes or (opens and self.match(self.unsure, tokens, at)[0] == at)
        if tokens[at] == "si":
            return closes
        return closes and (opens or tokens[at - 1] in JOINS or explicit(tokens, at))


def explicit(tokens: list[str], start: int) -> bool:
    """Whether a word of KEYWORDS leads to the mention at `start` (rule 3)."""
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


def _lessened(tokens: list[str], at: int) -> bool:
    """Whether "less" stands directly before, but not "more or less" or "no less"."""
    return at > 0 and tokens[at - 1] in LESS and not (at > 1 and (tokens[at - 2] in JOINS or tokens[at - 2] in _NOT))


def _joined(between: list[str]) -> bool:
    return any(token in JOINS for token in between) and all(token in JOINS or token == "," for token in between)


def _refused(after: list[str]) -> bool:
    """Whether "is not", "isn't" or "no es" stands at the beginning."""
    if after and after[0].endswith("n't"):
        return after[0][:-3] in COPULAS
    pair = after if len(after) == 2 else ["", ""]
    return (pair[0] in COPULAS and pair[1] in _NOT) or (pair[0] == "no" and pair[1] in SPANISH)
