"""The pieces of a written answer: each entity of a line, or the answer as a whole."""

from __future__ import annotations

from phingpt_bench.data.rows import Row
from phingpt_bench.lmeval import hooks
from phingpt_bench.scoring.line_form import split_pieces
from phingpt_bench.why.words import Place


def pieces_of(answer: str, form: str | None) -> list[Place]:
    """The places of the pieces in an answer, each with the blank before it; empty for an empty answer.

    form: of written entities. Entities on a line are separated by semicolons; in any other form, and for a label, the
    answer is one piece. Only the first line is read: what a model runs on with was not its answer.
    """
    line = answer.rstrip().split("\n")[0] if answer.strip() else ""
    if form != "lines":
        return [(0, len(line))] if line else []
    places, at = [], 0
    for piece in split_pieces(line):
        start = line.index(piece, at)
        at = start + len(piece)
        places.append((start, at))
    return places


def explained_pieces(row: Row, answer: str) -> list[Place]:
    """The places of the pieces that are explained: of entities only those that can be read.

    A bare base may run on with numbers to the last token that it is given. That names nothing to be explained, and
    would cost more than all entities.
    """
    places = pieces_of(answer, row.get("format"))
    if "entities" not in row:
        return places
    return [place for place in places if _names(row, answer[slice(*place)])]


def _names(row: Row, piece: str) -> bool:
    """Whether a piece names an entity, even one that the text does not hold, or says that there is none."""
    parsed = hooks.read(row, [piece])[1].parsed
    return bool(parsed.spans) or any(problem.kind != "format" for problem in parsed.problems) or not parsed.invalid
