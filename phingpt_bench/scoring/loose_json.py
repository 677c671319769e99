"""JSON as models write it: cut off, with extra words, several values one after another, or as printed by Python.

The parser of `json` would return nothing for a list that is cut off, and recurse as deeply as the text.
Python's tuples are lists, its strings in single quotes end at the quote that a comma, colon or bracket (or nothing)
follows, so that an apostrophe in them is harmless, and None is null.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from json.decoder import scanstring  # type: ignore[attr-defined]  # of the standard library, and in no stub
from typing import Any, NamedTuple

Fields = dict[str, Any]  # the values of an object by key, without case
DEPTH = 6  # of nested lists and objects; {"entities": {"PER": [{"text": "x", "nth": [1]}]}} has 5


_SPACE = re.compile(r"\s*")
_END_OF_SINGLE = re.compile(r"(?<!\\)'(?=\s*(?:[,:)\]}]|\Z))")
_CLOSING = {"[": "]", "(": ")"}
_WORD = re.compile(r"[-+.\w]+")


@dataclass(frozen=True, slots=True)
class Object:
    """A JSON object; a key that comes twice is kept twice. Not `closed` where the answer broke inside it."""

    pairs: list[tuple[str, Any]]
    closed: bool

    @property
    def fields(self) -> Fields:
        """The values by key, without case; of equal keys the last."""
        return {key.strip().casefold(): value for key, value in self.pairs}


class Word(NamedTuple):
    """A number that is no ordinal, true, false or anything else without quotes."""

    written: str


class Reader:
    """The JSON values of a text; `broken` is where the first unsound or unfinished element begins, None before one."""

    def __init__(self, source: str):
        self.source = source
        self.broken: int | None = None

    def value(self, at: int, depth: int) -> tuple[Any, int]:
        """The value that begins at `at`, and where it ends; containers as far as they are sound."""
        char = self.source[at : at + 1]
        if char == '"':
            try:
                found: tuple[str, int] = scanstring(self.source, at + 1, False)
            except ValueError:
                return self._stop(at)
            return found
        if char == "'":
            return self._single(at)
        if char in _CLOSING and depth < DEPTH:
            return self._list(at + 1, depth + 1, _CLOSING[char])
        if char == "{" and depth < DEPTH:
            return self._object(at + 1, depth + 1)
        if word := _WORD.match(self.source, at):
            return _literal(word[0]), word.end()
        return self._stop(at)

    def _single(self, at: int) -> tuple[str | None, int]:
        """A string in single quotes, with Python's escapes of quotes and backslashes."""
        end = _END_OF_SINGLE.search(self.source, at + 1)
        if end is None:
            return self._stop(at)
        return re.sub(r"\\(['\"\\])", r"\1", self.source[at + 1 : end.start()]), end.end()

    def _list(self, at: int, depth: int, closing: str) -> tuple[list[Any], int]:
        items: list[Any] = []
        while (at := self._skip(at)) < len(self.source) and self.source[at] != closing:
            value, end = self.value(at, depth)
            if self.broken is not None:
                self.broken = at  # the element of the outermost list says best what is lost
                if isinstance(value, list | Object):
                    items.append(value)
                return items, end
            items.append(value)
            at = self._after(end, closing)
            if self.broken is not None:
                return items, at
        return items, self._end(at)

    def _object(self, at: int, depth: int) -> tuple[Object, int]:
        pairs: list[tuple[str, Any]] = []
        while (at := self._skip(at)) < len(self.source) and self.source[at] != "}":
            key, colon = self.value(at, depth)
            colon = self._skip(colon)
            if self.broken is None and not (isinstance(key, str) and self.source[colon : colon + 1] == ":"):
                self._stop(at)
            if self.broken is None:
                value, end = self.value(self._skip(colon + 1), depth)
                if self.broken is None or isinstance(value, list | Object):
                    pairs.append((key, value))
            if self.broken is None:
                at = self._after(end, "}")
            if self.broken is not None:
                return Object(pairs, False), at
        end = self._end(at)
        return Object(pairs, self.broken is None), end

    def _after(self, at: int, closing: str) -> int:
        """Where to continue after an element: behind its comma, or at the closing bracket."""
        at = self._skip(at)
        char = self.source[at : at + 1]
        if char == ",":
            return at + 1
        if char != closing:
            self._stop(at)
        return at

    def _end(self, at: int) -> int:
        return at + 1 if at < len(self.source) else self._stop(at)[1]

    def _skip(self, at: int) -> int:
        return _SPACE.match(self.source, at).end()  # type: ignore[union-attr]  # it matches everywhere

    def _stop(self, at: int) -> tuple[None, int]:
        self.broken = at
        return None, at


def _literal(word: str) -> int | Word | None:
    if word in ("null", "None"):
        return None
    # a number of more digits than any text has occurrences is as wrong as one that is merely too large
    return int(word[:9]) if re.fullmatch("[0-9]+", word) else Word(word)


def shown(value: Any) -> str:
    """A value as strict JSON on one line."""
    return json.dumps(_plain(value), ensure_ascii=False)


def _plain(value: Any) -> Any:
    if isinstance(value, Object):
        return {key: _plain(held) for key, held in value.pairs}
    if isinstance(value, Word):
        return value.written
    return [_plain(held) for held in value] if isinstance(value, list) else value
