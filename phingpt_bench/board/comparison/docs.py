"""The rows of a run as the dataset has them: records hold none, and licences forbid to ship it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from phingpt_bench.core.errors import BenchError
from phingpt_bench.data import catalogue
from phingpt_bench.rescore.hub import patient

Doc = dict[str, Any]


def docs_of(protocol: str, split: str, ids: Collection[str]) -> dict[str, Doc]:
    """Rows of a protocol's split by id: {"id", "text", ...}, see data/catalogue.py.

    BenchError where no dataset of the catalogue is of this protocol, where it is not at hand, and where it holds none
    of the rows; a row that it lacks is left out.
    """
    passports = [passport for passport in catalogue.readable()[0].values() if passport.protocol == protocol]
    if not passports:
        raise BenchError(
            f"no dataset of the catalogue is of the protocol {protocol}",
            where="--with-text",
            hint="'phingpt-bench tasks' lists what is known; without --with-text no dataset is needed",
        )
    with patient(passports[0].origin):
        splits = catalogue.load(passports[0].name)
    rows = splits.get(split, splits["test"])
    wanted = set(ids)
    found = {row["id"]: row for row in rows if row["id"] in wanted}
    if not found:
        raise BenchError(f"dataset {passports[0].name} holds none of the rows of the run", where="--with-text")
    return found
