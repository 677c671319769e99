"""Looking again for training rows among the test rows of existing runs, without running a model."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.exposure import Exposure
from phingpt_bench.core.fingerprint import digest
from phingpt_bench.core.jsonio import write_json
from phingpt_bench.core.records import RECORD, RunRecord, read_record, to_dict
from phingpt_bench.core.sentences import sentence
from phingpt_bench.evaluate.exposure import Exposures
from phingpt_bench.evaluate.tasks import TaskFacts, Tasks

RowIds = Mapping[str, Sequence[str]]  # the ids of an adapter's training rows by task


@dataclass(frozen=True, slots=True)
class Looked:
    """The result for one record. why: the reason if it was left unchanged."""

    path: Path
    record: RunRecord
    before: Exposure | None
    why: str | None = None


def look_again(
    folder: Path, known: Tasks, trained_on: Mapping[str, Sequence[str]], row_ids: Callable[[RunRecord], RowIds | None]
) -> list[Looked]:
    """Look again for every record below a folder, and write the records whose exposure changed.

    row_ids: gives the training rows of a record's adapter; None if unknown. Everything else in a record stays,
    including its scores; it gets a note about the change. BenchError without records, or for one that cannot be read.
    """
    paths = sorted(path for path in folder.rglob(RECORD) if path.is_file())
    if not paths:
        raise BenchError(
            "no runs in this folder", where=str(folder), hint="runs are folders with a {file}", file=RECORD
        )
    records = {path: read_record(path) for path in paths}
    tasks, missing = _tasks((record.task for record in records.values()), known)
    exposures = Exposures(known, tasks, trained_on)
    return [_one(path, record, tasks, missing, exposures, row_ids) for path, record in records.items()]


def _tasks(names: Iterable[str], known: Tasks) -> tuple[dict[str, TaskFacts], dict[str, str]]:
    """(tasks, for those that cannot be loaded the reason)."""
    tasks: dict[str, TaskFacts] = {}
    missing: dict[str, str] = {}
    for name in dict.fromkeys(names):
        try:
            tasks[name] = known[name]
        except BenchError as err:
            missing[name] = err.message
    return tasks, missing


def _one(
    path: Path, record: RunRecord, tasks: Mapping[str, TaskFacts], missing: Mapping[str, str], exposures: Exposures,
    row_ids: Callable[[RunRecord], RowIds | None],
) -> Looked:  # fmt: skip
    before = record.exposure
    if record.task in missing:
        return Looked(path, record, before, missing[record.task])
    task = tasks[record.task]
    if task.dataset.protocol != record.protocol.id:
        why = sentence("its protocol {protocol} is no longer that of the task", protocol=record.protocol.id)
        return Looked(path, record, before, why)
    if digest(task.ids[: record.limit]) != record.protocol.rows_digest:
        why = sentence("the rows of task '{task}' are not those of the run", task=record.task)
        return Looked(path, record, before, why)
    if record.model.kind == "tuned":
        own = row_ids(record)
        if own is None:
            return Looked(path, record, before, sentence("the training rows of its adapter are no longer known"))
        found: Exposure | None = exposures.of_adapter(own, record.model.base or record.model.name, task, record.limit)
    elif record.model.kind == "floor":
        found = exposures.of_floor(task, record.limit, reads=_reads(task, record.model.name))
    elif record.model.kind == "base":
        found = exposures.of_base(record.model.base or record.model.name, task, record.limit)
    else:
        found = None
    if found == before:
        return Looked(path, record, before)
    today = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
    notes = {**record.provenance.amendments, "exposure": f"looked for again on {today}"}
    changed = replace(record, exposure=found, provenance=replace(record.provenance, amendments=notes))
    write_json(path, to_dict(changed))
    return Looked(path, changed, before)


def _reads(task: TaskFacts, name: str) -> bool:
    """Whether a floor learns from texts; assumed for a floor that no longer exists."""
    from phingpt_bench.floors.registry import floor_models

    made = floor_models(task.dataset.kind).get(name)
    return made is None or made().reads_texts
