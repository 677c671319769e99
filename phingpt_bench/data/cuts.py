"""Rules that cut a part off the rows of a dataset which has no such split: by a hash of the row itself."""

from __future__ import annotations

import hashlib

from phingpt_bench.data.normalise import normalise
from phingpt_bench.data.rows import Row, Rows


def cut_validation(rows: Rows, percent: int = 10) -> tuple[Rows, Rows]:
    """(train, validation), as `cut` chooses it."""
    return cut(rows, "validation", percent)


def cut(rows: Rows, part: str, percent: int) -> tuple[Rows, Rows]:
    """(rest, part): a row goes to `part` when the hash of the part's name and its text, modulo 100, is below `percent`.

    The rule reads only the row itself, so it does not depend on order or on other rows, and copies of a text stay on
    one side.
    """

    def taken(row: Row) -> bool:
        return int(hashlib.sha256(f"{part}:{row['text']}".encode()).hexdigest()[:8], 16) % 100 < percent

    return [row for row in rows if not taken(row)], [row for row in rows if taken(row)]


def cut_copies(rows: Rows, part: str = "test", percent: int = 20) -> tuple[Rows, Rows]:
    """(rest, part), chosen by the hash of each row's normalised text (lower case, no punctuation: data/normalise.py).

    `cut` takes the text as it stands; here texts that differ in no more than case, accents, punctuation and
    space stay on one side too. Of the gold headlines 167 in the test part would otherwise have such a copy in the rest.
    """
    rest, taken = cut([{"text": normalise(row["text"]), "row": row} for row in rows], part, percent)
    return [item["row"] for item in rest], [item["row"] for item in taken]
