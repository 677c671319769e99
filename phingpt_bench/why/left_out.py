"""Exact leave-one-word-out: what each word of a text does to a label, or to a piece of a written answer.

All texts of a row are put to the model together, so that what stands before the word left out is computed once
(engine/labels/packing.py). A word is deleted, not replaced: a mask would be a word too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from phingpt_bench.data.rows import Row
from phingpt_bench.evaluate.texts import Asker
from phingpt_bench.why.pieces import explained_pieces
from phingpt_bench.why.values import Target
from phingpt_bench.why.words import Place, without, words_of


@dataclass(frozen=True, slots=True)
class Variants:
    """A row with the indices of the words that each of its texts lacks; the first lacks none."""

    row: Row
    words: list[Place]
    dropped: list[frozenset[int]]

    @property
    def texts(self) -> list[str]:
        """The texts, in the order of `dropped`."""
        return [without(self.row["text"], self.words, one) for one in self.dropped]


def one_by_one(row: Row) -> Variants:
    """The whole text, then the text without each of its words."""
    words = words_of(row["text"])
    return Variants(row, words, [frozenset(), *(frozenset([at]) for at in range(len(words)))])


def label_scores(asker: Asker, variants: Sequence[Variants]) -> list[list[list[float]]]:
    """The log-likelihood of each label, by row and text."""
    texts = [(one.row, text) for one in variants for text in one.texts]
    return _by_row(asker.labels(texts), variants)


def piece_scores(asker: Asker, variants: Sequence[Variants], answers: Sequence[str]) -> list[list[list[float]]]:
    """The log-likelihood of each piece of the row's answer, by row and text."""
    places = [explained_pieces(one.row, answer) for one, answer in zip(variants, answers, strict=True)]
    texts = [
        (one.row, text, answer, own)
        for one, answer, own in zip(variants, answers, places, strict=True)
        for text in one.texts
    ]
    return _by_row(asker.pieces(texts), variants)


def _by_row(flat: Sequence[list[float]], variants: Sequence[Variants]) -> list[list[list[float]]]:
    left: Iterator[list[float]] = iter(flat)
    return [[next(left) for _ in one.dropped] for one in variants]


def best(scores: Sequence[float]) -> int:
    """The label of the highest log-likelihood, the first of equals."""
    return max(range(len(scores)), key=lambda at: scores[at])


def runner_up(scores: Sequence[float]) -> int:
    """The label of the second highest log-likelihood."""
    first = best(scores)
    return max((at for at in range(len(scores)) if at != first), key=lambda at: scores[at])


def log_odds(scores: Sequence[Sequence[float]], label: int, against: int) -> list[float]:
    """By text, the log-odds of one label against another."""
    return [one[label] - one[against] for one in scores]


def target(name: str, values: Sequence[float], against: str | None = None) -> Target:
    """A target from its value with the whole text, and then without each word."""
    return Target(name=name, against=against, value=values[0], changes=[values[0] - value for value in values[1:]])
