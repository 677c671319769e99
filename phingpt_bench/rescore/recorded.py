"""Our own stored answers: a samples.jsonl next to the run.json of its run, and the differences from its scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from phingpt_bench.core.fingerprint import digest
from phingpt_bench.core.records import RECORD, RunRecord, read_record
from phingpt_bench.rescore.table import Table
from phingpt_bench.rescore.target import Target
from phingpt_bench.scoring.answered import Answered
from phingpt_bench.scoring.version import changes_since

TOLERANCE = 1e-9  # two scores closer than this differ by rounding only
_COLUMNS = {"doc_id", "id", "parsed", "gold"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A metric as recorded and now; None if it was not recorded, or is undefined."""

    metric: str
    recorded: float | None
    now: float | None

    @property
    def difference(self) -> float | None:
        """Now less recorded; exactly 0 if they differ by rounding only."""
        if self.recorded is None or self.now is None:
            return None
        change = self.now - self.recorded
        return 0.0 if abs(change) <= TOLERANCE else change


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """The record next to the file. changes: of every metric. otherwise: (row, then, now) of answers read otherwise.

    complete: whether the file holds the rows of the record, all of them. version: of scoring, of the record. changed:
    what later versions changed for such answers, in words.
    """

    record: RunRecord
    changes: list[Change]
    otherwise: list[tuple[int, Any, Any]]
    complete: bool
    version: int = 1
    changed: tuple[str, ...] = ()


def record_of(table: Table) -> RunRecord | None:
    """The record next to a file of samples; None if there is none, or the file is no such file."""
    beside = Path(table.path).parent / RECORD
    if not set(table.columns) >= _COLUMNS or not beside.is_file():
        return None
    return read_record(beside)


def complete(table: Table, record: RunRecord) -> bool:
    """Whether the file holds the record's rows, in its order."""
    return digest([str(key) for key in table.columns["id"]]) == record.protocol.rows_digest


def compare(
    table: Table,
    record: RunRecord,
    target: Target,
    scores: dict[str, float | None],
    rows: Sequence[Answered],
    row_of: Sequence[int | None],
    *,
    written: bool,
) -> Recorded:
    """What changed since the record was made. rows: what is read now; row_of: their rows in the file.

    written: the answers were written, and not labels compared by log-likelihood.
    """
    names = dict.fromkeys([*record.scores, *scores])
    changes = [Change(metric=name, recorded=record.scores.get(name), now=scores.get(name)) for name in names]
    otherwise = []
    for now, at in zip(rows, row_of, strict=True):
        if at is None:
            continue
        then, parsed = table.columns["parsed"][at], now.parsed
        if target.kind == "spans":  # stored as [start, end, type, surface]
            then = [span[:3] if isinstance(span, list) else span for span in then or ()]
            parsed = [list(span) for span in now.parsed.spans]
        if then != parsed:
            otherwise.append((at, then, parsed))
    version = record.provenance.scoring
    return Recorded(
        record=record, changes=changes, otherwise=otherwise, complete=complete(table, record), version=version,
        changed=tuple(changes_since(version, target.kind, written)),
    )  # fmt: skip
