"""The answer line of an entity task: written from spans, and read back into spans with character offsets.

    PER: Anna Lee; ORG: Nokia Oyj        or        none

An entity (a type and a surface) is written once and stands for every occurrence of its surface in the text. Where that
is not so (the same word is a name here and none there), ` @2` or ` @1,3` behind the surface says which occurrences are
meant, counted from 1: so any spans that do not overlap can be written.

Escapes. A surface that holds `;`, a backslash or a line break writes them `\\;`, `\\\\`, `\\n`, `\\r`, white space at
its ends has a backslash before it, and so has the @ of a surface that ends like an occurrence mark. Nothing else is
escaped, so ordinary names are written as they stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from phingpt_bench.core.errors import BenchError
from phingpt_bench.scoring.occurrences import Finder, places

NONE = "none"
WRONG_KINDS = ("format", "hallucinated", "conflict")  # each such piece is one wrong prediction; a duplicate is not

_NONE = re.compile(r"none\.?", re.IGNORECASE)
_PIECE = re.compile(r"(?:[^;\\]|\\.?)+", re.DOTALL)
_ESCAPE = re.compile(r"\\([\\;nr@]|\s)")
_MARK = re.compile(r" @(\d+(?:,\d+)*)\s*\Z")
_ESCAPED = {"n": "\n", "r": "\r"}


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
    type: None where no known type could be read.
    """

    kind: str
    surface: str
    type: str | None


@dataclass(frozen=True, slots=True)
class Parsed:
    """What an answer says about its text: spans by position, none overlapping, and problems in order of writing."""

    spans: list[Span] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def wrong(self) -> list[Problem]:
        """The problems that count as wrong predictions: all but duplicates."""
        return [problem for problem in self.problems if problem.kind in WRONG_KINDS]

    @property
    def invalid(self) -> bool:
        """Whether the answer could not be read, as a whole or in part (for `Outcomes.invalid`)."""
        return any(problem.kind == "format" for problem in self.problems)


def format_entities(text: str, spans: Iterable[Span]) -> str:
    """The answer line for `spans`: each (type, surface) once, in order of first mention; "none" without spans.

    An entity gets an occurrence mark only where the line would be read as other spans without it. Spans that overlap
    cannot all be written: a reader keeps the first.
    BenchError for a span that is empty or lies outside of the text, and for a type that the line cannot hold.
    """
    spans = sorted(set(spans))
    entities: dict[tuple[str, str], list[Span]] = {}  # a dict keeps the order of insertion
    for span in spans:
        if not 0 <= span.start < span.end <= len(text):
            raise BenchError(f"entity {span.start}:{span.end} ({span.type}) not in the text of {len(text)} characters")
        if span.type != span.type.strip() or not span.type or re.search(r"[:;\\\r\n]", span.type):
            raise BenchError(f"entity type {span.type!r} cannot be written", hint="use letters and digits, such as ORG")
        entities.setdefault((span.type, text[span.start : span.end]), []).append(span)
    types = sorted({span.type for span in spans})

    def read_differently(line: str) -> set[tuple[str, str]]:
        read = set(parse_entities(line, text, types).spans)
        return {(span.type, text[span.start : span.end]) for span in read ^ set(spans)} & entities.keys()

    line = _line(text, entities, set())
    if marked := read_differently(line):
        line = _line(text, entities, marked)
        if read_differently(line):  # a marked entity no longer covers a shorter one inside it: mark all
            line = _line(text, entities, set(entities))
    return line


def _line(text: str, entities: dict[tuple[str, str], list[Span]], marked: set[tuple[str, str]]) -> str:
    pieces = []
    for (type_, surface), spans in entities.items():
        mark = ""
        if (type_, surface) in marked:
            starts = list(places(text, surface))
            mark = " @" + ",".join(str(starts.index(span.start) + 1) for span in spans)
        pieces.append(f"{type_}: {_escape(surface)}{mark}")
    return "; ".join(pieces) or NONE


def parse_entities(answer: str, text: str, types: Sequence[str]) -> Parsed:
    """The spans of `text` that `answer` names; never raises, whatever the answer is.

    The first line that is not blank counts. "none" alone (any case, a full stop allowed) names no entity. Pieces stand
    between semicolons; blank ones (a semicolon at the end) are passed over, but an answer of nothing else is a format
    problem. Types are compared as written, then without case.

    An entity stands for each occurrence of its surface between word boundaries: no letter, digit, underscore or
    combining mark directly before a surface that begins with one, nor after one that ends with one. (Scripts that put
    no spaces between words would need another rule.) The surface is compared as written. Only where it occurs nowhere,
    white space (any run is one space) and Unicode composition (NFC) are disregarded, as a reader cannot see them; case,
    quotes and dashes are never disregarded. Where occurrences overlap the longest is kept, then the leftmost; where two
    types claim one surface, the type that was written first. An entity with an occurrence mark (` @2`) stands for those
    occurrences only, wherever they begin and end, before all others; a number that no occurrence has is hallucinated.
    """
    lines = answer.split("\n") if "\r" not in answer else re.split(r"[\r\n]", answer)
    line = next((line for line in lines if line.strip()), "")
    if _NONE.fullmatch(line.strip()):
        return Parsed()
    entities, problems = _entities(line, types)
    spans: list[Span] = []
    taken = bytearray(len(text))
    placed: set[int] = set()
    found = Finder(text)
    candidates = [
        (not entity.marks, start - end, start, at)
        for at, entity in entities.items()
        for start, end in (entity.chosen(text) if entity.marks else found(entity.surface))
    ]
    for _, minus_length, start, at in sorted(candidates):
        end = start - minus_length
        if taken.find(1, start, end) < 0:
            taken[start:end] = b"\1" * (end - start)
            spans.append(Span(start, end, entities[at].type))
            placed.add(at)
    occurring = {candidate[-1] for candidate in candidates}
    for at, entity in entities.items():
        if at not in placed:
            kind = "conflict" if at in occurring else "hallucinated"
            problems[at] = Problem(kind, entity.surface, entity.type)
    return Parsed(sorted(spans), [problems[at] for at in sorted(problems)])


class _Entity(NamedTuple):
    type: str
    surface: str
    marks: tuple[int, ...]  # which occurrences, from 1; empty for every one

    def chosen(self, text: str) -> list[tuple[int, int]]:
        starts = list(places(text, self.surface))
        return [(starts[k - 1], starts[k - 1] + len(self.surface)) for k in self.marks if 0 < k <= len(starts)]


def _entities(line: str, types: Sequence[str]) -> tuple[dict[int, _Entity], dict[int, Problem]]:
    """The distinct entities of an answer line, and what is wrong with its other pieces, by place."""
    known = {type_.casefold(): type_ for type_ in reversed(types)} | {type_: type_ for type_ in types}
    entities: dict[int, _Entity] = {}
    problems: dict[int, Problem] = {}
    seen: set[tuple[str | None, str, tuple[int, ...]]] = set()
    for at, piece in enumerate(_PIECE.findall(line)):
        if not piece.strip():
            continue
        name, colon, rest = piece.partition(":")
        name = name.strip()
        type_ = (known.get(name) or known.get(name.casefold())) if colon else None
        marks: tuple[int, ...] = ()
        if type_ is None:
            surface = piece.strip()
        else:
            if mark := _MARK.search(rest):
                # a number of more digits than any text has occurrences is as wrong as one that is merely too large
                marks = tuple(dict.fromkeys(int(number[:9]) for number in mark[1].split(",")))
                rest = rest[: mark.start()]
            surface = _unescape(rest)
        if (type_, surface, marks) in seen:
            problems[at] = Problem("duplicate", surface, type_)
        elif type_ is None or not surface:
            problems[at] = Problem("format", surface, type_)
        else:
            entities[at] = _Entity(type_, surface, marks)
        seen.add((type_, surface, marks))
    if not seen:
        problems[0] = Problem("format", "", None)
    return entities, problems


def _escape(surface: str) -> str:
    surface = surface.replace("\\", "\\\\").replace(";", "\\;").replace("\n", "\\n").replace("\r", "\\r")
    surface = _MARK.sub(lambda match: " \\" + match[0][1:], surface)
    return re.sub(r"\A\s|\s\Z", lambda match: "\\" + match[0], surface)


def _unescape(written: str) -> str:
    """What `_escape` made the surface from, outer white space removed; a backslash before another character stays."""
    written = written.lstrip()
    bare = written.rstrip()
    if (len(bare) - len(bare.rstrip("\\"))) % 2:  # the last backslash belongs to the white space after it
        bare = written[: len(bare) + 1]
    return _ESCAPE.sub(lambda match: _ESCAPED.get(match[1], match[1]), bare)
