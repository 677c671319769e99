"""The runs below a folder: each run.json with its outcomes.json, checked; of equal runs the newest."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from phingpt_bench.core.agreement import read_both
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.outcomes import Outcomes
from phingpt_bench.core.records import RunRecord
from phingpt_bench.core.sentences import sentence
from phingpt_bench.data.passport import Passport
from phingpt_bench.results.chosen import ALL, Chosen
from phingpt_bench.results.folders import files_below, files_from
from phingpt_bench.results.protocol_faults import other_rows, passports, protocol_faults, row_faults


@dataclass(frozen=True, slots=True)
class Run:
    """One run on the disk. older: the number of runs with the same key that this one replaces.

    seeds: the runs that this one stands for (results/seeds.py), which differ only in the seed; otherwise empty.
    """

    record: RunRecord
    """The run.json."""

    outcomes: Outcomes
    """The outcomes.json: row by row, without text."""

    path: Path
    """The path of the run.json."""

    older: int = 0
    """Runs of the same kind that it replaces."""

    seeds: tuple[Run, ...] = ()

    lacks_prior: bool = False
    """Whether it was to be calibrated by its answers without a text, of which its record has none."""

    @property
    def members(self) -> tuple[Run, ...]:
        """The runs that it stands for, or only itself."""
        return self.seeds or (self,)

    @property
    def task(self) -> str:
        """The name of its task."""
        return self.record.task

    @property
    def protocol(self) -> str:
        """The id of its protocol."""
        return self.record.protocol.id

    @property
    def limit(self) -> int | None:
        """The number of test rows that it was limited to; None for all."""
        return self.record.limit

    @property
    def kind(self) -> str:
        """A member of records.KINDS."""
        return self.record.model.kind

    @property
    def key(self) -> tuple[Any, ...]:
        """What a re-run shares with it (`key_of`)."""
        return key_of(self.record)


def key_of(record: RunRecord) -> tuple[Any, ...]:
    """What a re-run shares with the run that it replaces.

    The suite is not part of it. Seed and adapter digest are: two seeds or two trainings are two measurements, and the
    newer one must not hide the other.
    """
    model, protocol = record.model, record.protocol
    return (
        record.task, protocol.id, model.name, model.kind, model.base, model.base_revision, model.quantisation,
        model.compute_dtype, model.engine, model.engine_version, model.adapter, model.adapter_digest, *protocol.setting,
        protocol.block,
        record.limit, record.seed,
    )  # fmt: skip


def collect(*folders: Path, every: bool = False) -> list[Run]:
    """The runs below the folders (themselves included), ordered by path; of several with the same key the newest.

    Sub-folders named `local` are skipped at any depth: they are shown if that folder (or one in it) is given.
    every: the replaced runs as well, each by itself. A run that lies in two of the folders is one run.
    The newest run is found by `created`, then by `run_id`. BenchError if a folder is missing or holds no run.json,
    and for the first file that is damaged (nothing is skipped silently, since a board without a run would be
    misleading).
    """
    return collected(files_below(folders), once=len(folders) > 1, every=every)


def collected(files: Iterable[Path], *, once: bool = False, every: bool = False, chosen: Chosen = ALL) -> list[Run]:
    """The runs of these run.json files, as `collect` gives those below folders.

    once: a copy of a run is that run. chosen: of runs with the same key the newest that is meant, where one is.
    """
    found: dict[tuple[Any, ...], Run] = {}
    seen: set[tuple[str, str]] = set()
    known = passports()
    for path in files:
        run = read_run(path, known)
        this = (run.record.run_id, run.record.created)
        if this in seen and once:
            continue
        seen.add(this)
        key = this if every else run.key
        if (other := found.get(key)) is not None:
            old, new = sorted((other, run), key=lambda one: chosen.order(one.record))
            run = dataclasses.replace(new, older=old.older + new.older + 1)
        found[key] = run
    return sorted(found.values(), key=lambda run: run.path.parts)


def collect_from(folders: Sequence[Path], *, every: bool = False, chosen: Chosen = ALL) -> list[Run]:
    """The runs below the folders that a user gave; without any those of `results_folder`, with what is local there.

    So what `evaluate` writes by default is found without naming it. every, chosen: as for `collected`.
    """
    return collected(files_from(folders), once=len(folders) > 1, every=every, chosen=chosen)


def read_run(path: Path, known: Mapping[str, Passport] | None = None) -> Run:
    """The run whose record is `path` (a run.json), with the outcomes.json next to it; BenchError names the bad file.

    known: `passports`, whose rows a whole run must have; read here where they are not given.
    """
    with _hinted(path):
        record, rows = read_both(path)
        known = passports() if known is None else known
        for found in protocol_faults(record, known):
            raise BenchError(found, where=str(path))
        for found in row_faults(record, rows, known):
            raise BenchError(found, where=str(path), hint=other_rows(path.parent))
    return Run(record, rows, path)


@contextlib.contextmanager
def _hinted(path: Path) -> Iterator[None]:
    """Add a hint on what to do about a damaged file of the run whose record is `path`, if it has none."""
    try:
        yield
    except BenchError as err:
        hint = err.hint or sentence("run it again, or remove {folder} to draw the board without it", folder=path.parent)
        raise BenchError(err.message, where=err.where, hint=hint) from None
