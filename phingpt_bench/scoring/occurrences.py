"""Where a surface occurs in a text: as written, otherwise with what a reader cannot see disregarded."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

# Scripts that put no space between words, and Hangul, which writes particles at the end of words: a class of characters
# for regular expressions. Thai, Lao, Myanmar, Khmer, Hangul, Han, kana, bopomofo.
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3031-\u3035"
    "\u3040-\u30fa\u30fc-\u30ff\u3105-\u318f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f"
    "\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003134f"
)
_UNSPACED = re.compile(f"[{UNSPACED}]")
_WIDE = re.compile(r"\s\s|[^\S ]")  # white space that is no single space


class Finder:
    """All occurrences of a surface between word boundaries in one text, overlapping ones included, as (start, end).

    The surface is compared as written; only where it occurs nowhere, in NFC, with runs of white space as one space and
    without characters that are not seen (`seen`). Beside a character of UNSPACED every place is a word boundary.
    """

    def __init__(self, text: str):
        self.text = text
        self.folded: tuple[str, Sequence[int], Sequence[int]] | None = None  # made when first needed
        self.known: dict[str, list[tuple[int, int]]] = {}

    def __call__(self, surface: str) -> list[tuple[int, int]]:
        """The places of `surface`; none for an empty one. The list is shared: not to be changed."""
        if surface not in self.known:
            self.known[surface] = self._found(surface) if surface else []
        return self.known[surface]

    def _found(self, surface: str) -> list[tuple[int, int]]:
        if exact := [(at, at + len(surface)) for at in _occurrences(self.text, surface)]:
            return exact
        if self.folded is None:
            self.folded = _fold(self.text)
        text, starts, ends = self.folded
        folded = re.sub(r"\s+", " ", unicodedata.normalize("NFC", seen(surface)))
        if not folded or (folded == surface and text == self.text):
            return []
        surface = folded
        return [(starts[at], ends[at + len(surface) - 1]) for at in _occurrences(text, surface)]


def seen(text: str) -> str:
    """`text` without characters of category Cf: zero-width ones, byte order marks, soft hyphens, direction marks."""
    if text.isascii():
        return text
    return "".join(char for char in text if unicodedata.category(char) != "Cf")


def as_seen(answer: str, text: str) -> str:
    """`seen` of an answer about `text`, unless the text itself holds such characters."""
    return answer if answer.isascii() or seen(text) != text else seen(answer)


def _occurrences(text: str, surface: str) -> Iterator[int]:
    """Where `surface` (not empty) begins in `text`, between word boundaries."""
    left, right = in_word(surface[0]), in_word(surface[-1])
    for at in places(text, surface):
        end = at + len(surface)
        if not (left and at > 0 and in_word(text[at - 1])) and not (right and end < len(text) and in_word(text[end])):
            yield at


def places(text: str, surface: str) -> Iterator[int]:
    """Where `surface` (not empty) begins in `text`, inside words and overlapping itself too."""
    at = text.find(surface)
    while at >= 0:
        yield at
        at = text.find(surface, at + 1)


def in_word(char: str) -> bool:
    """Whether a character is part of a word that continues beside it."""
    if char.isascii():
        return char.isalnum() or char == "_"
    return (char.isalnum() or unicodedata.category(char)[0] == "M") and not _UNSPACED.match(char)


def _fold(text: str) -> tuple[str, Sequence[int], Sequence[int]]:
    """`text` as seen, in NFC with single spaces, and for each of its characters where the source begins and ends."""
    if text.isascii() and not _WIDE.search(text):
        return text, range(len(text)), range(1, len(text) + 1)
    folded: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    start = 0
    while start < len(text):
        end, space = start + 1, text[start].isspace()
        while end < len(text) and (text[end].isspace() if space else unicodedata.category(text[end])[0] == "M"):
            end += 1
        unit = " " if space else unicodedata.normalize("NFC", seen(text[start:end]))
        folded.append(unit)
        starts += [start] * len(unit)
        ends += [end] * len(unit)
        start = end
    return "".join(folded), starts, ends
