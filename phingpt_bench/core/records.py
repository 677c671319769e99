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
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

from phingpt_bench.core import upgrades
from phingpt_bench.core.builder import Amount, Count, Least
from phingpt_bench.core.config import build
from phingpt_bench.core.diagnostics import Diagnostics
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.exposure import Exposure
from phingpt_bench.core.jsonio import read_json
from phingpt_bench.core.machine import Machine
from phingpt_bench.core.outcomes import Kind
from phingpt_bench.core.provenance import Provenance
from phingpt_bench.core.sentences import sentence

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
Thinking = Literal["on", "off"]
CALIBRATED = {"batch": ", batch-calibrated", "contextual": ", calibrated without text"}  # in the name of a variant
CHOSEN = "label-loglikelihood"  # the extraction of tasks that compare the log-likelihoods of labels


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
    """Of recipe and training rows, without name and seed; None in records of schema 2."""

    training_seed: int | None = None
    """The seed of the adapter's training."""

    trained_elsewhere: bool = False
    """The adapter has no card: its prompt and its training are not known."""

    parameters: Count | None = None
    """Number of parameters of the base, without the adapter."""

    adapter_parameters: Count | None = None
    """Number of parameters of the adapter alone."""

    @property
    def numerics(self) -> tuple[str | None, ...]:
        """What two scores must share to come from the same arithmetic."""
        return self.quantisation, self.compute_dtype, self.engine, self.engine_version

    @property
    def served_by(self) -> str | None:
        """The engine of a served model in words, with its dtype: "vllm 0.32.0, bfloat16"; None for a loaded one."""
        return served_text(self.engine, self.engine_version, self.compute_dtype)


class Setting(NamedTuple):
    """The prompt setting of a run. prompt: the digest of the one that replaced the task's, None for the task's own."""

    shots: int
    chat_template: bool
    calibration: str | None
    prompt: str | None
    thinking: str | None

    @property
    def words(self) -> tuple[str | None, str | None]:
        """Prompt and thinking; (None, None) for the task as its file has it."""
        return self.prompt, self.thinking


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedPrompt:
    """A prompt that took the place of the task's. digest: of all that shapes it, as two files may share a name."""

    name: str
    """The name of its file, without folder and ending."""

    digest: str
    system: bool = False
    """Whether it has a system message."""

    answers: dict[str, str] = field(default_factory=dict)
    """How labels are written under it, by label, where that is not the label itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """Everything that makes two scores comparable. Scores of different `id` never share a rank."""

    id: str
    """E.g. "fpb/fingpt-25-seed42/v1"."""

    dataset: str
    """E.g. "takala/financial_phrasebank sentences_50agree"."""

    split: str
    """The split of the dataset."""

    rows_digest: str
    """SHA-256 prefix of the row ids in order, of the rows that were run."""

    n: Count
    """Number of rows that were run."""

    shots: Count
    """Number of few-shot examples in each prompt."""

    chat_template: bool
    """Whether prompts are in the model's chat template."""

    prompt_digest: str
    """Digest of all rendered requests, in order."""

    extraction: str
    """CHOSEN, "generation", or the format of written entities ("json", "tags")."""

    metric: str
    """The primary metric, a key of RunRecord.scores."""

    kind: Kind
    """labels, spans or scores."""

    synthetic: bool = False
    """The rows are made up: no score on them says anything about a model."""

    block: Count = 0
    """The number of the block of few-shot examples; 0 is the one that plain lm-eval takes."""

    calibration: Literal["batch", "contextual"] | None = None
    """How stored label scores were calibrated; always None in a record."""

    prompt: AskedPrompt | None = None
    """None: the task's own."""

    thinking: Thinking | None = None
    """The thinking mode that the chat template was given; None: its default."""

    @property
    def variant(self) -> str:
        """The prompt setting, as boards show it."""
        prompt = self.prompt.name if self.prompt else None
        first = variant_text(self.shots, self.chat_template, prompt, self.thinking)
        return first + CALIBRATED.get(self.calibration or "", "")

    @property
    def setting(self) -> Setting:
        """What tells two ways to ask apart: the prompt by its digest."""
        prompt = self.prompt.digest if self.prompt else None
        return Setting(self.shots, self.chat_template, self.calibration, prompt, self.thinking)


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """The price in a ledger: `count` units of an entry of a price card."""

    card: str | None = None
    """The date of the price card."""

    entry: str
    """The entry of the price card."""

    count: Count
    """Units of the entry, such as cores."""

    usd_per_hour: Amount
    """Price of all units together."""

    source: str | None = None
    """Where the price was read."""

    read_on: str | None = None
    """Date of reading, ISO 8601."""

    assumption: str | None = None
    """What the price assumes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPrice:
    """The price of a hosted model's tokens: USD per million."""

    card: str | None = None
    """The date of the price card."""

    entry: str
    """The entry of the price card."""

    usd_per_million_in: Amount
    """Price of prompt tokens."""

    usd_per_million_out: Amount
    """Price of answer tokens."""

    usd_per_million_cached: Amount | None = None
    """Price of prompt tokens that the host had cached; None: the price of other prompt tokens."""

    source: str | None = None
    """Where the price was read."""

    read_on: str | None = None
    """Date of reading, ISO 8601."""

    assumption: str | None = None
    """What the price assumes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What a piece of work cost. None means not measured, never zero."""

    seconds: dict[str, Amount]
    """Seconds by phase: "load", "train", "evaluate" ..."""

    tokens_in: Count | None = None
    """Tokens of prompts."""

    tokens_out: Count | None = None
    """Tokens of answers."""

    tokens_cached: Count | None = None
    """The part of tokens_in that a server reports as cached."""

    peak_host_bytes: Count | None = None
    """Peak main memory of the process."""

    peak_gpu_bytes: Count | None = None
    """Peak memory of the GPUs."""

    usd: Amount | None = None
    """Cost at the price of `price` or `token_price`."""

    price: Price | None = None
    """The price of a machine."""

    token_price: TokenPrice | None = None
    """The price of a hosted model, instead of a machine's price."""

    machine: Machine | None = None
    """Where the work was done."""

    joules: dict[str, Amount] | None = None
    """Energy by phase, of the parts that `energy_method` names: possibly the GPUs alone."""

    energy_method: str | None = None
    """"nvml-counter", "nvml-sampled", "rapl", joined by "+": cost/energy.py."""

    flops: Amount | None = None
    """Computed from the counted tokens, never measured: cost/flops.py."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One run. `scores` holds every metric of the task by name, as fractions; None is unscored."""

    run_id: str
    """Unique id of this run."""

    created: str
    """When it was made, ISO 8601, UTC."""

    suite: str
    """The suite in which it was run."""

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

    provenance: Provenance = field(default_factory=Provenance)
    """Versions, digests and settings behind the run."""

    schema_version: Literal[4] = SCHEMA_VERSION
    """The schema version of the file."""


def served_text(engine: str | None, version: str | None, dtype: str | None) -> str | None:
    """An engine in words, such as "vllm 0.32.0, bfloat16"; None without one."""
    return None if engine is None else ", ".join(filter(None, [" ".join(filter(None, [engine, version])), dtype]))


def variant_text(shots: int, chat_template: bool, prompt: str | None = None, thinking: str | None = None) -> str:
    """The name of a prompt variant: "0-shot", "5-shot chat", "0-shot chat, thinking off", "0-shot, prompt mine"."""
    first = f"{shots}-shot chat" if chat_template else f"{shots}-shot"
    more = (f"thinking {thinking}" if thinking else None, f"prompt {prompt}" if prompt else None)
    return ", ".join(filter(None, (first, *more)))


def to_dict(record: DataclassInstance) -> dict[str, object]:
    """A record as plain JSON values."""
    return dataclasses.asdict(record)


def read_record(path: Path) -> RunRecord:
    """The record in a run.json of any schema; BenchError with the file and each impossible value."""
    return run_record(read_json(path), str(path))


def run_record(data: object, where: str) -> RunRecord:
    """A RunRecord from the JSON of any schema; BenchError at `where`, also for a schema newer than this program's."""
    if not isinstance(data, dict):
        raise BenchError(sentence("holds a {type}, not an object", type=type(data).__name__), where=where)
    version = data.get("schema_version")
    if type(version) is int and version > SCHEMA_VERSION:
        raise BenchError(
            sentence(
                "schema_version: {version}, this program reads up to {latest}", version=version, latest=SCHEMA_VERSION
            ),
            where=where,
            hint=sentence("update phingpt-bench"),
        )
    return build(RunRecord, upgrades.record(data), where)


def ledger(data: object, where: str) -> Ledger:
    """A Ledger from the JSON of any schema; BenchError at `where`."""
    return build(Ledger, upgrades.ledger(data), where)
