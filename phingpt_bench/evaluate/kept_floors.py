"""Runs of learned baselines, kept in the cache: fitted once on a machine, and copied into each results folder."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path

from phingpt_bench import floors
from phingpt_bench.core import jsonio
from phingpt_bench.core.agreement import read_both
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.fingerprint import bytes_digest, digest, file_digest
from phingpt_bench.core.machine import command, packages, this_machine
from phingpt_bench.core.paths import cache_dir
from phingpt_bench.core.provenance import now_text
from phingpt_bench.core.records import OUTCOMES, RECORD, SAMPLES, RunRecord, to_dict
from phingpt_bench.evaluate.steps import Step
from phingpt_bench.evaluate.suite import Suite
from phingpt_bench.evaluate.tasks import TaskFacts
from phingpt_bench.scoring import version

FILES = (SAMPLES, OUTCOMES, RECORD)  # the record last: a folder without it is not used
LEARNERS = ("numpy", "scipy", "scikit-learn", "sklearn-crfsuite", "python-crfsuite")  # what baselines are fitted with


def place(step: Step, task: TaskFacts) -> Path:
    """The folder of a baseline's run in the cache; another one as soon as rows, code, packages or machine differ."""
    code = [file_digest(path) for path in sorted(Path(floors.__path__[0]).glob("*.py"))]
    decides = [
        task.name, task.dataset.protocol, task.dataset.digests, None if step.fingerprint is None else
        asdict(step.fingerprint), code, version.VERSION, packages(LEARNERS), asdict(this_machine("cpu")),
    ]  # fmt: skip
    return cache_dir() / "floors" / digest(decides, 32)


def read(folder: Path, suite: Suite) -> tuple[RunRecord, dict[str, bytes]] | None:
    """The record and the files of a kept run as a run of now, named and tagged as of `suite`, with an id of its own.

    So a board by day or tag and a history have it; `provenance.measured` says when the answers were made.
    None without one that can be read, and where its files are not those that were written together: another process may
    have been killed between them, and a run with such files would be refused by every board.
    """
    if not (folder / RECORD).is_file():
        return None
    try:
        kept, _ = read_both(folder / RECORD)
        files = {name: (folder / name).read_bytes() for name in (SAMPLES, OUTCOMES)}
    except (OSError, BenchError):
        return None
    if any(bytes_digest(files[name]) != kept.provenance.files.get(name) for name in files):
        return None
    now = now_text("milliseconds")
    measured = kept.provenance.measured or kept.created
    record = replace(
        kept, run_id=digest([now, kept.run_id]), created=now, suite=suite.name, tags=list(suite.tags),
        provenance=replace(kept.provenance, measured=measured, command=command()),
    )  # fmt: skip
    return record, {**files, RECORD: jsonio.json_text(to_dict(record)).encode()}


def keep(folder: Path, files: Mapping[str, bytes]) -> None:
    """Keep a run; nothing where the cache cannot be written."""
    with contextlib.suppress(BenchError):
        for name in FILES:
            jsonio.write_bytes(folder / name, files[name])
