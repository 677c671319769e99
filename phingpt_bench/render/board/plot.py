"""Cost against score in a terminal: cost on a log axis, intervals as vertical bars, the Pareto front as a line of dots.

Tuned models are capital letters, bases small ones, floors digits; a key below names them. A row of unknown cost is
drawn in a separate lane at the right. Own code, for the reasons in docs/log.md.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from phingpt_bench.board.row import Row
from phingpt_bench.board.values import Section
from phingpt_bench.render.board import row_text
from phingpt_bench.render.measures import metric_name
from phingpt_bench.text.blocks import Block, Cell, Column, Grid, Lines, Picture, Piece, Title
from phingpt_bench.text.fold import width_of
from phingpt_bench.text.language import say
from phingpt_bench.text.money import exact_text
from phingpt_bench.text.numbers import letters, unknown_text

HEIGHT = 16  # lines of the plot itself
MOST = 100  # columns of the plot at most: wider ones only pull the points apart
LEFT = 7  # columns of the score's axis
APART = (0, 1, -1, 2, -2, 3, -3)  # columns a point may move for a bar of its own

BOXES = {"bar": "\u2502", "top": "\u252c", "bottom": "\u2534", "front": "\u00b7", "axis": "\u2500", "corner": "\u2514"}
ASCII = {"bar": "|", "top": "-", "bottom": "-", "front": ".", "axis": "-", "corner": "+"}


@dataclass(frozen=True, slots=True)
class Point:
    """A row in the plot, by its label."""

    label: str
    row: Row
    score: float

    @property
    def low(self) -> float:
        """The lower end of its interval, or the score where it has none."""
        return self.score if self.row.interval is None else self.row.interval.low

    @property
    def high(self) -> float:
        """The upper end of its interval, or the score where it has none."""
        return self.score if self.row.interval is None else self.row.interval.high


def has_plot(section: Section) -> bool:
    """Whether at least two rows have a score and a cost above zero."""
    return sum(_placed(point.row) for point in points(section)) >= 2


def points(section: Section) -> list[Point]:
    """The rows that have a score, labelled in the order of the section."""
    counts = {"tuned": 0, "base": 0, "floor": 0}
    found = []
    for row in section.rows:
        if row.score is None:
            continue
        kind = row.kind if row.kind in counts else "floor"
        place, counts[kind] = counts[kind], counts[kind] + 1
        label = str(place + 1) if kind == "floor" else letters(place)
        found.append(Point(label.upper() if kind == "tuned" else label, row, row.score))
    return found


def plot_blocks(section: Section, width: int, *, ascii_only: bool = False) -> list[Block]:
    """The plot, `width` columns wide at most, with its title, axes and key."""
    drawn = points(section)
    rows: list[list[Cell]] = [
        [
            (Piece(point.label, "strong"),),
            row_text.front_mark(point.row).strip(),
            (Piece(row_text.display_name(point.row)), Piece(row_text.after_name(point.row), "dim")),
        ]
        for point in drawn
    ]
    metric = metric_name(section.metric)
    return [
        Title(say("{metric} against USD for 1,000 documents (log scale)", metric=metric)),
        Lines([say("bars: 95% intervals; dots: the Pareto front (P)")], "dim"),
        Picture(_plot(drawn, min(width, MOST), ASCII if ascii_only else BOXES)),
        Grid((Column(), Column(), Column(fold=True)), rows),
    ]


def draws_lines(encoding: str) -> bool:
    """Whether an encoding has the characters that a plot is drawn with."""
    try:
        "".join(BOXES.values()).encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _placed(row: Row) -> bool:
    return row.usd_per_1000 is not None and row.usd_per_1000 > 0


def _plot(drawn: Sequence[Point], width: int, glyphs: dict[str, str]) -> list[str]:
    """Lines of the plot and of both axes."""
    lane = 6 if any(not _placed(point.row) for point in drawn) else 0
    columns = width - LEFT - lane - 1
    low, high = _range([value for point in drawn for value in (point.low, point.high)])
    costs = [math.log10(point.row.usd_per_1000) for point in drawn if _placed(point.row) and point.row.usd_per_1000]
    first, last = min(costs), max(costs)
    margin = max(0.05 * (last - first), 0.02)
    first, last = first - margin, last + margin

    def line(score: float) -> int:
        return round((high - score) / (high - low) * (HEIGHT - 1))

    def column(usd: float) -> int:
        return round((math.log10(usd) - first) / (last - first) * (columns - 1))

    cells: dict[tuple[int, int], str] = {}
    front = sorted((column(p.row.usd_per_1000 or 1), line(p.score)) for p in drawn if p.row.frontier)
    _stairs(cells, front, columns, glyphs["front"])
    places = _places(drawn, column, columns, lane)
    for point, at in zip(drawn, places, strict=True):  # bars first: no letter may be hidden by one
        top, bottom = line(point.high), line(point.low)
        for y in range(top, bottom + 1):
            cells[y, at] = glyphs["bar"]
        if bottom > top:
            cells[top, at], cells[bottom, at] = glyphs["top"], glyphs["bottom"]
    for point, at in zip(drawn, places, strict=True):
        for i, letter in enumerate(point.label):
            cells[line(point.score), at + i] = letter
    ticks = {line(value): text for value, text in _score_ticks(low, high)}
    lines = []
    for y in range(HEIGHT):
        body = "".join(cells.get((y, x), " ") for x in range(columns + lane))
        lines.append(f"{ticks.get(y, ''):>{LEFT - 2}} {glyphs['bar']}{body}".rstrip())
    lines.append(" " * (LEFT - 1) + glyphs["corner"] + glyphs["axis"] * columns)
    labels = [(column(10**exponent), text) for exponent, text in _cost_ticks(first, last)]
    if lane:
        labels.append((columns + lane // 2, unknown_text()))
    lines.append(" " * LEFT + _spread(labels, columns + lane))
    return lines


def _places(drawn: Sequence[Point], column: Callable[[float], int], columns: int, lane: int) -> list[int]:
    """The column of each point: that of its cost, or one close by where another point has that one."""
    taken: set[int] = set()
    places = []
    for point in drawn:
        right = not _placed(point.row)
        at = columns + lane // 2 if right else column(point.row.usd_per_1000 or 1)
        free = [at + step for step in APART if 0 <= at + step < columns + lane and at + step not in taken]
        places.append(free[0] if free else at)
        taken.add(places[-1])
    return places


def _stairs(cells: dict[tuple[int, int], str], front: Sequence[tuple[int, int]], columns: int, glyph: str) -> None:
    """The front: what is reached at each cost, as steps from point to point and on to the right edge."""
    for i, (x, y) in enumerate(front):
        right, above = front[i + 1] if i + 1 < len(front) else (columns - 1, y)
        for at in range(x, right + 1):
            cells[y, at] = glyph
        for at in range(min(y, above), max(y, above)):
            cells[at, right] = glyph


def _range(values: Sequence[float]) -> tuple[float, float]:
    """From the lowest to the highest value, a little wider, and never of no height."""
    low, high = min(values), max(values)
    margin = 0.03 * (high - low) or 0.05
    return low - margin if low < 0 or low - margin >= 0 else 0.0, high + margin


def _score_ticks(low: float, high: float) -> list[tuple[float, str]]:
    """Round values between the two, four to eight of them."""
    step = 10 ** math.floor(math.log10((high - low) / 3))
    step *= next(factor for factor in (1, 2, 5, 10) if (high - low) / (step * factor) <= 8)
    places = max(0, -math.floor(math.log10(step) + 1e-9))
    values = [step * i for i in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]
    return [(value, f"{value:.{places}f}") for value in values]


def _cost_ticks(first: float, last: float) -> list[tuple[float, str]]:
    """Powers of ten within the axis, with 2 and 5 times them where it is short; exponents and texts."""
    factors = (1,) if last - first >= 2 else (1, 2, 5) if last - first >= 0.5 else (1, 1.5, 2, 3, 4, 5, 6, 8)
    found = []
    for power in range(math.floor(first), math.ceil(last) + 1):
        for factor in factors:
            usd = factor * 10.0**power
            if first <= math.log10(usd) <= last:
                found.append((math.log10(usd), exact_text(usd)))
    if len(found) < 2:  # costs so close that no round number lies between them
        found = [(exponent, f"${10**exponent:.3g}") for exponent in (first, last)]
    return found


def _spread(labels: Sequence[tuple[int, str]], width: int) -> str:
    """The labels centred on their columns in one line; one that would touch the one before it is left out."""
    line = ""
    for at, text in sorted(labels):
        start = min(max(0, at - width_of(text) // 2), max(0, width - width_of(text)))
        if start > width_of(line) or not line:
            line = line.ljust(start) + text
    return line
