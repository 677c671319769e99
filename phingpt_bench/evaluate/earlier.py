"""What earlier records say about a step: whether it is done, why it is re-run, and how long it took."""

from __future__ import annotations

from dataclasses import replace

from phingpt_bench.core.fingerprint import digest, is_digest
from phingpt_bench.core.provenance import Fingerprint
from phingpt_bench.core.records import RunRecord, to_dict
from phingpt_bench.core.sentences import sentence
from phingpt_bench.evaluate.facts import Facts
from phingpt_bench.evaluate.served import server_digest
from phingpt_bench.evaluate.steps import Step
from phingpt_bench.evaluate.times import Times
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


def judged(step: Step, facts: Facts, force: bool, times: Times | None = None) -> Step:
    """The step with what the records show: whether it is done, why not, how long it took.

    times: of the facts, made once for all steps.
    """
    step = (times or Times(facts)).of(step)
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
