"""What is wrong with a record that somebody may have edited: the first value that is not what the board needs."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from phingpt_bench.core.records import Ledger, Outcomes, RunRecord
from phingpt_bench.data.overlap import KINDS
from phingpt_bench.scoring.metrics import METRICS, row_counts

MODEL_KINDS = ("base", "tuned", "floor", "check")
MODEL_TEXTS = (
    "base", "base_revision", "quantisation", "compute_dtype", "adapter", "adapter_digest", "recipe_digest",
)  # fmt: skip
MODEL_NUMBERS = ("parameters", "adapter_parameters", "training_seed")


def record_fault(record: RunRecord) -> str | None:
    """The first value that the board needs and that is not what it should be."""
    model, protocol = record.model, record.protocol
    text = {
        "run_id": record.run_id, "created": record.created, "task": record.task, "model.name": model.name,
        "protocol.id": protocol.id, "protocol.metric": protocol.metric, "protocol.rows_digest": protocol.rows_digest,
        **{f"model.{name}": value for name in MODEL_TEXTS if (value := getattr(model, name)) is not None},
    }  # fmt: skip
    whole = {"protocol.n": protocol.n, "protocol.shots": protocol.shots, "seed": record.seed}
    optional = {"limit": record.limit, **{f"model.{name}": getattr(model, name) for name in MODEL_NUMBERS}}
    whole |= {name: value for name, value in optional.items() if value is not None}
    for name, value in text.items():
        if not isinstance(value, str):
            return f"{name} is not a text: {value!r}"
    for name, value in whole.items():
        if not _whole(value):
            return f"{name} is not a whole number: {value!r}"
    if model.kind not in MODEL_KINDS:
        return f"model.kind is {model.kind!r}, not one of {', '.join(MODEL_KINDS)}"
    if protocol.metric not in METRICS:
        return f"protocol.metric is {protocol.metric!r}, not one of {', '.join(METRICS)}"
    for name in ("scores", "diagnostics"):
        if not isinstance(getattr(record, name), dict):
            return f"{name} is not an object"
    for name, value in record.scores.items():
        if value is not None and not _number(value):
            return f"scores.{name} is not a number: {value!r}"
    faults = [_exposure_fault(record.exposure)]
    for part in ("evaluation", "training"):
        if (ledger := getattr(record, part)) is not None:
            faults += [f"{part}.{found}" for found in _ledger_faults(ledger)]
    return next(filter(None, faults), None)


def _ledger_faults(ledger: Ledger) -> Iterator[str]:
    for name in ("seconds", "joules"):
        phases = getattr(ledger, name)
        if phases is None and name == "joules":
            continue
        if not isinstance(phases, dict):
            yield f"{name} is not numbers by phase: {phases!r}"
            continue
        for phase, value in phases.items():
            if not _amount(value):
                yield f"{name}.{phase} is not a number >= 0: {value!r}"
    for name in ("usd", "flops", "tokens_in", "tokens_out", "peak_host_bytes", "peak_gpu_bytes"):
        if (value := getattr(ledger, name)) is not None and not _amount(value):
            yield f"{name} is not a number >= 0: {value!r}"
    for name in ("machine", "energy_method"):
        if (value := getattr(ledger, name)) is not None and not isinstance(value, str):
            yield f"{name} is not a text: {value!r}"
    if ledger.price is None:
        return
    if not isinstance(ledger.price, dict):
        yield f"price is not an object: {ledger.price!r}"
        return
    for name in ("usd_per_hour", "count"):
        if (value := ledger.price.get(name)) is not None and not _amount(value):
            yield f"price.{name} is not a number >= 0: {value!r}"
    for name in ("card", "entry", "source", "assumption"):
        if (value := ledger.price.get(name)) is not None and not isinstance(value, str):
            yield f"price.{name} is not a text: {value!r}"


def _exposure_fault(exposure: Any) -> str | None:
    if exposure is None:
        return None
    if not isinstance(exposure, dict):
        return f"exposure is not an object: {exposure!r}"
    for kind in KINDS:
        if kind in exposure and not (_whole(exposure[kind]) and exposure[kind] >= 0):
            return f"exposure.{kind} is not a whole number >= 0: {exposure[kind]!r}"
    return None


def outcomes_fault(rows: Outcomes) -> str | None:
    """What makes the rows useless for pairing or scoring; `row_counts` raises BenchError for the rest."""
    n = len(rows.ids)
    if n == 0:
        return "no rows"
    if len(set(rows.ids)) != n:
        return "row ids are not distinct"
    for name in ("invalid", "entities", "misses", "clusters"):
        if len(column := getattr(rows, name)) not in (0, n):
            return f"{name} has {len(column)} values for {n} rows"
    if not all(type(cluster) is int for cluster in rows.clusters):
        return "clusters are not whole numbers"
    for place, probs in enumerate(rows.probs):
        if probs is not None and not (isinstance(probs, list) and all(map(_number, probs))):
            return f"probs[{place}] is not a list of numbers: {probs!r}"
    row_counts(rows)
    return None


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _number(value: Any) -> bool:
    """Whether it is a finite number; a whole number beyond those of float is none."""
    try:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:
        return False


def _amount(value: Any) -> bool:
    return _number(value) and value >= 0
