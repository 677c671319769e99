"""What a record and its outcomes must agree on: two files that say the same twice can be checked without any data.

A file that was edited, cut, or taken from another run then says so by itself; none of this needs a secret, so it finds
what went wrong by accident, not a forger who changes both.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.fingerprint import digest, file_digest
from phingpt_bench.core.outcomes import Outcomes, read_outcomes
from phingpt_bench.core.records import OUTCOMES, RECORD, RunRecord, read_record
from phingpt_bench.core.repeated import repeated_faults
from phingpt_bench.core.sentences import Sentence, sentence

AHEAD = datetime.timedelta(days=1)  # of our clock that another one may be


def read_both(path: Path) -> tuple[RunRecord, Outcomes]:
    """The record `path` (a run.json) and the outcomes next to it; BenchError names the file and the first fault."""
    beside = path.with_name(OUTCOMES)
    record, rows = read_record(path), read_outcomes(beside)
    for found in record_faults(record):
        raise BenchError(found, where=str(path))
    for found in outcomes_faults(record, rows, beside):
        raise BenchError(found, where=str(beside))
    return record, rows


def record_faults(record: RunRecord) -> Iterator[Sentence]:
    """What cannot be in a record, whatever its outcomes say."""
    try:
        created = datetime.datetime.fromisoformat(record.created.replace("Z", "+00:00"))
    except ValueError:
        example = "2026-01-31T12:00:00.000+00:00"
        yield sentence(
            "created: '{created}' is not a time in ISO 8601, such as {example}",
            created=record.created[:40],
            example=example,
        )
    else:
        aware = created if created.tzinfo else created.replace(tzinfo=datetime.timezone.utc)
        if aware > datetime.datetime.now(datetime.timezone.utc) + AHEAD:
            yield sentence(
                "created: {created} is in the future, so it would hide every later run", created=record.created
            )
    n = record.protocol.n
    if record.limit is not None and n > record.limit:
        yield sentence("protocol.n: {rows} rows, and limit: {limit}", rows=n, limit=record.limit)
    if record.diagnostics.invalid is not None and record.diagnostics.invalid > n:
        yield sentence("{place}: {k} of {rows} rows", place="diagnostics.invalid", k=record.diagnostics.invalid, rows=n)
    if record.exposure is not None and record.exposure.seen > n:
        yield sentence("{place}: {k} of {rows} rows", place="exposure", k=record.exposure.seen, rows=n)
    yield from repeated_faults(record)


def outcomes_faults(record: RunRecord, rows: Outcomes, file: Path | None = None) -> Iterator[Sentence]:
    """Where the outcomes say something else than their record. file: where they lie, to compare its digest."""
    for name, theirs, ours in (
        (sentence("number of rows"), len(rows.ids), record.protocol.n),
        (sentence("kind"), rows.kind, record.protocol.kind),
        (sentence("digest of the ids"), digest(rows.ids), record.protocol.rows_digest),
    ):
        if theirs != ours:
            yield sentence(
                "{name}: {theirs}, but {record} says {ours}", name=name, theirs=theirs, record=RECORD, ours=ours
            )
    invalid = record.diagnostics.invalid
    if invalid is not None and rows.invalid and sum(rows.invalid) != invalid:
        yield sentence(
            "{name}: {theirs}, but {record} says {ours}",
            name=sentence("unreadable answers"), theirs=sum(rows.invalid), record=RECORD, ours=invalid,
        )  # fmt: skip
    if record.exposure is not None and not set(record.exposure.ids) <= set(rows.ids):
        yield sentence("ids: some that {record} says were seen in training are not among them", record=RECORD)
    kept = record.provenance.files.get(OUTCOMES)
    if file is not None and kept is not None and file_digest(file) != kept:
        yield sentence("its digest is not the one in {record}: it was changed after the run", record=RECORD)
