"""Some rows of a run asked again, and compared with what its outcomes say."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.outcomes import INVALID, Outcomes, rows_at
from phingpt_bench.core.records import Model, RunRecord
from phingpt_bench.cost.meters import Meter
from phingpt_bench.evaluate.answers import read_answers
from phingpt_bench.evaluate.ask import ask
from phingpt_bench.evaluate.recorded import asked_again, recorded, spec_of
from phingpt_bench.evaluate.tasks import Tasks
from phingpt_bench.models import adapter

# How far a probability may be from the recorded one; benchmarks/tolerance.py measures it. Rows in another batch are
# summed in another order: a record says how far eight of its rows moved, and 32 others move up to 4.4 times as far.
TIMES = 5
# At least: another processor has other kernels, and no record says how far they move a probability. In float32 it was
# about the last of the stored five digits, in bfloat16 0.027.
EXACT, OTHERWISE = 1e-4, 0.05
SHARE = 0.05  # of rows that may differ in what is coarser than float32, as a tie may fall the other way


@dataclass(frozen=True, slots=True)
class Again:
    """rows: that were asked. differing: ids of those with another answer. largest: difference of a probability."""

    rows: int
    differing: list[str]
    largest: float | None
    allowed: int  # rows that may differ
    tolerance: float  # of a probability


def rerun(  # noqa: PLR0913  each decides the answers
    path: Path, record: RunRecord, rows: Outcomes, n: int, known: Tasks, adapters: Path, *, seed: int = 0,
    base: str | None = None, prompts: Sequence[str] = (),
) -> Again:  # fmt: skip
    """Ask `n` random rows of the run at `path` again, on its base and adapter.

    adapters: the folder with adapters by name. base: a folder or Hub id in place of the recorded one. prompts: files of
    the prompts that took the place of a task's. BenchError where the run is of no model that can be loaded here, or
    base, adapter or prompt are not the recorded ones.
    """
    spec_of(record.model, base)  # says at once what cannot be loaded
    task, variant = asked_again(record, known, prompts)
    places = {name: at for at, name in enumerate(task.ids)}
    if not set(rows.ids) <= places.keys():
        raise BenchError("the rows of task '{task}' are not those of the run", where=str(path), task=task.name)
    found = recorded([(path, record)], adapters, base)
    chosen = sorted(random.Random(seed).sample(range(len(rows.ids)), min(n, len(rows.ids))))
    at = sorted(places[rows.ids[place]] for place in chosen)
    lm, made = found.lm(), record.provenance.fingerprint
    lm.skip_long = made is not None and made.skip_long
    with adapter.only(found.model, found.names[0]):
        samples, _ = ask(task, lm, variant, known.manager, seed=record.seed, meter=Meter(), rows=at)
    now = read_answers(task.dataset, samples).outcomes
    return compared(rows_at(rows, chosen), now, is_exact(record.model), tolerance(record))


def is_exact(model: Model) -> bool:
    """Whether a model computes in float32 with weights that are not quantised."""
    return model.numerics[0] is None and model.numerics[1] == "float32"


def tolerance(record: RunRecord) -> float:
    """How far a probability may be from the recorded one."""
    least = EXACT if is_exact(record.model) else OTHERWISE
    measured = record.diagnostics.spread
    return least if measured is None else max(TIMES * measured.largest, least)


def compared(before: Outcomes, now: Outcomes, exact: bool, tolerance: float) -> Again:
    """The same rows before and now, in any order. exact, tolerance: as of `is_exact` and `tolerance`."""
    places = {name: at for at, name in enumerate(now.ids)}
    differing, largest = [], None
    for at, name in enumerate(before.ids):
        other = places[name]
        if before.kind == "spans":
            same = before.counts[at] == now.counts[other]
        elif before.probs and now.probs and (old := before.probs[at]) and (new := now.probs[other]):
            apart = max(abs(a - b) for a, b in zip(old, new, strict=True))
            largest = max(largest or 0.0, apart)
            label = now.pred_places[other]
            # another label is no other answer where both were within the tolerance of each other
            close = label != INVALID and max(old) - old[label] <= tolerance
            same = apart <= tolerance and (before.pred[at] == label or close)
        else:
            same = before.pred[at] == now.pred[other]
        differing += [] if same else [name]
    allowed = 0 if exact else int(SHARE * len(before.ids))
    return Again(len(before.ids), differing, largest, allowed, tolerance)
