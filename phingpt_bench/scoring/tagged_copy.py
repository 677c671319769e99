"""The places in a text of the entities that are marked in a copy of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from phingpt_bench.scoring.copies import Alignment
from phingpt_bench.scoring.entities import Claim, Parsed, Problem, Span, resolve_overlaps

_BREAKS = {ord("\n"): " ", ord("\r"): " "}


class Tagged(NamedTuple):
    """A piece that is marked as an entity: its number, its type, and where the copy has it."""

    at: int
    type: str
    start: int
    end: int

    def surface(self, copy: str) -> str:
        """What is between the marks."""
        return copy[self.start : self.end]


class Unread(NamedTuple):
    """A mark that names no entity: its number, its type where it has a known one, and as written."""

    at: int
    type: str | None
    surface: str


def located(
    copy: str,
    tagged: Sequence[Tagged],
    unread: Iterable[Unread],
    text: str,
    *,
    nested: bool = False,
    whole: bool = True,
) -> Parsed:
    """The spans of `text` that are marked in `copy`, and what is wrong with the other marks.

    Where the copy is exact (except for line breaks, which are spaces in it), marks say the offsets. Otherwise its words
    are aligned with those of the text by a longest common subsequence, and a marked piece has the place of its words
    if they stand there as written (except for white space, Unicode composition, and category Cf where the text has
    none). A piece that has none is looked up by `Finder`, in the parts of the text that the copy lacks first: it is
    taken where it occurs once, is a duplicate where it was marked there already, and else hallucinated. Of pieces
    that overlap the longest is kept and the others are conflicts, unless `nested`. Slips in copying are no fault of
    their own; whole: a copy that lacks too many words of the text is a format problem.
    """
    alignment = Alignment(copy, text, text.translate(_BREAKS))
    places = {piece.at: alignment(piece.start, piece.end) for piece in tagged}
    claims = [Claim.of(rank, found[0], at) for at, (rank, found) in places.items() if len(found) == 1]
    kept = claims if nested else resolve_overlaps(claims, len(text))
    types = {piece.at: piece.type for piece in tagged}
    spans = {Span(claim.start, claim.end, types[claim.piece]) for claim in kept}
    problems = _problems(copy, tagged, unread, {at: found for at, (_, found) in places.items()}, kept, spans)
    if whole and not alignment.complete:
        problems.append(Problem("format", "", None))
    return Parsed(sorted(spans), problems)


def _problems(
    copy: str,
    tagged: Iterable[Tagged],
    unread: Iterable[Unread],
    places: dict[int, list[tuple[int, int]]],
    kept: Iterable[Claim],
    spans: set[Span],
) -> list[Problem]:
    """What is wrong with the marks that have no place, in the order of writing."""
    placed = {claim.piece for claim in kept}
    problems: list[Problem] = []
    seen: set[tuple[str | None, str]] = set()
    for at, type_, surface in sorted([*unread, *((piece.at, piece.type, piece.surface(copy)) for piece in tagged)]):
        if at in placed:
            continue
        found = places.get(at, [])
        if (type_, surface) in seen or (type_ and any(Span(*place, type_) in spans for place in found)):
            kind = "duplicate"
        elif at not in places:
            kind = "format"
        else:
            kind = "conflict" if len(found) == 1 else "hallucinated"
        problems.append(Problem(kind, surface, type_))
        seen.add((type_, surface))
    return problems
