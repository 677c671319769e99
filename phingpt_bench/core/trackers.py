"""The experiment trackers that trainings and evaluations can report to; all are extras, and none is used unasked."""

from __future__ import annotations

import contextlib
import importlib.util
import os
from collections.abc import Iterable, Iterator

from phingpt_bench.core.errors import BenchError

TRACKERS = ("tensorboard", "mlflow", "wandb", "trackio")  # each is an extra of that name
PROJECT = "phingpt-bench"
FOLDER = "TENSORBOARD_LOGGING_DIR"  # transformers reads it too; by default `runs` in the current folder


def ready(names: Iterable[str]) -> list[str]:
    """The names, each once. BenchError for a tracker that is not installed; sets the project's name for the others."""
    found = list(dict.fromkeys(names))
    for name in found:
        if importlib.util.find_spec(name) is None:
            raise BenchError(
                "{name} is not installed", where="--report-to", hint="pip install 'phingpt-bench[{name}]'", name=name
            )
    for variable in ("WANDB_PROJECT", "MLFLOW_EXPERIMENT_NAME"):
        os.environ.setdefault(variable, PROJECT)
    return found


def event_folder(name: str) -> str:
    """Where TensorBoard's events of something go."""
    return os.path.join(os.environ.get(FOLDER) or "runs", name)  # noqa: PTH118  TensorBoard takes addresses as well


@contextlib.contextmanager
def events_in(name: str) -> Iterator[None]:
    """Let transformers write TensorBoard's events into `event_folder(name)`: its own default is among checkpoints."""
    before = os.environ.get(FOLDER)
    os.environ[FOLDER] = event_folder(name)
    try:
        yield
    finally:
        os.environ.pop(FOLDER)
        if before is not None:
            os.environ[FOLDER] = before
