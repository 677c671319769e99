"""The labels of a set as sequences of words, with the other ways to write them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from phingpt_bench.core.errors import BenchError, unknown
from phingpt_bench.core.sentences import sentence
from phingpt_bench.scoring.words import AFFIRMING, NEGATORS, STOPS, UNSURE, fold
from phingpt_bench.scoring.words import tokens as tokenise

Phrases = dict[str, list[tuple[tuple[str, ...], int]]]  # by first word, the longest first


class Vocabulary:
    """What a reader of labels looks for.

    labels: the word sequences that name a label, with its index. whole: each of them joined by spaces, and its index.
    common: words that are mentions only as whole answers. unsure: what begins with "no" and answers nothing.
    negators: 1 for a sequence that negates, 0 for one that affirms; without the words that labels begin with.
    """

    def __init__(
        self,
        labels: Sequence[str],
        aliases: Mapping[str, str],
        common: Collection[str],
        places: Sequence[str] | None = None,
    ):
        """places: the labels in the order that indices follow, where more than `labels` have one.

        BenchError for a label or alias without a word, for two that are the same words, for an alias of no label.
        """
        places = labels if places is None else places
        phrases: dict[tuple[str, ...], str] = {}
        for written, label in [*((label, label) for label in labels), *aliases.items()]:
            if label not in places:
                raise unknown(sentence("label"), label, places, where=sentence("alias '{written}'", written=written))
            words = tuple(token for token in tokenise(fold(written)) if token not in STOPS)
            if not words:
                raise BenchError(
                    "label '{written}' holds no letter or digit, so no answer can name it", written=written
                )
            if written != label and phrases.get(words) == label:
                continue  # an alias that only repeats its label
            if words in phrases:
                raise BenchError(
                    "labels '{one}' and '{other}' cannot be told apart in an answer", one=phrases[words], other=label
                )
            phrases[words] = label
        index = {label: at for at, label in enumerate(places)}
        self.labels = _by_first((words, index[label]) for words, label in phrases.items())
        self.whole = {" ".join(words): index[label] for words, label in phrases.items()}
        self.common = {"no", "si", *(fold(word) for word in common)}
        self.unsure = _by_first((tuple(phrase.split()), 0) for phrase in UNSURE | AFFIRMING)
        negating = [(tuple(phrase.split()), 1) for phrase in NEGATORS] + [(tuple(p.split()), 0) for p in AFFIRMING]
        self.negators = _by_first(phrase for phrase in negating if phrase[0] not in phrases)


def longest(table: Phrases, tokens: list[str], at: int) -> tuple[int, int]:
    """Where the longest sequence of `table` that begins at `at` ends (`at` where none does), and its value (else 0)."""
    for words, value in table.get(tokens[at], ()):
        if len(words) == 1 or tuple(tokens[at : at + len(words)]) == words:
            return at + len(words), value
    return at, 0


def _by_first(phrases: Iterable[tuple[tuple[str, ...], int]]) -> Phrases:
    """Word sequences and their values by first word, the longest first."""
    table: Phrases = {}
    for words, value in sorted(phrases, key=lambda phrase: -len(phrase[0])):
        table.setdefault(words[0], []).append((words, value))
    return table
