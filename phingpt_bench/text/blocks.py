"""The model of everything that is drawn as text: a page is a sequence of blocks, which each writer lays out.

Renderers make blocks; `write_terminal`, `write_markdown` and `write_latex` turn any blocks into text. A new format
is one more writer of these six kinds. Texts from files are cleaned (`clean`) by the code that makes the blocks;
escaping markup is the writer's task.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias


class Piece(NamedTuple):
    """A part of a text and its role: "", strong, dim, title, warning, alarm, good or bad. No meaning depends on it."""

    text: str
    role: str = ""


Cell: TypeAlias = "str | tuple[Piece, ...]"
"""A text; "\\n" in it starts a new line."""


def plain(cell: Cell) -> str:
    """The text of a cell without its roles."""
    return cell if isinstance(cell, str) else "".join(piece.text for piece in cell)


@dataclass(frozen=True, slots=True)
class Title:
    """A heading, with text after a colon and below it.

    level: 1 for a section of the page, 2 for a part of one, 3 for a heading of a few lines.
    """

    text: str
    rest: str = ""
    about: str = ""
    level: int = 2


@dataclass(frozen=True, slots=True)
class Lines:
    """Sentences, each on its own line.

    mark: the text before each of them ("- ", "! "); continued lines are aligned with their text. indent: columns to the
    left, hang: additional ones for continued lines; both only in a terminal.
    """

    lines: Sequence[Cell]
    role: str = ""
    mark: str = ""
    indent: int = 0
    hang: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a grid.

    right: its cells are aligned on the right. fold: it may be broken over lines if the grid is too wide, down to
    `least` columns; otherwise it is at least that wide. most: its maximum width. tall: its head has one word per line
    if it is wider than the cells. whole: no word is broken, even if that makes the line too long.
    """

    head: str = ""
    right: bool = False
    fold: bool = False
    least: int = 0
    most: int | None = None
    tall: bool = False
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Across:
    """A row of a grid with one text over all columns, such as a heading of the rows below it."""

    text: str
    role: str = "strong"
    indent: int = 0


@dataclass(frozen=True, slots=True)
class Grid:
    """A table. Heads are drawn if a column has one. gap: blanks between columns; indent: to their left."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell] | Across]
    gap: int = 2
    indent: int = 0


@dataclass(frozen=True, slots=True)
class Legend:
    """Marks or names, each with its meaning.

    role: of the texts. least: the minimum width of the marks. whole: no word of the texts is broken.
    """

    entries: Sequence[tuple[str, str]]
    role: str = "dim"
    least: int = 0
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """A row of a dataset: its description, then (name, text) of its parts; a name may be empty."""

    head: str
    texts: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Picture:
    """Lines that are drawn unchanged: neither folded nor cut."""

    lines: Sequence[str]


Block: TypeAlias = "Title | Lines | Grid | Legend | Item | Picture"


def folding(*heads: str, right: Sequence[int] = (), fold: int | None = 0) -> tuple[Column, ...]:
    """Columns with these heads, those at the places `right` aligned on the right, the one at `fold` breakable."""
    return tuple(Column(head=head, right=at in right, fold=at == fold) for at, head in enumerate(heads))
