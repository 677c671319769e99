"""The table of one task for a terminal: which columns fit, and what stands in each cell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text

from phingpt_bench.board.values import Row, Section
from phingpt_bench.core.errors import BenchError
from phingpt_bench.render.board import row_text, section_text
from phingpt_bench.render.board import text as words
from phingpt_bench.render.board.columns import NARROW, WIDE, WIDE_LESS, Column, columns_of, pairs
from phingpt_bench.render.board.table import Table
from phingpt_bench.text.language import say, spoken

WIDE_FROM = 140  # columns from which on a row is one line; below it most cells have a second one
NAME = 20  # the name's column is at least so wide, where the columns leave that
# columns of the tables that nobody chose, and whether a row has two lines: the first that fits in a wide terminal
LAYOUTS = ((WIDE, False), (WIDE_LESS, False), (NARROW, True))


def usual_columns(width: int) -> Sequence[str]:
    """The columns of a table that nobody chose them for."""
    return WIDE if width >= WIDE_FROM else NARROW


@dataclass(frozen=True, slots=True)
class Drawn:
    """A column as drawn, and its width; None for the model's, which takes what is left."""

    head: str
    cells: list[Text]
    left: bool
    width: int | None


def section_table(section: Section, names: Sequence[str], width: int) -> Table:
    """One line a row where the terminal is wide enough, else two: name over setting, score over interval ...

    names: of the columns, where the user chose them; else the widest of LAYOUTS that fits. BenchError where those of
    the user do not.
    """
    layouts = [(names, False), (names, True)] if names else list(LAYOUTS)
    if width < WIDE_FROM:
        layouts = layouts[-1:]
    for chosen, stacked in layouts:
        drawn = _drawn(section, columns_of(section, names, chosen), stacked)
        used = sum(2 + column.width for column in drawn if column.width is not None)
        if used + NAME <= width:
            break
    if names and used + NAME > width:
        raise BenchError(
            f"these columns need {used + NAME} columns of a terminal, and there are {width}",
            where="--columns",
            hint=f"choose fewer, or --width {used + NAME}, or --format markdown",
        )
    table = Table()
    for column in drawn:
        if column.width is None:
            table.add_column(column.head, overflow="fold", ratio=1)
        else:
            table.add_column(Text(column.head), justify="left" if column.left else "right", no_wrap=True)
    for cells in zip(*(column.cells for column in drawn), strict=True):
        table.add_row(*cells)
    return table


def _drawn(section: Section, columns: Sequence[Column], stacked: bool) -> list[Drawn]:
    layout = pairs(columns) if stacked else [(column, None) for column in columns]
    names = [column.name for column in columns]
    drawn = []
    for column, below in layout:
        if column.name == "model":
            cells = [_name(row, section, below is not None, names) for row in section.rows]
            drawn.append(Drawn(column.title, cells, True, None))
            continue
        head = say(column.stacked) if below is not None and column.stacked else column.title
        firsts, seconds = _texts(section, column, below)
        width = max(map(cell_len, (*firsts, *seconds)), default=0)
        if cell_len(head) > width:
            head = head.replace(" ", "\n")
        width = max(width, *map(cell_len, head.split("\n")))
        style = STYLES.get(column.name, lambda row, section: "")
        cells = [
            _cell(first, second, 0 if column.left else width, style(row, section))
            for row, first, second in zip(section.rows, firsts, seconds, strict=True)
        ]
        drawn.append(Drawn(head, cells, column.left, width))
    return drawn


def _texts(section: Section, column: Column, below: Column | None) -> tuple[list[str], list[str]]:
    """The first and the second lines of a column. Where only some rows have a mark a space keeps digits in line."""
    marks = [column.mark(row) if column.mark else "" for row in section.rows]
    width = max(map(len, marks), default=0)
    firsts = [column.text(row) + mark.ljust(width) for row, mark in zip(section.rows, marks, strict=True)]
    return firsts, ["" if below is None else (below.short or below.text)(row) for row in section.rows]


def _cell(first: str, second: str, breadth: int, style: str) -> Text:
    """One line over the other, aligned here: rich would strip the space that stands for a mark."""
    cell = Text(" " * (breadth - cell_len(first)), justify="left").append(first, style=style)
    return cell.append(f"\n{second.rjust(breadth)}", style="dim") if second else cell


def _name(row: Row, section: Section, setting_below: bool, columns: Sequence[str]) -> Text:
    """The model's cell: name and adapter, then the setting where it stands below, and the notes, a line each."""
    cell = Text(row_text.display_name(row), style="bold" if row.rank == 1 else "", overflow="fold")
    if row.kind in ("floor", "check"):
        cell.append(f" ({spoken(row.kind)})", style="not bold dim")
    if setting_below and (setting := row_text.setting(row, section_text.quantisation_of(section))):
        # behind the adapter's name where there is one: that line is mostly short
        cell.append(f", {setting}" if row.adapter else f"\n{setting}", style="not bold dim")
    for note in row_text.row_notes(row, columns):
        style = "not bold yellow" if note.level == "warning" else "not bold"
        cell.append(f"\n{row_text.note_text(note)}", style=style)
    return cell


def _difference(row: Row, section: Section) -> str:
    difference = row.against_base
    if difference is None or not difference.significant or difference.value is None:
        return ""
    return "green" if (difference.value > 0) == words.higher_is_better(section.metric) else "red"


STYLES: dict[str, Callable[[Row, Section], str]] = {
    "score": lambda row, section: "bold",
    "rank": lambda row, section: "bold" if row.rank == 1 else "",
    "difference": _difference,
}
