"""The board drawn for a terminal: an overview, then a table per task. Meaning never rests on colour."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.rule import Rule
from rich.text import Text

from phingpt_bench.board.published.rows import PublishedRow
from phingpt_bench.board.render import costs, papers, row_text, section_text
from phingpt_bench.board.render import text as words
from phingpt_bench.board.render.columns import NARROW, WIDE, WIDE_LESS, Column, columns_of, pairs
from phingpt_bench.board.render.legend import entries
from phingpt_bench.board.render.overview import overview
from phingpt_bench.board.render.scatter import BOXES, has_plot, scatter
from phingpt_bench.board.render.table import Table
from phingpt_bench.board.values import Board, Row, Section
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.language import say, spoken

WIDE_FROM = 140  # columns from which on a row is one line; below it most cells have a second one
MINIMUM = 76  # below this numbers would be cut or names folded letter by letter
NAME = 20  # the name's column is at least so wide, where the columns leave that
# columns of the tables that nobody chose, and whether a row has two lines: the first that fits in a wide terminal
LAYOUTS = ((WIDE, False), (WIDE_LESS, False), (NARROW, True))
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
            console.print(_published(section.published, section.metric, None if whole else TOP))
        console.print()
    if not board.sections and not board.limited:
        console.print(Text(section_text.nothing(board)))
    by_default = WIDE if console.width >= WIDE_FROM else NARROW
    console.print(_legend(board, columns or by_default))


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
    parts.append(_table(section, columns, width))
    if line := section_text.floor_line(section):
        parts.append(Text(f"! {line}", style="yellow"))
    parts += [Text(f"! {spoken(note)}", style="yellow") for note in section.notes]
    if section.beyond:
        parts.append(Text(say("{n} more rows: --rows all", n=section.beyond), style="dim"))
    if section.hidden:
        parts.append(Text(section_text.hidden_line(section), style="dim"))
    if section.payback is not None and (told := costs.payback_lines(section.payback)):
        head, *lines = told
        parts += [Text(""), Text(f"{head}:", style="italic"), *(Text(f"- {line}") for line in lines)]
    return Group(*parts)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A column as drawn, and its width; None for the model's, which takes what is left."""

    head: str
    cells: list[Text]
    left: bool
    width: int | None


def _table(section: Section, names: Sequence[str], width: int) -> Table:
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
        cell.append(f"\n{note}", style="not bold yellow" if note.startswith("!") else "not bold")
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


def _draws_lines(encoding: str) -> bool:
    """Whether an encoding has the characters that a plot is drawn with."""
    try:
        "".join(BOXES.values()).encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _published(rows: Sequence[PublishedRow], metric: str, most: int | None) -> RenderableType:
    """A table for each way of being comparable, under a line that says which; then the notes, and what costs cover.

    Each shows the first `most` rows, which are the best (None: all).
    """
    parts: list[RenderableType] = []
    groups = [[row for row in rows if row.comparison == c] for c in dict.fromkeys(row.comparison for row in rows)]
    hidden = [max(0, len(group) - (most or len(group))) for group in groups]
    groups = [group[:most] for group in groups]
    rows = [row for group in groups for row in group]
    notes = papers.note_marks(rows)
    marks = papers.cost_marks(rows)
    for group, more in zip(groups, hidden, strict=True):
        margin = max((len(f" ({notes[row.note]})") for row in group if row.note), default=0)
        kinds = {papers.evidence_text(row.evidence) for row in group}
        shared = f" ({kind})" if len(kinds) == 1 and (kind := next(iter(kinds))) else ""
        title = Text(
            say("published, unranked{kind}: {how}", kind=shared, how=spoken(group[0].comparison.note)), style="italic"
        )
        table = Table()
        table.add_column(say("model"), overflow="fold", ratio=3)
        table.add_column(say("size"), justify="right", no_wrap=True)
        table.add_column(say("method"), overflow="fold", ratio=2)
        table.add_column(say("score"), justify="right", no_wrap=True)
        table.add_column(say("training"), justify="right", no_wrap=True)
        margin_of_marks = 4 if marks else 0
        extra = costs.columns(group)
        for column in extra:
            table.add_column(say(column), justify="right", no_wrap=True)
        for row in group:
            assumed = costs.assumed_text(row.cost)
            cost = papers.published_cost(row.cost)
            mark = f" ({marks[row.cost.key]})" if row.cost is not None and row.cost.key in marks else ""
            shots = f", k={row.shots}" if row.shots else ""
            note = f" ({notes[row.note]})" if row.note else ""
            kind = papers.evidence_text(row.evidence) if len(kinds) > 1 else ""
            table.add_row(
                Text(papers.published_name(row, rows) + (f" ({kind})" if kind else "")),
                papers.size_text(row.size_b),
                Text(words.clean(row.method) + shots),
                Text(words.score_text(row.metrics[metric].value) + note.ljust(margin)),
                Text(cost + mark.ljust(margin_of_marks)).append(
                    f"\n{assumed}{' ' * margin_of_marks}" if assumed else "", style="dim"
                ),
                *(Text(costs.cell(row, column)) for column in extra),
            )
        parts += [Text(""), title, table]
        parts += [Text(say("{n} more: --published all", n=more), style="dim")] if more else []
    parts += [Text(f"({number}) {words.clean(spoken(note))}", style="dim") for note, number in notes.items()]
    of_key = {row.cost.key: row.cost for row in rows if row.cost is not None}
    parts += [Text(f"({mark}) {papers.published_cost_note(of_key[key])}", style="dim") for key, mark in marks.items()]
    return Group(*parts)
