"""The common part of all formats of entity answers: entities, and their places in the text."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from phingpt_bench.core.errors import BenchError
from phingpt_bench.scoring.occurrences import Finder, places

WRONG_KINDS = ("format", "hallucinated", "conflict")  # each such piece is one wrong prediction; a duplicate is not


class Span(NamedTuple):
    """One entity in one text: character offsets, `end` exclusive."""

    start: int
    end: int
    type: str


class Problem(NamedTuple):
    """One piece of an answer that gave no span.

    kind: "format": not `TYPE: surface`, an unknown type, or an answer without any piece;
        "hallucinated": the surface is not in the text as a whole word (or words);
        "duplicate": the same piece again;
        "conflict": every occurrence belongs to a longer surface or to one that was named before.
    surface: what was written: the surface, or the whole piece where no type could be read.
    type: None if no known type could be read.
    """

    kind: str
    surface: str
    type: str | None


@dataclass(frozen=True, slots=True)
class Parsed:
    """What an answer says about its text: spans by position, none overlapping (but see `Rules.nested`), and problems.

    form: the form in which it was read, where that is not the one that was asked for. reason: why nothing was read at
    all, where that is not the form. Both are reported and play no part in equality.
    """

    spans: list[Span] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    form: str = field(default="", compare=False)
    reason: str = field(default="", compare=False)

    @property
    def wrong(self) -> list[Problem]:
        """The problems that count as wrong predictions: all except duplicates."""
        return [problem for problem in self.problems if problem.kind in WRONG_KINDS]

    @property
    def invalid(self) -> bool:
        """Whether the answer could not be read, in whole or in part (for `Outcomes.invalid`)."""
        return any(problem.kind == "format" for problem in self.problems)


class Entity(NamedTuple):
    """An entity as answers name it: a type and a surface, and which of its occurrences are meant."""

    type: str
    surface: str
    marks: tuple[int, ...]  # which occurrences, from 1; empty for every one
    place: tuple[int, int] | None = None  # the one occurrence, by offset

    @property
    def everywhere(self) -> bool:
        """Whether every occurrence of the surface is meant."""
        return self.place is None and not self.marks

    def chosen(self, text: str) -> list[tuple[int, int]]:
        """The places of the marked occurrences in `text`; a number beyond them is ignored."""
        if self.place is not None:
            return [self.place]
        starts = list(places(text, self.surface))
        return [(starts[k - 1], starts[k - 1] + len(self.surface)) for k in self.marks if 0 < k <= len(starts)]


class Piece(NamedTuple):
    """One piece of an answer, as written: `type` is None if no known one could be read."""

    type: str | None
    surface: str
    marks: tuple[int, ...] = ()
    place: tuple[int, int] | None = None


class Claim(NamedTuple):
    """A piece's claim on a part of the text. Of overlapping claims the smallest is kept: see `resolve_overlaps`.

    rank: False before True. shorter: the negative length, so that the longest is the smallest. piece: its number.
    """

    rank: bool
    shorter: int
    start: int
    piece: int

    @classmethod
    def of(cls, rank: bool, place: tuple[int, int], piece: int) -> Claim:
        """The claim of a piece on the place (start, end)."""
        return cls(rank, place[0] - place[1], place[0], piece)

    @property
    def end(self) -> int:
        """The offset after the last character."""
        return self.start - self.shorter


def checked_spans(text: str, spans: Iterable[Span], not_in_types: re.Pattern[str]) -> list[Span]:
    """The distinct spans by position; BenchError for one that does not fit the text or the answer format."""
    spans = sorted(set(spans))
    for span in spans:
        if not 0 <= span.start < span.end <= len(text):
            raise BenchError(
                "entity {start}:{end} ({type}) not in the text of {n} characters",
                start=span.start,
                end=span.end,
                type=span.type,
                n=len(text),
            )
        if span.type != span.type.strip() or not span.type or not_in_types.search(span.type):
            raise BenchError(
                "entity type {type!r} cannot be written", hint="use letters and digits, such as ORG", type=span.type
            )
    return spans


def write_entities(
    text: str, spans: Sequence[Span], line: Callable[[list[Entity]], str], read: Callable[[str], Parsed]
) -> str:
    """What `line` writes for the distinct entities of `spans` (sorted), with marks only where `read` needs them."""
    entities: dict[tuple[str, str], list[Span]] = {}  # a dict keeps the order of insertion
    for span in spans:
        entities.setdefault((span.type, text[span.start : span.end]), []).append(span)

    def written(marked: Collection[tuple[str, str]]) -> str:
        named = []
        for (type_, surface), mentions in entities.items():
            marks: tuple[int, ...] = ()
            if (type_, surface) in marked:
                starts = list(places(text, surface))
                marks = tuple(starts.index(span.start) + 1 for span in mentions)
            named.append(Entity(type_, surface, marks))
        return line(named)

    def read_differently(answer: str) -> set[tuple[str, str]]:
        found = set(read(answer).spans)
        return {(span.type, text[span.start : span.end]) for span in found ^ set(spans)} & entities.keys()

    answer = written(())
    if marked := read_differently(answer):
        answer = written(marked)
        if read_differently(answer):  # a marked entity no longer hides a shorter one inside it: mark all
            answer = written(entities)
    return answer


def first_line(answer: str) -> str:
    """The first line of an answer that is not blank; "" without any."""
    lines = answer.split("\n") if "\r" not in answer else re.split(r"[\r\n]", answer)
    return next((line for line in lines if line.strip()), "")


def align(pieces: Iterable[Piece], text: str, *, nested: bool = False, find: Finder | None = None) -> Parsed:
    """The spans of the pieces of an answer; an answer without pieces is a format problem.

    An entity means each occurrence of its surface between word boundaries: no letter, digit, underscore or
    combining mark directly before a surface that begins with one, nor after one that ends with one; beside characters
    of scripts without spaces between words every place is one. The surface is compared as written. Only where it
    occurs nowhere, white space (any run is one space), Unicode composition (NFC) and characters of category Cf
    (zero-width ones, soft hyphens) are disregarded, as a reader cannot see them; case, quotes and dashes are never
    disregarded. Where occurrences overlap the longest is kept, then the leftmost; where two types claim one surface,
    the type that was written first. nested: all are kept. An entity with an occurrence mark (` @2`) means those
    occurrences only, wherever they begin and end, before all others; a number that no occurrence has is hallucinated.
    """
    entities, problems = _sorted_out(pieces)
    find = find or Finder(text)
    claims = [
        Claim.of(entity.everywhere, place, at)
        for at, entity in entities.items()
        for place in (find(entity.surface) if entity.everywhere else entity.chosen(text))
    ]
    kept = claims if nested else resolve_overlaps(claims, len(text))
    placed, occurring = {claim.piece for claim in kept}, {claim.piece for claim in claims}
    for at, entity in entities.items():
        if at not in placed:
            kind = "conflict" if at in occurring else "hallucinated"
            problems[at] = Problem(kind, entity.surface, entity.type)
    spans = {Span(claim.start, claim.end, entities[claim.piece].type) for claim in kept}
    return Parsed(sorted(spans), [problems[at] for at in sorted(problems)])


def resolve_overlaps(claims: Iterable[Claim], length: int) -> list[Claim]:
    """The claims on a text of `length` characters that are kept, without overlaps: the smallest first."""
    kept = []
    taken = bytearray(length)
    for claim in sorted(claims):
        if taken.find(1, claim.start, claim.end) < 0:
            taken[claim.start : claim.end] = b"\1" * (claim.end - claim.start)
            kept.append(claim)
    return kept


def _sorted_out(pieces: Iterable[Piece]) -> tuple[dict[int, Entity], dict[int, Problem]]:
    """The distinct entities among the pieces of an answer, and the problems of the others, by place."""
    entities: dict[int, Entity] = {}
    problems: dict[int, Problem] = {}
    seen: set[Piece] = set()
    for at, piece in enumerate(pieces):
        if piece in seen:
            problems[at] = Problem("duplicate", piece.surface, piece.type)
        elif piece.type is None or not piece.surface:
            problems[at] = Problem("format", piece.surface, piece.type)
        else:
            entities[at] = Entity(piece.type, piece.surface, piece.marks, piece.place)
        seen.add(piece)
    if not seen:
        problems[0] = Problem("format", "", None)
    return entities, problems
