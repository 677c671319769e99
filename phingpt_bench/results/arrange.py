"""The runs of each section of a board, and the order of the sections."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from phingpt_bench.core.errors import unknown
from phingpt_bench.core.sentences import sentence


class Placed(Protocol):
    """The part of a run that is needed to place it."""

    @property
    def task(self) -> str:
        """The name of its task."""

    @property
    def protocol(self) -> str:
        """The id of its protocol."""

    @property
    def limit(self) -> int | None:
        """The number of test rows that it was limited to."""

    @property
    def kind(self) -> str:
        """A member of records.KINDS."""

    @property
    def older(self) -> int:
        """The number of earlier runs that it replaces."""


P = TypeVar("P", bound=Placed)
Key = tuple[str, str, int | None]  # task, protocol id, limit


@dataclass(frozen=True, slots=True)
class Arrangement(Generic[P]):
    """Runs by section, in the order of the board. shown: tasks that were asked for; the rest is only compared with.

    older: replaced runs of the tasks that are shown.
    """

    groups: dict[Key, list[P]]
    shown: frozenset[str]
    older: int


def arranged(runs: Sequence[P], tasks: Collection[str] = (), checks: bool = False) -> Arrangement[P]:
    """The runs by task, protocol and limit. BenchError for a task without a run.

    tasks: the tasks to show, or protocol ids, in this order; empty means all, by name.
    checks: whether oracle, null and echo are included.
    """
    known = {run.task for run in runs}
    of: dict[str, set[str]] = defaultdict(set)
    for run in runs:
        of[run.protocol].add(run.task)
    tasks = [task for name in tasks for task in ([name] if name in known else sorted(of.get(name, [name])))]
    for task in tasks:
        if task not in known:
            raise unknown(sentence("task"), task, known)
    order = list(dict.fromkeys(tasks)) or sorted(known)
    groups: dict[Key, list[P]] = defaultdict(list)
    for run in runs:
        if checks or run.kind != "check":
            groups[run.task, run.protocol, run.limit].append(run)
    places = {task: place for place, task in enumerate(order)}
    keys = sorted(groups, key=lambda key: (places.get(key[0], len(order)), key[0], key[1], key[2] or 0))
    older = sum(run.older for key in keys if key[0] in places for run in groups[key])
    return Arrangement({key: groups[key] for key in keys}, frozenset(order), older)
