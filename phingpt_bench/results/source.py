"""The runs behind the rows of a board: those in memory, or the files of a large one, read when they are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Protocol

from phingpt_bench.data.passport import Passport
from phingpt_bench.results.collect import Run, read_run
from phingpt_bench.results.index import Entry
from phingpt_bench.results.protocol_faults import passports
from phingpt_bench.results.seeds import with_seeds_joined

Key = tuple[str, str, int | None, str]  # task, protocol, limit, run id


def key_of(run: Run) -> Key:
    """What a run and its row on the board share."""
    record = run.record
    return record.task, record.protocol.id, record.limit, record.run_id


class Source(Protocol):
    """Where runs come from. all: those in which a run in another section can be looked for."""

    all: Sequence[Run]

    def read(self, keys: Iterable[Key]) -> dict[Key, Run]:
        """The runs of these rows, seeds joined as on the board; without those that are not there."""


class Held:
    """Runs in memory."""

    def __init__(self, runs: Sequence[Run]):
        self.all: Sequence[Run] = with_seeds_joined(runs)
        self._runs = {key_of(run): run for run in self.all}

    def read(self, keys: Iterable[Key]) -> dict[Key, Run]:
        """As in `Source`."""
        return {key: self._runs[key] for key in keys if key in self._runs}


class Stored:
    """The runs of an index, of which none is kept."""

    def __init__(self, entries: Iterable[Entry]):
        self.all: Sequence[Run] = ()
        self._paths: dict[Key, str] = {
            (entry.task, entry.protocol, entry.limit, entry.run_id): entry.path for entry in entries
        }

    def read(self, keys: Iterable[Key]) -> dict[Key, Run]:
        """As in `Source`. BenchError for a file that cannot be read."""
        found: dict[Key, Run] = {}
        for key in keys:
            parts = [key[3]] if key in self._paths else key[3].split("+")  # as seeds.joined names them
            paths = [self._paths.get((*key[:3], part)) for part in parts]
            runs = [read_run(Path(path), self._passports) for path in paths if path is not None]
            found |= {key_of(run): run for run in with_seeds_joined(runs) if key_of(run) == key}
        return found

    @cached_property
    def _passports(self) -> Mapping[str, Passport]:
        return passports()
