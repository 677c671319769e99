"""A test part for a source that has none, with copies of a text on one side."""

from __future__ import annotations

from phingpt_bench.data.catalogue import cut
from phingpt_bench.data.overlap import normalise
from phingpt_bench.data.readers import Rows


def cut_copies(rows: Rows, part: str = "test", percent: int = 20) -> tuple[Rows, Rows]:
    """(rest, part), chosen by the hash of each row's normalised text (lower case, no punctuation: data/overlap.py).

    catalogue.cut takes the text as it stands; here texts that differ in no more than case, accents, punctuation and
    space stay on one side too. Of the gold headlines 167 in the test part would otherwise have such a copy in the rest.
    """
    rest, taken = cut([{"text": normalise(row["text"]), "row": row} for row in rows], part, percent)
    return [item["row"] for item in rest], [item["row"] for item in taken]
