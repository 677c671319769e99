"""The stages of a plan for the display: its steps, and loading and probing of bases."""

from __future__ import annotations

from collections.abc import Sequence

from phingpt_bench.core.records import NO_MODELS
from phingpt_bench.core.sentences import joined, sentence
from phingpt_bench.evaluate.facts import Facts
from phingpt_bench.evaluate.steps import Step
from phingpt_bench.evaluate.suite import Suite
from phingpt_bench.live.events import Stage, training_stages
from phingpt_bench.models.base_spec import BaseSpec, title
from phingpt_bench.served.spec import ServedSpec


def stages(suite: Suite, facts: Facts, todo: Sequence[Step]) -> tuple[Stage, ...]:
    """The stages of the steps to do, in their order."""
    found: list[Stage] = []
    for step in todo:
        if step.kind == "train":
            found += training_stages(step.model)
    for spec in suite.bases:
        own = [step for step in todo if step.kind == "evaluate" and step.base == spec]
        if not own:
            continue
        if isinstance(spec, ServedSpec):
            found.append(starting(spec))
        else:
            found.append(loading(spec))
            found += [probing(spec)] if any(step.adapter for step in own) else []
        found += [run_stage(step, facts) for step in own]
    return (*found, *(run_stage(step, facts) for step in todo if step.kind in NO_MODELS))


def starting(spec: ServedSpec) -> Stage:
    """Starting or reaching a server, and its probe."""
    values = {"name": spec.title, "engine": spec.engine}
    started = sentence("start and probe {name} ({engine})", **values)
    label = started if spec.started_here else sentence("reach and probe {name} ({engine})", **values)
    return Stage(key=f"serve {spec}", label=label, alike=("serve",))


def loading(spec: BaseSpec) -> Stage:
    """Loading a base and attaching its adapters."""
    return Stage(key=f"load {spec}", label=sentence("load {name}", name=title(spec)), alike=("load",))


def probing(spec: BaseSpec) -> Stage:
    """The check that each adapter changes something and that "off" is the bare base."""
    return Stage(
        key=f"probe {spec}", label=sentence("probe the adapters of {name}", name=title(spec)), alike=("probe",)
    )


def run_stage(step: Step, facts: Facts) -> Stage:
    """One model on one task. Its pace is that of the same task and prompt, otherwise of the same way of answering.

    Only models of one base count as alike: another may be a hundred times as large.
    """
    extraction = facts.tasks[step.task or ""].extraction
    who = f"{step.kind} {step.model}" if step.base is None else f"{step.base}"
    return Stage(
        key=str(step.folder),
        label=joined((f"{step.task}: ", *((sentence(step.kind), " ") if step.base is None else ()), step.model), ""),
        unit="documents",
        total=step.documents,
        expected=step.seconds,
        alike=(f"{who}, {step.task}, {step.variant}", f"{who}, {extraction}, {step.variant}"),
    )
