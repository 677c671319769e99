"""A board with the best rows of each section and the rows that they are compared with."""

from __future__ import annotations

import dataclasses

from phingpt_bench.board.row import Row
from phingpt_bench.board.values import Board, Section


def shortened(board: Board, most: int | None) -> Board:
    """The board with the first `most` rows of each section, its floors, and the bases of those rows.

    `beyond` is the number of rows that are left out of a section. most: None returns the board itself.
    """
    if most is None:
        return board
    return dataclasses.replace(
        board,
        sections=tuple(_section(section, most) for section in board.sections),
        limited=tuple(_section(section, most) for section in board.limited),
        most=most,
    )


def _section(section: Section, most: int) -> Section:
    drawn = section.rows[:most]
    asked = {(_family(row), *_asked(row)) for row in drawn if row.kind == "tuned"}
    asked |= {(_family(row), 0, False, None, None) for row in drawn if row.kind != "floor"}
    kept = tuple(
        row
        for place, row in enumerate(section.rows)
        if place < most or row.kind == "floor" or (row.kind == "base" and (_family(row), *_asked(row)) in asked)
    )
    return dataclasses.replace(section, rows=kept, beyond=len(section.rows) - len(kept))


def _asked(row: Row) -> tuple[object, ...]:
    return row.shots, row.chat_template, row.prompt, row.thinking


def _family(row: Row) -> tuple[str | None, ...]:
    return row.base or row.name, row.base_revision, row.quantisation, row.compute_dtype, row.served_by
