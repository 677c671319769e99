"""The runs of one model over time: each with its score, its change since the one before, and what was changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.records import RunRecord
from phingpt_bench.core.sentences import sentence
from phingpt_bench.results.collect import Run
from phingpt_bench.results.compare import Comparer
from phingpt_bench.results.difference import Difference
from phingpt_bench.stats.interval import Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One run in a history."""

    run: Run
    score: float | None
    interval: Interval | None
    since: Difference | None
    """The paired test against the run before; None for the first."""

    changed: tuple[str, ...]
    """What differs from the run before, in the words of CHANGES."""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The runs of one model on one task in one setting, the oldest first."""

    task: str
    protocol: str
    metric: str
    limit: int | None
    name: str
    """Model and adapter."""

    variant: str
    steps: tuple[Step, ...]


CHANGES = (
    sentence("adapter"), sentence("base"), sentence("number format"), sentence("prompt"), sentence("scoring"),
    sentence("engine"), sentence("served model"), sentence("seed"), sentence("settings"),
)  # fmt: skip


NAMED = (  # fields of a fingerprint that another word of CHANGES stands for
    "adapter", "base", "base_revision", "quantisation", "compute_dtype", "template", "prompt", "engine",
    "engine_version", "seed",
)  # fmt: skip


def histories(runs: Sequence[Run], wanted: str, comparer: Comparer, tasks: Sequence[str] = ()) -> list[History]:
    """The histories of the models whose name or adapter holds all words of `wanted`, by task, in case-blind comparison.

    runs: with those that newer ones replace (`collect(every=True)`). tasks: only these tasks or protocols.
    BenchError where no run has such a name, and where there are none, since filters hid them.
    """
    words = wanted.casefold().split()
    found: dict[tuple[str, str, int | None, str, str], list[Run]] = defaultdict(list)
    for run in runs:
        name = _name(run)
        if not tasks or run.task in tasks or run.protocol in tasks:
            variant = run.record.protocol.variant
            if words and all(word in f"{name} {variant}".casefold() for word in words):
                found[run.task, run.protocol, run.limit, name, variant].append(run)
    if not found:
        if not runs:
            raise BenchError(
                "--tag, --since and --until hide all runs", where="--history", hint="leave out one of them"
            )
        names = ", ".join(sorted({_name(run) for run in runs if run.kind != "check"}))
        raise BenchError("no run of '{name}'", where="--history", hint="known: {names}", name=wanted, names=names)
    keys = sorted(found, key=lambda key: (key[0], key[3], key[4], key[2] or 0))
    return [_history(key, found[key], comparer) for key in keys]


def _history(key: tuple[str, str, int | None, str, str], runs: list[Run], comparer: Comparer) -> History:
    task, protocol, limit, name, variant = key
    runs.sort(key=lambda run: (run.record.created, run.record.run_id))
    metric = runs[-1].record.protocol.metric
    steps: list[Step] = []
    for run in runs:
        before = steps[-1].run if steps else None
        steps.append(
            Step(
                run=run,
                score=comparer.scores(run).get(metric),
                interval=comparer.interval(run, metric) if metric in comparer.scores(run) else None,
                since=None if before is None else comparer.test(run, before, metric, name),
                changed=() if before is None else tuple(_changed(before, run)),
            )
        )
    return History(
        task=task, protocol=protocol, metric=metric, limit=limit, name=name, variant=variant, steps=tuple(steps)
    )  # fmt: skip


def _name(run: Run) -> str:
    model = run.record.model
    return model.name if model.adapter is None else f"{model.name} + {model.adapter}"


def _fingerprints(a: RunRecord, b: RunRecord) -> tuple[dict[str, object], dict[str, object]]:
    """The fields of both fingerprints; empty where one run has none, since then there is nothing to compare."""
    one, other = a.provenance.fingerprint, b.provenance.fingerprint
    return ({}, {}) if one is None or other is None else (asdict(one), asdict(other))


def _others(fields: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in fields.items() if name not in NAMED}


def _changed(before: Run, after: Run) -> Iterator[str]:
    a, b = before.record, after.record
    first, second = _fingerprints(a, b)
    pairs = (
        (a.model.adapter_digest, b.model.adapter_digest),
        ((a.model.base, a.model.base_revision), (b.model.base, b.model.base_revision)),
        ((a.model.quantisation, a.model.compute_dtype), (b.model.quantisation, b.model.compute_dtype)),
        ((a.protocol.prompt_digest, first.get("template")), (b.protocol.prompt_digest, second.get("template"))),
        (a.provenance.scoring, b.provenance.scoring),
        ((a.model.engine, a.model.engine_version), (b.model.engine, b.model.engine_version)),
        (a.diagnostics.served_models, b.diagnostics.served_models),
        (a.seed, b.seed),
        (_others(first), _others(second)),
    )
    for name, (old, new) in zip(CHANGES, pairs, strict=True):
        if old != new:
            yield name
