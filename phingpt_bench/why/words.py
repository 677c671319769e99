"""The words of a text by character offset, and the text without some of them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

# Marks that belong to the letter before them and are no letters for `re`: accents of decomposed text (a macOS file may
# have "n" and a tilde for "ñ"), vowel signs of Hebrew, Arabic and Devanagari.
MARKS = (
    "\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"
    "\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u0900-\u0903\u093a-\u093c\u093e-\u094f"
)
_LETTER = rf"(?:\w[{MARKS}]*)"
# A word, a number or an amount with what belongs to it: "year-on-year", "don't", "EUR", "$5.2", "12%", "@user".
_WORD = re.compile(rf"[$€£#@]?{_LETTER}+(?:[-.,:/&'’]{_LETTER}+)*%?")

Place = tuple[int, int]  # character offsets, end exclusive


def words_of(text: str) -> list[Place]:
    """The places of the words, in order; empty for a text of marks alone."""
    return [found.span() for found in _WORD.finditer(text)]


def without(text: str, places: Sequence[Place], dropped: Collection[int]) -> str:
    """The text without the words at the indices `dropped`, each with the blank before it (of the first one: after it).

    Marks stay where they are, so that "profit fell, and" gives "profit, and".
    """
    kept, at = [], 0
    for index in sorted(dropped):
        start, end = places[index]
        if start > at and text[start - 1].isspace():
            start -= 1
        elif start == 0 and text[end : end + 1].isspace():
            end += 1
        kept.append(text[at:start])
        at = end
    return "".join([*kept, text[at:]])


def replaced(text: str, places: Sequence[Place], words: Mapping[int, str]) -> str:
    """The text with others in place of some words, by their indices; a word replaced by "" is left out."""
    kept: list[str] = []
    moved: list[Place] = []
    at = length = 0
    for index, (start, end) in enumerate(places):
        word = words.get(index) or text[start:end]
        kept += [text[at:start], word]
        length += start - at
        moved.append((length, length + len(word)))
        at, length = end, length + len(word)
    return without("".join([*kept, text[at:]]), moved, [index for index, word in words.items() if not word])
