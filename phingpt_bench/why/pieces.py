"""The pieces of a written answer: each entity of a line, or the answer as a whole."""

from __future__ import annotations

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
