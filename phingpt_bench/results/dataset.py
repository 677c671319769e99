"""The rows behind a record, from its dataset: records hold none, since licences forbid shipping them."""

from __future__ import annotations

from phingpt_bench.data import catalogue
from phingpt_bench.data.passport import Passport
from phingpt_bench.data.rows import Splits


def passport_of(protocol: str) -> Passport | None:
    """The passport of a protocol; None if the catalogue has none."""
    return next((passport for passport in catalogue.readable()[0].values() if passport.protocol == protocol), None)


def splits_of(passport: Passport) -> Splits:
    """The rows by split: {"id", "text", ...}, see data/catalogue.py.

    BenchError if they are not available, at once if the Hub is not reachable.
    """
    return catalogue.load(passport.name)
