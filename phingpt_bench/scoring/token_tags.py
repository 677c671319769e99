"""Tags of tokens (BIO and similar schemes): their names, and the entities that a sequence of them means."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from phingpt_bench.scoring.loose_json import Fields, Object

PREFIXED = re.compile(r"(?P<prefix>[BIESLUM])[-_](?P<type>.+)", re.IGNORECASE)
_SUFFIXED = re.compile(r"(?P<type>.+)[-_](?P<prefix>[BIESLUM])", re.IGNORECASE)
_OUTSIDE = frozenset(("o", "other", "outside", "0", "_", "none"))


class Tag(NamedTuple):
    """prefix: "B", "I", "E", "S" or "" where there is none. type: None outside of entities."""

    prefix: str
    type: str | None


OUTSIDE = Tag("", None)
_SAME = {"L": "E", "U": "S", "M": "I"}  # BILOU and BMES by the letters of BIOES


def tag_of(written: str, read_type: Callable[[str], str | None]) -> Tag | None:
    """A tag as written ("B-PER", "Person_I", "ORG", "O", "Other"); None for what is none of a known type."""
    name = written.strip(" \t*_`\"'.,;()[]")
    if name.casefold() in _OUTSIDE:
        return OUTSIDE
    if (type_ := read_type(name)) is not None:
        return Tag("", type_)
    for pattern in (PREFIXED, _SUFFIXED):
        if (match := pattern.fullmatch(name)) and (type_ := read_type(match["type"])) is not None:
            prefix = match["prefix"].upper()
            return Tag(_SAME.get(prefix, prefix), type_)
    return None


def chunks(tags: Sequence[Tag | None]) -> list[tuple[str, int, int]]:
    """(type, first token, one past the last) of each entity, in order, as seqeval's default mode reads them.

    An I- or E- that continues nothing, or another type, opens an entity; so does a tag without a prefix, unless it
    follows one of its type. None is a token without a readable tag, outside of entities.
    """
    found: list[tuple[str, int, int]] = []
    start: int | None = None
    open_type: str | None = None
    for at, tag in enumerate([*tags, OUTSIDE]):
        tag = tag or OUTSIDE
        goes_on = start is not None and tag.type == open_type and tag.prefix in ("I", "E", "")
        if start is not None and not goes_on:
            assert open_type is not None
            found.append((open_type, start, at))
            start = None
        if tag.type is not None and start is None:
            start, open_type = at, tag.type
        if tag.prefix in ("E", "S") and start is not None and open_type is not None:
            found.append((open_type, start, at + 1))
            start = None
    return found


def joined(items: Iterable[Any]) -> list[Any]:
    """The tokens of transformers' NER pipeline put together to entities; anything else as it is.

    A token is {"entity": "B-PER", "word": "An", "index": 1, "start": 0, "end": 2, "score": ...}; one that continues has
    the prefix I- or begins with "##", and follows the one before it by index or by offset.
    """
    result: list[Any] = []
    before: Fields | None = None
    for item in items:
        fields = item.fields if isinstance(item, Object) and item.closed else None
        name = fields.get("entity") if fields else None
        match = PREFIXED.fullmatch(name) if isinstance(name, str) else None
        if fields is None or match is None or not isinstance(fields.get("word"), str):
            result.append(item)
            before = None
            continue
        type_, word = match["type"], fields["word"]
        goes_on = match["prefix"].upper() in "IE" or word.startswith("##")
        if before is not None and before["entity"] == type_ and goes_on and _follows(before, fields):
            glued = word.startswith("##") or fields.get("start") == before.get("end") is not None
            before["word"] += word.removeprefix("##") if glued else f" {word}"
            before |= {"end": fields.get("end"), "index": fields.get("index")}
            result[-1] = Object(list(before.items()), True)
            continue
        before = {**fields, "entity": type_}
        result.append(Object(list(before.items()), True))
    return result


def _follows(before: Fields, fields: Fields) -> bool:
    if isinstance(before.get("index"), int) and isinstance(fields.get("index"), int):
        return bool(fields["index"] == before["index"] + 1)
    if isinstance(before.get("end"), int) and isinstance(fields.get("start"), int):
        return bool(0 <= fields["start"] - before["end"] <= 1)
    return True
