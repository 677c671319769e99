"""Where a record is not of the protocol that it names: metric, kind and rows against the passport here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from phingpt_bench.core.outcomes import Outcomes
from phingpt_bench.core.records import RunRecord
from phingpt_bench.core.sentences import Sentence, sentence
from phingpt_bench.data import catalogue
from phingpt_bench.data.passport import Passport
from phingpt_bench.scoring.metrics import METRICS
from phingpt_bench.scoring.version import VERSION


def passports() -> Mapping[str, Passport]:
    """The passports that can be read here, by protocol."""
    return {passport.protocol: passport for passport in catalogue.readable()[0].values()}


def protocol_faults(record: RunRecord, known: Mapping[str, Passport]) -> Iterator[Sentence]:
    """A metric or version of scoring that this program does not know, or another metric than the passport's.

    A protocol without passport here is checked for the first two alone.
    """
    protocol = record.protocol
    if protocol.metric not in METRICS:
        yield sentence("protocol.metric: unknown metric '{metric}'", metric=protocol.metric)
    elif protocol.metric not in record.scores:
        yield sentence("scores: without {metric}, the metric of the protocol", metric=protocol.metric)
    if record.provenance.scoring > VERSION:
        yield sentence(
            "provenance.scoring: {version}, this program knows {latest}",
            version=record.provenance.scoring, latest=VERSION,
        )  # fmt: skip
    passport = known.get(protocol.id)
    if passport is not None:
        for name, theirs, ours in (
            ("metric", protocol.metric, passport.metric),
            ("kind", protocol.kind, passport.kind),
            ("synthetic", protocol.synthetic, passport.synthetic),
        ):
            if theirs != ours:
                yield sentence(
                    "protocol.{name}: {theirs}, the passport of {protocol} says {ours}",
                    name=name, theirs=theirs, protocol=protocol.id, ours=ours,
                )  # fmt: skip


def row_faults(record: RunRecord, rows: Outcomes, known: Mapping[str, Passport]) -> Iterator[Sentence]:
    """Where the rows of a whole run are not those of its protocol; nothing for a protocol without passport here."""
    protocol = record.protocol
    passport = known.get(protocol.id)
    if passport is None:
        return
    if rows.kind != "scores" and list(rows.labels) != list(passport.labels):
        yield sentence(
            "labels: {theirs}, the protocol has {ours}", theirs=", ".join(rows.labels), ours=", ".join(passport.labels)
        )
    whole = passport.rows.get(protocol.split)
    if whole is None:
        yield sentence(
            "protocol.split: '{split}', which {protocol} does not have", split=protocol.split, protocol=protocol.id
        )
    elif record.limit is not None:
        if record.limit > whole:
            yield sentence(
                "limit: {limit} of the {whole} rows of {protocol}",
                limit=record.limit,
                whole=whole,
                protocol=protocol.id,
            )
    elif protocol.n != whole:
        yield sentence(
            "protocol.n: {rows} rows, but {protocol} has {whole}", rows=protocol.n, protocol=protocol.id, whole=whole
        )
    elif catalogue.ids_digest(rows.ids) != passport.ids[protocol.split]:
        yield sentence("its rows are not those of {protocol}, or in another order", protocol=protocol.id)


def other_rows(folder: Path) -> Sentence:
    """What to do about a run of other rows than its protocol's: the passport was edited, before the run or after it."""
    return sentence(
        "other rows are another protocol: give the passport that you edited its own 'protocol' and run it again, "
        "or remove {folder}",
        folder=folder,
    )
