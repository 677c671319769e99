"""The answer line of an entity task: written from spans, and read back into spans with character offsets.

    PER: Anna Lee; ORG: Nokia Oyj        or        none

An entity (a type and a surface) is written once and means every occurrence of its surface in the text. If only
some of them are meant (the same word is a name in one place and not in another), ` @2` or ` @1,3` after the surface
names these, counted from 1. So any spans that do not overlap can be written. Escapes:
scoring/line_form.py. What models write instead of such a line, and is read as well: scoring/entity_lines.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from phingpt_bench.scoring.entities import Entity, Span, checked_spans, write_entities
from phingpt_bench.scoring.entity_lines import parse_entities
from phingpt_bench.scoring.line_form import NONE, escape


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
    for type_, surface, marks, _ in entities:
        mark = " @" + ",".join(map(str, marks)) if marks else ""
        pieces.append(f"{type_}: {escape(surface)}{mark}")
    return "; ".join(pieces) or NONE
