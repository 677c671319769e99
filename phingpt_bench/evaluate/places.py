"""The folder of a run: another one where a record of another model of the same name lies there, which is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from phingpt_bench.core.fingerprint import is_digest
from phingpt_bench.core.provenance import Fingerprint
from phingpt_bench.core.records import RunRecord
from phingpt_bench.core.sentences import sentence

SHOWN = 7  # characters of a digest in a folder's name

Records = Mapping[Path, RunRecord | None]


def place(folder: Path, mine: Fingerprint, records: Records, *, elsewhere: bool) -> tuple[Path, str | None]:
    """(the folder of a run of a loaded model, what the plan says about it).

    folder: by names alone. mine: what the run would have. elsewhere: whether its adapter was trained by another
    program, so that its name says little.
    """
    if folder not in records:
        return renamed(mine, records) or folder, None
    theirs = fingerprint_of(records[folder])
    if theirs is None:
        return folder, None
    if is_digest(mine.base_revision) and is_digest(theirs.base_revision) and mine.base_revision != theirs.base_revision:
        return apart(folder, mine.base_revision), sentence("another base of that name was run, and is kept")
    other = mine.adapter is not None and theirs.adapter is not None and mine.adapter != theirs.adapter
    record = records[folder]
    if other and (elsewhere or (record is not None and record.model.trained_elsewhere)):
        return apart(folder, mine.adapter), sentence("another adapter of that name was run, and is kept")
    return folder, None


def apart(folder: Path, digest: str | None) -> Path:
    """The folder of a model that another one of its name has taken the folder of."""
    return folder.with_name(f"{folder.name}_{(digest or '')[:SHOWN]}")


def renamed(mine: Fingerprint, records: Records) -> Path | None:
    """The folder of a record that was run with all of this, when the base's folder had another name; None for none."""
    if not is_digest(mine.base_revision):
        return None
    for folder, record in records.items():
        theirs = fingerprint_of(record)
        if theirs is not None and theirs == replace(mine, base=theirs.base):
            return folder
    return None


def fingerprint_of(record: RunRecord | None) -> Fingerprint | None:
    """The fingerprint of a record that can be read and has one."""
    return None if record is None else record.provenance.fingerprint
