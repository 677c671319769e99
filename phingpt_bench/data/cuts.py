"""Rules that cut a split from the rows of a dataset without it, by a hash of each row."""

from __future__ import annotations

import hashlib

from phingpt_bench.data.normalise import normalise
from phingpt_bench.data.rows import Row, Rows


def cut_validation(rows: Rows, percent: int = 10) -> tuple[Rows, Rows]:
    """(train, validation), as `cut` chooses it."""
    return cut(rows, "validation", percent)


def cut(rows: Rows, part: str, percent: int) -> tuple[Rows, Rows]:
    """(rest, part): a row goes to `part` if the hash of the part's name and its text, modulo 100, is below `percent`.

    The rule only reads the row itself, so it does not depend on order or other rows, and copies of a text stay
    together.
    """

    def taken(row: Row) -> bool:
        return int(hashlib.sha256(f"{part}:{row['text']}".encode()).hexdigest()[:8], 16) % 100 < percent

    return [row for row in rows if not taken(row)], [row for row in rows if taken(row)]


def cut_copies(rows: Rows, part: str = "test", percent: int = 20) -> tuple[Rows, Rows]:
    """(rest, part), chosen by the hash of each row's normalised text (lower case, no punctuation: data/normalise.py).

    Unlike with `cut`, texts that only differ in case, accents, punctuation and space stay together too. Otherwise 167
    of the gold headlines in the test part would have such a copy in the rest.
    """
    rest, taken = cut([{"text": normalise(row["text"]), "row": row} for row in rows], part, percent)
    return [item["row"] for item in rest], [item["row"] for item in taken]
