"""From the JSON values of an answer to its pieces: what names an entity, and what does not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from phingpt_bench.scoring.entities import Piece
from phingpt_bench.scoring.loose_json import Fields, Object, shown
from phingpt_bench.scoring.no_entities import says_nothing
from phingpt_bench.scoring.token_tags import PREFIXED, joined

# The names that models give the two fields of an entity, the surest first: "entity" may be either.
SURFACE_KEYS = (
    "text", "name", "surface", "mention", "value", "word", "span", "entity_text", "entity_name", "token", "entity",
    "names", "mentions", "values",
)  # fmt: skip
TYPE_KEYS = (
    "type", "label", "entity_type", "entity_group", "category", "tag", "entity_label", "ner_tag", "class", "entity",
)  # fmt: skip
LIST_KEYS = ("entities", "named_entities", "ents")


class Pieces:
    """The pieces that values name, given the known types and the text that they are about."""

    def __init__(self, read_type: Callable[[str], str | None], text: str):
        self.read_type, self.text = read_type, text

    def of_value(self, value: Any) -> Iterator[Piece]:
        """What a whole answer, or a list under LIST_KEYS, names."""
        if not isinstance(value, list):
            value = [value]
        elif (alone := self._of_sequence(value)) is not None:
            value = [value] if alone.type else value
        for item in joined(value):
            if isinstance(item, Object):
                yield from self._of_object(item)
            elif isinstance(item, list):
                yield from self._of_list(item)
            elif item is not None:
                yield Piece(None, shown(item))

    def _of_list(self, item: list[Any]) -> Iterator[Piece]:
        """A list in a list: (name, type), (type, name), (start, end, type), or one more list of entities."""
        piece = self._of_sequence(item)
        if piece is not None:
            yield piece
        elif any(isinstance(inner, Object | list) for inner in item):
            yield from self.of_value(item)
        elif item:
            yield Piece(None, shown(item))

    def _of_sequence(self, item: Sequence[Any]) -> Piece | None:
        """The piece that a tuple of two or more plain values is; None for any other list."""
        texts = [value for value in item if isinstance(value, str)]
        places = [value for value in item if isinstance(value, int)]
        if not 2 <= len(item) <= 5 or len(texts) + len(places) < len(item):
            return None
        typed = [(at, type_) for at in (len(texts) - 1, 0) if texts and (type_ := self._known(texts[at]))]
        if len(texts) == 1 and typed and len(places) == 2:
            return self._placed(typed[0][1], None, places[0], places[1])
        if len(texts) == 2 and typed:
            at, type_ = typed[0]
            return self._placed(type_, texts[1 - at].strip(), *(places if len(places) == 2 else (None, None)))
        return None

    def _of_object(self, item: Object) -> Iterator[Piece]:
        fields = item.fields
        if not item.closed and not fields.keys().isdisjoint(SURFACE_KEYS + TYPE_KEYS):
            return  # the unfinished entity; where the answer broke is one problem already
        if keys := entity_keys(fields):
            yield from self._of_entity(self._known(fields[keys[1]]), fields, keys[0], item)
            return
        offsets = fields.get("start"), fields.get("end")
        if all(isinstance(at, int) for at in offsets):  # an entity by its place alone, as spaCy writes it
            type_ = next((found for key in TYPE_KEYS if (found := self._known(fields.get(key)))), None)
            yield self._placed(type_, None, *offsets) if type_ else Piece(None, shown(item))
            return
        by_type = [(key, self._known(key), value) for key, value in item.pairs]
        lists = [value for key, value in fields.items() if key in LIST_KEYS]
        if not lists and not any(type_ for _, type_, _ in by_type):
            yield from self._of_names(item)
            return
        for value in lists:
            yield from self.of_value(value)
        for key, type_, value in by_type:
            if value in (None, "", []) or key.strip().casefold() in LIST_KEYS or (lists and type_ is None):
                continue
            for one in value if isinstance(value, list) else [value]:
                yield from self._of_typed(key, type_, one)

    def _of_names(self, item: Object) -> Iterator[Piece]:
        """An object without types as keys: {"Anna Lee": "PER"}, or none that names an entity."""
        values = [(key, self._known(value)) for key, value in item.pairs]
        named = item.fields.keys().isdisjoint(SURFACE_KEYS + TYPE_KEYS)
        if named and any(type_ for _, type_ in values):
            yield from (Piece(type_, key.strip()) for key, type_ in values)
        elif any(value not in (None, "", []) for _, value in item.pairs):
            yield Piece(None, shown(item))

    def _of_typed(self, key: str, type_: str | None, value: Any) -> Iterator[Piece]:
        """What one value under the name of a type names."""
        if type_ and isinstance(value, str):
            if not says_nothing(value) or value.strip() in self.text:
                yield Piece(type_, value.strip())
        elif type_ and isinstance(value, Object):
            fields = value.fields
            surface = next((key for key in SURFACE_KEYS if key in fields), None)
            if value.closed:
                yield from self._of_entity(type_, fields, surface, value)
        else:
            yield Piece(None, shown(Object([(key, value)], True)))

    def _of_entity(self, type_: str | None, fields: Fields, key: str | None, item: Object) -> Iterator[Piece]:
        surfaces = fields.get(key) if key else None
        surfaces = surfaces if isinstance(surfaces, list) else [surfaces]
        marks = fields.get("nth")
        marks = [] if marks is None else marks if isinstance(marks, list) else [marks]
        if type_ is None or not all(isinstance(s, str) for s in surfaces) or not all(isinstance(k, int) for k in marks):
            yield Piece(None, shown(item))
            return
        if "score" in fields and len(surfaces) == 1:  # a classifier's, which knows its places
            yield self._placed(type_, surfaces[0].strip(), fields.get("start"), fields.get("end"))
            return
        for surface in surfaces:
            yield Piece(type_, surface if marks else surface.strip(), tuple(dict.fromkeys(marks)))

    def _placed(self, type_: str, surface: str | None, start: Any, end: Any) -> Piece:
        """A piece by its offsets where they hold the surface in the text; else by its surface."""
        if not (isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= len(self.text)):
            return Piece(type_, surface or "")
        there = self.text[start:end]
        if surface is not None and _letters(there) != _letters(surface):
            return Piece(type_, surface)
        lead = len(there) - len(there.lstrip())
        return Piece(type_, there.strip(), place=(start + lead, start + lead + len(there.strip())))

    def _known(self, name: Any) -> str | None:
        if not isinstance(name, str):
            return None
        found = self.read_type(name.strip())
        if found is None and (prefixed := PREFIXED.fullmatch(name.strip())):
            found = self.read_type(prefixed["type"])
        return found


def entity_keys(fields: Fields) -> tuple[str, str] | None:
    """The names under which an entity has its surface and its type; None for what is not an entity."""
    surface = next((key for key in SURFACE_KEYS if key in fields), None)
    type_ = next((key for key in TYPE_KEYS if key in fields and key != surface), None)
    return (surface, type_) if surface and type_ else None


def _letters(text: str) -> str:
    """What is compared of a surface: a classifier's tokeniser may have changed case and spacing."""
    return re.sub(r"[\W_]+", "", text).casefold()
