"""The runs below a folder: each run.json with its outcomes.json, checked; of equal runs the newest."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from phingpt_bench.core.agreement import read_both
from phingpt_bench.core.errors import BenchError, meant_path
from phingpt_bench.core.outcomes import Outcomes
from phingpt_bench.core.paths import results_folder
from phingpt_bench.core.records import RECORD, RunRecord
from phingpt_bench.core.sentences import Sentence, sentence
from phingpt_bench.data import catalogue
from phingpt_bench.data.passport import Passport
from phingpt_bench.results.chosen import ALL, Chosen
from phingpt_bench.scoring.metrics import METRICS

LOCAL = "local"  # the folder of results that stay on this machine, such as those of the demonstration


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
    """Of the run.json."""

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
    return collected(_below(folders), once=len(folders) > 1, every=every)


def _below(folders: Sequence[Path], *, local: bool = False) -> list[Path]:
    return list(dict.fromkeys(path for folder in folders for path in run_files(folder, local=local)))


def collected(files: Iterable[Path], *, once: bool = False, every: bool = False, chosen: Chosen = ALL) -> list[Run]:
    """The runs of these run.json files, as `collect` gives those below folders.

    once: a copy of a run is that run. chosen: of runs with the same key the newest that is meant, where one is; with
    `every` the others are left out.
    """
    found: dict[tuple[Any, ...], Run] = {}
    seen: set[tuple[str, str]] = set()
    known = passports()
    for path in files:
        run = read_run(path, known)
        if every and not chosen.holds(run.record.created, run.record.tags):
            continue
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


def files_from(folders: Sequence[Path]) -> list[Path]:
    """The run.json files of `collect_from`."""
    return _below(folders) if folders else _below([results_folder()], local=True)


def run_files(folder: Path, *, local: bool = False) -> list[Path]:
    """The run.json files below `folder`, ordered by path; errors as for `collect`. local: folders of that name too."""
    folder = Path(folder)
    if not folder.is_dir():
        raise BenchError(
            sentence("no such folder") if not folder.exists() else sentence("not a folder"),
            where=str(folder),
            hint=meant_path(folder)
            or sentence("give the folder that 'phingpt-bench run SUITE' wrote, such as results/"),
        )
    skipped: list[str] = []
    files = sorted(map(Path, _walk(str(folder), None if local else skipped)), key=lambda file: file.parts)
    if files:
        return files
    for place in sorted(skipped):
        if any(_walk(place, [])):
            raise BenchError(
                "no run.json below this folder outside {local}/",
                where=str(folder),
                hint="runs in {local}/ are shown when asked for: phingpt-bench leaderboard {place}",
                local=LOCAL,
                place=place,
            )
    raise BenchError(
        "no run.json below this folder", where=str(folder), hint="'phingpt-bench run SUITE' writes run records"
    )


def _walk(folder: str, local: list[str] | None) -> Iterator[str]:
    """The run.json files in and below a folder; folders named LOCAL go to `local` (None: they are walked as well).

    Links to folders are skipped.
    """
    try:
        with os.scandir(folder) as entries:
            found = list(entries)
    except OSError:  # an unreadable folder is treated as empty
        return
    if RECORD in {entry.name for entry in found}:
        yield f"{folder}/{RECORD}"
    for entry in found:
        if not entry.is_dir(follow_symlinks=False):
            continue
        if entry.name == LOCAL and local is not None:
            local.append(entry.path)
        else:
            yield from _walk(entry.path, local)


def read_run(path: Path, known: Mapping[str, Passport] | None = None) -> Run:
    """The run whose record is `path` (a run.json), with the outcomes.json next to it; BenchError names the bad file.

    known: `passports`, whose rows a whole run must have; read here where they are not given.
    """
    with _hinted(path):
        record, rows = read_both(path)
        for found in metric_faults(record):
            raise BenchError(found, where=str(path))
        for found in passport_faults(record, rows, passports() if known is None else known):
            raise BenchError(found, where=str(path), hint=_other_rows(path.parent))
    return Run(record, rows, path)


def metric_faults(record: RunRecord) -> Iterator[Sentence]:
    """A metric that this program does not know."""
    if record.protocol.metric not in METRICS:
        yield sentence("protocol.metric: unknown metric '{metric}'", metric=record.protocol.metric)


def passports() -> Mapping[str, Passport]:
    """The passports that can be read here, by protocol."""
    return {passport.protocol: passport for passport in catalogue.readable()[0].values()}


def passport_faults(record: RunRecord, rows: Outcomes, known: Mapping[str, Passport]) -> Iterator[Sentence]:
    """Where the rows of a whole run are not those of its protocol; nothing for a protocol without passport here."""
    protocol = record.protocol
    passport = known.get(protocol.id)
    if passport is None:
        return
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


def _other_rows(folder: Path) -> Sentence:
    """What to do about a run of other rows than its protocol's: the passport was edited, before the run or after it."""
    return sentence(
        "other rows are another protocol: give the passport that you edited its own 'protocol' and run it again, "
        "or remove {folder}",
        folder=folder,
    )


@contextlib.contextmanager
def _hinted(path: Path) -> Iterator[None]:
    """Add a hint on what to do about a damaged file of the run whose record is `path`, if it has none."""
    try:
        yield
    except BenchError as err:
        hint = err.hint or sentence("run it again, or remove {folder} to draw the board without it", folder=path.parent)
        raise BenchError(err.message, where=err.where, hint=hint) from None
