"""A board as blocks: an overview, a table per task with what is said of it, and the legend."""

from __future__ import annotations

from collections.abc import Sequence

from phingpt_bench.board.values import Board, Section
from phingpt_bench.render.board import cost_text, section_text
from phingpt_bench.render.board.columns import PRINTED, WIDE
from phingpt_bench.render.board.legend import entries
from phingpt_bench.render.board.overview import narrow_overview, wide_overview
from phingpt_bench.render.board.plot import draws_lines, has_plot, plot_blocks
from phingpt_bench.render.board.published_grids import narrow_published, printed_published, wide_published
from phingpt_bench.render.board.section_grid import narrow_grid, usual_columns, wide_grid
from phingpt_bench.render.measures import synthetic
from phingpt_bench.text.blocks import Block, Grid, Legend, Lines, Title
from phingpt_bench.text.language import say, say_n, spoken

TOP = 8  # published rows of a group that are drawn unless all are asked for


def terminal_blocks(
    board: Board,
    width: int,
    *,
    whole: bool = False,
    columns: Sequence[str] = (),
    plot: bool | None = None,
    encoding: str = "utf-8",
) -> list[Block]:
    """The board for a terminal of `width` columns.

    whole: all published rows, not TOP of a group. columns: names of `columns.COLUMNS` in place of the usual ones.
    plot: cost against score under each task; None: where there is one task only. encoding: of the output; where it
    lacks lines, plots are drawn in ASCII. BenchError if the columns do not fit in the width.
    """
    blocks: list[Block] = []
    if len(board.sections) > 1:
        blocks += [Title(say("All tasks"), level=1), *narrow_overview(board.sections, width, board.most)]
    plotted = len(board.sections) == 1 if plot is None else plot
    for section in (*board.sections, *board.limited):
        blocks += _section(section, narrow_grid(section, columns, width))
        if plotted and section.limit is None and has_plot(section):
            blocks += plot_blocks(section, width, ascii_only=not draws_lines(encoding))
        if section.published:
            blocks += narrow_published(section.published, section.metric, None if whole else TOP)
    return [*blocks, *_end(board, columns or usual_columns(width))]


def page_blocks(board: Board, columns: Sequence[str] = (), *, printed: bool = False) -> list[Block]:
    """The board for a page without a width, such as markdown, with everything; columns: as above.

    printed: for paper, where fewer columns fit.
    """
    usual, published = (PRINTED, printed_published) if printed else (WIDE, wide_published)
    blocks: list[Block] = []
    if len(board.sections) > 1:
        blocks += [Title(say("All tasks"), level=1), *wide_overview(board.sections)]
    for section in (*board.sections, *board.limited):
        blocks += _section(section, wide_grid(section, columns, usual))
        if section.published:
            blocks += published(section.published, section.metric)
    return [*blocks, *_end(board, columns or usual)]


def _section(section: Section, grid: Grid) -> list[Block]:
    """A task's title, its table, and what is to be known before it is believed."""
    blocks: list[Block] = [Title(section_text.section_title(section), "", section_text.section_about(section), level=1)]
    if section.synthetic:
        blocks.append(Lines([synthetic()], "alarm"))
    if section.limit is not None:
        blocks.append(Lines([section_text.limited_note(section)], "warning"))
    blocks.append(grid)
    floor = section_text.floor_line(section)
    if said := [spoken(note.text) for note in section.notes if note.level == "info"]:
        blocks.append(Lines(said, "dim"))
    warnings = [spoken(note.text) for note in section.notes if note.level == "warning"]
    if warnings := [*([floor] if floor else []), *warnings]:
        blocks.append(Lines(warnings, "warning", mark="! "))
    if section.beyond:
        blocks.append(Lines([say_n("{n} more row: --rows all", "{n} more rows: --rows all", section.beyond)], "dim"))
    if section.hidden:
        blocks.append(Lines([section_text.hidden_line(section)], "dim"))
    if section.payback is not None and (lines := cost_text.payback_lines(section.payback)):
        head, *lines = lines
        blocks += [Title(head, level=3), Lines(lines, mark="- ")]
    return blocks


def _end(board: Board, columns: Sequence[str]) -> list[Block]:
    """Why there is no table, where there is none, and the marks."""
    empty = not board.sections and not board.limited
    nothing = [Lines([section_text.nothing(board)])] if empty else []
    return [*nothing, Legend([(entry.mark, entry.text) for entry in entries(board, columns)])]
