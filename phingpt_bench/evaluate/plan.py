"""The plan of a suite: every training and every run, its folder, and whether it is already done. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.fingerprint import digest, is_digest
from phingpt_bench.core.paths import is_name
from phingpt_bench.core.provenance import Fingerprint
from phingpt_bench.core.records import Model, RunRecord
from phingpt_bench.core.sentences import sentence, sentence_n
from phingpt_bench.evaluate import places
from phingpt_bench.evaluate.adapters import AdapterFacts
from phingpt_bench.evaluate.blocks import block_ids
from phingpt_bench.evaluate.facts import Facts
from phingpt_bench.evaluate.served import asked_digest
from phingpt_bench.evaluate.suite import Suite, Variant, drawn
from phingpt_bench.evaluate.tasks import TaskFacts
from phingpt_bench.models.load import BaseSpec, device
from phingpt_bench.served.spec import ServedSpec

PLAIN = Variant()
NO_TRAINING_NEEDED = ("random",)  # floors that need no training rows
UNTRAINED = "not trained yet"  # instead of an adapter's digest
# why a run is not done, by the first fields in which its record differs
_CHANGED: tuple[tuple[tuple[str, ...], str], ...] = (
    (("template",), sentence("the task's prompt has changed")),
    (("setup",), sentence("the task's settings have changed")),
    (("examples",), sentence("its few-shot examples have changed")),
    (("rows",), sentence("it was run on other rows")),
    (
        ("base", "base_revision", "quantisation", "compute_dtype", "baseline"),
        sentence("it was run with another base model"),
    ),
    (("engine", "engine_version"), sentence("it was served by another engine")),
    (("asked",), sentence("the served model was queried with other settings")),
    (("adapter",), sentence("it was run with another adapter: its weights or its configuration have changed")),
    (("shots", "chat_template", "prompt", "thinking"), sentence("it was run with another prompt variant")),
    (("limit",), sentence("it was run with another limit")),
    (("seed",), sentence("it was run with another seed")),
    (
        ("device", "batch_size", "dequantise"),
        sentence("it was run on another device, with another batch size or another way of unpacking"),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing to do.

    "train" makes an adapter, "evaluate" runs a model on a task, "floor" fits and runs a baseline, "check" scores
    answers whose quality is known.
    """

    kind: Literal["train", "evaluate", "floor", "check"]
    model: str  # in words; the name of a floor or check
    folder: Path  # the adapter's, or the run's
    task: str | None = None
    base: BaseSpec | ServedSpec | None = None
    adapter: str | None = None
    variant: Variant = PLAIN
    documents: int = 0
    requests: int = 0  # documents times labels
    fingerprint: Fingerprint | None = None  # what must be equal for a run to count as done
    done: bool = False
    reason: str | None = None  # why an existing run is re-run
    note: str | None = None  # why it has another folder than its name says
    seconds: float | None = None  # its time in an earlier run on this machine; None without one
    scaled: bool = False  # `seconds` are scaled from another number of rows


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
                _run(suite, put, spec, identity, variant, None)
                for variant in drawn(suite.asked(suite.variants))
                if (put := facts.under(task.name, variant.words))
            ]
            runs += [
                _run(suite, put, spec, identity, variant, entry)
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
                    runs.append(_served(suite, put, server, served.identity, variant))
                    runs += [_served(suite, put, server, model, variant) for model in served.adapters.values()]
    tasks = _compared(tasks, facts)
    for task in tasks:
        names = facts.floors.get(task.dataset.kind, ())
        runs += [
            _without_base(suite, task, "floor", name) for name in names if task.trainable or name in NO_TRAINING_NEEDED
        ]
    runs += [_without_base(suite, task, "check", name) for task in tasks for name in facts.checks]
    return steps + [_judged(step, facts, force) for step in _in_places(runs, facts)]


def _in_places(runs: Sequence[Step], facts: Facts) -> list[Step]:
    """The runs, each in a folder of its own. BenchError for two models that nothing but their name tells apart."""
    elsewhere = {entry.name for entry in facts.adapters if entry.elsewhere}
    placed = [_placed(step, facts, elsewhere) for step in runs]
    seen: dict[Path, Step] = {}
    for at, step in enumerate(placed):
        if step.folder in seen and (revision := _other_revision(step, seen[step.folder])):
            step = placed[at] = replace(step, folder=places.apart(step.folder, revision))
        if step.folder in seen:
            raise BenchError(
                sentence(
                    "two models of the suite would be kept in the same folder: {one} and {other}",
                    one=seen[step.folder].model,
                    other=step.model,
                ),
                where=str(step.folder),
                hint=sentence("put them into two suites"),
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


def limited(suite: Suite, task: TaskFacts) -> int | None:
    """The limit in a record: None if the suite's limit covers all rows."""
    return suite.limit if suite.limit is not None and suite.limit < len(task.ids) else None


def slug(*parts: str | None) -> str:
    """A folder name: the parts that are not None, joined by "_", with every character except [a-z0-9.-] as "-".

    One that a system would not take (of a device, too long) ends in a digest.
    """
    name = "_".join(re.sub(r"[^a-z0-9.]+", "-", part.lower()).strip("-.") for part in parts if part)
    return name if is_name(name) or not name else f"{name[:180]}-{digest(name, 8)}"


def _run(
    suite: Suite, task: TaskFacts, spec: BaseSpec, identity: Model, variant: Variant, entry: AdapterFacts | None
) -> Step:
    _check_shots(task, variant.shots)
    numbers = f"{identity.quantisation or 'full'}-{identity.compute_dtype}"
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
        fingerprint=replace(
            _fingerprint(suite, task, variant),
            base=identity.base,
            base_revision=identity.base_revision,
            quantisation=identity.quantisation,
            compute_dtype=identity.compute_dtype,
            adapter=(entry.digest or UNTRAINED) if entry else None,
            # what may change a score in its last digits: base and tuned must run with the same
            device=device(spec),
            dequantise=spec.dequantise,
            batch_size=suite.batch_size,
        ),
    )


def _served(suite: Suite, task: TaskFacts, spec: ServedSpec, model: Model, variant: Variant) -> Step:
    """A run of a served base, or of an adapter that is served with it."""
    _check_shots(task, variant.shots)
    numbers = "-".join(filter(None, [spec.engine, model.quantisation, model.compute_dtype]))
    words = [model.name, *([f"+ {model.adapter}"] if model.adapter else []), str(variant), f"({spec.engine})"]
    return Step(
        kind="evaluate",
        model=" ".join(words),
        folder=_folder(suite, task, f"{model.name}-{numbers}", model.adapter, str(variant)),
        task=task.name,
        base=spec,
        adapter=model.adapter,
        variant=variant,
        documents=_documents(suite, task),
        requests=_documents(suite, task) * task.requests,
        fingerprint=replace(
            _fingerprint(suite, task, variant),
            base=model.base,
            base_revision=model.base_revision,
            quantisation=model.quantisation,
            compute_dtype=model.compute_dtype,
            engine=model.engine,
            engine_version=model.engine_version,
            asked=asked_digest(spec),
            adapter=(model.adapter_digest or model.adapter) if model.adapter else None,
        ),
    )


def _check_shots(task: TaskFacts, shots: int) -> None:
    """BenchError for more shots than examples: lm-eval would fail with a traceback, after loading."""
    there = len(task.examples)
    if shots <= there:
        return
    if there == 0:
        raise BenchError(
            sentence(
                "task '{name}' cannot be run {shots}-shot: it has no examples, as there are no training rows",
                name=task.name,
                shots=shots,
            ),
            hint=sentence("run it 0-shot (--shots 0, in a suite 'shots: 0'), or leave the task out"),
        )
    raise BenchError(
        sentence_n(
            "task '{name}' cannot be run {shots}-shot: it has {n} example",
            "task '{name}' cannot be run {shots}-shot: it has {n} examples",
            there,
            name=task.name,
            shots=shots,
        ),
        hint=sentence(
            "at most {there} (--shots {there}, in a suite 'shots: {there}'), or leave the task out", there=there
        ),
    )


def _without_base(suite: Suite, task: TaskFacts, kind: Literal["floor", "check"], name: str) -> Step:
    return Step(
        kind=kind,
        model=name,
        folder=_folder(suite, task, kind, name),
        task=task.name,
        documents=_documents(suite, task),
        requests=_documents(suite, task) * task.requests,
        fingerprint=replace(_fingerprint(suite, task, PLAIN), baseline=name),
    )


def _documents(suite: Suite, task: TaskFacts) -> int:
    return len(task.ids[: suite.limit])


def _folder(suite: Suite, task: TaskFacts, *parts: str | None) -> Path:
    """The run's folder. A limited or re-seeded run has its own: so that it does not replace a full one."""
    limit = limited(suite, task)
    extra = (f"first-{limit}" if limit else None, f"seed-{suite.seed}" if suite.seed else None)
    return suite.results_folder / "runs" / task.name / slug(*parts, *extra)


def _fingerprint(suite: Suite, task: TaskFacts, variant: Variant) -> Fingerprint:
    """The parts of it that task and suite determine."""
    return Fingerprint(
        template=task.template,
        setup=task.chat_setup if variant.chat_template else task.setup,
        examples=digest(block_ids(task, variant.block)[: variant.shots]) if variant.shots else None,
        rows=digest(list(task.ids[: suite.limit])),
        shots=variant.shots,
        chat_template=variant.chat_template,
        prompt=task.prompt.digest if task.prompt else None,
        thinking=variant.thinking,
        limit=limited(suite, task),
        seed=suite.seed,
    )


def _judged(step: Step, facts: Facts, force: bool) -> Step:
    """The step with what the records show: whether it is done, why not, how long it took."""
    seconds, scaled = _known_seconds(step, facts)
    if step.folder not in facts.records:
        return replace(step, seconds=seconds, scaled=scaled)
    record = facts.records[step.folder]
    reason = sentence("its record cannot be read") if record is None else _difference(step, record)
    if reason is None and force:
        reason = sentence("asked for with --force")
    return replace(step, done=reason is None, reason=reason, seconds=seconds, scaled=scaled)


def _difference(step: Step, record: RunRecord) -> str | None:
    """The first difference between a record and a step, in words, or None."""
    mine, theirs = step.fingerprint, record.provenance.fingerprint
    if mine is None or theirs is None:
        return sentence("its record has no fingerprint")
    for names, reason in _CHANGED:
        differing = [name for name in names if getattr(mine, name) != getattr(theirs, name)]
        if mine.base is not None and mine.base_revision is None and "base_revision" in differing:
            differing.remove("base_revision")  # not known yet (nothing loaded or looked up): not compared
        if "base" in differing and mine.base_revision == theirs.base_revision and is_digest(mine.base_revision):
            differing.remove("base")  # its folder had another name
        if mine.engine_version is None and "engine_version" in differing:
            differing.remove("engine_version")  # not started yet
        if "adapter" in differing and mine.adapter == UNTRAINED:
            return sentence("its adapter is missing and will be trained")
        if differing:
            return reason
    return None


def _known_seconds(step: Step, facts: Facts) -> tuple[float | None, bool]:
    """(seconds, whether scaled) from records of this machine: of the same run, otherwise of one with another limit."""
    candidates = [
        (folder == step.folder, record.protocol.n, folder.name, record)
        for folder, record in facts.records.items()
        if record is not None
        and record.evaluation.machine is not None
        and record.evaluation.machine.like(facts.machine)
        and record.protocol.n > 0
        and _work(record) == _planned_work(step, facts)
    ]
    if not candidates:
        return None, False
    _, n, _, record = max(candidates, key=lambda item: item[:3])
    seconds = {phase: s for phase, s in record.evaluation.seconds.items() if phase != "load"}
    return sum(seconds.values()) * step.documents / n, n != step.documents


def _work(record: RunRecord) -> Sequence[object]:
    """A key of runs with the same time per row, whatever the limit."""
    model, protocol = record.model, record.protocol
    made = (model.name, model.quantisation, model.compute_dtype, model.engine, model.adapter)
    return (record.task, *made, protocol.shots, protocol.chat_template, *protocol.setting.words, record.seed)


def _planned_work(step: Step, facts: Facts) -> Sequence[object]:
    """`_work` of the record that a step would leave."""
    identity = Model(name=step.model, kind="floor")
    if isinstance(step.base, ServedSpec):
        identity = facts.served[step.base].identity
    elif step.base is not None:
        identity = facts.bases[step.base]
    made = (identity.name, identity.quantisation, identity.compute_dtype, identity.engine, step.adapter)
    fingerprint = step.fingerprint
    seed = None if fingerprint is None else fingerprint.seed
    prompt, thinking = (None, None) if fingerprint is None else (fingerprint.prompt, fingerprint.thinking)
    return (step.task, *made, step.variant.shots, step.variant.chat_template, prompt, thinking, seed)
