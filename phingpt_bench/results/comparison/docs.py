"""The rows of a comparison by id, from the dataset."""

from __future__ import annotations

from collections.abc import Collection

from phingpt_bench.core.errors import BenchError
from phingpt_bench.data.rows import Row
from phingpt_bench.results.dataset import passport_of, splits_of


def docs_of(protocol: str, split: str, ids: Collection[str]) -> dict[str, Row]:
    """Rows of a protocol's split by id: {"id", "text", ...}, see data/catalogue.py.

    BenchError if no dataset of the catalogue has this protocol, if it is not available, and if it has none of the rows;
    single missing rows are skipped.
    """
    passport = passport_of(protocol)
    if passport is None:
        raise BenchError(
            "no dataset of the catalogue is of the protocol {protocol}",
            where="--with-text",
            hint="'phingpt-bench tasks' lists what is known; without --with-text no dataset is needed",
            protocol=protocol,
        )
    splits = splits_of(passport)
    rows = splits.get(split, splits["test"])
    wanted = set(ids)
    found = {row["id"]: row for row in rows if row["id"] in wanted}
    if not found:
        raise BenchError("dataset {name} holds none of the rows of the run", where="--with-text", name=passport.name)
    return found
