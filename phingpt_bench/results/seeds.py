"""Runs that differ only in the seed, as one row: the mean of their scores, with `k seeds` after the name.

A single run of a recipe shows what this training gave, not what the recipe gives; stats/seeds.py says what several runs
show.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from itertools import takewhile
from typing import Any

from phingpt_bench.core.fingerprint import is_digest
from phingpt_bench.core.ledgers import Ledger
from phingpt_bench.core.paraphrased import Paraphrased
from phingpt_bench.core.records import Model
from phingpt_bench.results.collect import Run
from phingpt_bench.results.comparable import gold_of
from phingpt_bench.results.compare import mean

CONDITIONS = {  # what changes a score in its last digits, by its name in a record -> reason for no test
    "device": "other device",
    "dequantised_once": "other kernels",
    "batch_size": "other batch size",
}
_SEED_ENDING = re.compile(r"[-_.]*(seed|s)?[-_.]*$")


def with_seeds_joined(runs: Sequence[Run]) -> list[Run]:
    """The runs, with those that differ only in the seed replaced by one for all, at the place of the first.

    Trainings are counted: of several runs of one training the newest is kept, and `older` counts the others.
    """
    groups: dict[Any, list[Run]] = {}
    for run in runs:
        groups.setdefault(_key(run), []).append(run)
    found = [part for group in groups.values() for part in _independent(group)]
    return [joined(part) if len(part) > 1 else part[0] for part in found]


def _independent(group: Sequence[Run]) -> list[list[Run]]:
    """Runs with one `_key`, grouped into rows of independent draws of what the seed changes.

    For 0-shot runs these are the trainings, each with its newest run, since the seed of an evaluation changes nothing.
    With few-shot examples the seed also draws these: there is one row per training if any has several draws (their
    spread is not that of trainings, and k draws of one adapter are not k trainings), otherwise one row of all.
    """
    trainings: dict[Any, list[Run]] = {}
    for run in group:
        trainings.setdefault(_training(run), []).append(run)
    kept = [_newest(runs) for runs in trainings.values()]
    if len(kept) > 1 and any(len(runs) > 1 for runs in kept):
        return kept
    return [[run for runs in kept for run in runs]]


def _training(run: Run) -> Any:
    """The key of one training among runs with one `_key`: its seed, or its weights if the seed is unknown."""
    model = run.record.model
    if model.kind == "floor":  # fitted again in each run, with its seed
        return run.record.seed
    return model.adapter_digest if model.training_seed is None else model.training_seed


def _newest(runs: Sequence[Run]) -> list[Run]:
    """The newest runs of one training: one if 0-shot, otherwise one for each seed of the few-shot examples.

    Each counts the runs that it replaces. Weights that were trained again with the same seed replace the former ones.
    """
    order = sorted(runs, key=lambda run: (run.record.created, run.record.run_id), reverse=True)
    digest = order[0].record.model.adapter_digest
    found: dict[tuple[int, int], Run] = {}
    for run in order:
        if run.record.model.adapter_digest == digest:
            protocol = run.record.protocol
            found.setdefault((run.record.seed, protocol.block) if protocol.shots else (0, 0), run)
    kept = list(found.values())
    replaced = sum(run.older + 1 for run in runs if all(run is not other for other in kept))
    return [dataclasses.replace(kept[0], older=kept[0].older + replaced), *kept[1:]] if replaced else kept


def _key(run: Run) -> Any:
    """The key of runs that differ only in the seed: task, rows, prompts, conditions, model without training.

    Trainings have one recipe if the digests of recipe and training rows agree, whatever the adapters are called;
    without such a digest (schema 2) only runs of the same adapter do. Examples may be drawn by the seed, so prompts
    only need to agree for 0 shots.
    """
    record, model, protocol, rows = run.record, run.record.model, run.record.protocol, run.outcomes
    if model.kind == "check":
        return id(run)
    recipe = model.recipe_digest or (model.adapter, model.adapter_digest)
    return (
        record.task, record.task_version, record.limit, protocol.id, protocol.rows_digest, tuple(rows.labels),
        protocol.setting, None if protocol.shots else protocol.prompt_digest, protocol.extraction,
        model.kind, None if is_digest(model.base_revision) else (model.name, model.base), model.base_revision,
        model.numerics, recipe,
        gold_of(rows), bool(rows.probs), bool(rows.partial), bool(rows.typed), bool(rows.groups),
        *(getattr(record.diagnostics, name) for name in CONDITIONS),
    )  # fmt: skip


def joined(runs: Sequence[Run]) -> Run:
    """One run for several, in the order of their seeds. Costs are means, peaks the largest, exposure the worst.

    Its outcomes are those of the first seed, which define the rows; scores come from all seeds.
    """
    runs = sorted(runs, key=_order)
    first, records = runs[0], [run.record for run in runs]
    scores = {name: mean([record.scores.get(name) for record in records]) for name in first.record.scores}
    trainings = [record.training for record in records if record.training is not None]
    record = dataclasses.replace(
        first.record,
        run_id="+".join(record.run_id for record in records),
        created=max(record.created for record in records),
        model=_model([record.model for record in records]),
        scores=scores,
        evaluation=mean_ledger([record.evaluation for record in records]),
        training=mean_ledger(trainings) if len(trainings) == len(records) else None,
        paraphrases=_paraphrased([record.paraphrases for record in records]),
        exposure=max((record.exposure for record in records), key=lambda found: -1 if found is None else found.seen),
    )
    return Run(record, first.outcomes, first.path, sum(run.older for run in runs), tuple(runs))


def _paraphrased(asked: Sequence[Paraphrased | None]) -> Paraphrased | None:
    """The means over seeds, prompt by prompt, and the mean share of rows that change their answer.

    None unless every seed was asked the same prompts: those of some say nothing about the mean of all.
    """
    known = [one for one in asked if one is not None]
    if len(known) < len(asked) or len({one.digest for one in known}) > 1:
        return None
    scores = [
        {name: mean([one[name] for one in prompt]) for name in prompt[0]}
        for prompt in zip(*(one.scores for one in known), strict=True)
    ]
    return dataclasses.replace(known[0], scores=scores, changed=sum(one.changed for one in known) / len(known))


def _order(run: Run) -> tuple[int, int, int, str]:
    record = run.record
    return record.model.training_seed or 0, record.seed, record.protocol.block, record.run_id


def _model(models: Sequence[Model]) -> Model:
    """The model, with the common part of the adapters' names."""
    first = models[0]
    if len({model.adapter_digest for model in models}) == 1:
        return first
    names = {model.adapter or "" for model in models}
    start = "".join(takewhile(bool, (a if a == b else "" for a, b in zip(min(names), max(names), strict=False))))
    name = first.adapter if len(names) == 1 else _SEED_ENDING.sub("", start) or first.adapter
    return dataclasses.replace(first, adapter=name, adapter_digest=None, training_seed=None)


def mean_ledger(ledgers: Sequence[Ledger]) -> Ledger:
    """What one of them cost on average.

    Peaks are the largest one. A phase that a ledger lacks counts as zero there; a value that one ledger does not know
    is unknown. The machine is the one that most processes shared; what else is not a number (price) is taken from the
    first. Energy that was measured in different ways has no mean.
    """
    first = ledgers[0]
    changed: dict[str, Any] = {}
    for field in dataclasses.fields(first):
        values = [getattr(ledger, field.name) for ledger in ledgers]
        if any(value is None for value in values):
            changed[field.name] = None
        elif all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
            changed[field.name] = max(values) if field.name.startswith("peak") else mean(values)
        elif field.name in ("seconds", "joules"):
            phases = dict.fromkeys(phase for value in values for phase in value)
            changed[field.name] = {phase: mean([value.get(phase, 0.0) for value in values]) for phase in phases}
    machines = [ledger.machine for ledger in ledgers if ledger.machine is not None]
    if len(machines) == len(ledgers):
        changed["machine"] = max(machines, key=lambda machine: machine.workers)
    if len({ledger.energy_method for ledger in ledgers}) > 1:
        changed |= {"joules": None, "energy_method": None}
    return dataclasses.replace(first, **changed)
