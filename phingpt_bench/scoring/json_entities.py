"""Entities as JSON: one line, each distinct entity once, in order of first mention.

    [{"type": "PER", "text": "Anna Lee"}, {"type": "ORG", "text": "Bank", "nth": 3}]        or        []

`nth` (a number or a list of numbers, from 1) is given only if not every occurrence is meant, as ` @3` in the lines of
scoring/spans.py. What an entity means, and what is wrong with an answer, is decided by `entities.align` as there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence

from phingpt_bench.scoring.entities import Entity, Parsed, Piece, Span, align, checked_spans, first_line, write_entities
from phingpt_bench.scoring.json_pieces import Pieces, entity_keys
from phingpt_bench.scoring.loose_json import Object, Reader
from phingpt_bench.scoring.no_entities import names_nothing
from phingpt_bench.scoring.occurrences import as_seen
from phingpt_bench.scoring.reading import PLAIN, Rules
from phingpt_bench.scoring.type_names import type_reader

_OPENING = re.compile(r"[\[{]|\((?=\s*[\"'])")
_NEXT_VALUE = re.compile(r"[\s,;]*(?=[{(])")
_NO_TYPE_CHARACTERS = re.compile(r"(?!)")  # matches nothing: a JSON string holds any type


def write_json(text: str, spans: Iterable[Span], types: Sequence[str]) -> str:
    """The JSON line for `spans`; "[]" without any. Overlaps and errors as in `spans.format_entities`."""
    spans = checked_spans(text, spans, _NO_TYPE_CHARACTERS)
    known = sorted({span.type for span in spans})
    return write_entities(text, spans, _line, lambda line: read_json(line, text, known))


def _line(entities: list[Entity]) -> str:
    items: list[dict[str, object]] = []
    for type_, surface, marks, _ in entities:
        nth = {"nth": marks[0] if len(marks) == 1 else list(marks)} if marks else {}
        items.append({"type": type_, "text": surface, **nth})
    return json.dumps(items, ensure_ascii=False)


def read_json(answer: str, text: str, types: Sequence[str], rules: Rules = PLAIN) -> Parsed:
    """The spans of `text` that `answer` names; never raises, whatever the answer is.

    The first JSON value counts: anything before its bracket (words, a code fence) or after its end is ignored.
    Read alike are a list of entities, {"entities": [...]}, an object by type ({"PER": ["Anna Lee"]}; types without a
    value do not count) or by name ({"Anna Lee": "PER"}), pairs ([["Anna Lee", "PER"]], Python's tuples too), the
    output of transformers' NER pipeline (its offsets count where they fit the text), and entities one after another
    without a list. The fields of an entity may have any of the names in scoring/json_pieces.py, and its surface may
    be a list of several. A comma before a closing bracket is allowed, and strings may be in single quotes. White
    space around a surface is dropped unless `nth` is given; characters of category Cf are disregarded where `text`
    holds none. "none" or "null" alone name no entity, as [] and {} do; an answer without any JSON, empty or not, is a
    format problem.

    Where the JSON breaks off or breaks down (also: more than loose_json.DEPTH levels), everything complete before that
    place counts, and the rest is one format problem; an entity is complete with its closing brace.
    """
    answer = as_seen(answer, text)
    if (line := first_line(answer)) and (names_nothing(line) or line.strip() == "null"):
        return Parsed()
    opening = _OPENING.search(answer)
    if opening is None:
        return align([Piece(None, answer.strip())], text)
    reader = Reader(answer)
    pieces = Pieces(type_reader(tuple(types), rules.type_aliases), text)
    found: list[Piece] = []
    at = opening.start()
    while True:
        begin = answer[at]
        value, at = reader.value(at, 0)
        found += pieces.of_value([value] if begin == "(" else value)
        one = begin == "(" or (isinstance(value, Object) and value.closed and entity_keys(value.fields))
        following = _NEXT_VALUE.match(answer, at) if one and reader.broken is None else None
        if following is None:
            break
        at = following.end()
    if reader.broken is not None:
        found.append(Piece(None, answer[reader.broken :].strip()))
    return align(found, text, nested=rules.nested) if found else Parsed()
