"""The section and the row that a person means by a rank, a name or a part of one."""

from __future__ import annotations

from collections.abc import Sequence

from phingpt_bench.board.row import Row
from phingpt_bench.board.values import Board, Section
from phingpt_bench.core.errors import BenchError, unknown
from phingpt_bench.core.sentences import sentence, sentence_n
from phingpt_bench.render.board.row_text import full_name
from phingpt_bench.text.language import ENGLISH, speaking


def found_section(board: Board, task: str) -> Section:
    """The section of a task (of its whole split, where there is one) or of a protocol; BenchError otherwise."""
    for sections in (board.sections, board.limited):
        found = [section for section in sections if task in (section.task, section.protocol)]
        if len(found) == 1:
            return found[0]
        if found:
            names = ", ".join(f"{s.task}" if s.limit is None else f"{s.task} (first {s.limit} rows)" for s in found)
            raise BenchError(
                "'{task}' matches several tables: {names}", hint="give the name of one task", task=task, names=names
            )
    raise unknown(sentence("task"), task, {section.task for section in (*board.sections, *board.limited)})


def found_row(section: Section, name: str) -> Row:
    """The row of that rank, or whose name is `name` or has every word of it; case is no matter.

    Of a rank that rows share it is the first; where no row has a rank, as over limited rows, a number counts the rows.
    BenchError if there is none, or several by name: it lists them.
    """
    if name.strip().isdigit():
        at, ranked = int(name), any(row.rank is not None for row in section.rows)
        found = (
            [row for row in section.rows if row.rank == at][:1] if ranked else list(section.rows[max(at - 1, 0) : at])
        )
        kind = "rank"
    else:
        kind, found = "row", _named(section.rows, " ".join(name.casefold().split()))
    if len(found) == 1:
        return found[0]
    listed = _listed(found or section.rows)
    if found:
        raise BenchError(
            sentence_n(
                "{kind} '{name}' matches {n} row of {task}",
                "{kind} '{name}' matches {n} rows of {task}",
                len(found),
                kind=kind,
                name=name,
                task=section.task,
            ),
            hint=sentence("name one: {names}", names=listed),
        )
    raise BenchError(
        "no {kind} '{name}' in {task}", hint="its rows: {names}", kind=kind, name=name, task=section.task, names=listed
    )


def _named(rows: Sequence[Row], wanted: str) -> list[Row]:
    """The rows with that name, or with it in their name, or with all its words; none for an empty name."""
    called = [(row, _known_as(row)) for row in rows]
    for fits in (
        lambda known: wanted == known,
        lambda known: wanted in known,
        lambda known: all(word in known for word in wanted.split()),
    ):
        if wanted and (found := [row for row, names in called if any(map(fits, names))]):
            return found
    return []


def _known_as(row: Row) -> list[str]:
    """Its name in the language in force, and in English: what a person copied from a document may be either."""
    with speaking(ENGLISH):
        english = full_name(row)
    return [full_name(row).casefold(), english.casefold()]


def _listed(rows: Sequence[Row]) -> str:
    return "; ".join(full_name(row) + ("" if row.rank is None else f" (rank {row.rank})") for row in rows)
