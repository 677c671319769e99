"""An index of test texts that finds their copies in a stream of training texts of any length."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from phingpt_bench.data.copies import kinds
from phingpt_bench.data.copies.candidates import MOST_ROWS, Rare
from phingpt_bench.data.copies.fold import fold, without_numbers
from phingpt_bench.data.copies.grams import GRAM, Grams, Sets, grams, sets
from phingpt_bench.data.copies.likeness import Rarity, Weighed

FEWEST, FEWEST_TRAINING = 12, 8  # grams that a text needs for any kind but equal: "Futures up" is part of many texts
CHUNK = MOST_ROWS // 2

_NO_GRAM, _NO_ROW = np.empty(0, np.uint32), np.empty(0, np.int64)

Place = tuple[str, int]  # a target, and the number of one of its test rows
Places = dict[str, list[Place]]


@dataclass(frozen=True, slots=True)
class Target:
    """The test rows of a dataset. all_texts: those of all splits, which determine the rare grams."""

    name: str
    texts: Sequence[str]
    all_texts: Iterable[str]


@dataclass(frozen=True, slots=True)
class Match:
    """A copy of a test text: its kind (a place in `kinds.KINDS`) and the number of the training text."""

    kind: int
    training: int


@dataclass(frozen=True, slots=True)
class _Group:
    """Test texts with one rarity: those of one or several targets with the same texts.

    texts: distinct and folded, in the order of `weighed`. places: the test rows with each. first: the number of the
    first text in the index, which counts the texts of all groups.
    """

    texts: Sequence[str]
    places: Places
    rarity: Rarity
    weighed: Weighed
    first: int


class Index:
    """Built once for all targets; `search` reads the training texts as a stream, some thousands at a time."""

    def __init__(self, targets: Iterable[Target]) -> None:
        self._exact: Places = {}
        self._normalised: Places = {}
        self._renumbered: Places = {}
        by_rarity: dict[frozenset[str], Places] = {}
        for target in targets:
            folded = [fold(text) for text in target.texts]
            places = by_rarity.setdefault(frozenset(map(fold, dict.fromkeys(target.all_texts))).union(folded), {})
            for row, (text, plain) in enumerate(zip(target.texts, folded, strict=True)):
                for found, key in ((self._exact, text), (self._normalised, plain), (places, plain)):
                    found.setdefault(key, []).append((target.name, row))
        self._normalised.pop("", None)
        self._groups: list[_Group] = []
        for common, places in by_rarity.items():
            self._add(sorted(common), places)
        self._rare = self._rarest()

    def _add(self, common: Sequence[str], places: Places) -> None:
        texts = [text for text in places if len(text) >= FEWEST + GRAM - 1]
        rarity = Rarity(_sets(common))
        first = sum(len(group.texts) for group in self._groups)
        self._groups.append(_Group(texts, places, rarity, Weighed(_sets(texts), rarity), first))
        for text, own in zip(texts, _weights(texts, common), strict=True):
            if own >= kinds.OWN_FROM:
                self._renumbered.setdefault(without_numbers(text), []).extend(places[text])

    def _rarest(self) -> Rare:
        found = [grams(group.texts) for group in self._groups]
        weights = [group.rarity.of(own.values) for group, own in zip(self._groups, found, strict=True)]
        rows = [own.rows + group.first for group, own in zip(self._groups, found, strict=True)]
        every = Grams(np.concatenate([_NO_GRAM, *(own.values for own in found)]), np.concatenate([_NO_ROW, *rows]))
        return Rare(every, np.concatenate([np.empty(0), *weights]), sum(len(group.texts) for group in self._groups))

    def search(self, training: Iterable[str]) -> dict[Place, Match]:
        """The match of each test row (target, row) with a copy: the closest kind, and its first training text."""
        found: dict[Place, Match] = {}

        def add(places: Iterable[Place], kind: int, number: int) -> None:
            for place in places:
                if place not in found or kind < found[place].kind:
                    found[place] = Match(kind, number)

        for texts, numbers in _pieces(training):
            folded = [fold(text) for text in texts]
            for text, plain, number in zip(texts, folded, numbers, strict=True):
                add(self._exact.get(text, ()), kinds.EXACT, number)
                add(self._normalised.get(plain, ()), kinds.NORMALISED, number)
                add(self._renumbered.get(without_numbers(plain), ()), kinds.NEAR, number)
            for places, row, kind in self._near(folded):
                add(places, kind, numbers[row])
        return found

    def _near(self, folded: Sequence[str]) -> Iterator[tuple[Sequence[Place], int, int]]:
        """(test rows, training text, kind) of texts with similar grams."""
        training = _sets(folded)
        texts, rows = self._rare.pairs(training)
        many = training.sizes[rows] >= FEWEST_TRAINING
        texts, rows = texts[many], rows[many]
        for group in self._groups:
            here = np.flatnonzero((texts >= group.first) & (texts < group.first + len(group.texts)))
            if not len(here):
                continue
            local = texts[here] - group.first
            found = kinds.kinds(*group.weighed.likeness(local, training, rows[here]))
            for at in np.flatnonzero(found != kinds.NONE):
                yield group.places[group.texts[local[at]]], int(rows[here[at]]), int(found[at])


def _sets(folded: Sequence[str]) -> Sets:
    return sets(grams(folded), len(folded))


def _weights(texts: Sequence[str], common: Sequence[str]) -> NDArray[np.float64]:
    """The weight of each folded text with all numbers replaced by zeros."""
    rarity = Rarity(_sets([without_numbers(text) for text in common]))
    return Weighed(_sets([without_numbers(text) for text in texts]), rarity).totals


def _pieces(training: Iterable[str]) -> Iterator[tuple[list[str], list[int]]]:
    """The training texts in portions of at most CHUNK, with their numbers; a long text is followed by its pieces."""
    pieces = ((piece, number) for number, text in enumerate(training) for piece in (text, *_cut(text)))
    while portion := list(islice(pieces, CHUNK)):
        yield [text for text, _ in portion], [number for _, number in portion]


def _cut(text: str) -> Iterator[str]:
    """The pieces of a long text, which overlap by half: of PIECE characters, of 4 PIECE, of 16 PIECE ..."""
    size = kinds.PIECE
    while size < len(text):
        yield from (text[at : at + size] for at in range(0, len(text) - size // 2, size // 2))
        size *= 4
