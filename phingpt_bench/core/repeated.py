"""What a record says twice, or cannot say: a value that was edited in one of its places says so by itself.

A run is made with a fingerprint, which repeats model, prompt setting, seed and limit. Runs without one (imported ones,
combinations) are checked for the rest.
"""

from __future__ import annotations

from collections.abc import Iterator

from phingpt_bench.core.provenance import Fingerprint
from phingpt_bench.core.records import NO_MODELS, RunRecord
from phingpt_bench.core.sentences import Sentence, sentence


def repeated_faults(record: RunRecord) -> Iterator[Sentence]:
    """Values of a record that its other values contradict."""
    model, print_of = record.model, record.provenance.fingerprint
    if print_of is not None:
        for name, value, kept in _pairs(record, print_of):
            if value != kept:
                yield sentence(
                    "{place}: {value}, but the fingerprint of the run says {kept}",
                    place=name, value=shown(value), kept=shown(kept),
                )  # fmt: skip
    named = model.base is not None or model.adapter is not None
    if model.kind in NO_MODELS and named:
        yield sentence("model.kind: {kind}, which has neither base nor adapter", kind=model.kind)
    elif model.kind not in NO_MODELS and (model.kind == "tuned") != (model.adapter is not None):
        yield sentence("model.kind: {kind}, and the adapter: {name}", kind=model.kind, name=shown(model.adapter))
    found = record.diagnostics
    if record.protocol.kind == "labels" and found.reasons is not None and found.invalid is not None:
        k = sum(found.reasons.values())
        if k != found.invalid:
            yield sentence("diagnostics.reasons: of {k} answers, and {n} could not be read", k=k, n=found.invalid)
    if record.exposure is not None and record.exposure.ids and len(record.exposure.ids) != record.exposure.seen:
        k = len(record.exposure.ids)
        yield sentence("exposure: {k} ids of {n} rows that were seen", k=k, n=record.exposure.seen)
    if record.paraphrases is not None and record.paraphrases.changed > 1:
        yield sentence("paraphrases.changed: {value} is above 1", value=record.paraphrases.changed)


def _pairs(record: RunRecord, kept: Fingerprint) -> Iterator[tuple[str, object, object]]:
    """(name, value, its repetition in the fingerprint)."""
    model, asked = record.model, record.protocol
    if kept.engine is None and kept.asked is None:  # of a served model more may be known after the run than before
        yield "model.base", model.base, kept.base
        yield "model.base_revision", model.base_revision, kept.base_revision
        yield "model.quantisation", model.quantisation, kept.quantisation
        yield "model.compute_dtype", model.compute_dtype, kept.compute_dtype
        yield "model.engine", model.engine, kept.engine
        yield "model.adapter_digest", model.adapter_digest, kept.adapter
    yield "baseline", model.name if model.kind in NO_MODELS else None, kept.baseline
    yield "protocol.rows_digest", asked.rows_digest, kept.rows
    yield "protocol.shots", asked.shots, kept.shots
    yield "protocol.chat_template", asked.chat_template, kept.chat_template
    yield "protocol.prompt", None if asked.prompt is None else asked.prompt.digest, kept.prompt
    yield "protocol.thinking", asked.thinking, kept.thinking
    yield "protocol.thinking_end", asked.thinking_end, kept.thinking_end
    yield "limit", record.limit, kept.limit
    yield "seed", record.seed, kept.seed


def shown(value: object) -> object:
    """A value in a fault: None in words."""
    return sentence("none") if value is None else value
