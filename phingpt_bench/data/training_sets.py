"""The training data of models: of published ones in results/training-sets.yaml, of others as declared."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal

from phingpt_bench.core import config
from phingpt_bench.core.errors import BenchError, meant
from phingpt_bench.core.jsonio import read_json
from phingpt_bench.core.paths import expanded, share
from phingpt_bench.core.sentences import sentence
from phingpt_bench.data import catalogue
from phingpt_bench.data.copies import hashes
from phingpt_bench.data.copies.hashes import RowHashes
from phingpt_bench.data.passport import SPLITS

TRAINED = ("train", "validation")  # the splits that a dataset's name alone stands for

Split = Literal["train", "validation", "test"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingSet:
    """The training data of some published models; the fields are explained at the head of the file."""

    models: list[str]
    hub: list[str]
    trained_on: dict[str, list[Split]]
    source: str
    elsewhere: str | None = None
    note: str | None = None


def published() -> dict[str, TrainingSet]:
    """The training sets of published models by their name; BenchError with file and line for a mistake in the file."""
    return _read(share("results", "training-sets.yaml"))


@functools.cache
def _read(file: Path) -> dict[str, TrainingSet]:
    return config.load(file, dict[str, TrainingSet])


def seen_of(name: str, protocol: str) -> tuple[int, int] | None:
    """(test rows of a protocol with a copy in the training set, all test rows), as last measured.

    The file results/overlaps.json is written by `python -m benchmarks.overlaps`. None if it has no entry.
    """
    found = _overlaps().get(name, {}).get(protocol)
    return None if found is None else (sum(found["seen"].values()), found["rows"])


@functools.cache
def _overlaps() -> dict[str, Any]:
    file = share("results", "overlaps.json")
    return dict(read_json(file)["published"]) if file.is_file() else {}


def of_base(model: str) -> TrainingSet | None:
    """The training set of a base by its Hub id, ignoring case; None if unknown."""
    return next((own for own in published().values() if model.lower() in map(str.lower, own.hub)), None)


def of_published(model: str) -> str | None:
    """The name of a model's training set, by the model's name in results/published; None if unknown."""
    sets = published().items()
    return next((name for name, own in sets if any(fnmatchcase(model, pattern) for pattern in own.models)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """The training data of a model, as read: rows of the catalogue, and files of row hashes.

    said: the declaration in words, for a record. unread: why parts of it could not be compared, one sentence each.
    """

    said: tuple[str, ...]
    rows: Sequence[dict[str, object]] = ()
    hashes: Sequence[RowHashes] = ()
    unread: tuple[str, ...] = field(default=())


def read(declared: Iterable[str]) -> Declared:
    """Read each entry of a `trained_on`: a dataset ("fpb"), a protocol id, or a file of row hashes.

    A dataset may be followed by its splits ("fpb:train+test"); the default is TRAINED. BenchError as for `check`. Rows
    that are not available locally are `unread`.
    """
    rows: list[dict[str, object]] = []
    files: list[RowHashes] = []
    said, unread = [], []
    for entry in declared:
        meant = _meant(entry)
        if isinstance(meant, RowHashes):
            files.append(meant)
            said.append(f"{len(meant.hashes)} row hashes")
            continue
        dataset, wanted = meant
        said.append(f"{dataset}:{'+'.join(wanted)}")
        try:
            found = catalogue.load(dataset)
        except BenchError as err:
            unread.append(f"{dataset}: {err.message}")
            continue
        rows += [row for split in wanted for row in found.get(split, [])]
    return Declared(said=tuple(said), rows=tuple(rows), hashes=tuple(files), unread=tuple(unread))


def check(declared: Iterable[str]) -> None:
    """BenchError for an entry that is no dataset with its splits, no protocol id and no file of row hashes."""
    for entry in declared:
        _meant(entry)


def _meant(entry: str) -> RowHashes | tuple[str, tuple[str, ...]]:
    """The row hashes of an entry, or its dataset with the splits; BenchError for any other entry."""
    name, _, splits = entry.partition(":")
    if dataset := _dataset(name):
        wanted = tuple(splits.split("+")) if splits else TRAINED
        if wrong := next((split for split in wanted if split not in SPLITS), None):
            raise BenchError(
                "trained_on: '{entry}' has no split '{wrong}'",
                hint="splits: {names}",
                entry=entry,
                wrong=wrong,
                names=", ".join(SPLITS),
            )
        return dataset, wanted
    if expanded(entry).is_file():
        return hashes.read(expanded(entry))
    raise BenchError(
        "trained_on: '{entry}' is neither a dataset, nor a protocol id, nor a file of row hashes",
        hint=meant(name, catalogue.names())
        or sentence(
            "'phingpt-bench tasks' lists the protocols; 'phingpt-bench hash-rows --help' says how such a file is made"
        ),
        entry=entry,
    )


def entries(own: TrainingSet) -> list[str]:
    """A published training set as the entries of a `trained_on`."""
    return [f"{dataset}:{'+'.join(splits)}" for dataset, splits in own.trained_on.items()]


def _dataset(name: str) -> str | None:
    if name in catalogue.names():
        return name
    return next((dataset for dataset, own in catalogue.readable()[0].items() if own.protocol == name), None)
