"""Published results as values: sources, costs, protocols, one record per number, and claims that cannot be checked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from phingpt_bench.core.errors import BenchError, unknown
from phingpt_bench.core.sentences import sentence
from phingpt_bench.scoring.metrics import METRICS

ERRORS = ("MSE", "RMSE")  # printed metrics without an upper bound, where lower is better
Evidence = Literal["primary", "secondary", "recomputed"]
# how a model answered that was used without training and examples: at once, or after a chain of thought
ZeroShot = Literal["direct", "reasoning"]
EVIDENCE = {
    "primary": sentence("read in the authors' own text or repository"),
    "secondary": sentence("read in a document that quotes another"),
    "recomputed": sentence("computed again from the authors' stored predictions or reports"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a value was read. `key` is the name of its file, `commit` the full hash of the state that was read."""

    key: str
    title: str
    arxiv: str | None
    table: str | None
    repository: str | None
    path: str | None
    commit: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedCost:
    """A training cost as published. hours: wall hours. usd: for `scope`, which is rarely one task alone.

    evidence: printed (in the source), derived (from what it prints) or secondary (quoted elsewhere).
    """

    key: str
    gpu: str | None
    gpu_count: int | None
    hours: float | None
    usd: float | None
    usd_per_gpu_hour: float | None
    scope: str | None
    evidence: str
    doubtful: bool
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedMetric:
    """A metric that is printed for a protocol's rows. `metric` is our name for it, None if we have none.

    same_metric: whether it is computed as ours is; answers may still be parsed differently.
    """

    head: str
    printed: str
    averaging: str
    metric: str | None
    same_metric: bool

    def __post_init__(self) -> None:
        if self.metric is not None and self.metric not in METRICS:
            raise unknown(sentence("metric"), self.metric, METRICS)
        if self.same_metric and self.metric is None:
            raise BenchError("same_metric is true, and metric does not say which")

    @property
    def lower_is_better(self) -> bool:
        """Whether it is an error."""
        return self.printed in ERRORS


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedProtocol:
    """A test set as its sources describe it. metrics: by published protocol id, one for each printed metric.

    ours: the ids of our protocols with these rows, or almost these; several if a score is their mean.
    n_test: the number of rows, None if the sources do not say. note: why a row is not comparable with a new run, or
    what else to know.
    """

    title: str
    dataset: str
    split: str
    n_test: int | None
    ours: str | tuple[str, ...] | None
    same_rows: bool
    note: str
    metrics: dict[str, PublishedMetric]

    def __post_init__(self) -> None:
        if self.same_rows and self.ours is None:
            raise BenchError("same_rows is true, and ours does not say with which protocol")
        if not self.metrics:
            raise BenchError("metrics must list at least one")

    @property
    def key(self) -> str:
        """The id of its first metric, which names the protocol."""
        return next(iter(self.metrics))

    @property
    def our_ids(self) -> tuple[str, ...]:
        """The ids of our protocols with these rows; () if there is none."""
        return () if self.ours is None else (self.ours,) if isinstance(self.ours, str) else self.ours


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedScore:
    """One published number. `id` is the published protocol id: a metric of `protocol`.

    value: a fraction, or the error itself for MSE and RMSE; printed: what the source prints.
    same_rows: as for the protocol, but false if the value was measured elsewhere and is only quoted here; `note` says
    so.
    runs: the key of the source whose runs these are, mostly `source.key`; rows of the same runs belong together.
    size_b: parameters in billions. None means that the source does not say.
    """

    id: str
    protocol: PublishedProtocol
    source: Source
    runs: str
    model: str
    size_b: float | None
    base: str | None
    method: str  # in the words of the source
    zero_shot: ZeroShot | None  # None for a model that was trained or shown examples
    shots: int | None
    value: float
    printed: str
    evidence: str
    same_rows: bool
    cost: PublishedCost | None
    note: str | None

    @property
    def elsewhere(self) -> bool:
        """Whether it was measured on other rows than its protocol's."""
        return self.protocol.same_rows and not self.same_rows

    @property
    def metric(self) -> PublishedMetric:
        """Its metric."""
        return self.protocol.metrics[self.id]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A number that cannot be checked, and the number of its unnamed baseline; both are fractions."""

    protocol: str
    task: str
    metric: str
    value: float
    printed: str
    baseline: float

    def __post_init__(self) -> None:
        check_printed(self.value, self.printed)
        if max(self.value, self.baseline) > 1 or self.baseline < 0:
            raise BenchError("value and baseline are fractions")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """The claims of a source about one model: outside every ranking and every board."""

    source: Source
    model: str
    method: str
    baseline: str
    cost: PublishedCost | None
    claims: tuple[Claim, ...]
    caveats: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """Everything in the folder: protocols in the order of their file, scores by source, claims separately."""

    protocols: tuple[PublishedProtocol, ...]
    sources: tuple[Source, ...]
    scores: tuple[PublishedScore, ...]
    claims: Claims


def check_printed(value: float, printed: str) -> None:
    """BenchError unless `value` is a fraction or an error that `printed` stands for, as a fraction or in percent.

    A printed range or interval, such as ".966-.972", must contain the value.
    """
    if value < 0:
        raise BenchError("value is below 0: {value:g}", value=value)
    numbers = [float(number) for number in re.findall(r"\d*\.?\d+", printed)]
    if not numbers or not any(
        low - 1e-9 <= scale * value <= high + 1e-9 for scale in (1, 100) for low, high in _ranges(numbers)
    ):
        raise BenchError("value {value:g} is not what is printed: '{printed}'", value=value, printed=printed)


def _ranges(numbers: list[float]) -> list[tuple[float, float]]:
    """The first number alone and, if there are exactly two, the range between them."""
    return [(numbers[0], numbers[0]), *([(min(numbers), max(numbers))] if len(numbers) == 2 else [])]
