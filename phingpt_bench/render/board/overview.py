"""The overview table: one score for each model and task."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from phingpt_bench.board.values import Row, Section
from phingpt_bench.render.board import row_text
from phingpt_bench.render.board import text as words
from phingpt_bench.render.board.table import Table
from phingpt_bench.text.language import say

KIND_ORDER = {"tuned": 0, "base": 1, "floor": 2, "check": 3}
NAME_WIDTH = 30
CELL = len("0.000*!")
FEW = 6  # tasks that a page without a width, such as markdown, shows side by side


@dataclass(frozen=True, slots=True)
class Grid:
    """The overview of many tasks: tasks down, models across, and the best floor of each task beside them."""

    names: dict[str, str]  # of the models, by letter
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class Line:
    """One task: the row of each model in the order of the letters, None where it was not run, and the best floor."""

    title: str
    metric: str
    rows: list[Row | None]
    floor: Row | None


def overview(sections: Sequence[Section], width: int, most: int | None = None) -> RenderableType:
    """Models down and tasks across where the tasks fit in `width`, else tasks down and lettered models across.

    No average over tasks: their metrics are not of one kind. most: so many models, those that stand in the most
    sections (None: all), and the floors.
    """
    every = by_model(sections)
    models = leading(every, most)
    table = _models_down(sections, models, width) or _tasks_down(grid(sections, models), width)
    if more := len(every) - len(models):
        return Group(table, Text(say("{n} more models: --rows all", n=more), style="dim"))
    return table


def leading(models: list[dict[int, Row]], most: int | None) -> list[dict[int, Row]]:
    """The `most` models that are in the most sections, of equal ones the first, and the floors; in their order."""
    ranked = [i for i, cells in enumerate(models) if next(iter(cells.values())).kind != "floor"]
    ranked.sort(key=lambda i: -len(models[i]))
    left_out = set() if most is None else set(ranked[most:])
    return [cells for i, cells in enumerate(models) if i not in left_out]


def grid(sections: Sequence[Section], models: list[dict[int, Row]] | None = None) -> Grid:
    """The overview with tasks down; those of one metric stand together, in the order of their first.

    models: of `by_model`, by default all.
    """
    models = by_model(sections) if models is None else models
    models = [cells for cells in models if next(iter(cells.values())).kind != "floor"]
    letters = [words.letters(i).upper() for i in range(len(models))]
    names = {letter: full_name(cells) for letter, cells in zip(letters, models, strict=True)}
    titles = short_titles(sections)
    metrics = list(dict.fromkeys(section.metric for section in sections))
    order = sorted(range(len(sections)), key=lambda i: metrics.index(sections[i].metric))
    lines = [
        Line(titles[i], words.metric_name(sections[i].metric), [cells.get(i) for cells in models], _floor(sections[i]))
        for i in order
    ]
    return Grid(names, lines)


def _floor(section: Section) -> Row | None:
    """The best of the floors, which are sorted by score unless the user wants otherwise."""
    floors = [row for row in section.rows if row.kind == "floor" and row.score is not None]
    sign = 1 if words.higher_is_better(section.metric) else -1
    return max(floors, key=lambda row: sign * (row.score or 0.0), default=None)


def full_name(cells: dict[int, Row]) -> str:
    """The name of a model and all that tells it from others."""
    row = next(iter(cells.values()))
    return row_text.display_name(row) + row_text.after_name(row)


def by_model(sections: Sequence[Section]) -> list[dict[int, Row]]:
    """For each model and variant its row in each section (by the section's place) that has one; in the order drawn:
    tuned, base, floors; then by name.

    A second row of the same identity in one section (a model under two names) gets a line of its own.
    """
    models: dict[tuple[tuple[Any, ...], int], dict[int, Row]] = {}
    for i, section in enumerate(sections):
        seen: Counter[tuple[Any, ...]] = Counter()
        for row in section.rows:
            models.setdefault((row.identity, seen[row.identity]), {})[i] = row
            seen[row.identity] += 1

    def order(cells: dict[int, Row]) -> tuple[Any, ...]:
        row = next(iter(cells.values()))
        return KIND_ORDER[row.kind], row_text.display_name(row), row.shots, row.chat_template, row_text.after_name(row)

    return sorted(models.values(), key=order)


def short_titles(sections: Sequence[Section]) -> list[str]:
    """The task of each section, without the common prefix; with the protocol where a task has several."""
    tasks = [words.clean(section.task) for section in sections]
    short = [task.removeprefix("phin_") for task in tasks]
    names = short if len(set(short)) == len(set(tasks)) else tasks
    return [
        name if tasks.count(task) == 1 else f"{name} {words.clean(section.protocol)}"
        for name, task, section in zip(names, tasks, sections, strict=True)
    ]


def _models_down(sections: Sequence[Section], models: list[dict[int, Row]], width: int) -> Table | None:
    """None where the tasks do not fit side by side."""
    titles = short_titles(sections)
    heads = [max(title, words.metric_name(s.metric), key=len) for title, s in zip(titles, sections, strict=True)]
    widths = [max(len(head), CELL) for head in heads]
    if sum(widths) + 2 * len(widths) + NAME_WIDTH > width:
        return None
    table = Table()
    table.add_column(say("model"), overflow="fold", ratio=1)
    for title, section in zip(titles, sections, strict=True):
        table.add_column(Text(f"{title}\n{words.metric_name(section.metric)}"), justify="right", no_wrap=True)
    for cells in models:
        row = next(iter(cells.values()))
        name = Text(row_text.display_name(row)).append(row_text.after_name(row), style="dim")
        table.add_row(name, *(_cell(cells.get(i), widths[i]) for i in range(len(sections))))
    return table


def _tasks_down(found: Grid, width: int) -> RenderableType:
    """The letters and their models, then a table for as many models as fit side by side, each with the floors."""
    key = Table(heads=False)
    key.add_column("", no_wrap=True)
    key.add_column("", overflow="fold")
    for letter, name in found.names.items():
        key.add_row(Text(letter, style="bold"), Text(name))
    parts: list[RenderableType] = [key]
    metrics = list(dict.fromkeys(line.metric for line in found.lines))
    floors = any(line.floor is not None for line in found.lines)
    first = min(max(len(text) for line in found.lines for text in (line.title, line.metric)) + 2, NAME_WIDTH)
    letters = list(found.names)
    fit = max(1, (width - first) // (CELL + 1) - floors)
    tables = max(1, -(-len(letters) // fit))  # one for the floors where there is nothing else
    per_table = max(1, -(-len(letters) // tables))  # tables of about the same width
    for start in range(0, tables * per_table, per_table):
        shown = range(start, min(start + per_table, len(letters)))
        table = Table(gap=1)
        table.add_column("", overflow="fold", max_width=NAME_WIDTH)
        for head in (*(letters[i] for i in shown), *([say("floor")] if floors else [])):
            table.add_column(Text(head.rjust(CELL - 2)), no_wrap=True)
        for metric in metrics:
            lines = [line for line in found.lines if line.metric == metric]
            lines = [line for line in lines if any(line.rows[i] for i in shown) or not letters]
            if lines:
                table.add_row(Text(metric, style="dim"), *[""] * (len(shown) + floors))
            for line in lines:
                cells = [_cell(line.rows[i], CELL) for i in shown] + [_cell(line.floor, CELL)] * floors
                table.add_row(Text(f" {line.title}"), *cells)
        parts += [Text(""), table]
    return Group(*parts)


def _cell(row: Row | None, width: int) -> Text:
    """The score and its marks, right-aligned in `width` with the digits in line; a gap where the model was not run."""
    if row is None:
        return Text("")
    text = f"{words.score_text(row.score)}{row_text.marks(row):<2}".rjust(width)
    return Text(text, style="bold" if row.rank == 1 else "", justify="left")  # rich would take the spaces away
