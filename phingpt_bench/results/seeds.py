"""Runs that differ only in the seed, drawn as one row: the mean of their scores, with `k seeds` behind the name.

A single run of a recipe says what this training gave, not what the recipe gives; stats/seeds.py says how far several
runs tell.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from itertools import takewhile
from typing import Any

from phingpt_bench.core.records import Ledger, Model
from phingpt_bench.results.collect import Run
from phingpt_bench.results.compare import gold_of, mean

CONDITIONS = {  # what moves a score in its last digits, by its name in a record's diagnostics -> reason for no test
    "device": "other device",
    "dequantised_once": "other kernels",
    "batch_size": "other batch size",
}
_SEED_ENDING = re.compile(r"[-_.]*(seed|s)?[-_.]*$")


def with_seeds_joined(runs: Sequence[Run]) -> list[Run]:
    """The runs, those that differ only in the seed in one that stands for them, in the place of the first.

    What counts is trainings: of one training asked again the newest run is kept, and has the others in `older`.
    """
    groups: dict[Any, list[Run]] = {}
    for run in runs:
        groups.setdefault(_key(run), []).append(run)
    found = [part for group in groups.values() for part in _independent(group)]
    return [joined(part) if len(part) > 1 else part[0] for part in found]


def _independent(group: Sequence[Run]) -> list[list[Run]]:
    """Runs with one `_key` as rows: for each the runs that are independent draws of what the seed changes.

    0-shot these are the trainings, each by its newest run, since the seed of an evaluation changes nothing there. With
    examples it draws them: a row per training where any was asked with several draws (their spread is not that of
    trainings, and k draws of one adapter are not k trainings), else one row of all.
    """
    trainings: dict[Any, list[Run]] = {}
    for run in group:
        trainings.setdefault(_training(run), []).append(run)
    kept = [_newest(runs) for runs in trainings.values()]
    if len(kept) > 1 and any(len(runs) > 1 for runs in kept):
        return kept
    return [[run for runs in kept for run in runs]]


def _training(run: Run) -> Any:
    """What makes two runs of one `_key` answers of the same training: its seed, or the weights where none is known."""
    model = run.record.model
    if model.kind == "floor":  # fitted anew in each run, under its seed
        return run.record.seed
    return model.adapter_digest if model.training_seed is None else model.training_seed


def _newest(runs: Sequence[Run]) -> list[Run]:
    """The newest runs of one training: one if 0-shot, otherwise one for each seed of the few-shot examples.

    Each counts the runs that it replaces. Weights that were trained again with the same seed replace the former ones.
    """
    order = sorted(runs, key=lambda run: (run.record.created, run.record.run_id), reverse=True)
    digest = order[0].record.model.adapter_digest
    found: dict[int, Run] = {}
    for run in order:
        if run.record.model.adapter_digest == digest:
            found.setdefault(run.record.seed if run.record.protocol.shots else 0, run)
    kept = list(found.values())
    replaced = sum(run.older + 1 for run in runs if all(run is not other for other in kept))
    return [dataclasses.replace(kept[0], older=kept[0].older + replaced), *kept[1:]] if replaced else kept


def _key(run: Run) -> Any:
    """What runs share that differ only in the seed: task, rows, prompts, conditions, and the model up to its training.

    Trainings are of one recipe where the digests of recipe and training rows agree, whatever the adapters are called;
    where a record knows no such digest (schema 2) only runs of the very same adapter are. Examples may be drawn by the
    seed, so prompts need to agree for 0 shots only.
    """
    record, model, protocol, rows = run.record, run.record.model, run.record.protocol, run.outcomes
    if model.kind == "check":
        return id(run)
    recipe = model.recipe_digest or (model.adapter, model.adapter_digest)
    return (
        record.task, record.task_version, record.limit, protocol.id, protocol.rows_digest, tuple(rows.labels),
        protocol.shots, protocol.chat_template, None if protocol.shots else protocol.prompt_digest, protocol.extraction,
        model.kind, model.name, model.base, model.base_revision, model.numerics, recipe,
        gold_of(rows), bool(rows.probs), bool(rows.partial), bool(rows.typed), bool(rows.groups),
        *(getattr(record.diagnostics, name) for name in CONDITIONS),
    )  # fmt: skip


def joined(runs: Sequence[Run]) -> Run:
    """One run for several, in the order of their seeds. Costs are means, peaks the largest, exposure is the worst.

    Its outcomes are those of the first seed, and say which rows were answered; scores come from all of them.
    """
    runs = sorted(runs, key=lambda run: (run.record.model.training_seed or 0, run.record.seed, run.record.run_id))
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
        exposure=max((record.exposure for record in records), key=lambda found: -1 if found is None else found.seen),
    )
    return Run(record, first.outcomes, first.path, sum(run.older for run in runs), tuple(runs))


def _model(models: Sequence[Model]) -> Model:
    """The model, its adapter under the name that the adapters have in common."""
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
    is unknown. What is not a number (price, machine) is taken from the first. Energy that was measured in different
    ways has no mean.
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
    if len({ledger.energy_method for ledger in ledgers}) > 1:
        changed |= {"joules": None, "energy_method": None}
    return dataclasses.replace(first, **changed)
