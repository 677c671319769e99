"""The parts of a dataset that comes in one file: cut by a hash, so that copies stay together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from phingpt_bench.core.errors import BenchError
from phingpt_bench.data.cuts import cut
from phingpt_bench.data.own.clean import key_of
from phingpt_bench.data.own.example import Example

TEST, VALIDATION = 20, 10  # per cent: of all rows, and of the rest


def split(given: Mapping[str, Sequence[Example]]) -> tuple[dict[str, list[Example]], list[str]]:
    """(train, validation and test, the rule of each that is not given in words).

    given: examples by part; those of None are of a file without parts, from which the parts that are missing are cut:
    by the hash of the document where rows name theirs, otherwise of the normalised text. BenchError where a part would
    have no rows.
    """
    parts = {name: list(rows) for name, rows in given.items() if rows}
    rules: list[str] = []
    for part, percent in (("test", TEST), ("validation", VALIDATION)):
        if part in parts or not parts.get("train"):
            continue
        rest, taken, by = _cut(parts["train"], part, percent)
        parts["train"], parts[part] = rest, taken
        rules.append(f"{part}: {percent} % of the other rows by the hash of the {by}")
    if not parts.get("test") or ("train" in parts and not parts["train"]):
        raise BenchError(
            "no rows are left for a part: the file is too small",
            hint="give training and test rows in two files: init task TRAIN --test TEST",
        )
    return {name: rows for name, rows in parts.items() if rows}, rules


def _cut(rows: Sequence[Example], part: str, percent: int) -> tuple[list[Example], list[Example], str]:
    documents = {row.document for row in rows}
    by_document = None not in documents and len(documents) >= 20
    keyed = [{"text": row.document if by_document else key_of(row.text), "row": row} for row in rows]
    rest, taken = cut(keyed, part, percent)
    by = "document" if by_document else "normalised text"
    return [one["row"] for one in rest], [one["row"] for one in taken], by
