"""A table for the terminal: rich's Table without lines, drawn many times faster.

A board of 20 tasks holds thousands of cells that are almost all short: here only those that are too wide are wrapped
(by rich), the others are put beside each other as they are. What is drawn is what
rich's `Table(box=None, pad_edge=False, padding=(0, gap, 0, 0), header_style="bold")` draws, line for line
(tests/render/test_table.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.text import Span, Text


class Line(NamedTuple):
    """One line of a cell: its text, the styles in it, and how wide it is drawn."""

    text: str
    spans: list[Span]
    width: int


@dataclass(slots=True)
class Column:
    """How a column is drawn. One that may wrap gives way where the table is too wide, whatever its `ratio`."""

    title: Text
    justify: str = "left"
    no_wrap: bool = False
    max_width: int | None = None


class Table:
    """Columns and rows of texts; drawn by `console.print`.

    gap: spaces between columns. heads: whether titles are drawn.
    """

    def __init__(self, *, gap: int = 2, heads: bool = True) -> None:
        self.gap, self.heads = gap, heads
        self.columns: list[Column] = []
        self.rows: list[Sequence[Text | str]] = []

    def add_column(
        self,
        title: Text | str = "",
        *,
        justify: str = "left",
        no_wrap: bool = False,
        overflow: str = "fold",
        ratio: int | None = None,
        max_width: int | None = None,
    ) -> None:
        """A column; overflow and ratio are taken as rich's Table takes them, and have no effect on one that is no wider
        than it needs to be."""
        del overflow, ratio
        text = title.copy() if isinstance(title, Text) else Text(title)
        text.stylize_before("bold")
        self.columns.append(Column(text, justify, no_wrap, max_width))

    def add_row(self, *cells: Text | str) -> None:
        """A row; columns without a cell stay empty in it."""
        self.rows.append((*cells, *[""] * (len(self.columns) - len(cells))))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        rows = [*([[column.title for column in self.columns]] if self.heads else []), *self.rows]
        split = [[_lines(cell) for cell in row] for row in rows]
        widths = self._widths(split, options.max_width)
        plain = console.color_system is None
        for place, (row, cells) in enumerate(zip(rows, split, strict=True)):
            fitted = [
                lines if all(line.width <= width for line in lines) else _wrapped(cell, width, console, column.no_wrap)
                for cell, lines, width, column in zip(row, cells, widths, self.columns, strict=True)
            ]
            justify = [
                (cell.justify if isinstance(cell, Text) else None) or column.justify
                for cell, column in zip(row, self.columns, strict=True)
            ]
            for parts in _side_by_side(fitted, from_below=self.heads and place == 0):
                text, spans = _joined(parts, widths, justify, self.gap, plain)
                if plain:
                    yield Segment(text)
                    yield Segment.line()
                else:
                    yield Text(text, spans=spans, no_wrap=True, overflow="ignore")

    def _widths(self, rows: Sequence[Sequence[Sequence[Line]]], most: int) -> list[int]:
        """The widest cell of each column; where they are too many, the widest that may wrap give way, evenly."""
        places = range(len(self.columns))
        widths = [max((line.width for row in rows for line in row[i]), default=0) for i in places]
        widths = [min(width, column.max_width or width) for width, column in zip(widths, self.columns, strict=True)]
        giving = [i for i in places if not self.columns[i].no_wrap]
        excess = sum(widths) + self.gap * (len(widths) - 1) - most
        while excess > 0 and giving and (widest := max(widths[i] for i in giving)) > 1:
            top = [i for i in giving if widths[i] == widest]
            step = widest - max((widths[i] for i in giving if widths[i] < widest), default=1)
            for left, i in zip(range(len(top), 0, -1), top, strict=True):
                part = min(step, round(excess / left))
                widths[i] -= part
                excess -= part
        return widths


def _lines(cell: Text | str) -> list[Line]:
    """A cell at its line breaks."""
    if isinstance(cell, str):
        return [Line(text, [], cell_len(text)) for text in cell.split("\n")]
    style = [cell.style] if cell.style else []
    if "\n" not in cell.plain:
        whole = [Span(0, len(cell.plain), one) for one in style]
        return [Line(cell.plain, [*whole, *cell.spans], cell_len(cell.plain))]
    lines, start = [], 0
    for text in cell.plain.split("\n"):
        end = start + len(text)
        spans = [Span(0, len(text), one) for one in style]
        for span in cell.spans:
            if span.start < end and span.end > start:
                spans.append(Span(max(span.start, start) - start, min(span.end, end) - start, span.style))
        lines.append(Line(text, spans, cell_len(text)))
        start = end + 1
    return lines


def _wrapped(cell: Text | str, width: int, console: Console, no_wrap: bool) -> list[Line]:
    """A cell in lines that fit, long words folded."""
    text = cell if isinstance(cell, Text) else Text(cell)
    wrapped = text.wrap(console, max(width, 1), overflow="fold", no_wrap=no_wrap)
    return [line for piece in wrapped for line in _lines(piece)]


def _side_by_side(cells: Sequence[Sequence[Line]], from_below: bool) -> Iterator[list[Line]]:
    """The lines of a row; cells with fewer of them begin at the top, heads of columns end at the bottom."""
    empty, height = Line("", [], 0), max(map(len, cells), default=0)
    for i in range(height):
        places = [i - (height - len(lines)) * from_below for lines in cells]
        yield [lines[at] if 0 <= at < len(lines) else empty for at, lines in zip(places, cells, strict=True)]


def _joined(
    parts: Sequence[Line], widths: Sequence[int], justify: Sequence[str], gap: int, plain: bool
) -> tuple[str, list[Span]]:
    """One line of the table, and its styles where any are drawn."""
    text, spans = "", []
    for i, (part, width, side) in enumerate(zip(parts, widths, justify, strict=True)):
        if i:
            text += " " * gap
        words, wide = part.text, part.width
        if side == "right":
            words = words.rstrip()
            wide -= len(part.text) - len(words)
            text += " " * (width - wide)
        if not plain:
            at = len(text)
            spans += [Span(at + span.start, at + min(span.end, len(words)), span.style) for span in part.spans]
        text += words
        if side != "right":
            text += " " * (width - wide)
    return text, spans
