"""The columns of a LaTeX table: which of them fold, and how much room they need."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from phingpt_bench.text.blocks import (
    Across,
    Column,
    Grid,
    plain,
)

Width = Literal["column", "page"] | None
TALL = 9  # characters in a line of a head that may have several
NAME = 20  # characters of a text that folds, which it has where a table is made smaller to fit
# em of \footnotesize: a character, wide ones among them; the gap of two columns
CHARACTER, GAP = 0.55, 1.0
# in one line of the narrowest usual paper: a column of article's two, its only one, A4 across
ROOM = {"column": 26.9, "page": 40.5, None: 86.0}


def column_kinds(grid: Grid, width: Width) -> tuple[list[str], float | None]:
    """The columns' kinds, and the em that the table needs at least, if that may be more than the paper has.

    Columns that fold, or else the first one not aligned on the right, share the room that the others leave.
    """
    folding = [at for at, column in enumerate(grid.columns) if column.fold and not column.right] or [
        next((at for at, column in enumerate(grid.columns) if not column.right), 0)
    ]
    kinds: list[str] = []
    least: dict[int, int] = {}  # characters
    usual: dict[int, int] = {}
    for at, column in enumerate(grid.columns):
        texts = [plain(row[at]) for row in grid.rows if not isinstance(row, Across)]
        longest = max(map(len, [*texts, *head_lines(column)]), default=0)
        if at in folding:
            pieces = [piece for text in (*texts, column.head) for piece in re.split(r"(?<=[ -])", text)]
            least[at] = max(len(piece.rstrip()) for piece in pieces) + 2  # the indent of further lines
            usual[at] = max(least[at], min(longest, NAME))
        else:
            least[at] = usual[at] = longest
        kinds.append("" if at in folding else "r" if column.right else "l")
    for at in folding:
        share = len(folding) * usual[at] / sum(usual[other] for other in folding)
        size = "" if len(folding) == 1 else rf"\hsize={share:.3f}\hsize"
        kinds[at] = rf">{{{size}\raggedright\arraybackslash\hangindent1em}}X"
    needed = _em(least if len(folding) == 1 else usual)
    return kinds, _em(usual) if needed > ROOM[width] else None


def _em(characters: Mapping[int, int]) -> float:
    """The width of a table with these characters in its columns, in em."""
    return sum(characters.values()) * CHARACTER + len(characters) * GAP


def head_lines(column: Column) -> list[str]:
    """The head of a column; a tall one in lines of at most TALL characters, broken at blanks and after _ and -."""
    if not column.tall:
        return [" ".join(column.head.split())]
    lines: list[str] = []
    for words in column.head.split("\n"):
        lines.append("")
        for part in re.findall(r" ?[^ _-]+[_-]*| ?[_-]+", words):
            if lines[-1] and len(lines[-1] + part) > TALL:
                lines.append(part.lstrip())
            else:
                lines[-1] += part
    return lines
