"""Runs whose label scores are calibrated, made from the probabilities that a run has stored: no forward pass."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Sequence

import numpy as np

from phingpt_bench.core.outcomes import INVALID, Outcomes
from phingpt_bench.results.collect import Run
from phingpt_bench.scoring.metrics import score_all
from phingpt_bench.scoring.prior import Method, batch_prior, divided


def with_calibrated(runs: Sequence[Run], methods: Collection[Method]) -> list[Run]:
    """The runs, each model that chose labels followed by what it is with each of the methods.

    One whose record lacks what a method needs is marked (`Run.lacks_prior`).
    """
    return [found for run in runs for found in _made(run, methods)]


def _made(run: Run, methods: Collection[Method]) -> Iterator[Run]:
    if run.kind not in ("base", "tuned") or not run.outcomes.probs or run.record.protocol.calibration is not None:
        yield run
        return
    made = [calibrated(run, method) for method in methods]
    yield dataclasses.replace(run, lacks_prior=True) if None in made else run
    yield from filter(None, made)


def calibrated(run: Run, method: Method) -> Run | None:
    """The run with calibrated answers: its own id and variant, scores of its own, everything else as it was.

    None for a run without probabilities, and with "contextual" for one that was never asked without content. Where a
    text has several questions each has a prior of its own. The record is not written anywhere.
    """
    if run.record.protocol.calibration is not None:
        return None
    rows = calibrated_outcomes(run, method)
    if rows is None:
        return None
    record = dataclasses.replace(
        run.record,
        run_id=f"{run.record.run_id}~{method}",
        protocol=dataclasses.replace(run.record.protocol, calibration=method),
        scores=score_all(rows),
    )
    return Run(record, rows, run.path)


def calibrated_outcomes(run: Run, method: Method) -> Outcomes | None:
    """The outcomes of `calibrated`, or None."""
    rows = run.outcomes
    if rows.kind != "labels" or not rows.probs:
        return None
    k = len(rows.labels)
    probs = np.array([[np.nan] * k if row is None else row for row in rows.probs])
    groups = np.array(rows.groups or [0] * len(rows.ids))
    found = np.empty_like(probs)
    for group in sorted(set(groups.tolist())):
        inside = groups == group
        prior = batch_prior(probs[inside]) if method == "batch" else _content_free(run, group, k)
        if prior is None:
            return None
        found[inside] = divided(probs[inside], prior)
    lost = np.isnan(found).any(axis=1)
    best = np.where(lost, INVALID, np.argmax(np.nan_to_num(found), axis=1))
    return dataclasses.replace(
        rows,
        pred=best.tolist(),
        probs=[None if gone else row for gone, row in zip(lost.tolist(), found.tolist(), strict=True)],
    )


def _content_free(run: Run, group: int, k: int) -> np.ndarray | None:
    """The probabilities of the labels without content for one question, or None if it was not asked."""
    stored = run.record.diagnostics.content_free
    if stored is None or group >= len(stored) or len(stored[group]) != k:
        return None
    return np.array(stored[group])
