"""A board as blocks: an overview, a table per task with its notes, and the legend."""

from __future__ import annotations

from collections.abc import Sequence

from phingpt_bench.board.values import Board, Section
from phingpt_bench.render.board import cost_text, section_text
from phingpt_bench.render.board.answer import answer_blocks
from phingpt_bench.render.board.columns import PRINTED, WIDE
from phingpt_bench.render.board.legend import entries, hidden_text, marks_text, older_text
from phingpt_bench.render.board.overview import narrow_overview, wide_overview
from phingpt_bench.render.board.plot import draws_lines, has_plot, plot_blocks
from phingpt_bench.render.board.published_grids import narrow_published, printed_published, wide_published
from phingpt_bench.render.board.section_grid import narrow_grid, usual_columns, wide_grid
from phingpt_bench.render.board.view import View
from phingpt_bench.render.measures import synthetic
from phingpt_bench.text.blocks import Block, Grid, Legend, Lines, Title
from phingpt_bench.text.language import say, say_n, spoken

TOP = 8  # published rows of a group that are drawn unless all are asked for
FEW = 4  # tasks whose tables are drawn in a brief board; of more, the overview is enough


def terminal_blocks(board: Board, width: int, view: View | None = None) -> list[Block]:
    """The board for a terminal of `width` columns: the answer, the tables, and what the marks mean.

    view: how much of it (None: briefly). BenchError if the columns that it names do not fit in the width.
    """
    view = view or View()
    blocks = answer_blocks(board, full=view.full)
    if len(board.sections) > 1:
        blocks += [Title(say("All tasks"), level=1), *narrow_overview(board.sections, width, board.most)]
    sections = (*board.sections, *board.limited)
    tables = view.full or view.tables or bool(view.columns) or view.plot is True or len(sections) <= FEW
    plotted = view.full and len(board.sections) == 1 if view.plot is None else view.plot
    for section in sections if tables else ():
        blocks += _section(section, narrow_grid(section, view.columns, width, full=view.full), full=view.full)
        if plotted and section.limit is None and has_plot(section):
            blocks += plot_blocks(section, width, ascii_only=not draws_lines(view.encoding))
        blocks += _published(section, view)
    if view.full or view.legend:
        return [*blocks, *_end(board, view.columns or usual_columns(width))]
    return [*blocks, *_brief_end(board, tables=tables)]


def _published(section: Section, view: View) -> list[Block]:
    """The published rows of a section as far as they are asked for, or a line that says that there are any."""
    if not section.published or view.published == "none":
        return []
    if view.full or view.published is not None:
        return narrow_published(section.published, section.metric, None if view.published == "all" else TOP)
    return [Lines([section_text.published_line(section)], "dim")]


def _brief_end(board: Board, *, tables: bool) -> list[Block]:
    """The marks in a line, and how to see more."""
    if not board.sections and not board.limited:
        return [Lines([section_text.nothing(board)])]
    lines = [(say("marks"), marks_text(board)), (say("older"), older_text(board)), (say("hidden"), hidden_text(board))]
    more = [] if tables else [say("--task NAME (or --tables): the table of a task")]
    more.append(say("--full: notes, break-even, published results, all marks; --explain 1 TASK: how a number was made"))
    if not board.sections:
        more.append(say("no ranks and no break-even, as the runs have --limit"))
    return [Legend([*((mark, text) for mark, text in lines if text), (say("more"), "; ".join(more))])]


def page_blocks(board: Board, columns: Sequence[str] = (), *, printed: bool = False) -> list[Block]:
    """The board for a page without a width, such as markdown, with everything; columns: as above.

    printed: for paper, where fewer columns fit.
    """
    usual, published = (PRINTED, printed_published) if printed else (WIDE, wide_published)
    blocks = [] if printed else answer_blocks(board, full=True)
    if len(board.sections) > 1:
        blocks += [Title(say("All tasks"), level=1), *wide_overview(board.sections)]
    for section in (*board.sections, *board.limited):
        blocks += _section(section, wide_grid(section, columns, usual))
        if section.published:
            blocks += published(section.published, section.metric)
    return [*blocks, *_end(board, columns or usual)]


def _section(section: Section, grid: Grid, *, full: bool = True) -> list[Block]:
    """A task's title, its table, and what is to be known before it is believed; in full also when training pays."""
    blocks: list[Block] = [Title(section_text.section_title(section), "", section_text.section_about(section), level=1)]
    if section.synthetic:
        blocks.append(Lines([synthetic()], "alarm"))
    if section.limit is not None:
        blocks.append(Lines([section_text.limited_note(section)], "warning"))
    blocks.append(grid)
    floor = section_text.floor_line(section)
    if said := [spoken(note.text) for note in section.notes if note.level == "info"]:
        blocks.append(Lines(said, "dim"))
    if not full and (unknown := section_text.unknown_line(section)):
        blocks.append(Lines([unknown], "dim"))
    warnings = [spoken(note.text) for note in section.notes if note.level == "warning"]
    if floor:
        blocks.append(Lines([floor], "warning", mark="! "))
    if warnings:
        blocks.append(Lines(warnings, "warning", mark=say("warning: ")))
    if section.beyond:
        blocks.append(Lines([say_n("{n} more row: --rows all", "{n} more rows: --rows all", section.beyond)], "dim"))
    if section.hidden:
        blocks.append(Lines([section_text.hidden_line(section)], "dim"))
    if full and section.payback is not None and (lines := cost_text.payback_lines(section.payback)):
        head, *lines = lines
        blocks += [Title(head, level=3), Lines(lines, mark="- ")]
    return blocks


def _end(board: Board, columns: Sequence[str]) -> list[Block]:
    """Why there is no table, where there is none, and the marks."""
    empty = not board.sections and not board.limited
    nothing = [Lines([section_text.nothing(board)])] if empty else []
    return [*nothing, Legend([(entry.mark, entry.text) for entry in entries(board, columns)])]
