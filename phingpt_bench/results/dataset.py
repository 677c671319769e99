"""The rows behind a record, as its dataset has them: records hold none, and licences forbid to ship them."""

from __future__ import annotations

from phingpt_bench.data import catalogue
from phingpt_bench.data.hub import offline_if_unreachable
from phingpt_bench.data.passport import Passport
from phingpt_bench.data.rows import Splits


def passport_of(protocol: str) -> Passport | None:
    """The passport of a protocol; None where the catalogue has none."""
    return next((passport for passport in catalogue.readable()[0].values() if passport.protocol == protocol), None)


def splits_of(passport: Passport) -> Splits:
    """The rows by split: {"id", "text", ...}, see data/catalogue.py.

    BenchError where they are not at hand, at once where the Hub is out of reach.
    """
    with offline_if_unreachable(passport.origin):
        return catalogue.load(passport.name)
