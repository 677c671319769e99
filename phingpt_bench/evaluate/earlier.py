"""What earlier records say about a step: whether it is done, why it is re-run, and how long it took."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from phingpt_bench.core.fingerprint import digest, is_digest
from phingpt_bench.core.ledgers import WARM_UP
from phingpt_bench.core.provenance import Fingerprint
from phingpt_bench.core.records import Model, RunRecord, to_dict
from phingpt_bench.core.sentences import sentence
from phingpt_bench.evaluate.facts import Facts, machine_of
from phingpt_bench.evaluate.guess import APART, Traits, guessed, traits_of
from phingpt_bench.evaluate.served import server_digest
from phingpt_bench.evaluate.steps import Step
from phingpt_bench.models import embedded
from phingpt_bench.served.spec import ServedSpec

SAID = ("base_revision", "quantisation", "compute_dtype", "engine_version")  # by a server of itself
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
    (
        ("shots", "chat_template", "prompt", "thinking", "thinking_end"),
        sentence("it was run with another prompt variant"),
    ),
    (("limit",), sentence("it was run with another limit")),
    (("skip_long",), sentence("it was run with another choice for rows that are too long")),
    (("seed",), sentence("it was run with another seed")),
    (
        ("device", "batch_size", "dequantise"),
        sentence("it was run on another device, with another batch size or another way of unpacking"),
    ),
)


def judged(step: Step, facts: Facts, force: bool) -> Step:
    """The step with what the records show: whether it is done, why not, how long it took."""
    step = _timed(step, facts)
    if step.folder not in facts.records:
        return step
    record = facts.records[step.folder]
    unseen = isinstance(step.base, ServedSpec) and facts.served[step.base].opened is None
    reason = sentence("its record cannot be read") if record is None else _difference(step, record, unseen)
    if reason is None and force:
        reason = sentence("asked for with --force")
    if force:
        step = replace(step, again=digest(None if record is None else to_dict(record)))
    moved = reason is None and record is not None and _is_of_other_server(step, record)
    return replace(step, done=reason is None, reason=reason, other_server=moved)


def _is_of_other_server(step: Step, record: RunRecord) -> bool:
    """Whether a record is of a server at another address than the step's, as far as it says."""
    if not isinstance(step.base, ServedSpec) or record.diagnostics.served is None:
        return False
    theirs = record.diagnostics.served.server
    return theirs is not None and theirs != server_digest(step.base)


def _difference(step: Step, record: RunRecord, unseen: bool) -> str | None:
    """The first difference between a record and a step, in words, or None.

    unseen: the step's server was not reached yet, so what only it can say is not compared.
    """
    mine, theirs = step.fingerprint, record.provenance.fingerprint
    if mine is None or theirs is None:
        return sentence("its record has no fingerprint")
    if step.paraphrases and record.paraphrases is None:
        return sentence("it was run without paraphrases")
    for names, reason in _CHANGED:
        differing = [name for name in names if getattr(mine, name) != getattr(theirs, name)]
        if unseen:
            differing = [name for name in differing if not _is_said_by_server(name, step, theirs)]
        if mine.base is not None and mine.base_revision is None and "base_revision" in differing:
            differing.remove("base_revision")  # not known yet (nothing loaded or looked up): not compared
        if "base" in differing and mine.base_revision == theirs.base_revision and is_digest(mine.base_revision):
            differing.remove("base")  # its folder had another name
        if mine.engine_version is None and "engine_version" in differing:
            differing.remove("engine_version")  # not started yet
        if "adapter" in differing and mine.adapter == UNTRAINED:
            return sentence("its adapter is missing and will be trained")
        if "base" in differing and (own := embedded.by_base_name(theirs.base or "")) and own.wheel_files() is None:
            return sentence("its base is not installed here: {command}", command=own.install)
        if differing:
            return reason
    return None


def _is_said_by_server(name: str, step: Step, theirs: Fingerprint) -> bool:
    """Whether a field of a record holds what a server said, where the plan can only name the protocol and the model."""
    assert isinstance(step.base, ServedSpec) and step.fingerprint is not None
    if name == "engine":  # the protocol is part of `asked`
        return step.fingerprint.engine == step.base.engine
    if name == "base":
        return theirs.base_revision is not None and step.fingerprint.base_revision is None
    return name in SAID and getattr(step.fingerprint, name) is None


def _timed(step: Step, facts: Facts) -> Step:
    """The step with its time from records of this machine: of the same run, of one with another limit, or guessed."""
    near = [(folder, record) for folder, record in facts.records.items() if record is not None]
    seconds, scaled = _known_seconds(step, near, facts)
    if seconds is None:
        near += [(Path(), record) for record in facts.measured()]
        seconds, scaled = _known_seconds(step, near, facts)
    if seconds is not None:
        return replace(step, seconds=seconds, scaled=scaled)
    traits = _planned_traits(step, facts)
    known = [(traits_of(record), record) for _, record in near if _is_timed(step, record)]
    guess = guessed(traits, step.documents, known)
    plain = step.documents * facts.tasks[step.task or ""].requests
    if guess is not None and step.requests > plain > 0:  # paraphrases
        more = step.requests / plain
        guess = replace(guess, low=guess.low * more, high=guess.high * more)
    return replace(step, guess=guess)


def _is_timed(step: Step, record: RunRecord) -> bool:
    """Whether a record says how long it takes from here; the time of a server elsewhere is not that of a machine."""
    if record.protocol.n <= 0 or not record.evaluation.seconds or record.provenance.imported is not None:
        return False
    machine = record.evaluation.machine
    if isinstance(step.base, ServedSpec) and not step.base.started_here and machine is None:
        return record.diagnostics.served is not None
    return machine is not None and machine.like(machine_of(step.base))


def _known_seconds(step: Step, near: Sequence[tuple[Path, RunRecord]], facts: Facts) -> tuple[float | None, bool]:
    """(seconds, whether scaled) from the same run, otherwise from one with another limit.

    The time of paraphrases counts where they are asked; a record without them then says nothing.
    """
    planned = _planned_work(step, facts)
    candidates = [
        (folder == step.folder, record.protocol.n, folder.name, record.created, record)
        for folder, record in near
        if (record.paraphrases is not None or not step.paraphrases)
        and _work(record) == planned
        and _is_timed(step, record)
    ]
    if not candidates:
        return None, False
    _, n, _, _, record = max(candidates, key=lambda item: item[:4])
    skipped = ("load", WARM_UP) if step.paraphrases else APART
    seconds = {phase: s for phase, s in record.evaluation.seconds.items() if phase not in skipped}
    return sum(seconds.values()) * step.documents / n, n != step.documents


def _work(record: RunRecord) -> Sequence[object]:
    """A key of runs with the same time per row, whatever the limit."""
    model, protocol = record.model, record.protocol
    made = (model.name, model.quantisation, model.compute_dtype, model.engine, model.adapter)
    return (record.task, *made, protocol.shots, protocol.chat_template, *protocol.setting.words, record.seed)


def _identity(step: Step, facts: Facts) -> Model:
    """The model of a step as its record would name it, without an adapter."""
    if isinstance(step.base, ServedSpec):
        return facts.served[step.base].identity
    return Model(name=step.model, kind="floor") if step.base is None else facts.bases[step.base]


def _planned_work(step: Step, facts: Facts) -> Sequence[object]:
    """`_work` of the record that a step would leave."""
    identity = _identity(step, facts)
    made = (identity.name, identity.quantisation, identity.compute_dtype, identity.engine, step.adapter)
    fingerprint = step.fingerprint
    seed = None if fingerprint is None else fingerprint.seed
    prompt, thinking = (None, None) if fingerprint is None else (fingerprint.prompt, fingerprint.thinking)
    return (step.task, *made, step.variant.shots, step.variant.chat_template, prompt, thinking, seed)


def _planned_traits(step: Step, facts: Facts) -> Traits:
    """`traits_of` the record that a step would leave."""
    task, floor = facts.tasks[step.task or ""], step.base is None
    identity = _identity(step, facts)
    made = (identity.name, identity.quantisation, identity.compute_dtype, identity.engine)
    return Traits(
        task=task.name,
        made=(identity.name,) if floor else made,
        floor=floor,
        asked=() if floor else (step.variant.shots, step.variant.chat_template, step.variant.thinking),
        way=("", "") if floor else (task.extraction, task.dataset.kind),
    )
