"""The plan of a suite: every training and every run, where it goes, and whether it is already done. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.fingerprint import digest
from phingpt_bench.core.records import Model, RunRecord
from phingpt_bench.evaluate.adapters import AdapterFacts
from phingpt_bench.evaluate.facts import Facts
from phingpt_bench.evaluate.suite import Suite, Variant
from phingpt_bench.evaluate.tasks import TaskFacts
from phingpt_bench.models.load import BaseSpec, device

FINGERPRINT = "fingerprint"  # its key in a run record's provenance
PLAIN = Variant()
UNTAUGHT = ("random",)  # floors that a dataset without training rows can have
# what is said of a run whose record has another value there
UNTRAINED = "not trained yet"
_CHANGED = {
    "template": "the task's prompt has changed",
    "setup": "the task's settings have changed",
    "examples": "the examples in its prompts have changed",
    "rows": "it was run on other rows",
    "base": "the base model is another one",
    "adapter": "the adapter has been trained anew",
    "variant": "it was run with another prompt variant",
    "limit": "it was run with another limit",
    "seed": "it was run with another seed",
    "numerics": "it was run on another device, with another batch size or another way of unpacking",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing to do.

    kind: "train" makes an adapter, "evaluate" runs a model on a task, "floor" fits and runs a cheap one.
    model: in words. folder: the adapter's, or the run's. fingerprint: what must be equal for a run to count as done.
    reason: why a run that left something behind is made again. requests: documents times labels.
    seconds: what it took before on this machine, None where it was never run here; `scaled` says that this was with
    another number of rows and is in proportion.
    """

    kind: Literal["train", "evaluate", "floor"]
    model: str
    folder: Path
    task: str | None = None
    base: BaseSpec | None = None
    adapter: str | None = None
    floor: str | None = None
    variant: Variant = PLAIN
    documents: int = 0
    requests: int = 0
    fingerprint: dict[str, Any] | None = None
    done: bool = False
    reason: str | None = None
    seconds: float | None = None
    scaled: bool = False


def plan(suite: Suite, facts: Facts, *, only: Collection[str] = (), force: bool = False) -> list[Step]:
    """The steps in the order in which they are done: trainings, then base by base, then floors.

    only: run just these tasks (all of them when empty). force: runs that are done are made again; adapters are not.
    BenchError when two models would share a run folder, and for more shots than a task has examples.
    """
    tasks = [task for task in facts.tasks.values() if not only or task.name in only]
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
            runs += [_run(suite, task, spec, identity, variant, None) for variant in suite.variants]
            runs += [
                _run(suite, task, spec, identity, variant, entry)
                for entry in facts.adapters
                if spec in entry.bases and task.name in entry.tasks
                for variant in entry.variants
            ]
    for task in tasks:
        names = facts.floors.get(task.dataset.kind, ())
        runs += [_floor(suite, task, name) for name in names if task.trainable or name in UNTAUGHT]
    seen: dict[Path, Step] = {}
    for step in runs:
        if step.folder in seen:
            raise BenchError(
                f"two models of the suite would be kept in the same folder: {seen[step.folder].model} and {step.model}",
                where=str(step.folder),
                hint="put them into two suites",
            )
        seen[step.folder] = step
    return steps + [_judged(step, facts, force) for step in runs]


def limited(suite: Suite, task: TaskFacts) -> int | None:
    """The limit that a record gets: None when the suite's limit leaves no row out."""
    return suite.limit if suite.limit is not None and suite.limit < len(task.ids) else None


def slug(*parts: str | None) -> str:
    """A folder name: the parts that are there, joined by "_", every other character than [a-z0-9.-] made a "-"."""
    return "_".join(re.sub(r"[^a-z0-9.]+", "-", part.lower()).strip("-.") for part in parts if part)


def _run(
    suite: Suite, task: TaskFacts, spec: BaseSpec, identity: Model, variant: Variant, entry: AdapterFacts | None
) -> Step:
    _check_shots(task, variant.shots)
    numbers = f"{identity.quantisation or 'full'}-{identity.compute_dtype}"
    base = [identity.base, identity.base_revision, identity.quantisation, identity.compute_dtype]
    parts = (f"{identity.name}-{numbers}", entry.name if entry else None, str(variant))
    return Step(
        kind="evaluate",
        model=" ".join([identity.name, *([f"+ {entry.name}"] if entry else []), str(variant)]),
        folder=_folder(suite, task, *parts),
        task=task.name,
        base=spec,
        adapter=entry.name if entry else None,
        variant=variant,
        documents=_documents(suite, task),
        requests=_documents(suite, task) * task.requests,
        fingerprint=_fingerprint(suite, task, base, (entry.digest or UNTRAINED) if entry else None, variant)
        # what may move a score in its last digits: base and tuned are to be run under the same
        | {"numerics": [device(spec), spec.dequantise, suite.batch_size]},
    )


def _check_shots(task: TaskFacts, shots: int) -> None:
    """BenchError where a prompt cannot hold that many examples: lm-eval would end in a traceback, after loading."""
    there = len(task.examples)
    if shots <= there:
        return
    if there == 0:
        raise BenchError(
            f"task '{task.name}' cannot be run {shots}-shot: it has no examples, as there are no training rows",
            hint="run it 0-shot (--shots 0, in a suite 'shots: 0'), or leave the task out",
        )
    raise BenchError(
        f"task '{task.name}' cannot be run {shots}-shot: it has {there} example{'' if there == 1 else 's'}",
        hint=f"at most {there} (--shots {there}, in a suite 'shots: {there}'), or leave the task out",
    )


def _floor(suite: Suite, task: TaskFacts, name: str) -> Step:
    return Step(
        kind="floor",
        model=name,
        folder=_folder(suite, task, "floor", name),
        task=task.name,
        floor=name,
        documents=_documents(suite, task),
        requests=_documents(suite, task) * task.requests,
        fingerprint=_fingerprint(suite, task, ["floor", name], None, PLAIN),
    )


def _documents(suite: Suite, task: TaskFacts) -> int:
    return len(task.ids[: suite.limit])


def _folder(suite: Suite, task: TaskFacts, *parts: str | None) -> Path:
    """The run's folder. A limited or re-seeded run has its own: it must not take the place of a whole one."""
    limit = limited(suite, task)
    extra = (f"first-{limit}" if limit else None, f"seed-{suite.seed}" if suite.seed else None)
    return suite.results_folder / "runs" / task.name / slug(*parts, *extra)


def _fingerprint(
    suite: Suite, task: TaskFacts, base: list[Any], adapter: str | None, variant: Variant
) -> dict[str, Any]:
    return {
        "template": task.template,
        "setup": task.setup,
        "examples": digest(task.examples[: variant.shots]) if variant.shots else None,
        "rows": digest(list(task.ids[: suite.limit])),
        "base": base,
        "adapter": adapter,
        "variant": str(variant),
        "limit": limited(suite, task),
        "seed": suite.seed,
    }


def _judged(step: Step, facts: Facts, force: bool) -> Step:
    """The step with what the records say of it: done or not, why not, how long it took."""
    seconds, scaled = _known_seconds(step, facts)
    if step.folder not in facts.records:
        return replace(step, seconds=seconds, scaled=scaled)
    record = facts.records[step.folder]
    reason = "its record cannot be read" if record is None else _difference(step, record)
    if reason is None and force:
        reason = "asked for with --force"
    return replace(step, done=reason is None, reason=reason, seconds=seconds, scaled=scaled)


def _difference(step: Step, record: RunRecord) -> str | None:
    """What a record has been run with that the step would not, or None."""
    theirs = record.provenance.get(FINGERPRINT)
    if not isinstance(theirs, dict):
        return "its record has no fingerprint"
    for key, mine in (step.fingerprint or {}).items():
        other = theirs.get(key)
        if key == "base" and isinstance(other, list) and len(other) == len(mine):
            # a revision that is not known yet (nothing loaded or looked up) is not held against the record
            if all(m == o for at, (m, o) in enumerate(zip(mine, other, strict=True)) if not (at == 1 and m is None)):
                continue
        elif mine == other:
            continue
        if key == "adapter" and mine == UNTRAINED:
            return "its adapter is not here and will be trained"
        return _CHANGED[key]
    return None


def _known_seconds(step: Step, facts: Facts) -> tuple[float | None, bool]:
    """(seconds, whether in proportion) from records of this machine: of the same run, else under another limit."""
    stem = re.sub(r"_first-\d+", "", step.folder.name)
    candidates = [
        (folder == step.folder, record.protocol.n, folder.name, record)
        for folder, record in facts.records.items()
        if record is not None
        and folder.parent == step.folder.parent
        and re.sub(r"_first-\d+", "", folder.name) == stem
        and record.evaluation.machine == facts.machine
        and record.protocol.n > 0
    ]
    if not candidates:
        return None, False
    _, n, _, record = max(candidates, key=lambda item: item[:3])
    seconds = {phase: s for phase, s in record.evaluation.seconds.items() if phase != "load"}
    return sum(seconds.values()) * step.documents / n, n != step.documents
