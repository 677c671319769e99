"""Text broken into lines for a terminal, by the width of its characters (wide, combining)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from rich.cells import cell_len

from phingpt_bench.text.blocks import Cell, Piece
from phingpt_bench.text.clean import screened

HOLD = "\xa0"  # a non-breaking blank, drawn as a plain one
_WORD = re.compile(r"[^ ]+ *")


class Line(NamedTuple):
    """One line of a cell, and the columns that it takes."""

    pieces: tuple[Piece, ...]
    width: int


EMPTY = Line((), 0)


def width_of(text: str) -> int:
    """The width of a text without line breaks in a terminal."""
    return len(text) if text.isascii() else cell_len(text)


def lines_of(cell: Cell, role: str = "") -> list[Line]:
    """A cell split at its line breaks, without control characters. role: for texts without one."""
    if isinstance(cell, str):
        return [Line((Piece(text, role),), width_of(text)) for text in screened(cell).split("\n")]
    lines: list[list[Piece]] = [[]]
    for text, own in cell:
        first, *more = screened(text).split("\n")
        lines[-1].append(Piece(first, own or role))
        lines += [[Piece(part, own or role)] for part in more]
    return [Line(tuple(line), sum(width_of(piece.text) for piece in line)) for line in lines]


def folded(line: Line, most: int, hang: int = 0, whole: bool = False) -> list[Line]:
    """A line in lines of at most `most` columns, broken at blanks, longer words anywhere, if possible after a slash.

    hang: columns that lines after the first leave free. whole: longer words are not broken, and their lines are too
    long.
    """
    if line.width <= most:
        return [line]
    text = "".join(piece.text for piece in line.pieces)
    return [_cut(line.pieces, start, end) for start, end in _breaks(text, max(most, 1), hang, whole)]


def wrapped(text: str, most: int, first: str = "", more: str = "", whole: bool = False) -> list[str]:
    """A text in lines of at most `most` columns with `first` before the first of them and `more` before the others."""
    line = Line((Piece(first + text),), width_of(first + text))
    start, *rest = folded(line, most, width_of(more), whole)
    return [part.replace(HOLD, " ") for part in (text_of(start), *(more + text_of(other) for other in rest))]


def text_of(line: Line) -> str:
    """A line without its roles."""
    return "".join(piece.text for piece in line.pieces)


def moved(line: Line, columns: int) -> Line:
    """The line, moved to the right by a number of columns; an empty one is not moved."""
    return Line((Piece(" " * columns), *line.pieces), line.width + columns) if columns and line.width else line


def _breaks(text: str, most: int, hang: int, whole: bool) -> Iterator[tuple[int, int]]:
    """The start and end of each line, including trailing blanks."""
    room, later = most, max(most - hang, 1)
    indent = len(text) - len(text.lstrip(" "))
    start, used = (0, indent) if indent < room else (indent, 0)
    for found in _WORD.finditer(text):
        word = found.group().rstrip(" ")
        end, needed = found.start() + len(word), width_of(word)
        if used + needed > room:
            if text[start : found.start()].strip(" "):
                yield start, found.start()
                start, used, room = found.start(), 0, later
            while used + needed > room and not whole:
                cut = start + _fitting(text[start:end], room)
                yield start, cut
                start, used, room = cut, 0, later
                needed = width_of(text[start:end])
        if start >= end:  # a character that is wider than the room ended the word: its blanks begin no line
            start, used = found.end(), 0
        else:
            used += needed + found.end() - end
    if start < len(text) or not text:
        yield start, len(text)


def _fitting(text: str, most: int) -> int:
    """How many characters fit into `most` columns, at least one; those up to the last slash among them, if any."""
    count, used = 0, 0
    for character in text:
        used += width_of(character)
        if used > most and count:
            break
        count += 1
    slash = text.rfind("/", 1, count)
    return slash + 1 if slash > 0 else count


def _cut(pieces: tuple[Piece, ...], start: int, end: int) -> Line:
    """The characters from start to end, without blanks at the end."""
    whole = "".join(piece.text for piece in pieces)
    end = start + len(whole[start:end].rstrip(" "))
    found, at = [], 0
    for text, role in pieces:
        if part := text[max(start - at, 0) : max(end - at, 0)]:
            found.append(Piece(part, role))
        at += len(text)
    return Line(tuple(found), sum(width_of(piece.text) for piece in found))
