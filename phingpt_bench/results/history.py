"""The runs of one model over time: each with its score, its change since the one before, and what was changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.records import RunRecord
from phingpt_bench.core.sentences import Sentence, sentence, sentence_n
from phingpt_bench.results.chosen import ALL, Chosen
from phingpt_bench.results.collect import Run
from phingpt_bench.results.compare import Comparer
from phingpt_bench.results.difference import Difference
from phingpt_bench.stats.interval import Interval

_Key = tuple[str, str, int | None, str, str]  # task, protocol, limit, name, variant


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

    hidden: tuple[str, ...] = ()
    """The days of its runs that were not chosen, the oldest first; a day for each run."""

    gaps: bool = False
    """Whether such a run is between two of `steps`, which are compared with each other."""


CHANGES = (
    sentence("adapter"), sentence("base"), sentence("number format"), sentence("prompt"), sentence("scoring"),
    sentence("engine"), sentence("served model"), sentence("server's fingerprint"),
    sentence("seed"), sentence("settings"),
)  # fmt: skip


NAMED = (  # fields of a fingerprint that another word of CHANGES stands for
    "adapter", "base", "base_revision", "quantisation", "compute_dtype", "template", "prompt", "engine",
    "engine_version", "seed",
)  # fmt: skip


def histories(
    runs: Sequence[Run], wanted: str, comparer: Comparer, tasks: Sequence[str] = (), chosen: Chosen = ALL
) -> list[History]:
    """The histories of the models whose name or adapter holds all words of `wanted`, by task, in case-blind comparison.

    runs: with those that newer ones replace (`collect(every=True)`). tasks: only these tasks or protocols. chosen: the
    runs that are shown; the others are counted. BenchError where no run has such a name, and where none is chosen.
    """
    words = wanted.casefold().split()
    found: dict[_Key, list[Run]] = defaultdict(list)
    for run in runs:
        name = _name(run)
        if not tasks or run.task in tasks or run.protocol in tasks:
            variant = run.record.protocol.variant
            if words and all(word in f"{name} {variant}".casefold() for word in words):
                found[run.task, run.protocol, run.limit, name, variant].append(run)
    if not found:
        names = ", ".join(sorted({_name(run) for run in runs if run.kind != "check"}))
        raise BenchError("no run of '{name}'", where="--history", hint="known: {names}", name=wanted, names=names)
    shown = {key: own for key, own in found.items() if any(_holds(chosen, run) for run in own)}
    if not shown:
        days = sorted(run.record.created[:10] for own in found.values() for run in own)
        raise BenchError(
            sentence_n(
                "the {n} run of '{name}' is hidden, of {days}",
                "all {n} runs of '{name}' are hidden, of {days}",
                len(days),
                name=wanted,
                days=span(days),
            ),
            where="--history",
            hint=sentence("leave out {options}", options=listed(chosen.options)),
        )
    keys = sorted(shown, key=lambda key: (key[0], key[3], key[4], key[2] or 0))
    return [_history(key, shown[key], comparer, chosen) for key in keys]


def listed(options: Sequence[str]) -> Sentence | str:
    """Options in words: '--tag and --since'."""
    *others, last = options
    return sentence("{some} and {last}", some=", ".join(others), last=last) if others else last


def span(days: Sequence[str]) -> Sentence | str:
    """Days in order as their first and last one; one alone if they are the same."""
    return days[0] if days[0] == days[-1] else sentence("{first} to {last}", first=days[0], last=days[-1])


def _holds(chosen: Chosen, run: Run) -> bool:
    return chosen.holds(run.record.created, run.record.tags)


def _history(key: _Key, runs: list[Run], comparer: Comparer, chosen: Chosen) -> History:
    task, protocol, limit, name, variant = key
    runs.sort(key=lambda run: (run.record.created, run.record.run_id))
    kept = [at for at, run in enumerate(runs) if _holds(chosen, run)]
    metric = runs[kept[-1]].record.protocol.metric
    steps: list[Step] = []
    for run in (runs[at] for at in kept):
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
        task=task, protocol=protocol, metric=metric, limit=limit, name=name, variant=variant, steps=tuple(steps),
        hidden=tuple(run.record.created[:10] for run in runs if not _holds(chosen, run)),
        gaps=kept[-1] - kept[0] >= len(kept),
    )  # fmt: skip


def _name(run: Run) -> str:
    model = run.record.model
    return model.name if model.adapter is None else f"{model.name} + {model.adapter}"


def _fingerprints(a: RunRecord, b: RunRecord) -> tuple[dict[str, object], dict[str, object]]:
    """The fields of both fingerprints; empty where one run has none, since then there is nothing to compare."""
    one, other = a.provenance.fingerprint, b.provenance.fingerprint
    return ({}, {}) if one is None or other is None else (asdict(one), asdict(other))


def _prints(a: RunRecord, b: RunRecord) -> tuple[list[str], list[str]]:
    """What the servers of both runs said of themselves; nothing where one said nothing, as in older records."""
    one, other = sorted(a.diagnostics.fingerprints), sorted(b.diagnostics.fingerprints)
    return (one, other) if one and other else ([], [])


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
        _prints(a, b),
        (a.seed, b.seed),
        (_others(first), _others(second)),
    )
    for name, (old, new) in zip(CHANGES, pairs, strict=True):
        if old != new:
            yield name
