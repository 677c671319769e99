"""What a page of a comparison is made of, whatever form it is drawn in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Title:
    """A heading; `rest` is less important. level: 1 for a task, 2 for a part of it."""

    text: str
    rest: str = ""
    level: int = 2


@dataclass(frozen=True, slots=True)
class Lines:
    """Sentences, one a line. style: "plain", "warning" or "note"."""

    lines: list[str]
    style: str = "plain"


@dataclass(frozen=True, slots=True)
class Grid:
    """A table. right: places of right-aligned columns. fold: the one column that may be broken over lines."""

    head: list[str]
    rows: list[list[str]]
    right: tuple[int, ...] = ()
    fold: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the dataset: what there is to say of it, then texts with what they are."""

    head: str
    texts: list[tuple[str, str]]


Block = Title | Lines | Grid | Entry
