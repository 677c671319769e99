"""What a run leaves behind: plain frozen dataclasses that go to JSON and back unchanged, checked when they are read.

A run is one model on one task under one prompt variant. Its folder holds

    run.json       RunRecord: what was run, scores, cost, provenance
    outcomes.json  Outcomes: what was right and wrong by row, without any dataset text (so it may be published)
    samples.jsonl  every request, raw answer and parsed answer (holds dataset rows: stays on the machine)
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from phingpt_bench.core import upgrades
from phingpt_bench.core.config import build
from phingpt_bench.core.declared import Count, Least
from phingpt_bench.core.diagnostics import Diagnostics
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.exposure import Exposure
from phingpt_bench.core.jsonio import read_json
from phingpt_bench.core.ledgers import Ledger
from phingpt_bench.core.paraphrased import Paraphrased
from phingpt_bench.core.protocol import Protocol
from phingpt_bench.core.provenance import Provenance

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

# 2: outcomes may hold label probabilities, groups of rows, partial and typed span counts, and scores
# 3: outcomes may hold entities by offset, the kinds of their misses, and clusters of rows; models the digest of their
#    recipe and the seed of their training; ledgers joules by phase with the method of their
#    measurement, and computed FLOPs
# 4: everything has a type: the machine by its parts, exposure with what was compared, diagnostics, provenance, prices;
#    the record names the task of which its task is another form, and says whether the rows are synthetic
SCHEMA_VERSION: Literal[4] = 4

RECORD, OUTCOMES, SAMPLES = "run.json", "outcomes.json", "samples.jsonl"  # the files of a run's folder
ModelKind = Literal["base", "tuned", "floor", "check"]
COMBINED = ("tfidf-lr", "lexicon", "crf")  # what runs are combined with, in the adapter's name of the hybrid
NO_MODELS = ("floor", "check")  # kinds of rows that no language model answered


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """Who answered. `kind` is base, tuned, floor (majority, TF-IDF, CRF ...) or check (oracle, null, echo)."""

    name: str
    """Shown on the board, e.g. "SmolLM2-135M-Instruct"."""

    kind: ModelKind
    """base, tuned, floor or check."""

    base: str | None = None
    """Hub id or the name of the embedded model; never a path of this machine."""

    base_revision: str | None = None
    """Hub commit, or the digest of the local weights."""

    quantisation: str | None = None
    """"nf4+dq", or None if the weights are not quantised."""

    compute_dtype: str | None = None
    """The dtype of activations."""

    engine: str | None = None
    """The engine that served it, e.g. "vllm", or an API's kind; None: this program computed the answers."""

    engine_version: str | None = None
    """The version that the server of a served model reports."""

    adapter: str | None = None
    """The adapter's name, e.g. "sentiment-smollm2-135m"."""

    adapter_digest: str | None = None
    """Digest of the adapter's weights and configuration."""

    recipe_digest: str | None = None
    """Digest of recipe and training rows, without name and seed; None in records of schema 2."""

    training_seed: int | None = None
    """The seed of the adapter's training."""

    training_limit: Count | None = None
    """The adapter is of a trial, trained on this many rows of each task at most; None: on all of them, or unknown."""

    trained_elsewhere: bool = False
    """The adapter has no card: its prompt and its training are not known."""

    parameters: Count | None = None
    """Number of parameters of the base, without the adapter."""

    adapter_parameters: Count | None = None
    """Number of parameters of the adapter alone."""

    @property
    def is_combination(self) -> bool:
        """Whether it is a run combined with baselines (hybrids/combine.py), which has no weights of its own."""
        name, *parts = (self.adapter or "").split("+")
        return bool(name and parts) and set(parts) <= set(COMBINED)

    @property
    def numerics(self) -> tuple[str | None, ...]:
        """What two scores must share to come from the same arithmetic."""
        return self.quantisation, self.compute_dtype, self.engine, self.engine_version

    @property
    def served_by(self) -> str | None:
        """The engine of a served model in words, with its dtype: "vllm 0.32.0, bfloat16"; None for a loaded one."""
        return served_text(self.engine, self.engine_version, self.compute_dtype)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One run. `scores` holds every metric of the task by name, as fractions; None is unscored."""

    run_id: str
    """Unique id of this run."""

    created: str
    """When it was made, ISO 8601, UTC."""

    suite: str
    """The suite in which it was run."""

    tags: list[str] = field(default_factory=list)
    """Words that the user gave it, by which boards are filtered."""

    task: str
    """The name of the lm-eval task."""

    task_version: str
    """The version of the task's prompt and settings."""

    form_of: str | None = None
    """The task with the same answers in the usual form, if this task uses another form."""

    model: Model
    """The model that answered."""

    protocol: Protocol
    """The rows, and how the questions were asked."""

    limit: Annotated[int, Least(1)] | None
    """The number of rows; None is the whole split. A limited run is never ranked."""

    seed: int
    """The seed of everything random in the run."""

    scores: dict[str, float | None]
    """Every metric by name, as a fraction; None if it is undefined."""

    diagnostics: Diagnostics
    """Counts of events during the run."""

    evaluation: Ledger
    """Cost of the run."""

    training: Ledger | None = None
    """Cost of the training of the adapter."""

    exposure: Exposure | None = None
    """Test rows in the training data; None if not checked."""

    paraphrases: Paraphrased | None = None
    """Scores under other prompts; None if none were asked."""

    provenance: Provenance = field(default_factory=Provenance)
    """Versions, digests and settings behind the run."""

    schema_version: Literal[4] = SCHEMA_VERSION
    """The schema version of the file."""


def served_text(engine: str | None, version: str | None, dtype: str | None) -> str | None:
    """An engine in words, such as "vllm 0.32.0, bfloat16"; None without one."""
    return None if engine is None else ", ".join(filter(None, [" ".join(filter(None, [engine, version])), dtype]))


def to_dict(record: DataclassInstance) -> dict[str, object]:
    """A record as plain JSON values."""
    return dataclasses.asdict(record)


def read_record(path: Path) -> RunRecord:
    """The record in a run.json of any schema; BenchError with the file and each impossible value."""
    return run_record(read_json(path), str(path))


def run_record(data: object, where: str) -> RunRecord:
    """A RunRecord from the JSON of any schema; BenchError at `where`, also for a schema newer than this program's."""
    if not isinstance(data, dict):
        raise BenchError("holds a {type}, not an object", where=where, type=type(data).__name__)
    version = data.get("schema_version")
    if type(version) is int and version > SCHEMA_VERSION:
        raise BenchError(
            "schema_version: {version}, this program reads up to {latest}",
            where=where,
            hint="update phingpt-bench",
            version=version,
            latest=SCHEMA_VERSION,
        )
    return build(RunRecord, upgrades.record(data), where)
