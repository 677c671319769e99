"""The overview table: one score for each model and task."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, TypeAlias

from phingpt_bench.board.row import Row
from phingpt_bench.board.values import Section
from phingpt_bench.render.board import row_text
from phingpt_bench.render.measures import higher_is_better, metric_name
from phingpt_bench.text.blocks import Across, Block, Cell, Column, Grid, Legend, Lines, Piece, folding
from phingpt_bench.text.clean import clean
from phingpt_bench.text.grid_lines import needed
from phingpt_bench.text.language import say, say_n
from phingpt_bench.text.numbers import letters as letter_of

Cells: TypeAlias = dict[int, Row]  # the row of one model in one setting in each section that has one, by its place
KIND_ORDER = {"tuned": 0, "base": 1, "floor": 2, "check": 3}
NAME_WIDTH = 30
CELL = len("0.000*!")
FEW = 6  # tasks that a page without a width, such as markdown, shows side by side


@dataclass(frozen=True, slots=True)
class Overview:
    """The overview of many tasks: tasks down, models across, and the best floor of each task next to them."""

    names: dict[str, str]  # of the models, by letter
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class Line:
    """One task: the row of each model in the order of the letters, None if it was not run, and the best floor."""

    title: str
    metric: str
    rows: list[Row | None]
    floor: Row | None


def leading(models: list[Cells], most: int | None) -> list[Cells]:
    """The `most` models that are in the most sections, of equal ones the first, and the floors; in their order."""
    ranked = [i for i, cells in enumerate(models) if next(iter(cells.values())).kind != "floor"]
    ranked.sort(key=lambda i: -len(models[i]))
    left_out = set() if most is None else set(ranked[most:])
    return [cells for i, cells in enumerate(models) if i not in left_out]


def overview(sections: Sequence[Section], models: Sequence[Cells] | None = None) -> Overview:
    """The overview with tasks down; those with the same metric are next to each other, in the order of the first.

    models: of `by_model`, by default all.
    """
    models = by_model(sections) if models is None else models
    models = [cells for cells in models if next(iter(cells.values())).kind != "floor"]
    letters = [letter_of(i).upper() for i in range(len(models))]
    names = {
        letter: row_text.full_name(next(iter(cells.values()))) for letter, cells in zip(letters, models, strict=True)
    }
    titles = short_titles(sections)
    metrics = list(dict.fromkeys(section.metric for section in sections))
    order = sorted(range(len(sections)), key=lambda i: metrics.index(sections[i].metric))
    lines = [
        Line(titles[i], metric_name(sections[i].metric), [cells.get(i) for cells in models], _floor(sections[i]))
        for i in order
    ]
    return Overview(names, lines)


def _floor(section: Section) -> Row | None:
    """The best of the floors, which are sorted by score unless the user wants otherwise."""
    floors = [row for row in section.rows if row.kind == "floor" and row.score is not None]
    sign = 1 if higher_is_better(section.metric) else -1
    return max(floors, key=lambda row: sign * (row.score or 0.0), default=None)


def by_model(sections: Sequence[Section]) -> list[Cells]:
    """For each model and variant its row in each section that has one, by the section's place.

    In the order drawn: tuned, base, floors; then by name. A second row of the same identity in one section (a model
    under two names) gets a line of its own.
    """
    models: dict[tuple[tuple[Any, ...], int], Cells] = {}
    for i, section in enumerate(sections):
        seen: Counter[tuple[Any, ...]] = Counter()
        for row in section.rows:
            models.setdefault((row.identity, seen[row.identity]), {})[i] = row
            seen[row.identity] += 1

    def order(cells: Cells) -> tuple[Any, ...]:
        row = next(iter(cells.values()))
        return KIND_ORDER[row.kind], row_text.display_name(row), row.shots, row.chat_template, row_text.after_name(row)

    return sorted(models.values(), key=order)


def short_titles(sections: Sequence[Section]) -> list[str]:
    """The task of each section, without the common prefix; with the protocol where a task has several."""
    tasks = [clean(section.task) for section in sections]
    short = [task.removeprefix("phin_") for task in tasks]
    names = short if len(set(short)) == len(set(tasks)) else tasks
    return [
        name if tasks.count(task) == 1 else f"{name} {clean(section.protocol)}"
        for name, task, section in zip(names, tasks, sections, strict=True)
    ]


def narrow_overview(sections: Sequence[Section], width: int, most: int | None = None) -> list[Block]:
    """Models down and tasks across where the tasks fit in `width`, otherwise tasks down and lettered models across.

    There is no average over tasks, since their metrics differ. most: the number of models, those with the most sections
    first (None: all); floors are added.
    """
    every = by_model(sections)
    models = leading(every, most)
    across = _models_down(sections, models, "\n{}")
    blocks: list[Block] = [across] if needed(across) <= width else _tasks_in_parts(overview(sections, models), width)
    if more := len(every) - len(models):
        blocks.append(Lines([say_n("{n} more model: --rows all", "{n} more models: --rows all", more)], "dim"))
    return blocks


def wide_overview(sections: Sequence[Section]) -> list[Block]:
    """The same for a page without a width: models down for at most FEW tasks, otherwise tasks down, in one table."""
    if len(sections) <= FEW:
        return [_models_down(sections, by_model(sections), " ({})")]
    found = overview(sections)
    heads = folding(say("task"), say("metric"), *found.names, say("floor"), right=range(2, len(found.names) + 3))
    rows = [
        [line.title, line.metric, *map(row_text.marked_score, line.rows), row_text.marked_score(line.floor)]
        for line in found.lines
    ]
    return [Legend(list(found.names.items()), role=""), Grid(heads, rows)]


def _models_down(sections: Sequence[Section], models: Sequence[Cells], metric: str) -> Grid:
    """The scores of the models by section. metric: the form in which a section's title is followed by its metric."""
    columns = [Column(head=say("model"), fold=True, least=NAME_WIDTH)]
    for title, section in zip(short_titles(sections), sections, strict=True):
        head = title + metric.format(metric_name(section.metric))
        columns.append(Column(head=head, right=True, least=CELL))
    rows = []
    for cells in models:
        row = next(iter(cells.values()))
        name = (Piece(row_text.display_name(row)), Piece(row_text.after_name(row), "dim"))
        rows.append([name, *(_cell(cells.get(i)) for i in range(len(sections)))])
    return Grid(columns, rows)


def _tasks_in_parts(found: Overview, width: int) -> list[Block]:
    """The letters and their models, then a table for as many models as fit side by side, each with the floors."""
    letters = list(found.names)
    floors = any(line.floor is not None for line in found.lines)
    longest = max(len(text) for line in found.lines for text in (line.title, line.metric))
    task_width = min(longest + 2, NAME_WIDTH)
    fitting = max(1, (width - task_width) // (CELL + 1) - floors)  # models side by side
    parts = max(1, math.ceil(len(letters) / fitting))  # one for the floors where there is nothing else
    per_part = max(1, math.ceil(len(letters) / parts))  # tables of about the same width
    starts = range(0, parts * per_part, per_part)
    shown = [range(start, min(start + per_part, len(letters))) for start in starts]
    key = [Legend(list(found.names.items()), role="")] if letters else []
    return [*key, *(_tasks_down(found, of, floors) for of in shown)]


def _tasks_down(found: Overview, shown: range, floors: bool) -> Grid:
    """The scores of the models at some places by task, tasks of one metric under its name."""
    letters = list(found.names)
    heads = [*(letters[i] for i in shown), *([say("floor")] if floors else [])]
    columns = [
        Column(fold=True, most=NAME_WIDTH),
        *(Column(head=f"{head}  ", right=True, least=CELL) for head in heads),
    ]
    rows: list[Sequence[Cell] | Across] = []
    for metric, of_metric in groupby(found.lines, key=lambda line: line.metric):
        lines = [line for line in of_metric if any(line.rows[i] for i in shown) or not letters]
        if lines:
            rows.append(Across(metric, role="dim"))
        rows += [
            [f" {line.title}", *(_cell(line.rows[i]) for i in shown), *[_cell(line.floor)] * floors] for line in lines
        ]
    return Grid(columns, rows, gap=1)


def _cell(row: Row | None) -> Cell:
    """The score and its marks; a gap where the model was not run."""
    return "" if row is None else (Piece(row_text.marked_score(row, 2), "strong" if row.rank == 1 else ""),)
