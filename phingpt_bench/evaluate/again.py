"""Looking again for training rows among the test rows of runs that were made before, without asking a model."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.exposure import Exposure
from phingpt_bench.core.jsonio import write_json
from phingpt_bench.core.records import RECORD, RunRecord, read_record, to_dict
from phingpt_bench.evaluate.exposure import Exposures
from phingpt_bench.evaluate.tasks import TaskFacts, Tasks

RowIds = Mapping[str, Sequence[str]]  # by task, of the rows that an adapter was trained on


@dataclass(frozen=True, slots=True)
class Looked:
    """What became of one record. why: it was left as it was."""

    path: Path
    record: RunRecord
    before: Exposure | None
    why: str | None = None


def look_again(
    folder: Path, known: Tasks, trained_on: Mapping[str, Sequence[str]], row_ids: Callable[[RunRecord], RowIds | None]
) -> list[Looked]:
    """Look again for every record below a folder, and write those of which something else was found.

    row_ids: of the adapter of a record; None where they are not known. The rest of a record, its scores too, stays; it
    gets a note that it was changed. BenchError where there is no record, or one that cannot be read.
    """
    paths = sorted(path for path in folder.rglob(RECORD) if path.is_file())
    if not paths:
        raise BenchError("no runs are here", where=str(folder), hint=f"runs are folders with a {RECORD}")
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
    if tuple(task.ids[: record.limit]) and task.dataset.protocol != record.protocol.id:
        return Looked(path, record, before, f"its protocol {record.protocol.id} is not that of the task any more")
    if record.model.kind == "tuned":
        own = row_ids(record)
        if own is None:
            return Looked(path, record, before, "the training rows of its adapter are no longer known")
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
    """Whether a floor learns from texts; one that is no longer known is taken for one that does."""
    from phingpt_bench.floors.registry import floor_models

    made = floor_models(task.dataset.kind).get(name)
    return made is None or made().reads_texts
