"""The plan of a suite: every training and every run, its folder, and whether it is already done. Pure functions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.records import Model
from phingpt_bench.evaluate import places
from phingpt_bench.evaluate.adapters import AdapterFacts
from phingpt_bench.evaluate.earlier import UNTRAINED, judged
from phingpt_bench.evaluate.facts import Facts
from phingpt_bench.evaluate.steps import Step, of_model, without_base
from phingpt_bench.evaluate.suite import Suite
from phingpt_bench.evaluate.tasks import TaskFacts
from phingpt_bench.evaluate.times import Times
from phingpt_bench.evaluate.variant import drawn
from phingpt_bench.floors import lexicon
from phingpt_bench.served.spec import ServedSpec

NO_TRAINING_NEEDED = ("random", "lexicon")  # floors that need no training rows
WITH_LEXICON = ("lexicon", "tfidf-lexicon")  # floors that know the labels of sentiment only


def plan(suite: Suite, facts: Facts, *, only: Collection[str] = (), force: bool = False) -> list[Step]:
    """The steps in their order: trainings, then base by base, then floors, then checks.

    only: the tasks to run; empty means all. force: re-run completed runs; adapters are kept.
    BenchError if two models would share a run folder, or for more shots than a task has examples.
    """
    tasks = [facts.tasks[name] for name in facts.asked or facts.tasks if not only or name in only]
    steps: list[Step] = []
    for entry in facts.adapters:
        wanted = any(task.name in entry.tasks for task in tasks)
        if wanted and entry.recipe is not None and not any(step.adapter == entry.name for step in steps):
            steps.append(
                Step(
                    kind="train", model=entry.name, folder=entry.folder, base=entry.recipe.base, adapter=entry.name,
                    done=entry.card is not None,
                )
            )  # fmt: skip
    runs: list[Step] = []
    for spec, identity in facts.bases.items():
        for task in tasks:
            runs += [
                of_model(suite, put, spec, identity, variant)
                for variant in drawn(suite.asked(suite.variants))
                if (put := facts.under(task.name, variant.words))
            ]
            runs += [
                of_model(suite, put, spec, _tuned(identity, entry), variant)
                for entry in facts.adapters
                if spec in entry.bases and task.name in entry.tasks
                for variant in drawn(entry.variants)
                if (put := facts.under(task.name, variant.words))
            ]
    for server, served in facts.served.items():
        for task in (facts.tasks[served.forms[task.name]] for task in tasks):
            for variant in drawn(served.variants):
                put = facts.under(task.name, variant.words)
                if put is not None:
                    models = (served.identity, *served.adapters.values())
                    runs += [of_model(suite, put, server, model, variant) for model in models]
    tasks = _compared(tasks, facts)
    for task in tasks:
        names = facts.floors.get(task.dataset.kind, ())
        runs += [
            without_base(suite, task, "floor", name)
            for name in names
            if (task.trainable or name in NO_TRAINING_NEEDED)
            and (name not in WITH_LEXICON or lexicon.knows(task.dataset.labels))
        ]
    runs += [without_base(suite, task, "check", name) for task in tasks for name in facts.checks]
    times = Times(facts)
    return steps + [judged(step, facts, force, times) for step in _in_places(runs, facts)]


def _tuned(identity: Model, entry: AdapterFacts) -> Model:
    return replace(identity, adapter=entry.name, adapter_digest=entry.digest or UNTRAINED)


def _in_places(runs: Sequence[Step], facts: Facts) -> list[Step]:
    """The runs, each in a folder of its own. BenchError for two models that differ only in their name."""
    elsewhere = {entry.name for entry in facts.adapters if entry.elsewhere}
    placed = [_placed(step, facts, elsewhere) for step in runs]
    seen: dict[Path, Step] = {}
    for at, step in enumerate(placed):
        if step.folder in seen and (revision := _other_revision(step, seen[step.folder])):
            step = placed[at] = replace(step, folder=places.apart(step.folder, revision))
        if step.folder in seen:
            raise BenchError(
                "two models of the suite would be kept in the same folder: {one} and {other}",
                where=str(step.folder),
                hint="put them into two suites",
                one=seen[step.folder].model,
                other=step.model,
            )
        seen[step.folder] = step
    return placed


def _placed(step: Step, facts: Facts, elsewhere: Collection[str]) -> Step:
    """The step in its folder, which is another one where a record of another base or adapter of that name lies."""
    if step.kind != "evaluate" or isinstance(step.base, ServedSpec) or step.fingerprint is None:
        return step
    folder, note = places.place(
        step.folder, step.fingerprint, facts.records, elsewhere=(step.adapter or "") in elsewhere
    )
    return replace(step, folder=folder, note=note)


def _other_revision(step: Step, other: Step) -> str | None:
    """The revision of a step's base where the other step is on another base of the same name."""
    revisions = [None if one.fingerprint is None else one.fingerprint.base_revision for one in (step, other)]
    return revisions[0] if revisions[0] != revisions[1] else None


def _compared(tasks: Sequence[TaskFacts], facts: Facts) -> list[TaskFacts]:
    """The tasks that get floors and checks: those that a model of the suite runs, or all if it has no model."""
    own = [task.name for task in tasks] if facts.bases or not facts.served else []
    own += [served.forms[task.name] for served in facts.served.values() for task in tasks]
    return [facts.tasks[name] for name in dict.fromkeys(own)]
