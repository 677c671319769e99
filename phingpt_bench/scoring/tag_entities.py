"""Entities as tags in the text: the text again, on one line, with <TYPE> before and </TYPE> after each entity.

    <PER>Anna Lee</PER> moved to <LOC>Leeds</LOC>

Where an entity is says its place in the copy, so repeated names need no marks. Line breaks of the text become spaces.
Escapes: a "<" of the text that begins what would be read as a tag is written &lt;, an "&" that begins what would be
read as an escape &amp;, and white space at the ends of an entity by its number, &#32;. Any other "<" or "&" is
left as it is.
"""

from __future__ import annotations

import functools
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from phingpt_bench.scoring.entities import Parsed, Problem, Span, checked_spans
from phingpt_bench.scoring.no_entities import names_nothing
from phingpt_bench.scoring.occurrences import as_seen
from phingpt_bench.scoring.reading import PLAIN, Rules
from phingpt_bench.scoring.tagged_copy import Tagged, Unread, located
from phingpt_bench.scoring.type_names import type_reader

_BREAKS = {ord("\n"): " ", ord("\r"): " "}
_ESCAPE = "(?-i:&(?:lt|amp|#[0-9]{1,6});)"
_FENCE = re.compile(r"\s*```\w*\s*")


def write_tags(text: str, spans: Iterable[Span], types: Sequence[str]) -> str:
    """`text` with tags for `spans`; "none" for a blank text without any.

    Of spans that overlap the first is written. BenchError as in `spans.format_entities`.
    """
    spans = checked_spans(text, spans, re.compile(r"[<>&/\r\n]"))
    if not text.strip() and not spans:
        return "none"
    copy = text.translate(_BREAKS)
    known = tuple(dict.fromkeys([*types, *(span.type for span in spans)]))
    read_type = type_reader(known)
    written = list(copy)
    for match in _pattern(known).finditer(copy):
        if match["name"] is None:
            written[match.start()] = "&amp;"
        elif read_type(match["name"]):
            written[match.start()] = "&lt;"
    parts, at = [], 0
    for start, end, type_ in spans:
        if start < at:
            continue
        inner = written[start:end]
        for edge in (0, -1):
            if inner[edge].isspace():
                inner[edge] = f"&#{ord(inner[edge])};"
        parts += [*written[at:start], f"<{type_}>", *inner, f"</{type_}>"]
        at = end
    return "".join([*parts, *written[at:]])


def read_tags(answer: str, text: str, types: Sequence[str], rules: Rules = PLAIN) -> Parsed:
    """The spans of `text` that are tagged in `answer`; never raises, whatever the answer is.

    The first line that is not blank (nor a code fence) counts; all lines where the text itself has line breaks.
    "none" alone names no entity, as the text without tags does. Types are compared as written, then without case,
    then by alias. Without the tags the answer is a copy of the text; `located` finds
    the places of its tagged pieces in the text. White space at the ends of a piece is dropped.

    A copy that lacks more than a fifth of the words of the text (because it was cut, or is none) is one format
    problem, and what it does tag counts. A format problem each: a tag that is not closed, one that was not opened, a
    pair of different names (a closing tag closes the last open one), an empty piece, and a pair of a name that is no
    type, unless the text itself holds that tag.
    """
    answer = as_seen(answer, text)
    folded = text.translate(_BREAKS)
    line = _copied_part(answer, folded != text)
    if not line.strip():
        return Parsed([], [Problem("format", "", None)])
    if names_nothing(line):
        return Parsed()
    read_type = type_reader(tuple(types), rules.type_aliases)
    copy, tagged, unread = _untagged(line, folded, tuple(types), read_type)
    return located(copy, tagged, unread, text, nested=rules.nested)


def _copied_part(answer: str, has_breaks: bool) -> str:
    if "\n" not in answer and "\r" not in answer:
        return answer
    lines = [line for line in re.split(r"[\r\n]", answer) if line.strip() and not _FENCE.fullmatch(line)]
    return " ".join(lines if has_breaks else lines[:1])


class _Tag(NamedTuple):
    """A tag of the answer: as matched, and its place in the copy."""

    match: re.Match[str]
    place: int


def _untagged(
    line: str, folded: str, types: tuple[str, ...], read_type: Callable[[str], str | None]
) -> tuple[str, list[Tagged], list[Unread]]:
    """The copy of the text without its tags, the pieces that were between tags, and the tags that cannot be read."""
    tags: list[_Tag] = []
    parts: list[str] = []
    firm: set[int] = set()  # escaped white space, which belongs to its piece
    length = last = 0
    for match in _pattern(types).finditer(line):
        is_escape = match["name"] is None
        if not is_escape and read_type(match["name"]) is None and match[0] in folded:
            continue
        parts += [line[last : match.start()], _unescaped(match[0]) if is_escape else ""]
        length += match.start() - last
        if not is_escape:
            tags.append(_Tag(match, length))
        elif match[0][1] == "#":
            firm.add(length)
        length += is_escape
        last = match.end()
    copy = "".join([*parts, line[last:]])
    return copy, *_paired(line, tags, read_type, _Blanks(copy, firm))


def _paired(
    line: str, tags: list[_Tag], read_type: Callable[[str], str | None], blanks: _Blanks
) -> tuple[list[Tagged], list[Unread]]:
    """The pieces between tags that belong together, and the tags that cannot be read."""
    tagged: list[Tagged] = []
    unread: list[Unread] = []
    still_open: list[int] = []
    for at, (match, end) in enumerate(tags):
        type_ = read_type(match["name"])
        if not match["closing"]:
            still_open.append(at)
            continue
        if not still_open:
            unread.append(Unread(at, type_, match[0]))
            continue
        opened = still_open.pop()
        opening, start = tags[opened]
        if type_ is None or read_type(opening["name"]) != type_:
            unread.append(Unread(opened, None, _shown(line, opening.start(), match.end())))
            continue
        start, end = blanks.trimmed(start, end)
        if start < end:
            tagged.append(Tagged(opened, type_, start, end))
        else:
            unread.append(Unread(opened, type_, ""))
    for at in still_open:
        match = tags[at].match
        until = tags[at + 1].match.start() if at + 1 < len(tags) else len(line)
        unread.append(Unread(at, read_type(match["name"]), _shown(line, match.start(), until).strip()))
    return sorted(tagged), unread


class _Blanks:
    """The runs of white space in a copy, without the characters that are firm."""

    def __init__(self, copy: str, firm: set[int]):
        self.runs: list[tuple[int, int]] = []
        for match in re.finditer(r"\s+", copy):
            cuts = [match.start() - 1, *sorted(firm.intersection(range(*match.span()))), match.end()]
            self.runs += [(a + 1, b) for a, b in pairwise(cuts) if a + 1 < b]

    def trimmed(self, start: int, end: int) -> tuple[int, int]:
        """A piece without the white space at its ends."""
        at = bisect_right(self.runs, (start, len(self.runs) and self.runs[-1][1])) - 1
        if at >= 0 and self.runs[at][0] <= start < self.runs[at][1]:
            start = min(self.runs[at][1], end)
        at = bisect_right(self.runs, (end - 1, len(self.runs) and self.runs[-1][1])) - 1
        if at >= 0 and self.runs[at][0] < end <= self.runs[at][1]:
            end = max(self.runs[at][0], start)
        return start, end


def _unescaped(written: str) -> str:
    """The one character that an escape means."""
    return {"&lt;": "<", "&amp;": "&"}.get(written) or chr(int(written[2:-1]))


def _shown(line: str, start: int, end: int) -> str:
    return line[start : min(end, start + 200)]


@functools.lru_cache(maxsize=64)
def _pattern(types: tuple[str, ...]) -> re.Pattern[str]:
    """A tag (groups closing and name) or an escape (name is None)."""
    names = "|".join([*(re.escape(type_) for type_ in sorted(types, key=len, reverse=True)), r"[A-Za-z][\w.-]{0,39}"])
    return re.compile(rf"<\s{{0,3}}(?P<closing>/?)\s{{0,3}}(?P<name>{names})\s{{0,3}}>|{_ESCAPE}", re.IGNORECASE)
