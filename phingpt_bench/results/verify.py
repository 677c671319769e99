"""Everything that can be checked of runs without asking a model: files against each other, the data, the adapters.

A board refuses the first fault; here all of them are found, with what could not be checked and why.
"""

from __future__ import annotations

import contextlib
import functools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from phingpt_bench.core.agreement import outcomes_faults, record_faults
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.fingerprint import file_digest
from phingpt_bench.core.outcomes import Outcomes, read_outcomes
from phingpt_bench.core.records import OUTCOMES, SAMPLES, RunRecord, read_record
from phingpt_bench.core.sentences import Sentence, joined, sentence
from phingpt_bench.data import catalogue
from phingpt_bench.data.network import offline
from phingpt_bench.data.passport import Passport
from phingpt_bench.data.rows import Rows
from phingpt_bench.lmeval.taskfiles import TaskFiles, read_tasks
from phingpt_bench.results.folders import files_from
from phingpt_bench.results.protocol_faults import passports, protocol_faults, row_faults
from phingpt_bench.results.recounted import (
    cost_faults,
    figure_faults,
    paraphrase_faults,
    sample_faults,
    task_faults,
)
from phingpt_bench.scoring.metrics import score_all

TOLERANCE = 1e-9  # of scores, as when they were made
CODE = "code"  # the check of the commit that made a run
TRANSLATED = ("record", "outcomes", "scores", "answers", "protocol", "gold", "adapter", "files", "rerun", "code")


@dataclass(frozen=True, slots=True)
class Finding:
    """One check of one run. ok is None where it could not be made, and `detail` says why; else what is wrong, if so."""

    path: Path
    check: str
    ok: bool | None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """A run that could be read, with what was found."""

    path: Path
    record: RunRecord
    outcomes: Outcomes
    findings: list[Finding]


def verify(folders: Sequence[Path], adapters: Path) -> Iterator[Checked | Finding]:
    """Each run below the folders, checked; a Finding alone for one that cannot be read. No folders: as `files_from`.

    adapters: the folder that holds adapters by their names.
    """
    known, files = passports(), read_tasks()
    gold = functools.cache(_rows)
    for path in files_from(folders):
        try:
            record, rows = read_record(path), read_outcomes(path.with_name(OUTCOMES))
        except BenchError as err:
            yield Finding(path, "files", False, joined([err.where or str(path), err.message], ": "))
            continue
        passport = known.get(record.protocol.id)
        found = [
            _judged(path, "record", [*record_faults(record), *protocol_faults(record, known)]),
            _judged(path, "outcomes", list(outcomes_faults(record, rows, path.with_name(OUTCOMES)))),
            _judged(path, "scores", [*score_faults(record, rows), *unknown_scores(record, rows)]),
            _judged(path, "figures", [*figure_faults(record, rows), *paraphrase_faults(record), *cost_faults(record)]),
            _samples(path, record, rows),
            _task(path, record, files),
            Finding(path, "protocol", None, sentence("{protocol} has no passport here", protocol=record.protocol.id))
            if passport is None
            else _judged(path, "protocol", list(row_faults(record, rows, known))),
            _gold(path, record, rows, passport, gold),
            *_adapter(path, record, adapters),
            _code(path, record),
        ]
        yield Checked(path, record, rows, found)


def score_faults(record: RunRecord, rows: Outcomes) -> Iterator[Sentence]:
    """Scores of a record that its outcomes do not give."""
    try:
        scores = score_all(rows)
    except BenchError as err:
        yield joined([err.message])
        return
    for name, score in scores.items():
        stored = record.scores.get(name)
        if name in record.scores and not _same(stored, score):
            yield sentence("{name}: {stored}, the outcomes give {score}", name=name, stored=stored, score=score)


def unknown_scores(record: RunRecord, rows: Outcomes) -> Iterator[Sentence]:
    """Scores that the outcomes give none for, such as a metric of a later version; nothing where they give none."""
    with contextlib.suppress(BenchError):
        for name in sorted(record.scores.keys() - score_all(rows).keys()):
            yield sentence("{name}: the outcomes do not give it", name=name)


def score_differences(one: Mapping[str, float | None], other: Mapping[str, float | None]) -> list[str]:
    """The scores that both have with other values, by name."""
    return sorted(name for name in one.keys() & other.keys() if not _same(one[name], other[name]))


def gold_faults(rows: Outcomes, passport: Passport, data: Rows) -> Iterator[Sentence]:
    """Rows whose gold is not that of the data, the first of them by id."""
    if rows.kind != "scores" and list(rows.labels) != list(passport.labels):
        yield sentence(
            "labels: {theirs}, the protocol has {ours}", theirs=", ".join(rows.labels), ours=", ".join(passport.labels)
        )
        return
    right = {row["id"]: row for row in data}
    places = {name: at for at, name in enumerate(passport.labels)}
    wrong = []
    for at, name in enumerate(rows.ids):
        row = right.get(name)
        if row is None:
            wrong.append(name)
        elif rows.kind == "labels":
            wrong += [name] if rows.gold[at] != places[row["label"]] else []
        elif rows.kind == "scores":
            wrong += [name] if not math.isclose(rows.gold[at], row["score"], abs_tol=TOLERANCE) else []
        else:
            spans = {(span["start"], span["end"], places[span["type"]]) for span in row["entities"]}
            counted = [counts[2] for counts in rows.counts[at][:-1]]
            placed = {tuple(span) for span in rows.entities[at][0]} if rows.entities else spans
            by_type = [sum(type_ == place for *_, type_ in spans) for place in range(len(places))]
            wrong += [name] if counted != by_type or placed != spans else []
    if wrong:
        yield sentence(
            "differs from the data in {k:,} of {rows:,} rows, first {first}",
            k=len(wrong), rows=len(rows.ids), first=wrong[0],
        )  # fmt: skip


def _judged(path: Path, check: str, faults: Sequence[str]) -> Finding:
    return Finding(path, check, not faults, joined(faults, "; ") if faults else "")


def _same(a: float | None, b: float | None) -> bool:
    return a is b if a is None or b is None else abs(a - b) <= TOLERANCE


def _samples(path: Path, record: RunRecord, rows: Outcomes) -> Finding:
    file, kept = path.with_name(SAMPLES), record.provenance.files.get(SAMPLES)
    if not file.is_file():
        return Finding(path, "answers", None, sentence("{file} is not here", file=SAMPLES))
    if kept is None:
        return Finding(path, "answers", None, sentence("the record holds no digest of them"))
    if file_digest(file) != kept:
        return Finding(path, "answers", False, sentence("{file} was changed after the run", file=SAMPLES))
    return _judged(path, "answers", list(sample_faults(file, record, rows)))


def _task(path: Path, record: RunRecord, files: TaskFiles) -> Finding:
    task = files.tasks.get(record.task)
    if task is None or task.dataset not in catalogue.names():
        return Finding(path, "task", None, sentence("task '{task}' is not here", task=record.task))
    return _judged(path, "task", list(task_faults(record, task, catalogue.dataset(task.dataset))))


def _rows(dataset: str) -> dict[str, Rows] | str:
    """The splits of a dataset, or why they cannot be read here."""
    try:
        with offline():
            return catalogue.load(dataset)
    except BenchError as err:
        return err.message


def _gold(
    path: Path, record: RunRecord, rows: Outcomes, passport: Passport | None,
    load: Callable[[str], dict[str, Rows] | str],
) -> Finding:  # fmt: skip
    if passport is None:
        return Finding(path, "gold", None, sentence("no passport, so no data"))
    splits = load(passport.name)
    if isinstance(splits, str):
        return Finding(path, "gold", None, splits)
    if record.protocol.split not in splits:
        return Finding(path, "gold", False, sentence("the data have no split '{split}'", split=record.protocol.split))
    return _judged(path, "gold", list(gold_faults(rows, passport, splits[record.protocol.split])))


def _adapter(path: Path, record: RunRecord, adapters: Path) -> list[Finding]:
    from phingpt_bench.models.adapter import adapter_digest, card_of

    name = record.model.adapter
    if name is None or record.model.engine is not None:
        return []
    folder = adapters / name
    if not folder.is_dir():
        return [Finding(path, "adapter", None, sentence("{file} is not here", file=folder))]
    try:
        found = adapter_digest(folder, card_of(folder))
    except (BenchError, OSError) as err:
        return [Finding(path, "adapter", False, " ".join(str(err).split()))]
    same = found == record.model.adapter_digest
    why = sentence(
        "{folder} has digest {found}, the run was made with {recorded}",
        folder=folder, found=found, recorded=record.model.adapter_digest,
    )  # fmt: skip
    return [Finding(path, "adapter", same, "" if same else why)]


def _code(path: Path, record: RunRecord) -> Finding:
    """Whether a commit holds the code that made the run: one with changed files is code that no commit holds."""
    commit = record.provenance.environment.git
    if commit is None:
        return Finding(path, CODE, None, sentence("the record names no commit"))
    if commit.endswith("-dirty"):
        return Finding(path, CODE, None, sentence("made from commit {commit} with changed files", commit=commit[:12]))
    return Finding(path, CODE, True)
