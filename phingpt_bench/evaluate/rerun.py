"""Some rows of a run asked again, and compared with what its outcomes say."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.outcomes import INVALID, Outcomes, rows_at
from phingpt_bench.core.records import RunRecord
from phingpt_bench.core.sentences import sentence
from phingpt_bench.cost.meters import Meter
from phingpt_bench.evaluate.answers import read_answers
from phingpt_bench.evaluate.ask import ask
from phingpt_bench.evaluate.suite import Variant
from phingpt_bench.evaluate.tasks import Tasks
from phingpt_bench.models import adapter, embedded
from phingpt_bench.models.load import BaseSpec, load_base

# how far a probability may be from the recorded one: rows in another batch are summed in another order
TOLERANCE = {"float32": 1e-3}
OTHERWISE = 0.05  # of the coarser dtypes, and where weights are quantised
SHARE = 0.05  # of written answers that may differ there, as a tie between two tokens may fall the other way


@dataclass(frozen=True, slots=True)
class Again:
    """rows: that were asked. differing: ids of those with another answer. largest: difference of a probability."""

    rows: int
    differing: list[str]
    largest: float | None
    allowed: int  # rows that may differ


def rerun(
    path: Path, record: RunRecord, rows: Outcomes, n: int, known: Tasks, adapters: Path, *, seed: int = 0,
    base: str | None = None,
) -> Again:  # fmt: skip
    """Ask `n` random rows of the run at `path` again, on its base and adapter.

    adapters: the folder with adapters by name. base: a folder or Hub id in place of the recorded one. BenchError where
    the run is of no model that can be loaded here, or base or adapter are not the recorded ones.
    """
    from phingpt_bench.engine.lm import PhinLM

    model, spec, asked = record.model, _spec(record, base), record.protocol
    if asked.prompt is not None or asked.thinking is not None or asked.block:
        raise BenchError(sentence("a run with another prompt, block of examples or thinking is not asked again"))
    task = known[record.task]
    places = {name: at for at, name in enumerate(task.ids)}
    if not set(rows.ids) <= places.keys():
        raise BenchError(
            sentence("the rows of task '{task}' are not those of the run", task=task.name), where=str(path)
        )
    loaded = load_base(spec)
    if loaded.identity.base_revision != model.base_revision:
        raise BenchError(
            sentence(
                "the base here has revision {found}, the run's {recorded}",
                found=loaded.identity.base_revision,
                recorded=model.base_revision,
            ),
            where=str(path),
        )
    attached = loaded.model
    if model.adapter is not None:
        folder = adapters / model.adapter
        attached = adapter.attach(loaded, {"adapter_0": folder})
        found = adapter.tuned_identity(loaded, model.adapter, folder).adapter_digest
        if found != model.adapter_digest:
            raise BenchError(
                sentence(
                    "the adapter here is {found}, the run's was {recorded}", found=found, recorded=model.adapter_digest
                ),
                where=str(folder),
            )
    chosen = sorted(random.Random(seed).sample(range(len(rows.ids)), min(n, len(rows.ids))))
    lm = PhinLM(
        pretrained=attached, tokenizer=loaded.tokenizer, batch_size=record.diagnostics.batch_size or 1, meter=Meter()
    )
    variant = Variant(shots=record.protocol.shots, chat_template=record.protocol.chat_template)
    at = sorted(places[rows.ids[place]] for place in chosen)
    with adapter.only(attached, "adapter_0" if model.adapter else None):
        samples, _ = ask(task, lm, variant, known.manager, seed=record.seed, meter=Meter(), rows=at)
    return compared(rows_at(rows, chosen), read_answers(task.dataset, samples).outcomes, model.numerics)


def _spec(record: RunRecord, base: str | None) -> BaseSpec:
    model = record.model
    if model.kind not in ("base", "tuned") or model.engine is not None or model.base is None:
        raise BenchError(
            sentence("a {kind} run of {name} is not loaded from weights here", kind=model.kind, name=model.name)
        )
    dtype: Literal["auto", "bfloat16", "float32"] = "auto"
    if model.compute_dtype == "bfloat16":
        dtype = "bfloat16"
    elif model.compute_dtype == "float32":
        dtype = "float32"
    return BaseSpec(
        model=base or (embedded.NAME if model.base == embedded.base_name() else model.base),
        revision=None if base or model.base == embedded.base_name() else model.base_revision,
        quantisation="nf4" if model.quantisation else "none",
        compute_dtype=dtype,
    )


def compared(before: Outcomes, now: Outcomes, numerics: tuple[str | None, ...]) -> Again:
    """The same rows before and now, in any order. numerics: quantisation and dtype decide what may differ."""
    exact = numerics[0] is None and numerics[1] == "float32"
    tolerance = TOLERANCE["float32"] if exact else OTHERWISE
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
    written = before.kind == "spans" or not before.probs
    return Again(len(before.ids), differing, largest, int(SHARE * len(before.ids)) if written and not exact else 0)
