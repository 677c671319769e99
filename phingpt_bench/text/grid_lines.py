"""A grid as lines of a terminal.

Our own layout: rich's Table takes four to five times as long (docs/log.md), and knows neither heads set one word under
the other nor rows that are one text over all columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from phingpt_bench.text.blocks import Across, Grid, Piece, plain
from phingpt_bench.text.fold import EMPTY, Line, folded, lines_of, moved, text_of, width_of

Rows: TypeAlias = "list[list[list[Line]] | Across]"


def needed(grid: Grid) -> int:
    """The least width in which nothing but the columns that may be broken has to be narrower than its cells."""
    _, _, widths = _measured(grid)
    least = [column.least if column.fold else width for column, width in zip(grid.columns, widths, strict=True)]
    return _total(least, grid)


def _total(widths: Sequence[int], grid: Grid) -> int:
    return grid.indent + sum(widths) + grid.gap * (len(widths) - 1)


def _measured(grid: Grid) -> tuple[Rows, list[list[Line]], list[int]]:
    """(rows with their cells at their line breaks, heads of the columns in the same way, widths of the columns)."""
    rows: Rows = [row if isinstance(row, Across) else [lines_of(cell) for cell in row] for row in grid.rows]
    heads, widths = [], []
    for at, column in enumerate(grid.columns):
        body = max((line.width for row in rows if not isinstance(row, Across) for line in row[at]), default=0)
        tall = column.tall and width_of(column.head) > body
        heads.append(lines_of(column.head.replace(" ", "\n") if tall else column.head, "strong"))
        width = max(body, *(line.width for line in heads[-1]))
        width = width if column.most is None else min(width, column.most)
        widths.append(width if column.fold else max(width, column.least))
    return rows, heads, widths


def grid_lines(grid: Grid, width: int) -> Iterator[Line]:
    """The lines of a grid; where it is too wide for one line per row, those of `_row_by_row`."""
    rows, heads, widths = _measured(grid)
    _narrow(widths, grid, width)
    if _total(widths, grid) > width and not any(column.whole for column in grid.columns):
        yield from _row_by_row(grid, width)
        return
    for row in [heads, *rows] if any(column.head for column in grid.columns) else rows:
        if isinstance(row, Across):
            yield from _indented(row.text, grid.indent + row.indent, width, row.role)
            continue
        cells = [
            [part for line in cell for part in _folded(line, most, column.whole)]
            for cell, most, column in zip(row, widths, grid.columns, strict=True)
        ]
        for parts in _side_by_side(cells, from_below=row is heads):
            yield _joined(parts, widths, grid)


def _folded(line: Line, most: int, whole: bool) -> list[Line]:
    """A line of a cell; where it is continued, as far to the right as it begins."""
    if line.width <= most:
        return [line]
    text = text_of(line)
    indent = len(text) - len(text.lstrip(" "))
    first, *others = folded(line, most, indent, whole)
    return [first, *(moved(other, indent) for other in others)]


def _narrow(widths: list[int], grid: Grid, width: int) -> None:
    """Where the columns are too many, the widest that may be broken give way, evenly, down to their `least`."""
    excess = _total(widths, grid) - width
    while excess > 0:
        giving = [at for at, c in enumerate(grid.columns) if c.fold and widths[at] > max(c.least, 1)]
        if not giving:
            return
        widest = max(widths[at] for at in giving)
        top = [at for at in giving if widths[at] == widest]
        step = widest - max((widths[at] for at in giving if widths[at] < widest), default=1)
        step = min(step, *(widest - max(grid.columns[at].least, 1) for at in top))
        for left, at in zip(range(len(top), 0, -1), top, strict=True):
            part = min(step, round(excess / left))
            widths[at] -= part
            excess -= part


def _row_by_row(grid: Grid, width: int) -> Iterator[Line]:
    """A grid whose rows do not fit: the first cell of each row, and under it a line for each of the others."""
    heads = [column.head for column in grid.columns]
    for row in grid.rows:
        if isinstance(row, Across):
            yield from _indented(row.text, grid.indent + row.indent, width, row.role)
            continue
        texts = [" ".join(plain(cell).split()) for cell in row]
        yield from _indented(texts[0], grid.indent, width)
        for head, text in zip(heads[1:], texts[1:], strict=True):
            if text:
                yield from _indented(f"{head}: {text}" if head else text, grid.indent + 2, width)


def _indented(text: str, indent: int, width: int, role: str = "") -> Iterator[Line]:
    for place, line in enumerate(folded(lines_of(text, role)[0], width - indent, 2)):
        yield moved(line, indent + (2 if place else 0))


def _side_by_side(cells: Sequence[Sequence[Line]], from_below: bool) -> Iterator[list[Line]]:
    """The lines of a row; cells with fewer of them begin at the top, heads of columns end at the bottom."""
    height = max(map(len, cells), default=0)
    for i in range(height):
        places = [i - (height - len(lines)) * from_below for lines in cells]
        yield [lines[at] if 0 <= at < len(lines) else EMPTY for at, lines in zip(places, cells, strict=True)]


def _joined(parts: Sequence[Line], widths: Sequence[int], grid: Grid) -> Line:
    """One line of the table."""
    pieces = [Piece(" " * grid.indent)] if grid.indent else []
    total = grid.indent
    for at, (part, width) in enumerate(zip(parts, widths, strict=True)):
        gap, room = grid.gap if at else 0, max(width - part.width, 0)
        before, behind = (gap + room, 0) if grid.columns[at].right else (gap, room)
        pieces += [Piece(" " * before), *part.pieces, Piece(" " * behind)]
        total += before + part.width + behind
    return Line(tuple(pieces), total)
