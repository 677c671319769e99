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
from collections.abc import Iterable, Iterator, Sequence

from phingpt_bench.scoring.entities import (
    WRONG_KINDS,
    Entity,
    Parsed,
    Piece,
    Problem,
    Span,
    align,
    checked_spans,
    first_line,
    names_nothing,
    type_reader,
    write_entities,
)
from phingpt_bench.scoring.occurrences import as_seen

__all__ = ["NONE", "WRONG_KINDS", "Parsed", "Problem", "Span", "format_entities", "parse_entities"]

NONE = "none"
_PIECE = re.compile(r"(?:[^;\\]|\\.?)+", re.DOTALL)
_ESCAPE = re.compile(r"\\([\\;nr@]|\s)")
_MARK = re.compile(r" @(\d+(?:,\d+)*)\s*\Z")
_ESCAPED = {"n": "\n", "r": "\r"}


def format_entities(text: str, spans: Iterable[Span]) -> str:
    """The answer line for `spans`: each (type, surface) once, in order of first mention; "none" without spans.

    An entity gets an occurrence mark only where the line would be read as other spans without it. Spans that overlap
    cannot all be written: a reader keeps the first.
    BenchError for a span that is empty or lies outside of the text, and for a type that the line cannot hold.
    """
    spans = checked_spans(text, spans, re.compile(r"[:;\\\r\n]"))
    types = sorted({span.type for span in spans})
    return write_entities(text, spans, _line, lambda line: parse_entities(line, text, types))


def _line(entities: list[Entity]) -> str:
    pieces = []
    for type_, surface, marks in entities:
        mark = " @" + ",".join(map(str, marks)) if marks else ""
        pieces.append(f"{type_}: {_escape(surface)}{mark}")
    return "; ".join(pieces) or NONE


def parse_entities(answer: str, text: str, types: Sequence[str]) -> Parsed:
    """The spans of `text` that `answer` names; never raises, whatever the answer is.

    Characters of category Cf are disregarded where the text holds none. The first line that is not blank counts. "none"
    alone (any case, a full stop allowed) names no entity. Pieces stand between semicolons; blank ones (a semicolon at
    the end) are passed over, but an answer of nothing else is a format problem. Types are compared as written, then
    without case. What an entity stands for says `align`.
    """
    answer = as_seen(answer, text)
    line = first_line(answer)
    return Parsed() if names_nothing(line) else align(_pieces(line, types), text)


def _pieces(line: str, types: Sequence[str]) -> Iterator[Piece]:
    """The pieces of an answer line, blank ones left out."""
    read_type = type_reader(types)
    for piece in _PIECE.findall(line):
        if not piece.strip():
            continue
        name, colon, rest = piece.partition(":")
        type_ = read_type(name.strip()) if colon else None
        if type_ is None:
            yield Piece(None, piece.strip())
            continue
        marks: tuple[int, ...] = ()
        if mark := _MARK.search(rest):
            # a number of more digits than any text has occurrences is as wrong as one that is merely too large
            marks = tuple(dict.fromkeys(int(number[:9]) for number in mark[1].split(",")))
            rest = rest[: mark.start()]
        yield Piece(type_, _unescape(rest), marks)


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
