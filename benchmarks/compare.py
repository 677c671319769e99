"""One case of the evaluation benchmark: its sides in turn, their answers compared, the floor.

Library of `python -m benchmarks.evaluation` and `benchmarks.exactness`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.cases import Case, task_of
from benchmarks.floor import Needed, bare, layout, needed, steps, tokens_at_once
from benchmarks.measure import interleaved, spread
from benchmarks.sides import SIDES, Run, Side, run_side

STOCK, OURS = "stock", "ours"
# kinds of bare forwards, as their keys in the file begin: on our matrix kernels; on torch's own; on ours, in steps as
# unequal as those of our written answers
FLOORS = ("", "plain_", "step_")


@dataclass(slots=True)
class Models:
    """The same weights for both sides: one object, or two where ours de-quantised what stock keeps packed."""

    stock: Any
    ours: Any
    tokenizer: Any
    stock_attention: str
    ours_attention: str
    shared: bool

    def of(self, side: Side) -> tuple[Any, str]:
        """(model, attention implementation) of a side."""
        return (self.ours, self.ours_attention) if side.ours else (self.stock, self.stock_attention)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How often and on what: `slow_repeats` is for stock-1 and stock-auto. clock: "seconds" or "cpu_seconds"."""

    columns: tuple[str, ...]
    repeats: int
    slow_repeats: int
    documents: int | None
    demo: bool
    clock: str


@dataclass(slots=True)
class Measured:
    """All runs of one case by side, and the seconds of the bare forwards by their kind, a name in FLOORS."""

    runs: dict[str, list[Run]] = field(default_factory=dict)
    floors: dict[str, list[float]] = field(default_factory=lambda: {kind: [] for kind in FLOORS})
    need: Needed | None = None


def compare(case: Case, models: Models, settings: Settings) -> dict[str, Any]:
    """Run a case and give its part of the results file."""
    task = task_of(case, settings.demo)
    documents = min(settings.documents or case.documents, len(task.eval_docs))
    columns, left_out = _columns(case, models, settings.columns)
    result = Measured()
    _warm_up(case, models, task)

    def work(name: str, _repeat: int) -> None:
        model, attention = models.of(SIDES[name])
        run = run_side(SIDES[name], model, models.tokenizer, task, case.shots, documents, attention)
        result.runs.setdefault(name, []).append(run)
        if name == OURS:  # right after it, under its attention; stock has run: it comes first in the first round
            _measure_floor(result, models.ours, case, settings.clock)

    interleaved(columns, lambda name: settings.repeats if name in (STOCK, OURS) else settings.slow_repeats, work)
    return {
        "case": case.name,
        "title": case.title,
        "task": task.config.task,
        "shots": case.shots,
        "labels": list(case.labels) or None,
        "documents": documents,
        "requests": len(result.runs[STOCK][0].watch.sequences),
        "tokens_needed": result.need.tokens if result.need else None,
        "shared_prefix": result.need.prefix if result.need else None,
        "sides": {name: _side(result, name, documents, settings.clock) for name in columns},
        "left_out": left_out,
        "floor": {f"{kind}seconds": spread(seconds) for kind, seconds in result.floors.items()}
        | {
            f"ours_over_{kind}floor": spread(_over(result.runs[OURS], seconds, settings.clock) if seconds else [])
            for kind, seconds in result.floors.items()
        },
        "answers": agreement(result.runs[STOCK][0].watch, result.runs[OURS][0].watch, documents)
        if OURS in columns
        else None,
    }


def _measure_floor(result: Measured, model: Any, case: Case, clock: str) -> None:
    """The bare forwards of the tokens that a case needs, in steps like those of our last run."""
    forwards = result.runs[OURS][-1].watch.forwards
    result.need = result.need or needed(result.runs[STOCK][0].watch.sequences)
    even = layout(result.need.own, tokens_at_once(forwards))
    kinds = {"": (even, True), "plain_": (even, False)}
    if case.generates:
        kinds["step_"] = steps(result.need.own, forwards), True
    if not result.floors[""]:  # kernels for new shapes are made once
        bare(model, result.need, even, fast=True)
    for kind, (shapes, fast) in kinds.items():
        result.floors[kind].append(getattr(bare(model, result.need, shapes, fast), clock))


def _columns(case: Case, models: Models, asked: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """The sides that run, and why others do not."""
    left_out = {}
    if "stock-auto" in asked and models.stock.device.type == "cpu" and (case.generates or case.shots):
        # measured on a random two-layer model at five examples: 420 times stock's time, 8.6 GB
        left_out["stock-auto"] = "on a CPU its search of a batch size takes gigabytes and hours"
    return [name for name in asked if name not in left_out], left_out


def _warm_up(case: Case, models: Models, task: Any) -> None:
    """First forwards pay for allocations, kernels and repacked weights: two documents a side, not counted."""
    for name in (OURS, STOCK):
        model, attention = models.of(SIDES[name])
        run_side(SIDES[name], model, models.tokenizer, task, case.shots, min(2, len(task.eval_docs)), attention)


def _side(result: Measured, name: str, documents: int, clock: str) -> dict[str, Any]:
    runs, stock = result.runs[name], result.runs[STOCK]
    return {
        "seconds_per_document": spread([run.watch.time.seconds / documents for run in runs]),
        "cpu_seconds_per_document": spread([run.watch.time.cpu_seconds / documents for run in runs]),
        "whole_seconds": spread([run.whole.seconds for run in runs]),
        "forwards": len(runs[0].watch.forwards),
        "tokens_forwarded": sum(rows * width for rows, width in runs[0].watch.forwards),
        "peak_host_bytes": max(run.whole.peak_host_bytes or 0 for run in runs) or None,
        "peak_gpu_bytes": max(run.whole.peak_gpu_bytes or 0 for run in runs) or None,
        # repeat by repeat, so that what slows the machine for a while slows both sides of a ratio
        "faster_than_stock": spread(
            [getattr(a.watch.time, clock) / getattr(b.watch.time, clock) for a, b in zip(stock, runs, strict=False)]
        ),
    }


def _over(runs: Sequence[Run], floors: Sequence[float], clock: str) -> list[float]:
    return [getattr(run.watch.time, clock) / floor for run, floor in zip(runs, floors, strict=True)]


def agreement(stock: Any, ours: Any, documents: int) -> dict[str, Any]:
    """How far two watches' answers are the same: log-likelihoods and the label they choose, or generated texts.

    closest: how far apart stock's two best labels are in the documents with another choice, at the most; None if
    there is none. Where it is tiny the choice was between equals.
    """
    pairs = list(zip(stock.answers, ours.answers, strict=True))
    if pairs and isinstance(pairs[0][0], str):
        return {"texts": len(pairs), "same_texts": sum(a == b for a, b in pairs)}
    labels = len(pairs) // documents  # every document has as many requests
    scores = [
        ([a[0] for a, _ in pairs[at : at + labels]], [b[0] for _, b in pairs[at : at + labels]])
        for at in range(0, len(pairs), labels)
    ]
    other = [sorted(theirs)[-2:] for theirs, own in scores if _best(theirs) != _best(own)]
    return {
        "values": len(pairs),
        "largest_difference": max(abs(a[0] - b[0]) for a, b in pairs),
        "same_greedy": sum(a[1] == b[1] for a, b in pairs),
        "choices": documents,
        "same_choices": documents - len(other),
        "closest": max((best - second for second, best in other), default=None),
    }


def _best(scores: Sequence[float]) -> int:
    return max(range(len(scores)), key=scores.__getitem__)
