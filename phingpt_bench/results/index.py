"""An index over the records below a folder: to which section each belongs, so that a large board need not read all.

A parquet file in the cache, with a line for each run.json. The JSON files stay the source: a line counts only while its
files have the sizes, times and numbers that it was made from.
"""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.fingerprint import digest
from phingpt_bench.core.jsonio import read_json, write_bytes
from phingpt_bench.core.paths import cache_dir
from phingpt_bench.core.records import OUTCOMES, SCHEMA_VERSION, read_record

COLUMNS = ("path", "stamp", "task", "protocol", "limit", "kind", "run_id")


@dataclass(frozen=True, slots=True)
class Entry:
    """A record as far as a board has to place it. stamp: what `stamp` gives for its two files."""

    path: str
    stamp: str
    task: str
    protocol: str
    limit: int | None
    kind: str
    run_id: str
    older: int = 0  # not known before the records of its section are read


def stamp(run: str) -> str:
    """What changes with a run.json and the outcomes beside it; a missing file is no error here.

    `rsync --times --inplace` and `cp -p` over a file leave it its size, time of writing or number, but not the time at
    which the system changed it last.
    """
    found = []
    for name in (run, f"{run.rpartition('/')[0]}/{OUTCOMES}"):
        try:
            state = os.stat(name)  # noqa: PTH116  a Path for each of 100,000 files takes as long as asking for it
        except OSError:
            found.append("none")
        else:
            found.append(f"{state.st_size}.{state.st_mtime_ns}.{state.st_ctime_ns}.{state.st_ino}")
    return " ".join(found)


def indexed(files: Sequence[Path]) -> list[Entry]:
    """An entry for each of these run.json files, in their order; BenchError for one that cannot be read.

    What the index does not know is read, and the index is written again, as far as the cache can be written.
    """
    place = (
        cache_dir() / "board" / f"index-{digest(os.path.commonpath([file.resolve().parent for file in files]))}.parquet"
    )
    known = {(entry.path, entry.stamp): entry for entry in _read(place)}
    entries, new = [], 0
    for file in files:
        path = str(file)
        now = stamp(path)
        entry = known.get((path, now))
        if entry is None:
            entry, new = Entry(path, now, *_placed(file)), new + 1
        entries.append(entry)
    if new or len(entries) != len(known):
        _write(place, entries)
    return entries


def _placed(file: Path) -> tuple[str, str, int | None, str, str]:
    """Task, protocol, limit, kind and run id of a record; it is not checked further, as its board will do that."""
    data = read_json(file)
    try:
        if data["schema_version"] == SCHEMA_VERSION:
            task, protocol, limit = data["task"], data["protocol"]["id"], data["limit"]
            found = task, protocol, limit, data["model"]["kind"], data["run_id"]
            if all(isinstance(value, str) for value in (*found[:2], *found[3:])) and isinstance(limit, int | None):
                return found
    except (KeyError, TypeError):
        pass
    record = read_record(file)  # of an older schema, or its faults
    return record.task, record.protocol.id, record.limit, record.model.kind, record.run_id


def _read(place: Path) -> list[Entry]:
    """The entries of an index; none where it is missing or damaged."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(place, columns=list(COLUMNS))
        return [Entry(*line) for line in zip(*(table[name].to_pylist() for name in COLUMNS), strict=True)]
    except (OSError, KeyError, pa.ArrowInvalid):
        return []


def _write(place: Path, entries: Sequence[Entry]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    values = {name: [getattr(entry, name) for entry in entries] for name in COLUMNS}
    types = [(name, pa.int64() if name == "limit" else pa.string()) for name in COLUMNS]
    table = pa.table(values, schema=pa.schema(types))
    data = io.BytesIO()
    pq.write_table(table, data)
    with contextlib.suppress(BenchError):  # a cache that cannot be written must not prevent a board
        write_bytes(place, data.getvalue())
