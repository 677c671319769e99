"""Dataset text for the explorer, joined by row id when the page is written; it is never part of a record."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.sentences import sentence
from phingpt_bench.results.dataset import passport_of, splits_of


@dataclass(frozen=True, slots=True)
class Texts:
    """rows: text by row id, by protocol. licences: title and licence of each dataset that the texts come from."""

    rows: dict[str, dict[str, str]]
    licences: list[dict[str, str]]


def texts_of(places: Iterable[tuple[str, str]]) -> Texts:
    """The texts of the (protocol, split) pairs, checked against the passports.

    BenchError for a protocol without passport, and where the rows are not available locally: otherwise the reader of
    the page would be the first to notice that the text is missing.
    """
    rows: dict[str, dict[str, str]] = {}
    licences: dict[str, str] = {}
    for protocol, split in dict.fromkeys(places):
        passport = passport_of(protocol)
        if passport is None:
            raise BenchError(
                "{protocol} has no passport, so its text cannot be shown",
                where="--with-text",
                hint="skip the task with --task, or draw the page without --with-text",
                protocol=protocol,
            )
        try:
            found = splits_of(passport)
        except BenchError as err:
            hint = err.hint and sentence(
                "{hint}; or leave out --with-text, or name with --task the tasks whose data you have",
                hint=err.hint,
            )
            raise BenchError(err.message, where=err.where, hint=hint) from None
        rows.setdefault(protocol, {}).update((row["id"], row["text"]) for row in found.get(split, []))
        licences[passport.title] = passport.licence
    return Texts(rows, [{"title": title, "licence": licence} for title, licence in licences.items()])
