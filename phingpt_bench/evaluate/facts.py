"""Facts: what the plan of a suite is made from, gathered without loading a model or writing a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from phingpt_bench.core import jsonio
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.fingerprint import machine
from phingpt_bench.core.records import Model, RunRecord, run_record
from phingpt_bench.evaluate.adapters import AdapterFacts, Training, adapter_facts
from phingpt_bench.evaluate.bases import base_identity
from phingpt_bench.evaluate.suite import Suite
from phingpt_bench.evaluate.tasks import TaskFacts, task_facts
from phingpt_bench.lmeval import manager
from phingpt_bench.models.load import BaseSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything `plan.plan` needs. `records` maps each run folder to its record, None where that is not readable.

    floors: per kind of task ("labels", "spans", "scores") the names of the cheap models.
    """

    tasks: Mapping[str, TaskFacts]
    bases: Mapping[BaseSpec, Model]
    adapters: Sequence[AdapterFacts]
    floors: Mapping[str, Sequence[str]]
    records: Mapping[Path, RunRecord | None]
    machine: str


def gather(suite: Suite, training: Training, earlier: Facts | None = None, *, fetch: bool = True) -> Facts:
    """All facts of a suite; BenchError for an unknown task or recipe, an unreadable dataset, an adapter that fits none.

    earlier: facts of the same suite, whose tasks and bases are used again.
    fetch: whether a base that is not on this machine yet may be converted or looked up on the Hub to learn its
        revision; without, the revision stays None and is not compared.
    """
    if earlier:
        tasks = earlier.tasks
    else:
        known = manager.task_manager()
        tasks = {name: task_facts(name, known) for name in manager.expand(suite.tasks, known)}
    bases = earlier.bases if earlier else {spec: base_identity(spec, fetch=fetch) for spec in suite.bases}
    adapters = [adapter_facts(entry, suite, training, tasks, bases) for entry in suite.adapters]
    called = [entry.name for entry in adapters]
    if twice := next((name for name in called if called.count(name) > 1), None):
        raise BenchError(f"two adapters of suite '{suite.name}' are called '{twice}'", hint="put them into two suites")
    return Facts(
        tasks=tasks,
        bases=bases,
        adapters=adapters,
        floors=_floors() if suite.floors else {},
        records=read_records(suite.results_folder / "runs"),
        machine=machine(),
    )


def _floors() -> dict[str, tuple[str, ...]]:
    from phingpt_bench.floors.registry import floor_models

    return {kind: tuple(floor_models(kind)) for kind in ("labels", "spans", "scores")}


def read_records(folder: Path) -> dict[Path, RunRecord | None]:
    """The run records below a folder by run folder; None for one that cannot be read (it will be made again)."""
    records: dict[Path, RunRecord | None] = {}
    for file in sorted(folder.glob("*/*/run.json")):
        try:
            records[file.parent] = run_record(jsonio.read_json(file))
        except (BenchError, AttributeError):  # damaged: AttributeError where the JSON is not an object
            records[file.parent] = None
    return records
