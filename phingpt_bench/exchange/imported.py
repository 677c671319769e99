"""The result of an import: a record with its outcomes and samples, or the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.fingerprint import digest
from phingpt_bench.core.records import RunRecord
from phingpt_bench.evaluate import record as records
from phingpt_bench.evaluate.answers import Answers
from phingpt_bench.evaluate.steps import slug
from phingpt_bench.results.collect import collect


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One model on one task in a file of another program. notes: sentences for the reader."""

    record: RunRecord
    answers: Answers
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A file, or a task in one, that became no record, with the reason."""

    what: str
    why: str


def folder_of(results: Path, record: RunRecord) -> Path:
    """Where a record goes. Its run id is in the name: runs of one model on different days have different folders."""
    model = record.model
    limit = f"first-{record.limit}" if record.limit else None
    parts = (model.name, model.adapter, record.protocol.variant, model.engine, limit, record.run_id[:8])
    return results / "runs" / record.task / slug(*parts)


def write(results: Path, found: Found) -> Path:
    """Writes the three files of a run, as `evaluate` does; the same import writes the same files again.

    BenchError, and nothing is left, if they cannot be read back: one such record would keep a whole board from being
    drawn.
    """
    folder = folder_of(results, found.record)
    made = records.files(found.answers, found.record)
    records.write(folder, made)
    try:
        collect(folder)
    except BenchError as err:
        for name in made:
            (folder / name).unlink()
        folder.rmdir()
        source = found.record.provenance.imported
        raise BenchError(err.message, where=str(folder) if source is None else source.file) from None
    return folder


def run_id(source: str, task: str) -> str:
    """The id of an imported run, from the digests of file and task, so that a second import replaces the first."""
    return digest(["imported", source, task])
