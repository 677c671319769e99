"""How long steps take: from records of the same run, or guessed from near ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from phingpt_bench.core.ledgers import WARM_UP
from phingpt_bench.core.records import Model, RunRecord
from phingpt_bench.evaluate.facts import Facts, machine_of
from phingpt_bench.evaluate.guess import APART, Traits, guessed, traits_of
from phingpt_bench.evaluate.steps import Step
from phingpt_bench.served.spec import ServedSpec

Found = tuple[Path, RunRecord]  # a record and its folder, which is that of the plan for its own records only


class _Index:
    """Records by what they did, and by the model that did it: a plan may have thousands of steps."""

    def __init__(self, records: Iterable[Found]):
        self.same: dict[Sequence[object], list[Found]] = defaultdict(list)
        self.by_model: dict[tuple[str | None, ...], list[tuple[Traits, RunRecord]]] = defaultdict(list)
        for folder, record in records:
            if record.protocol.n > 0 and record.evaluation.seconds and record.provenance.imported is None:
                self.same[_work(record)].append((folder, record))
                traits = traits_of(record)
                self.by_model[traits.made].append((traits, record))


class Times:
    """The times that the records of a suite tell, and, for steps without one, those of other results folders."""

    def __init__(self, facts: Facts):
        self._facts = facts
        self._own = _Index((folder, record) for folder, record in facts.records.items() if record is not None)
        self._others: _Index | None = None

    def of(self, step: Step) -> Step:
        """The step with its seconds: of the same run, else of one with another limit, else with a guess."""
        for index in self._indices():
            seconds, scaled = _known_seconds(step, index, self._facts)
            if seconds is not None:
                return replace(step, seconds=seconds, scaled=scaled)
        traits = _planned_traits(step, self._facts)
        near = (pair for index in self._indices() for pair in index.by_model.get(traits.made, ()))
        guess = guessed(traits, step.documents, [pair for pair in near if _is_timed(step, pair[1])])
        plain = step.documents * self._facts.tasks[step.task or ""].requests
        if guess is not None and step.requests > plain > 0:  # paraphrases
            more = step.requests / plain
            guess = replace(guess, low=guess.low * more, high=guess.high * more)
        return replace(step, guess=guess)

    def _indices(self) -> Iterator[_Index]:
        """The suite's own records, then those of other folders, which are only read where a step needs them."""
        yield self._own
        if self._others is None:
            self._others = _Index((Path(), record) for record in self._facts.measured())
        yield self._others


def _is_timed(step: Step, record: RunRecord) -> bool:
    """Whether a record says how long it takes from here; the time of a server elsewhere is not that of a machine."""
    machine = record.evaluation.machine
    if isinstance(step.base, ServedSpec) and not step.base.started_here and machine is None:
        return record.diagnostics.served is not None
    return machine is not None and machine.like(machine_of(step.base))


def _known_seconds(step: Step, index: _Index, facts: Facts) -> tuple[float | None, bool]:
    """(seconds, whether scaled) from the same run, otherwise from one with another limit.

    The time of paraphrases counts where they are asked; a record without them then says nothing.
    """
    candidates = [
        (folder == step.folder, record.protocol.n, folder.name, record.created, record)
        for folder, record in index.same.get(_planned_work(step, facts), ())
        if (record.paraphrases is not None or not step.paraphrases) and _is_timed(step, record)
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
