"""The places of the pieces of a copy in its original text, as far as the two agree."""

from __future__ import annotations

import functools
import re
import unicodedata

from phingpt_bench.scoring.occurrences import Finder
from phingpt_bench.scoring.subsequence import common_subsequence

COMPLETE = 0.8  # share of the text's words: with fewer, a copy is cut off, or not a copy

_TOKEN = re.compile(r"(?:\w|[\u0300-\u036f])+|[^\w\s]")


class Alignment:
    """The places of the pieces of a copy in the text. complete: enough of the text is in the copy."""

    def __init__(self, copy: str, text: str, folded: str):
        self.copy, self.text = copy, text
        self.exact = self.complete = copy == folded
        if self.exact:
            return
        self.find = functools.lru_cache(maxsize=None)(Finder(text))
        self.begins: dict[int, int] = {}  # from a place in the copy to one in the text, at words that both have
        self.ends: dict[int, int] = {}
        self.covered = bytearray(len(text))  # 1 if the text has a word of the copy
        theirs = list(_TOKEN.finditer(folded))
        mine = list(_TOKEN.finditer(copy))[: 4 * len(theirs) + 100]  # longer answers are loops
        pairs = common_subsequence([_key(token[0]) for token in mine], [_key(token[0]) for token in theirs])
        for i, j in pairs:
            self._match(mine[i].span(), theirs[j].span())
        # dots and commas are lost too easily to align by them, unless the text has nothing else
        words = {j for j, token in enumerate(theirs) if token[0][0].isalnum()} or set(range(len(theirs)))
        self.complete = bool(pairs) and sum(j in words for _, j in pairs) >= COMPLETE * len(words)

    def _match(self, mine: tuple[int, int], theirs: tuple[int, int]) -> None:
        (a, b), (start, end) = mine, theirs
        self.covered[start:end] = b"\1" * (end - start)
        self.begins[a], self.ends[b] = start, end
        if b - a == end - start:  # else a composed letter in the one is decomposed in the other
            self.begins.update(zip(range(a, b), range(start, end), strict=True))
            self.ends.update(zip(range(a + 1, b + 1), range(start + 1, end + 1), strict=True))

    def __call__(self, start: int, end: int) -> tuple[bool, list[tuple[int, int]]]:
        """(False, [place]) of a piece of the copy that alignment places, else (True, all places that it may have)."""
        if self.exact:
            return False, [(start, end)]
        surface = self.copy[start:end]
        start, end = self.begins.get(start, -1), self.ends.get(end, -1)
        if 0 <= start < end and _same(self.text[start:end], surface):
            return False, [(start, end)]
        found = self.find(surface)
        return True, [place for place in found if self.covered.find(1, *place) < 0] or found


def _key(word: str) -> str:
    """Words are aligned without case, so that a lowercased copy counts as a copy; its pieces are still not found."""
    return unicodedata.normalize("NFC", word).casefold()


def _same(a: str, b: str) -> bool:
    """Whether two pieces are written alike, except for Unicode composition and white space.

    Even if one has no white space: "Oyj , Espoo" is copied as "Oyj, Espoo", and the place is certain here.
    """
    return a == b or _visible(a) == _visible(b)


def _visible(piece: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFC", piece))
