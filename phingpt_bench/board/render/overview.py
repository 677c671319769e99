"""The overview table: models down, tasks across, one score in each cell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from phingpt_bench.board.render import text as words
from phingpt_bench.board.values import Row, Section

KIND_ORDER = {"tuned": 0, "base": 1, "floor": 2, "check": 3}
NAME_WIDTH = 30


def overview(sections: Sequence[Section], width: int) -> RenderableType:
    """One line a model and variant, one column a section; several tables where the sections do not fit in `width`.

    Order: tuned, base, floors; then by name. No average over tasks: their metrics are not of one kind.
    """
    models = by_model(sections)
    titles = short_titles(sections)
    tables = []
    heads = [max(titles[i], words.metric_name(section.metric), key=len) for i, section in enumerate(sections)]
    for chunk in _chunks(heads, width - NAME_WIDTH - 2):
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
        table.add_column("model", overflow="fold", ratio=1)
        for i in chunk:
            metric = words.metric_name(sections[i].metric)
            table.add_column(Text(f"{titles[i]}\n{metric}"), justify="right", no_wrap=True)
        for cells in models:
            if any(i in cells for i in chunk):
                row = next(iter(cells.values()))
                table.add_row(_name(row), *(_cell(cells.get(i), len(heads[i])) for i in chunk))
        tables.append(table)
    return Group(*tables)


def by_model(sections: Sequence[Section]) -> list[dict[int, Row]]:
    """For each model and variant its row in each section (by the section's place) that has one; in the order drawn.

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
        return KIND_ORDER[row.kind], words.display_name(row), row.shots, row.chat_template, words.after_name(row)

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


def _chunks(titles: Sequence[str], width: int) -> list[list[int]]:
    """Places of the titles in as few runs as fit in `width` columns, at least one a run."""
    chunks: list[list[int]] = [[]]
    used = 0
    for i, title in enumerate(titles):
        need = max(len(title), len("0.000*!")) + 2
        if chunks[-1] and used + need > width:
            chunks.append([])
            used = 0
        chunks[-1].append(i)
        used += need
    return chunks


def _name(row: Row) -> Text:
    return Text(words.display_name(row)).append(words.after_name(row), style="dim")


def _cell(row: Row | None, width: int) -> Text:
    """The score and its marks, right-aligned in `width` with the digits in line; a gap where the model was not run."""
    if row is None:
        return Text("")
    text = f"{words.score_text(row.score)}{words.marks(row):<2}".rjust(width)
    return Text(text, style="bold" if row.rank == 1 else "", justify="left")  # rich would take the spaces away
