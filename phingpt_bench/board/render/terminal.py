"""The board drawn for a terminal: an overview, then a table per task. Meaning never rests on colour."""

from __future__ import annotations

import io
from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from phingpt_bench.board.published.rows import PublishedRow
from phingpt_bench.board.render import costs
from phingpt_bench.board.render import text as words
from phingpt_bench.board.render.legend import legend
from phingpt_bench.board.render.overview import overview
from phingpt_bench.board.values import Board, Row, Section
from phingpt_bench.core.language import say

WIDE = 140  # from this width on a row is one line; below it each cell stacks two or three
MINIMUM = 76  # below this numbers would be cut or names folded letter by letter
TOP = 8  # published rows of a group that are drawn unless all are asked for


def render(board: Board, width: int = 80, *, whole: bool = False) -> str:
    """The board as plain text, `width` columns wide, without colour. whole: all published rows, not TOP of a group."""
    file = io.StringIO()
    draw(board, Console(file=file, width=width, color_system=None, legacy_windows=False), whole=whole)
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines()) + "\n"


def draw(board: Board, console: Console, *, whole: bool = False) -> None:
    """The board on `console`; trailing spaces are left to the console."""
    wide = console.width >= WIDE
    if len(board.sections) > 1:
        console.print(_heading("All tasks"))
        console.print(overview(board.sections, console.width))
        console.print()
    for section in board.sections:
        console.print(_section(section, wide, whole))
        console.print()
    for section in board.limited:
        console.print(_section(section, wide, whole))
        console.print()
    if not board.sections and not board.limited:
        console.print(Text("No runs to show: only check rows (oracle, null, echo) were found."))
    for line in legend(board):
        console.print(Text(line, style="dim"))


def _heading(title: str, rest: str = "") -> RenderableType:
    head = Text(title, style="bold")
    return Group(head.append(f": {rest}" if rest else "", style="not bold"), Rule(style="dim", characters="-"))


def _section(section: Section, wide: bool, whole: bool) -> RenderableType:
    parts: list[RenderableType] = [_heading(*words.section_title(section).split(": ", 1))]
    if section.synthetic:
        parts.append(Text(words.SYNTHETIC, style="bold yellow"))
    if section.limit is not None:
        parts.append(Text(words.limited_note(section), style="yellow"))
    parts.append(_wide_table(section) if wide else _stacked_table(section))
    parts += [Text(f"! {note}", style="yellow") for note in section.notes]
    if section.payback is not None and (told := costs.payback_lines(section.payback)):
        head, *lines = told
        parts += [Text(""), Text(f"{head}:", style="italic"), *(Text(f"- {line}") for line in lines)]
    if section.published:
        parts += _published(section.published, section.metric, None if whole else TOP)
    return Group(*parts)


def _table() -> Table:
    return Table(box=None, expand=False, pad_edge=False, padding=(0, 2, 0, 0), show_edge=False, header_style="bold")


def _stacked_table(section: Section) -> Table:
    """Two or three lines a row: name over setting, score over interval, difference over p, time over USD."""
    table = _table()
    ranked = section.limit is None
    if ranked:
        table.add_column("#", justify="right", no_wrap=True)
    table.add_column("model", overflow="fold", ratio=1)
    for title in ("score", "vs base", "training"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("evaluation", justify="right", no_wrap=True)
    marked = any(map(words.floor_mark, section.rows))
    width = max((len(words.interval_text(row.interval)) for row in section.rows), default=0)
    for row in section.rows:
        value, p = words.difference_text(row)
        cells: list[RenderableType] = [
            _name(row, "\n".join(filter(None, (words.setting(row), words.flip_line(row))))),
            _lines(_score(row, marked, width), words.interval_text(row.interval)),
            _lines(_difference(row, value, words.higher_is_better(section.metric)), p),
            _lines(*words.training_texts(row)),
            _lines(words.time_text(row.evaluation), words.money_text(row.evaluation)),
        ]
        table.add_row(*([Text(words.rank_text(row), style=_rank_style(row))] if ranked else []), *cells)
    return table


def _wide_table(section: Section) -> Table:
    """One line a row, with columns of their own for quantisation, p, unreadable answers and USD."""
    table = _table()
    ranked = section.limit is None
    if ranked:
        table.add_column("#", justify="right", no_wrap=True)
    table.add_column("model", overflow="fold", ratio=1)
    table.add_column("setting", no_wrap=True)
    flips = words.has_flips(section)
    more = ("flips", "ECE") if flips else ()
    for title in ("score", "95% CI", "vs base", "p", *more, "unreadable", "training", "USD", "evaluation", "USD"):
        table.add_column(title, justify="right", no_wrap=True)
    marked = any(map(words.floor_mark, section.rows))
    for row in section.rows:
        value, p = words.difference_text(row)
        cells: list[RenderableType] = [
            _name(row, None),
            Text(words.setting(row)),
            _score(row, marked, len("0.000!") if marked else 0),
            Text(words.interval_text(row.interval)),
            _difference(row, value, words.higher_is_better(section.metric)),
            Text(p.removeprefix("p=").removeprefix("p")),
            *([Text(part) for part in words.flip_texts(row)] if flips else []),
            Text(words.UNKNOWN if row.invalid_share is None else words.percent(row.invalid_share)),
            *map(Text, words.training_texts(row)),
            Text(words.time_text(row.evaluation)),
            Text(words.money_text(row.evaluation)),
        ]
        table.add_row(*([Text(words.rank_text(row), style=_rank_style(row))] if ranked else []), *cells)
    return table


def _name(row: Row, below: str | None) -> Text:
    """The model's cell: name, adapter, then the setting (where it has no column) and the notes, a line each."""
    cell = Text(words.display_name(row), style="bold" if row.rank == 1 else "", overflow="fold")
    if row.kind in ("floor", "check"):
        cell.append(f" ({row.kind})", style="not bold dim")
    if below:
        cell.append(f"\n{below}", style="not bold dim")
    for note in words.row_notes(row):
        if below is None and "unreadable" in note:
            continue
        cell.append(f"\n{note}", style="not bold yellow" if note.startswith("!") else "not bold")
    return cell


def _score(row: Row, marked: bool, width: int = 0) -> Text:
    """The score and its mark, right-aligned in `width`; where other rows are `marked` a space keeps digits in line.

    It is aligned here, since rich takes the space away where it aligns to the right.
    """
    score, mark = words.score_text(row.score), words.floor_mark(row) or " " * marked
    cell = Text(" " * (width - len(score + mark)), justify="left")
    return cell.append(score, style="bold").append(mark)


def _difference(row: Row, value: str, higher_is_better: bool = True) -> Text:
    difference = row.against_base
    if difference is None or not difference.significant or difference.value is None:
        return Text(value)
    return Text(value, style="green" if (difference.value > 0) == higher_is_better else "red")


def _rank_style(row: Row) -> str:
    return "bold" if row.rank == 1 else ""


def _lines(*parts: Text | str) -> Text:
    """The parts one under the other, the first as it is and the others dim; empty ones are left out."""
    first, *rest = parts
    cell = first if isinstance(first, Text) else Text(first)
    for part in rest:
        if part:
            cell.append(f"\n{part}", style="not bold dim")
    return cell


def _published(rows: Sequence[PublishedRow], metric: str, most: int | None) -> list[RenderableType]:
    """A table for each way of being comparable, under a line that says which; then the notes, and what costs cover.

    Each shows the first `most` rows, which are the best (None: all).
    """
    parts: list[RenderableType] = []
    groups = [[row for row in rows if row.comparison == c] for c in dict.fromkeys(row.comparison for row in rows)]
    hidden = [max(0, len(group) - (most or len(group))) for group in groups]
    groups = [group[:most] for group in groups]
    rows = [row for group in groups for row in group]
    notes = words.note_marks(rows)
    marks = words.cost_marks(rows)
    for group, more in zip(groups, hidden, strict=True):
        margin = max((len(f" ({notes[row.note]})") for row in group if row.note), default=0)
        kinds = {words.evidence_text(row.evidence) for row in group}
        shared = f" ({kind})" if len(kinds) == 1 and (kind := next(iter(kinds))) else ""
        title = Text(f"published, unranked{shared}: {group[0].comparison.note}", style="italic")
        table = _table()
        table.add_column("model", overflow="fold", ratio=3)
        table.add_column("size", justify="right", no_wrap=True)
        table.add_column("method", overflow="fold", ratio=2)
        table.add_column("score", justify="right", no_wrap=True)
        table.add_column("training", justify="right", no_wrap=True)
        extra = costs.columns(group)
        for column in extra:
            table.add_column(say(column), justify="right", no_wrap=True)
        for row in group:
            cost = words.published_cost(row.cost)
            assumed = costs.assumed_text(row.cost)
            mark = f" ({marks[row.cost.key]})" if row.cost is not None and row.cost.key in marks else ""
            shots = f", k={row.shots}" if row.shots else ""
            note = f" ({notes[row.note]})" if row.note else ""
            kind = words.evidence_text(row.evidence) if len(kinds) > 1 else ""
            table.add_row(
                Text(words.published_name(row, rows) + (f" ({kind})" if kind else "")),
                words.size_text(row.size_b),
                Text(words.clean(row.method) + shots),
                Text(words.score_text(row.metrics[metric].value) + note.ljust(margin)),
                _lines(cost + mark.ljust(4 if marks else 0), assumed and assumed + " " * (4 if marks else 0)),
                *(Text(costs.cell(row, column)) for column in extra),
            )
        parts += [Text(""), title, table]
        parts += [Text(f"{more} more: --published all", style="dim")] if more else []
    parts += [Text(f"({number}) {words.clean(note)}", style="dim") for note, number in notes.items()]
    of_key = {row.cost.key: row.cost for row in rows if row.cost is not None}
    parts += [Text(f"({mark}) {words.published_cost_note(of_key[key])}", style="dim") for key, mark in marks.items()]
    return parts
