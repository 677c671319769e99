"""Facts: the input of a suite's plan, gathered without loading a model or writing a file."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from phingpt_bench.core.agreement import read_both
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.machine import Machine, this_machine
from phingpt_bench.core.paths import LOCAL, results_folder
from phingpt_bench.core.records import Model, RunRecord, read_record
from phingpt_bench.data import training_sets
from phingpt_bench.data.prompt_file import shown
from phingpt_bench.evaluate.adapters import AdapterFacts, Training, adapter_facts
from phingpt_bench.evaluate.bases import base_identity
from phingpt_bench.evaluate.served import ServedFacts, served_facts
from phingpt_bench.evaluate.suite import Suite
from phingpt_bench.evaluate.tasks import TaskFacts, Tasks
from phingpt_bench.evaluate.variant import Variant
from phingpt_bench.lmeval.asking import Words, needs_chat
from phingpt_bench.models.base_spec import BaseSpec, device
from phingpt_bench.served import launch
from phingpt_bench.served.spec import ServedSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything `plan.plan` needs."""

    known: Tasks  # all tasks of the command, including those that the suite does not have
    tasks: Mapping[str, TaskFacts]  # of the suite, and the written forms that served models get instead
    bases: Mapping[BaseSpec, Model]
    adapters: Sequence[AdapterFacts]
    floors: Mapping[str, Sequence[str]]  # names of the baselines by kind of task ("labels", "spans", "scores")
    checks: Sequence[str]
    records: Mapping[Path, RunRecord | None]  # by run folder; None if unreadable
    asked: Sequence[str] = ()  # the suite's own tasks among them; empty means all
    served: Mapping[ServedSpec, ServedFacts] = field(default_factory=dict)
    measured: Callable[[], Sequence[RunRecord]] = tuple  # runs of other results folders, for times alone
    put: Mapping[tuple[str, Words], TaskFacts] = field(default_factory=dict)  # tasks under other words that fit them

    def under(self, task: str, words: Words | None) -> TaskFacts | None:
        """A task under the words of a variant; None if these do not fit it."""
        return self.tasks[task] if words is None else self.put.get((task, words))


def machine_of(base: BaseSpec | ServedSpec | None) -> Machine:
    """The machine as the runs of a base use it: of its GPUs the base's, or that of an engine that is started here.

    Baselines run on the CPU, other servers anywhere.
    """
    if isinstance(base, BaseSpec):
        return this_machine(device(base))
    if base is None:
        return this_machine("cpu")
    return this_machine(launch.device() if base.started_here else None)


def gather(suite: Suite, training: Training, known: Tasks, *, fetch: bool = True) -> Facts:
    """All facts of a suite; BenchError for an unknown task or recipe, an unreadable dataset, an unfitting adapter.

    fetch: whether a base that is not available locally may be converted or looked up on the Hub, to learn its revision;
        otherwise the revision stays None and is not compared.
    """
    for declared in (*suite.trained_on.values(), *(entry.trained_on for entry in suite.adapters)):
        training_sets.check(declared or ())  # its rows are read after all answers are there
    tasks = {name: known[name] for name in known.expand(suite.tasks)}
    bases = {spec: base_identity(spec, fetch=fetch) for spec in suite.bases if isinstance(spec, BaseSpec)}
    served = _served(suite, known, tasks, fetch)
    forms = {form: known[form] for facts in served.values() for form in facts.forms.values()}
    adapters = _adapters(suite, training, known, tasks, bases)
    asked = [*suite.asked(suite.variants), *(variant for entry in adapters for variant in entry.variants)]
    asked += [variant for facts in served.values() for variant in facts.variants]
    return Facts(
        known=known,
        tasks={**tasks, **forms},
        put=_put(known, [*tasks, *forms], asked),
        asked=tuple(tasks),
        bases=bases,
        served=served,
        adapters=adapters,
        floors=_floors() if suite.floors else {},
        checks=_checks() if suite.checks else (),
        records=read_records(suite.results_folder / "runs"),
        measured=functools.cache(functools.partial(measured, suite.results_folder)),
    )


def for_worker(suite: Suite) -> Facts:
    """The facts that runs need which were planned elsewhere: tasks and servers; no bases, adapters or records."""
    known = Tasks()
    tasks = {name: known[name] for name in known.expand(suite.tasks)}
    served = _served(suite, known, tasks, True)
    forms = {form: known[form] for facts in served.values() for form in facts.forms.values()}
    variants = dict.fromkeys([*suite.variants, *(one for entry in suite.adapters for one in entry.variants or ())])
    asked = [*suite.asked(list(variants)), *(variant for facts in served.values() for variant in facts.variants)]
    return Facts(
        known=known, tasks={**tasks, **forms}, put=_put(known, [*tasks, *forms], asked), asked=tuple(tasks),
        bases={}, served=served, adapters=(), floors={}, checks=(), records={},
    )  # fmt: skip


def _served(suite: Suite, known: Tasks, tasks: Collection[str], fetch: bool) -> dict[ServedSpec, ServedFacts]:
    return {
        spec: served_facts(spec, tuple(tasks), suite.asked(suite.variants), known, fetch=fetch)
        for spec in suite.bases
        if isinstance(spec, ServedSpec)
    }


def _put(known: Tasks, tasks: Sequence[str], asked: Sequence[Variant]) -> dict[tuple[str, Words], TaskFacts]:
    """The tasks under the words of each variant that they fit. BenchError for words that fit none of them."""
    found: dict[tuple[str, Words], TaskFacts] = {}
    for variant in dict.fromkeys(asked):
        words, misfits = variant.words, []
        if words is None:
            continue
        if needs_chat(words.prompt) and not variant.chat_template:
            raise BenchError(
                "prompt '{prompt}' needs the chat template",
                hint="add --chat-template, or in a suite 'chat_template: true'",
                prompt=shown(words.prompt),
            )
        for task in dict.fromkeys(tasks):
            try:
                found[task, words] = known.put(task, words)
            except BenchError as err:
                if err.where is not None:  # the prompt itself is at fault
                    raise
                misfits.append(err)
        if len(misfits) == len(set(tasks)):
            raise misfits[0]
    return found


def with_trained(facts: Facts, suite: Suite, training: Training, name: str) -> Facts:
    """The facts with one adapter of the suite as it is on the disk now."""
    tasks = {name: facts.tasks[name] for name in facts.asked or facts.tasks}
    adapters = [
        adapter_facts(entry, suite, training, facts.known, tasks, facts.bases) if one.name == name else one
        for entry, one in zip(suite.adapters, facts.adapters, strict=True)
    ]
    return replace(facts, adapters=adapters)


def _adapters(
    suite: Suite, training: Training, known: Tasks, tasks: Mapping[str, TaskFacts], bases: Mapping[BaseSpec, Model]
) -> list[AdapterFacts]:
    adapters = [adapter_facts(entry, suite, training, known, tasks, bases) for entry in suite.adapters]
    called = [entry.name for entry in adapters]
    if twice := next((name for name in called if called.count(name) > 1), None):
        raise BenchError(
            "two adapters of suite '{name}' are called '{twice}'",
            hint="put them into two suites",
            name=suite.name,
            twice=twice,
        )
    return adapters


def _floors() -> dict[str, tuple[str, ...]]:
    from phingpt_bench.floors.registry import floor_models

    return {kind: tuple(floor_models(kind)) for kind in ("labels", "spans", "scores")}


def _checks() -> tuple[str, ...]:
    from phingpt_bench.lmeval.documents import CHECKS

    return tuple(CHECKS)


def measured(folder: Path, most: int = 1000) -> list[RunRecord]:
    """The newest records of the results next to this folder, and of the usual results; for their times.

    Those of the folder itself and those that cannot be read are left out.
    """
    places = dict.fromkeys(place.resolve() for place in (folder.parent, results_folder(), results_folder() / LOCAL))
    own = (folder / "runs").resolve()
    files = {file for place in places for file in place.glob("*/runs/*/*/run.json") if own not in file.parents}
    found = []
    for file in sorted(files, key=lambda file: file.stat().st_mtime, reverse=True)[:most]:
        with contextlib.suppress(BenchError, OSError):
            found.append(read_record(file))
    return found


def read_records(folder: Path) -> dict[Path, RunRecord | None]:
    """The run records below a folder by run folder; None for one that cannot be read (it will be re-run).

    Neither can one whose outcomes cannot, or say something else: the board would refuse it.
    """
    records: dict[Path, RunRecord | None] = {}
    for file in sorted(folder.glob("*/*/run.json")):
        try:
            records[file.parent] = read_both(file)[0]
        except BenchError:
            records[file.parent] = None
    return records
