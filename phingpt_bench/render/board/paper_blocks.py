"""A board as the tables of a paper: few columns, the best score in bold, the marks in a line below."""

from __future__ import annotations

import math
from collections.abc import Sequence

from phingpt_bench.board.row import Row
from phingpt_bench.board.values import Board, Section
from phingpt_bench.render.board import row_text, section_text
from phingpt_bench.render.board.columns import COLUMNS
from phingpt_bench.render.board.columns import Column as Shown
from phingpt_bench.render.board.legend import entries, marks_text
from phingpt_bench.render.board.overview import by_model, short_titles
from phingpt_bench.render.board.view import View
from phingpt_bench.render.measures import metric_name, synthetic
from phingpt_bench.text.blocks import Block, Cell, Column, Grid, Legend, Lines, Piece, Title
from phingpt_bench.text.clean import clean
from phingpt_bench.text.language import say
from phingpt_bench.text.write_latex import Paper

ROOM = {"column": 50, "page": 80}  # characters in footnotesize side by side
NAMES = 20  # of them at least for the names of models
TASK = 10  # for the scores of a task: "weighted", "finer_ord" or 0.853*!, and the gap
# of a table of one task, by the width that it has
USUAL = {
    "column": ("model", "score", "interval", "difference"),
    "page": ("model", "score", "interval", "difference", "p", "training_usd", "usd"),
}


def paper_blocks(board: Board, view: View) -> list[Block]:
    """One table with all tasks, or that of a single one; with `tables` one for each task as well.

    view: its paper has a width. The columns are the user's, or those of USUAL. Break-even, published rows and notes of
    rows are left out; the legend is there if it was asked for.
    """
    assert view.paper is not None and view.paper.width is not None
    sections = (*board.sections, *board.limited)
    blocks: list[Block] = []
    if len(board.sections) > 1:
        blocks += _overview(board, view.paper)
    if len(board.sections) < 2 or view.tables:
        for section in sections:
            names = view.columns or USUAL[view.paper.width]
            title = Title(section_text.section_title(section), "", section_text.section_about(section), level=1)
            blocks += [title, _table(section, names), *_notes([section], _marks(board, names, view.paper))]
    if view.legend:
        blocks.append(Legend([(entry.mark, entry.text) for entry in entries(board, view.columns or None)]))
    return blocks


def _marks(board: Board, names: Sequence[str], paper: Paper) -> str:
    """What the marks mean, with the decimal sign of the numbers above."""
    marks = marks_text(board, names)
    return marks.replace("0.05", "0,05") if paper.decimal_comma else marks


def _notes(sections: Sequence[Section], marks: str) -> list[Block]:
    """What has to stand below the table: made-up data, a limit, the best floor, what the marks mean."""
    said = [synthetic()] if any(section.synthetic for section in sections) else []
    said += [section_text.limited_note(section) for section in sections if section.limit is not None]
    return [Lines([*said, *([marks] if marks else [])])] if said or marks else []


def _table(section: Section, names: Sequence[str]) -> Grid:
    columns = [COLUMNS[name] for name in names]
    shared = section_text.quantisation_of(section)
    best = _has_best(section)
    rows = [[_cell(row, column, names, shared, best=best) for column in columns] for row in section.rows]
    return Grid(
        [
            Column(head=column.title, right=not column.left, fold=column.left, tall=not column.left)
            for column in columns
        ],
        rows,
    )


def _has_best(section: Section) -> bool:
    """Whether a rank is better than another; where all share the first, none is printed in bold."""
    return any(row.rank is not None and row.rank > 1 for row in section.rows)


def _cell(row: Row, column: Shown, names: Sequence[str], shared: str | None, *, best: bool) -> Cell:
    if column.name == "model" and "setting" not in names:
        return row_text.full_name(row, shared)
    if column.name == "setting":
        return row_text.setting(row, shared)
    if column.name == "score" and row.rank == 1 and best:
        return (Piece(column.text(row), "strong"), Piece(column.mark(row) if column.mark else ""))
    return column.cell(row)


def _overview(board: Board, paper: Paper) -> list[Block]:
    """The scores of all tasks, in as many tables as are needed for the tasks that fit into the paper's width."""
    assert paper.width is not None
    sections = board.sections
    fitting = (ROOM[paper.width] - NAMES) // TASK
    parts = math.ceil(len(sections) / fitting)
    each = math.ceil(len(sections) / parts)
    shared = _shared(sections)
    title = say("All tasks") + ("" if shared is None else say("; models in {quantisation}", quantisation=clean(shared)))
    blocks: list[Block] = []
    for number, start in enumerate(range(0, len(sections), each), 1):
        rest = say("part {number} of {total}", number=number, total=parts) if parts > 1 else ""
        shown = range(start, min(start + each, len(sections)))
        blocks += [Title(title, rest, level=1), _across(sections, shown, shared)]
        blocks += _notes([sections[at] for at in shown], _marks(board, ["model"], paper))
    return blocks


def _shared(sections: Sequence[Section]) -> str | None:
    """The quantisation that all models of all sections share; None if they do not, or have none."""
    found = {section_text.quantisation_of(section) for section in sections}
    return found.pop() if len(found) == 1 else None


def _across(sections: Sequence[Section], shown: range, shared: str | None) -> Grid:
    """Models down, the tasks at some places across, the best of each in bold; without models that have none of them."""
    titles = short_titles(sections)
    heads = [Column(head=say("model"), fold=True)]
    heads += [Column(head=f"{titles[at]}\n{metric_name(sections[at].metric)}", right=True, tall=True) for at in shown]
    rows: list[list[Cell]] = []
    for cells in by_model(sections):
        if not any(at in cells for at in shown):
            continue
        line: list[Cell] = [row_text.full_name(next(iter(cells.values())), shared)]
        for at in shown:
            row = cells.get(at)
            text = row_text.marked_score(row)
            line.append(
                (Piece(text, "strong"),) if row is not None and row.rank == 1 and _has_best(sections[at]) else text
            )
        rows.append(line)
    return Grid(heads, rows)
