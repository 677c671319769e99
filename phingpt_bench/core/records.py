"""What a run leaves behind: plain frozen dataclasses that go to JSON and back unchanged.

A run is one model on one task under one prompt variant. Its folder holds

    run.json       RunRecord: what was run, scores, cost, provenance
    outcomes.json  Outcomes: per row, what was right and wrong, without any dataset text (so it may be published)
    samples.jsonl  every request, raw answer and parsed answer (holds dataset rows: stays on the machine)
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from phingpt_bench.core.errors import BenchError

# 2: outcomes may hold label probabilities, groups of rows, partial and typed span counts, and scores
# 3: outcomes may hold entities by offset, the kinds of their misses, and clusters of rows; models the digest of their
#    recipe and the seed of their training; ledgers joules by phase with the method of their
#    measurement, and computed FLOPs
SCHEMA_VERSION = 3
RECORD, OUTCOMES, SAMPLES = "run.json", "outcomes.json", "samples.jsonl"  # the files of a run


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """Who answered. `kind` is base, tuned, floor (majority, TF-IDF, CRF ...) or check (oracle, null, echo)."""

    name: str  # shown on the board, e.g. "SmolLM2-135M-Instruct"
    kind: str
    base: str | None = None  # Hub id or the name of the embedded model; never a path of this machine
    base_revision: str | None = None  # Hub commit, or the digest of the local weights
    quantisation: str | None = None  # "nf4+dq", or None where the weights are not quantised
    compute_dtype: str | None = None
    adapter: str | None = None  # the adapter's name, e.g. "sentiment-smollm2-135m"
    adapter_digest: str | None = None
    recipe_digest: str | None = None  # of recipe and training rows without name and seed; None in records of schema 2
    training_seed: int | None = None
    parameters: int | None = None  # of the base, without the adapter
    adapter_parameters: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """Everything that makes two scores comparable. Scores of different `id` never share a rank."""

    id: str  # e.g. "fpb/fingpt-25-seed42/v1"
    dataset: str  # e.g. "takala/financial_phrasebank sentences_50agree"
    split: str
    rows_digest: str  # SHA-256 prefix of the row ids in order, of the rows that were run
    n: int  # rows that were run
    shots: int
    chat_template: bool
    prompt_digest: str  # of all rendered requests, in order
    extraction: str  # "label-loglikelihood", "generation", or the format of written entities ("json", "tags")
    metric: str  # the primary metric, a key of RunRecord.scores
    kind: str  # "labels", "spans" or "scores"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """Row by row results, aligned lists of the same length n; holds no text.

    kind "labels": `gold` and `pred` index into `labels`; pred -1 is INVALID (no label could be read). `probs[i]` are
    the probabilities of the labels where these were compared by log-likelihood, null where one was not finite; empty
    where the answer was written. `groups[i]` is the question of row i where each text is asked several, else empty.
    kind "scores": `gold` and `pred` are numbers, pred null is INVALID; `labels` is empty.
    kind "spans": `counts[i]` holds one [true positives, predicted, gold] triple per type in `labels` for row i, and a
    last triple [0, k, 0] for predictions of unknown type: `len(counts[i]) == len(labels) + 1`. `gold` and `pred` are
    empty. `partial[i]` is [exact, overlapping, predicted, gold], `typed[i]` [overlapping with the right type,
    predicted, gold]; both are empty in records of schema 1. `entities[i]` is [gold, predicted], each a list of
    [start, end, index into `labels`] by character offset in the row's text, `end` exclusive, in order; a prediction
    that has no place in the text (hallucinated, unreadable, in conflict) stands in `counts` and `misses` alone.
    `misses[i]` counts what is wrong with row i by kind, in the order of `scoring.ner.MISS_KINDS`. Both are empty in
    records of schema 2. `invalid[i]` says that the answer of row i could not be parsed (as a whole or in part).
    `clusters[i]` numbers the document of row i, where rows share documents (data/clusters.py says when); empty where
    every row stands alone, and in records of schema 1 and 2.
    """

    kind: str
    labels: list[str]
    ids: list[str]
    gold: list[Any] = field(default_factory=list)
    pred: list[Any] = field(default_factory=list)
    counts: list[list[list[int]]] = field(default_factory=list)
    partial: list[list[int]] = field(default_factory=list)
    typed: list[list[int]] = field(default_factory=list)
    entities: list[list[list[list[int]]]] = field(default_factory=list)
    misses: list[list[int]] = field(default_factory=list)
    invalid: list[bool] = field(default_factory=list)
    probs: list[list[float] | None] = field(default_factory=list)
    groups: list[int] = field(default_factory=list)
    clusters: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What a piece of work cost. None means not measured, never zero."""

    seconds: dict[str, float]  # by phase: "load", "train", "evaluate" ...
    tokens_in: int | None = None
    tokens_out: int | None = None
    peak_host_bytes: int | None = None
    peak_gpu_bytes: int | None = None
    usd: float | None = None
    price: dict[str, Any] | None = None  # card date, machine entry, USD per hour, assumption in words
    machine: str | None = None  # e.g. "2 x AMD EPYC, 23 GB, no GPU"
    joules: dict[str, float] | None = None  # by phase, of what `energy_method` names: it may be the GPUs alone
    energy_method: str | None = None  # "nvml-counter", "nvml-sampled", "rapl", joined by "+": cost/energy.py
    flops: float | None = None  # computed from the counted tokens, never measured: cost/flops.py


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One run. `scores` holds every metric of the task by name, as fractions; None is unscored."""

    run_id: str
    created: str  # ISO 8601, UTC
    suite: str
    task: str
    task_version: str
    model: Model
    protocol: Protocol
    limit: int | None  # rows asked for; None is the whole split. A limited run is never ranked beside a whole one
    seed: int
    scores: dict[str, float | None]
    diagnostics: dict[str, Any]  # invalid answers, truncated prompts, liveness probe ...
    evaluation: Ledger
    training: Ledger | None = None  # of the adapter
    exposure: dict[str, Any] | None = None  # train rows found among the test rows: exact, normalised, near
    provenance: dict[str, Any] = field(default_factory=dict)
    schema_version: int = SCHEMA_VERSION


def rows_at(rows: Outcomes, places: Sequence[int]) -> Outcomes:
    """The rows at `places`, in that order; columns that the outcomes do not have stay empty. IndexError beyond n."""
    columns = (f.name for f in dataclasses.fields(rows) if f.name not in ("kind", "labels"))
    chosen = {name: [column[at] for at in places] for name in columns if (column := getattr(rows, name))}
    return dataclasses.replace(rows, **chosen)


def in_order(rows: Outcomes, ids: Sequence[str]) -> Outcomes:
    """The same rows in the order of `ids`; KeyError for one that is not among them."""
    if rows.ids == ids:
        return rows
    places = {row: at for at, row in enumerate(rows.ids)}
    return rows_at(rows, [places[row] for row in ids])


def to_dict(record: Any) -> dict[str, Any]:
    """A record as plain JSON values."""
    return dataclasses.asdict(record)


def run_record(data: dict[str, Any]) -> RunRecord:
    """A RunRecord from `to_dict` output; BenchError for a schema version newer than this program's."""
    if data.get("schema_version", 0) > SCHEMA_VERSION:
        raise BenchError(
            f"run record of schema version {data['schema_version']}, this program reads up to {SCHEMA_VERSION}",
            hint="update phingpt-bench",
        )
    try:
        return RunRecord(
            **{
                **data,
                "model": Model(**data["model"]),
                "protocol": Protocol(**data["protocol"]),
                "evaluation": Ledger(**data["evaluation"]),
                "training": Ledger(**data["training"]) if data.get("training") else None,
            }
        )
    except (KeyError, TypeError) as err:
        raise BenchError(f"not a run record ({err})") from None


def outcomes(data: dict[str, Any]) -> Outcomes:
    """Outcomes from `to_dict` output."""
    try:
        return Outcomes(**data)
    except TypeError as err:
        raise BenchError(f"not an outcomes file ({err})") from None
