"""The table of one task: which columns fit, and what each cell holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from phingpt_bench.board.row import Row
from phingpt_bench.board.values import Section
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.records import NO_MODELS
from phingpt_bench.render.board import row_text, section_text
from phingpt_bench.render.board.columns import LEAST, LESS, NARROW, WIDE, WIDE_LESS, columns_of, pairs
from phingpt_bench.render.board.columns import Column as Shown
from phingpt_bench.render.measures import higher_is_better
from phingpt_bench.text.blocks import Cell, Column, Grid, Piece
from phingpt_bench.text.grid_lines import needed
from phingpt_bench.text.language import say, spoken

WIDE_FROM = 140  # columns from which on a row is one line; below it most cells have a second one
NAME = 20  # the name's column is at least so wide


@dataclass(frozen=True, slots=True)
class Layout:
    """How a table is set. stacked: a row has two lines. least: columns of the name; gap: blanks between columns."""

    columns: Sequence[str]
    stacked: bool
    least: int = NAME
    gap: int = 2


# where the user chose no columns: the first that fits, of the stacked ones below WIDE_FROM
LAYOUTS = (
    Layout(WIDE, False), Layout(WIDE_LESS, False), Layout(NARROW, True), Layout(LESS, True, 16),
    Layout(LEAST, True, 14), Layout(LEAST, True, 11, 1),
)  # fmt: skip


def usual_columns(width: int) -> Sequence[str]:
    """The columns of a table where the user chose none."""
    return WIDE if width >= WIDE_FROM else NARROW


def narrow_grid(section: Section, names: Sequence[str], width: int, *, full: bool = True) -> Grid:
    """One line per row where the terminal is wide enough, otherwise two: name over setting, score over interval ...

    names: of the columns, where the user chose them; else the widest of LAYOUTS that fits. full: with all that is to be
    said of a row, not the warnings alone. BenchError if the columns of the user do not fit.
    """
    layouts = [Layout(names, False), Layout(names, True)] if names else list(LAYOUTS)
    if not names and width < WIDE_FROM:
        layouts = [layout for layout in layouts if layout.stacked]
    for layout in layouts:
        grid = _stacked(section, columns_of(section, names, layout.columns), layout, full=full)
        least = needed(grid)
        if least <= width:
            break
    if names and least > width:
        raise BenchError(
            "these columns need {least} columns of a terminal, and there are {width}",
            where="--columns",
            hint="choose fewer, or --width {least}, or --format markdown",
            least=least,
            width=width,
        )
    return grid


def wide_grid(section: Section, names: Sequence[str], usual: Sequence[str]) -> Grid:
    """One line per row for a page without a width; the notes on a row follow its name.

    names: as above. usual: the columns if the user chose none.
    """
    columns = columns_of(section, names, usual)
    shown = [column.name for column in columns]
    rows: list[list[Cell]] = []
    for row in section.rows:
        notes = "".join(f" ({row_text.note_text(note)})" for note in row_text.row_notes(row, shown))
        rows.append([column.cell(row) + (notes if column.name == "model" else "") for column in columns])
    return Grid([Column(head=column.title, right=not column.left, fold=column.left) for column in columns], rows)


def _stacked(section: Section, columns: Sequence[Shown], layout: Layout, *, full: bool) -> Grid:
    paired = pairs(columns) if layout.stacked else [(column, None) for column in columns]
    names = [column.name for column in columns]
    heads: list[Column] = []
    cells: list[list[Cell]] = []
    for column, below in paired:
        if column.name == "model":
            heads.append(Column(head=column.title, fold=True, least=layout.least))
            cells.append([_name(row, section, below is not None, names, full=full) for row in section.rows])
            continue
        head = say(column.stacked) if below is not None and column.stacked else column.title
        heads.append(Column(head=head, right=not column.left, tall=True))
        cells.append(_cells(section, column, below))
    return Grid(heads, list(zip(*cells, strict=True)), layout.gap)


def _cells(section: Section, column: Shown, below: Shown | None) -> list[Cell]:
    """The cells of a column, each over that of the column below it.

    Where only some rows have a mark, blanks keep the digits in line.
    """
    marks = [column.mark(row) if column.mark else "" for row in section.rows]
    room = max(map(len, marks), default=0)
    role = ROLES.get(column.name)
    cells: list[Cell] = []
    for row, mark in zip(section.rows, marks, strict=True):
        second = "" if below is None else (below.short or below.text)(row)
        first = Piece(column.text(row) + mark.ljust(room), role(row, section) if role else "")
        cells.append((first, Piece(f"\n{second}", "dim")) if second else (first,))
    return cells


def _name(row: Row, section: Section, setting_below: bool, columns: Sequence[str], *, full: bool) -> Cell:
    """The model's cell: name and adapter, then the setting if it goes below, and the notes, one per line."""
    pieces = [Piece(row_text.display_name(row), "strong" if row.rank == 1 else "")]
    if row.kind in NO_MODELS:
        pieces.append(Piece(f" ({spoken(row.kind)})", "dim"))
    if setting_below and (setting := row_text.setting(row, section_text.quantisation_of(section))):
        # after the adapter's name where there is one: that line is mostly short
        pieces.append(Piece(f", {setting}" if row.adapter else f"\n{setting}", "dim"))
    pieces += [
        Piece(f"\n{row_text.note_text(note)}", "warning" if note.level == "warning" else "")
        for note in row_text.row_notes(row, columns)
        if full or note.level == "warning"
    ]
    return tuple(pieces)


def _difference(row: Row, section: Section) -> str:
    difference = row.against_base
    if difference is None or not row.starred or difference.value is None:
        return ""
    return "good" if (difference.value > 0) == higher_is_better(section.metric) else "bad"


ROLES: dict[str, Callable[[Row, Section], str]] = {
    "score": lambda row, section: "strong",
    "rank": lambda row, section: "strong" if row.rank == 1 else "",
    "difference": _difference,
}
