"""The board drawn for a terminal: an overview, then a table per task. Meaning never rests on colour."""

from __future__ import annotations

import io
from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.rule import Rule
from rich.text import Text

from phingpt_bench.board.values import Board, Section
from phingpt_bench.render.board import costs, section_text
from phingpt_bench.render.board import text as words
from phingpt_bench.render.board.legend import entries
from phingpt_bench.render.board.overview import overview
from phingpt_bench.render.board.published_table import published_tables
from phingpt_bench.render.board.scatter import BOXES, has_plot, scatter
from phingpt_bench.render.board.section_table import section_table, usual_columns
from phingpt_bench.render.board.table import Table
from phingpt_bench.text.language import say, spoken

MINIMUM = 76  # below this numbers would be cut or names folded letter by letter
TOP = 8  # published rows of a group that are drawn unless all are asked for


def render(
    board: Board,
    width: int = 80,
    *,
    whole: bool = False,
    columns: Sequence[str] = (),
    plot: bool | None = None,
    encoding: str = "utf-8",
) -> str:
    """The board as plain text, `width` columns wide, without colour; the other arguments are those of `draw`."""
    file = io.StringIO()
    console = Console(file=file, width=width, color_system=None, legacy_windows=False)
    draw(board, console, whole=whole, columns=columns, plot=plot, encoding=encoding)
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines()) + "\n"


def draw(
    board: Board,
    console: Console,
    *,
    whole: bool = False,
    columns: Sequence[str] = (),
    plot: bool | None = None,
    encoding: str | None = None,
) -> None:
    """The board on `console`; trailing spaces are left to the console.

    whole: all published rows, not TOP of a group. columns: names of `columns.COLUMNS` in place of the usual ones.
    plot: cost against score under each task; None: where there is one task only. encoding: of the output, if it is not
    that of the console; where it lacks lines, plots are drawn in ASCII. BenchError where the columns do not fit in the
    width.
    """
    if len(board.sections) > 1:
        console.print(_heading(say("All tasks")))
        console.print(overview(board.sections, console.width, board.most))
        console.print()
    plotted = len(board.sections) == 1 if plot is None else plot
    plain = not _draws_lines(encoding or console.encoding)
    for section in (*board.sections, *board.limited):
        console.print(_section(section, console.width, columns))
        if plotted and section.limit is None and has_plot(section):
            console.print()
            console.print(scatter(section, console.width, ascii_only=plain))
        if section.published:
            console.print(published_tables(section.published, section.metric, None if whole else TOP))
        console.print()
    if not board.sections and not board.limited:
        console.print(Text(section_text.nothing(board)))
    console.print(_legend(board, columns or usual_columns(console.width)))


def _legend(board: Board, columns: Sequence[str]) -> RenderableType:
    """The marks in a column, what each means beside it."""
    grid = Table(heads=False)
    grid.add_column("", no_wrap=True)
    grid.add_column("", overflow="fold")
    for entry in entries(board, columns):
        grid.add_row(Text(entry.mark, style="bold"), Text(entry.text, style="dim"))
    return grid


def _heading(title: str, about: str = "") -> RenderableType:
    parts: list[RenderableType] = [Text(title, style="bold")]
    return Group(*parts, *([Text(about)] if about else []), Rule(style="dim", characters="-"))


def _section(section: Section, width: int, columns: Sequence[str]) -> RenderableType:
    parts: list[RenderableType] = [_heading(section_text.section_title(section), section_text.section_about(section))]
    if section.synthetic:
        parts.append(Text(words.synthetic(), style="bold yellow"))
    if section.limit is not None:
        parts.append(Text(section_text.limited_note(section), style="yellow"))
    parts.append(section_table(section, columns, width))
    if line := section_text.floor_line(section):
        parts.append(Text(f"! {line}", style="yellow"))
    parts += [Text(f"! {spoken(note.text)}", style="yellow") for note in section.notes]
    if section.beyond:
        parts.append(Text(say("{n} more rows: --rows all", n=section.beyond), style="dim"))
    if section.hidden:
        parts.append(Text(section_text.hidden_line(section), style="dim"))
    if section.payback is not None and (told := costs.payback_lines(section.payback)):
        head, *lines = told
        parts += [Text(""), Text(f"{head}:", style="italic"), *(Text(f"- {line}") for line in lines)]
    return Group(*parts)


def _draws_lines(encoding: str) -> bool:
    """Whether an encoding has the characters that a plot is drawn with."""
    try:
        "".join(BOXES.values()).encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True
