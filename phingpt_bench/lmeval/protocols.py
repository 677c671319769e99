"""The protocol that a name means: boards and comparisons take the names of tasks, datasets and protocols."""

from __future__ import annotations

from phingpt_bench.data import catalogue
from phingpt_bench.lmeval.taskfiles import read_tasks


def protocol_of(name: str) -> str:
    """The protocol id for the name of a dataset; any other name as it is, and one that is a task's too."""
    if name not in catalogue.names() or name in read_tasks().tasks:
        return name
    return catalogue.dataset(name).protocol
