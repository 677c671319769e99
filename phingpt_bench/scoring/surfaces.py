"""A name as a model writes it, and the names of the text that it means, without quotes, comments and lists."""

from __future__ import annotations

import re
from collections.abc import Iterator

from phingpt_bench.scoring.entities import Piece
from phingpt_bench.scoring.no_entities import says_nothing
from phingpt_bench.scoring.occurrences import Finder

WRAPPING = " \t*_`\"'“”‘’«»‹›[](){}<>"
# from the first of several blanks on only: else a run of blanks takes time by its square
_SEPARATOR = re.compile(r"(?:(?<!\s)\s+)?[,、，]\s*|(?<!\s)\s+(?:and|&|y|e)\s+")
# the end of a company's name, which is not a name of its own after a comma
_SUFFIX = re.compile(
    r"(?:inc|incorporated|ltd|limited|corp|corporation|co|company|plc|llc|llp|l\.?p|n\.?a|s\.?a|ag|se|nv|n\.?v|ab|asa|oyj|oy|gmbh"
    r"|kg|spa|s\.?p\.?a|s\.?l|s\.?r\.?l|jr|sr|ii|iii)\.?",
    re.IGNORECASE,
)
_LONGEST_LIST = 20_000  # characters


class Surfaces:
    """Reads the surfaces of answers about one text.

    The first of these that is in the text (as whole words) is meant:
      1. what is written, unchanged;
      2. without quotes, brackets and marks of emphasis around it;
      3. without a full stop, comma or colon at its end;
      4. without a comment in brackets after it ("Nokia (a company)").
    Else, where it is a list whose parts are divided by commas, "and" or "y", and at least one of them is in the text,
    each part is a name of its own. Otherwise it is taken as written, and is not in the text.
    """

    def __init__(self, find: Finder):
        self.find = find

    def known(self, written: str) -> str | None:
        """The surface that is in the text, by 1 to 4; None if there is none."""
        if self.find(written):
            return written
        for variant in _variants(written):
            if variant and self.find(variant):
                return variant
        return None

    def pieces(self, type_: str, written: str) -> Iterator[Piece]:
        """The pieces of one type that a written name means; none if it says that there are none."""
        if not written:
            yield Piece(type_, "")
            return
        if (surface := self.known(written)) is not None:
            yield Piece(type_, surface)
            return
        if says_nothing(written.strip("*_ ")) or says_nothing(written):
            return
        parts = self._parts(written)
        if any(self.known(part) is not None for part in parts):
            yield from (Piece(type_, self.known(part) or part) for part in parts if not says_nothing(part))
        else:
            yield Piece(type_, written)

    def _parts(self, written: str) -> list[str]:
        if len(written) > _LONGEST_LIST or not _SEPARATOR.search(written):
            return []
        parts = [part.strip(WRAPPING) for part in _SEPARATOR.split(written.strip(WRAPPING))]
        parts = [part for part in parts if part]
        return [] if any(map(is_suffix, parts)) else parts


def is_suffix(part: str) -> bool:
    """Whether a part after a comma is the end of a company's or person's name ("Inc.", "Jr.")."""
    return _SUFFIX.fullmatch(part.strip()) is not None


def _variants(written: str) -> Iterator[str]:
    bare = written.strip(WRAPPING)
    yield bare
    bare = bare.rstrip(".,;: ")
    yield bare
    yield bare.strip(WRAPPING)
    yield re.sub(r"\s*[(\[][^()\[\]]*[)\]]?\Z", "", written[:1_000].rstrip(". ")).strip(WRAPPING)
