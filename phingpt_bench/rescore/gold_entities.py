"""Gold entities as files hold them, checked against their text: objects, triples, types with their names, tags."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from typing import Any

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.sentences import sentence
from phingpt_bench.data.rows import Entity
from phingpt_bench.rescore.target import Target
from phingpt_bench.scoring.bio_entities import spans_of_tags
from phingpt_bench.scoring.entities import Problem, Span
from phingpt_bench.scoring.json_entities import read_json
from phingpt_bench.scoring.json_pieces import SURFACE_KEYS, TYPE_KEYS
from phingpt_bench.scoring.reading import Rules
from phingpt_bench.scoring.token_tags import tag_of
from phingpt_bench.scoring.type_names import type_reader

_FORMS = (
    '[{"start": 0, "end": 5, "type": "ORG"}], [[0, 5, "ORG"]], [{"type": "ORG", "text": "Nokia"}], or one tag per word'
)
_NAMES = [key for key in SURFACE_KEYS if key not in ("entity", "label", "span")]


def gold_entities(value: Any, text: str, target: Target, rules: Rules, where: str) -> list[Entity]:
    """The entities of one row as {"start", "end", "type"}, by position.

    Read are JSON or Python values (as text too): a list of objects by offset or by name (a name means all its
    occurrences as whole words), of [start, end, type], {"entities": [...]}, {"PER": ["Anna Lee"]}, Label Studio's
    results, and a list or sequence of tags, one per word. Types are compared without case and by alias.

    BenchError, with `where`, for what is none of these, a type that is not known, offsets outside of the text,
    offsets whose text is not the entity's own, and a name that is not in the text.
    """
    reader = _Reader(text, target, rules, where)
    spans = reader.spans(_parsed(value))
    return [{"start": start, "end": end, "type": type_} for start, end, type_ in sorted(spans)]


def _parsed(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


class _Reader:
    def __init__(self, text: str, target: Target, rules: Rules, where: str):
        self.text, self.target, self.rules, self.where = text, target, rules, where
        self.read_type = type_reader(target.names, rules.type_aliases)

    def spans(self, value: Any) -> set[Span]:
        if isinstance(value, dict):
            value = value["entities"] if isinstance(value.get("entities"), list) else [value]
        if isinstance(value, str):
            tagged = self._tagged(value.split())
            return self._named([], value) if tagged is None else tagged
        if not isinstance(value, list):
            raise self._error(
                sentence("gold entities are not a JSON list of objects"),
                sentence("forms that are read: {forms}", forms=_FORMS),
            )
        if value and all(isinstance(item, str) for item in value):
            tagged = self._tagged(value)
            if tagged is None:
                raise self._unknown(value)
            return tagged
        spans: set[Span] = set()
        named: list[Entity] = []
        for item in value:
            entity = self._entity(item)
            if entity is None:
                named.append(item)
            elif "start" in entity:
                spans.add(self._placed(entity))
            else:
                named.append(entity)
        return spans | (self._named(named) if named else set())

    def _entity(self, item: Any) -> Entity | None:
        """An entity under the keys "start", "end", "type" and "text"; None for an object of types with their names."""
        if isinstance(item, list | tuple):
            if len(item) == 3 and isinstance(item[2], str):
                return {"start": item[0], "end": item[1], "type": self._type(item[2])}
            if len(item) == 2 and all(isinstance(part, str) for part in item):
                at = 1 if self.read_type(item[1]) else 0
                return {"text": item[1 - at], "type": self._type(item[at])}
        if not isinstance(item, dict):
            raise self._error(
                sentence("gold entity {json} is not an object", json=json.dumps(item)[:60]),
                sentence("forms that are read: {forms}", forms=_FORMS),
            )
        if isinstance(item.get("value"), dict):  # Label Studio
            item = {**item["value"], "type": (item["value"].get("labels") or [None])[0]}
        surface = next((key for key in _NAMES if isinstance(item.get(key), str)), None)
        key = next((key for key in TYPE_KEYS if key in item and key != surface), None)
        if key is None:
            if item and all(self.read_type(name) for name in item):
                return None
            raise self._error(
                sentence("gold entity {json} has no type", json=json.dumps(item)[:80]),
                sentence(
                    "its key is one of {keys}; its type one of {names}",
                    keys=", ".join(TYPE_KEYS[:5]),
                    names=", ".join(self.target.names),
                ),
            )
        entity: Entity = {"type": self._type(item[key])}
        if surface is not None:
            entity["text"] = item[surface]
        return entity | {name: item[name] for name in ("start", "end", "nth") if item.get(name) is not None}

    def _type(self, name: Any) -> str:
        type_ = self.read_type(name.strip()) if isinstance(name, str) else None
        if type_ is None:
            hint = (
                sentence(
                    "--type-aliases {name}={type}, where it is another name of one",
                    name=name,
                    type=self.target.names[0],
                )
                if name
                else None
            )
            raise self._error(
                sentence(
                    "gold entity of type '{name}', known are {names}", name=name, names=", ".join(self.target.names)
                ),
                hint,
            )
        return type_

    def _placed(self, entity: Entity) -> Span:
        start, end = _whole(entity["start"]), _whole(entity.get("end"))
        if start is None or end is None or not 0 <= start < end <= len(self.text):
            raise self._error(
                sentence(
                    "gold entity from {start} to {end} is not within the text of {n} characters",
                    start=entity["start"],
                    end=entity.get("end"),
                    n=len(self.text),
                ),
                sentence("offsets count characters from 0, and end is one past the last character"),
            )
        there, own = self.text[start:end], entity.get("text")
        if own is not None and there.split() != own.split():
            raise self._error(
                sentence(
                    "text[{start}:{end}] is '{there}', the gold entity says '{own}'",
                    start=start,
                    end=end,
                    there=there,
                    own=own,
                ),
                self._moved(start, end, own),
            )
        return Span(start, end, entity["type"])

    def _moved(self, start: int, end: int, own: str) -> str:
        if self.text[start : end + 1] == own:
            return sentence("end is the offset of the last character here; it has to be one past it: add 1")
        at = self.text.find(own)
        if at >= 0:
            return sentence(
                "'{own}' begins at {at}; without start and end an entity is looked up by its text", own=own, at=at
            )
        return sentence("'{own}' is not in the text of the row", own=own)

    def _named(self, named: list[Entity], source: str | None = None) -> set[Span]:
        """The places of entities that are given by name; `source`: of text that is not JSON."""
        if strange := [item for item in named if not (isinstance(item.get("text"), str) or "type" not in item)]:
            raise self._error(
                sentence("gold entity {json} has neither offsets nor a text", json=json.dumps(strange[0]))
            )
        if source is not None and not source.lstrip().startswith(("[", "{", "(")):
            raise self._error(
                sentence("gold entities are not a JSON list of objects"),
                sentence("forms that are read: {forms}", forms=_FORMS),
            )
        written = json.dumps(named) if source is None else source
        parsed = read_json(written, self.text, self.target.names, self.rules)
        if any(problem.kind == "conflict" for problem in parsed.problems):  # a name that only occurs inside another
            nested = read_json(written, self.text, self.target.names, dataclasses.replace(self.rules, nested=True))
            places = [span[:2] for span in nested.spans]
            parsed = nested if len(set(places)) == len(places) else parsed
        if wrong := [problem for problem in parsed.problems if problem.kind != "duplicate"]:
            raise self._lost(wrong[0])
        return set(parsed.spans)

    def _lost(self, problem: Problem) -> BenchError:
        if problem.kind == "format" and problem.type is None:
            return self._error(
                sentence("gold entities are not a JSON list of objects"),
                sentence("forms that are read: {forms}", forms=_FORMS),
            )
        return self._error(
            sentence("gold entity '{surface}' has no place of its own in the text", surface=problem.surface),
            sentence("names are looked up as whole words, the longest first; or give start and end"),
        )

    def _tagged(self, words: list[str]) -> set[Span] | None:
        """The entities of one tag per word; None for what are not tags."""
        tags = [tag_of(word, self.read_type) for word in words]
        if not tags or any(tag is None for tag in tags):
            return None
        spans = spans_of_tags(self.text, tags)
        if spans is None:
            raise self._error(
                sentence(
                    "{tags} gold tags, and the text has {words} words", tags=len(tags), words=len(self.text.split())
                ),
                sentence(
                    "one tag per word: tokens joined by spaces as the text, or the tokens as a list in the text column"
                ),
            )
        return set(spans)

    def _unknown(self, words: Iterable[str]) -> BenchError:
        names = {word[2:] if word[1:2] in ("-", "_") else word for word in words}
        strange = sorted(name for name in names if self.read_type(name) is None and name not in ("O", "o"))
        return self._error(
            sentence("gold tags of unknown types: {names}", names=", ".join(strange[:5])),
            sentence("known are {names}; --type-aliases names others", names=", ".join(self.target.names)),
        )

    def _error(self, message: str, hint: str | None = None) -> BenchError:
        return BenchError(message, where=self.where, hint=hint)


def _whole(value: Any) -> int | None:
    """A whole number, also as 5.0 or "5"; None for anything else."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        return int(value) if float(value) == int(float(value)) else None
    except (TypeError, ValueError, OverflowError):
        return None


def overlapping(entities: list[Entity]) -> bool:
    """Whether some of the entities (by position) share a character."""
    far = 0
    for entity in entities:
        if entity["start"] < far:
            return True
        far = entity["end"]
    return False
