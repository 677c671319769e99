"""Folders of results that parts of one plan left, joined into one folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from phingpt_bench.core.agreement import read_both
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.jsonio import write_bytes
from phingpt_bench.core.records import OUTCOMES, RECORD, SAMPLES, RunRecord
from phingpt_bench.results.collect import key_of
from phingpt_bench.results.folders import run_files
from phingpt_bench.results.verify import score_differences, score_faults

RUNS = "runs"


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge did. same: records that several folders had, of which one is kept."""

    runs: int
    written: int
    same: int


def merge(folders: Sequence[Path], out: Path) -> Merged:
    """Copy the runs of all folders into `out`, which may hold some already; run.json comes last in each.

    Runs with the same key and fingerprint are one measurement: if their outcomes are equal, byte for byte, the newest
    record is kept, of those with paraphrases where there are some. BenchError, before anything is written, that names
    both files where outcomes or scores are not equal, and where two different runs would have the same place; and for
    a record whose scores are not those of its outcomes.
    """
    found: dict[tuple[object, ...], tuple[RunRecord, Path]] = {}
    places: dict[Path, tuple[object, ...]] = {}
    same = 0
    for folder in [*([out] if (out / RUNS).is_dir() else []), *folders]:
        for path in run_files(folder):
            record = _checked(path)
            key = _key(record)
            if key in found:
                other = found[key][1]
                if _same_file(other, path):
                    continue
                same += 1
                _compare(record, path, *found[key])
                found[key] = max(found[key], (record, path), key=lambda one: _rank(one[0]))
                continue
            place = _place(path)
            if place in places:
                raise BenchError(
                    "another run of that name is in {other}",
                    where=str(path),
                    hint="merge runs of one suite; 'leaderboard' takes a folder that holds both",
                    other=found[places[place]][1],
                )
            places[place] = key
            found[key] = record, path
    where = {key: place for place, key in places.items()}
    written = 0
    for key, (_, path) in found.items():
        target = out / RUNS / where[key]
        if _same_file(target / RECORD, path):
            continue
        (target / RECORD).unlink(missing_ok=True)
        for name in (SAMPLES, OUTCOMES, RECORD):
            if (source := path.with_name(name)).is_file():  # samples are not published
                write_bytes(target / name, source.read_bytes())
        written += 1
    return Merged(len(found), written, same)


def _checked(path: Path) -> RunRecord:
    """A record that its outcomes agree with; BenchError that names the file otherwise."""
    record, rows = read_both(path)
    for fault in score_faults(record, rows):
        raise BenchError(
            fault, where=str(path), hint="the record was changed after the run: take it from a backup or run it again"
        )
    return record


def _compare(record: RunRecord, path: Path, known: RunRecord, other: Path) -> None:
    """BenchError where two records of the same run have other outcomes or scores."""
    hint = "run one of them again on this machine, and leave the other out"
    if path.with_name(OUTCOMES).read_bytes() != other.with_name(OUTCOMES).read_bytes():
        raise BenchError("the same run has other outcomes in {other}", where=str(path), hint=hint, other=other)
    if differing := ", ".join(score_differences(known.scores, record.scores)):
        raise BenchError(
            "the same run has other scores in {other}: {names}",
            where=str(path),
            hint=hint,
            other=other,
            names=differing,
        )


def _key(record: RunRecord) -> tuple[object, ...]:
    fingerprint = record.provenance.fingerprint
    return (*key_of(record), None if fingerprint is None else tuple(asdict(fingerprint).items()))


def _rank(record: RunRecord) -> tuple[bool, str, str]:
    """The rank of a run among equal ones, of which the highest is kept: one that asked paraphrases, then the newest."""
    return record.paraphrases is not None, record.created, record.run_id


def _place(path: Path) -> Path:
    """The run's folder below `runs/`: its task and its model."""
    return Path(path.parent.parent.name, path.parent.name)


def _same_file(one: Path, other: Path) -> bool:
    return one.is_file() and one.samefile(other)
