"""Entities as JSON: one line, each distinct entity once, in order of first mention.

    [{"type": "PER", "text": "Anna Lee"}, {"type": "ORG", "text": "Bank", "nth": 3}]        or        []

`nth` (a number or a list of numbers, from 1) stands only where not every occurrence is meant, as ` @3` in the lines of
scoring/spans.py. What an entity stands for, and what is wrong with an answer, is decided by `entities.align` as there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from phingpt_bench.scoring.entities import (
    Entity,
    Parsed,
    Piece,
    Span,
    align,
    checked_spans,
    first_line,
    names_nothing,
    type_reader,
    write_entities,
)
from phingpt_bench.scoring.loose_json import Object, Reader, shown
from phingpt_bench.scoring.occurrences import as_seen

# The names that models give the two fields of an entity, the surest first: "entity" may be either.
SURFACE_KEYS = ("text", "name", "surface", "mention", "value", "word", "entity")
TYPE_KEYS = ("type", "label", "entity_type", "category", "tag", "entity")
LIST_KEYS = ("entities", "named_entities")

_NEXT_OBJECT = re.compile(r"[\s,]*(?=\{)")
_NO_TYPE_CHARACTERS = re.compile(r"(?!)")  # matches nothing: a JSON string holds any type


def write_json(text: str, spans: Iterable[Span], types: Sequence[str]) -> str:
    """The JSON line for `spans`; "[]" without any. Overlaps and errors as in `spans.format_entities`."""
    spans = checked_spans(text, spans, _NO_TYPE_CHARACTERS)
    known = sorted({span.type for span in spans})
    return write_entities(text, spans, _line, lambda line: read_json(line, text, known))


def _line(entities: list[Entity]) -> str:
    items: list[dict[str, Any]] = []
    for type_, surface, marks in entities:
        nth = {"nth": marks[0] if len(marks) == 1 else list(marks)} if marks else {}
        items.append({"type": type_, "text": surface, **nth})
    return json.dumps(items, ensure_ascii=False)


def read_json(answer: str, text: str, types: Sequence[str]) -> Parsed:
    """The spans of `text` that `answer` names; never raises, whatever the answer is.

    The first JSON value counts: what stands before its bracket (words, a code fence) or after its end is passed over.
    Read alike are a list of entities, {"entities": [...]}, an object by type ({"PER": ["Anna Lee"]}; types without a
    value are passed over), and entities one after another without a list. The fields of an entity may have any of the
    names above, and its surface may be a list of several. A comma before a closing bracket is allowed. White space
    around a surface is dropped unless `nth` is given; characters of category Cf are disregarded where `text` holds
    none. "none" or "null" alone name no entity, as [] and {} do; an answer without any JSON, empty or not, is a format
    problem.

    Where the JSON breaks off or breaks down (also: more than loose_json.DEPTH levels), everything complete before that
    place counts, and the rest is one format problem; an entity is complete with its closing brace.
    """
    answer = as_seen(answer, text)
    if (line := first_line(answer)) and (names_nothing(line) or line.strip() == "null"):
        return Parsed()
    opening = re.search(r"[\[{]", answer)
    if opening is None:
        return align([Piece(None, answer.strip())], text)
    reader = Reader(answer)
    pieces = _Pieces(types)
    found: list[Piece] = []
    at = opening.start()
    while True:
        value, at = reader.value(at, 0)
        found += pieces.of_value(value)
        if not (isinstance(value, Object) and value.closed and _keys(value.fields)):
            break
        following = _NEXT_OBJECT.match(answer, at)
        if following is None:
            break
        at = following.end()
    if reader.broken is not None:
        found.append(Piece(None, answer[reader.broken :].strip()))
    return align(found, text) if found else Parsed()


class _Pieces:
    """From JSON values to the pieces of an answer, given the known types."""

    def __init__(self, types: Sequence[str]):
        self.read_type = type_reader(types)

    def of_value(self, value: Any) -> Iterator[Piece]:
        """What a whole answer, or a list under LIST_KEYS, names."""
        if not isinstance(value, list):
            value = [value]
        for item in value:
            if isinstance(item, Object):
                yield from self._of_object(item)
            elif item is not None:
                yield Piece(None, shown(item))

    def _of_object(self, item: Object) -> Iterator[Piece]:
        fields = item.fields
        if not item.closed and not fields.keys().isdisjoint(SURFACE_KEYS + TYPE_KEYS):
            return  # the unfinished entity; where the answer broke is one problem already
        if keys := _keys(fields):
            type_ = fields[keys[1]]
            yield from self._of_entity(self._known(type_), fields, keys[0], item)
            return
        by_type = [(key, self._known(key), value) for key, value in item.pairs]
        lists = [value for key, value in fields.items() if key in LIST_KEYS]
        if not lists and not any(type_ for _, type_, _ in by_type):
            if any(value not in (None, "", []) for _, _, value in by_type):
                yield Piece(None, shown(item))
            return
        for value in lists:
            yield from self.of_value(value)
        for key, type_, value in by_type:
            if value in (None, "", []) or key.strip().casefold() in LIST_KEYS:
                continue
            for one in value if isinstance(value, list) else [value]:
                yield from self._of_typed(key, type_, one)

    def _of_typed(self, key: str, type_: str | None, value: Any) -> Iterator[Piece]:
        """What one value under the name of a type names."""
        if type_ and isinstance(value, str):
            yield Piece(type_, value.strip())
        elif type_ and isinstance(value, Object):
            fields = value.fields
            surface = next((key for key in SURFACE_KEYS if key in fields), None)
            if value.closed:
                yield from self._of_entity(type_, fields, surface, value)
        else:
            yield Piece(None, shown(Object([(key, value)], True)))

    def _of_entity(self, type_: str | None, fields: dict[str, Any], key: str | None, item: Object) -> Iterator[Piece]:
        surfaces = fields.get(key) if key else None
        surfaces = surfaces if isinstance(surfaces, list) else [surfaces]
        marks = fields.get("nth")
        marks = [] if marks is None else marks if isinstance(marks, list) else [marks]
        if type_ is None or not all(isinstance(s, str) for s in surfaces) or not all(isinstance(k, int) for k in marks):
            yield Piece(None, shown(item))
            return
        for surface in surfaces:
            yield Piece(type_, surface if marks else surface.strip(), tuple(dict.fromkeys(marks)))

    def _known(self, name: Any) -> str | None:
        return self.read_type(name.strip()) if isinstance(name, str) else None


def _keys(fields: dict[str, Any]) -> tuple[str, str] | None:
    """The names under which an entity has its surface and its type; None for what is no entity."""
    surface = next((key for key in SURFACE_KEYS if key in fields), None)
    type_ = next((key for key in TYPE_KEYS if key in fields and key != surface), None)
    return (surface, type_) if surface and type_ else None
