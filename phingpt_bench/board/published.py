"""Published results from results/published.yaml: read, checked, resolved; never ranked beside runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from phingpt_bench.core.errors import BenchError, unknown
from phingpt_bench.core.paths import share
from phingpt_bench.core.yamlfile import load_yaml

EVIDENCE = ("primary", "recomputed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a value was read. `commit` is the full hash of the repository state that was read."""

    key: str
    title: str
    arxiv: str | None
    table: str | None
    repository: str | None
    path: str | None
    commit: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Whether a published value may be read beside ours: the same test rows, the same metric, and what differs."""

    key: str
    same_rows: bool
    same_metric: bool
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedCost:
    """A training cost as published. hours are wall hours; usd covers `scope`, hardly ever one task alone."""

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
class PublishedValue:
    """One score: the fraction, the text the source prints, and the source."""

    value: float
    printed: str
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedRow:
    """One model of one source on one protocol. size_b: parameters in billions, None where not stated."""

    model: str
    size_b: float | None
    base: str | None
    method: str
    shots: int | None
    metrics: dict[str, PublishedValue]
    evidence: str
    comparison: Comparison
    cost: PublishedCost | None
    note: str | None


def load(path: Path | None = None) -> dict[str, tuple[PublishedRow, ...]]:
    """The rows by protocol id, in file order. `path` defaults to the shipped results/published.yaml.

    BenchError for a missing file, YAML that does not parse (with its line), an unknown key or name, a value outside
    0..1, or evidence that is not among EVIDENCE.
    """
    path = share("results", "published.yaml") if path is None else Path(path)
    data = load_yaml(path)
    try:
        return _Reader(data, str(path)).rows()
    except (KeyError, TypeError, AttributeError) as err:
        raise BenchError(f"not a file of published results ({err!r})", where=str(path)) from None


class _Reader:
    """Resolves the names of one file; `where` goes into its errors."""

    def __init__(self, data: dict[str, Any], where: str):
        self.where = where
        self.protocols = data["protocols"]
        self.sources = {key: Source(key=key, **value) for key, value in data["sources"].items()}
        self.comparisons = {key: Comparison(key=key, **value) for key, value in data["comparisons"].items()}
        self.costs = {key: PublishedCost(key=key, **value) for key, value in data["costs"].items()}

    def rows(self) -> dict[str, tuple[PublishedRow, ...]]:
        return {
            protocol: tuple(self.row(protocol, dict(row)) for row in entry["results"])
            for protocol, entry in self.protocols.items()
        }

    def row(self, protocol: str, row: dict[str, Any]) -> PublishedRow:
        where = f"{self.where}: {protocol}: {row.get('model')}"
        source = row.pop("source")
        metrics = {}
        for name, entry in row.pop("metrics").items():
            value = entry["value"]
            if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 1:
                raise BenchError(f"{name} is not a fraction: {value!r}", where=where)
            origin = self.named("source", self.sources, entry.get("source", source), where)
            metrics[name] = PublishedValue(value=float(value), printed=entry["printed"], source=origin)
        if row["evidence"] not in EVIDENCE:
            raise BenchError(f"evidence '{row['evidence']}' is not kept here", where=where)
        comparison = self.named("comparison", self.comparisons, row.pop("comparable"), where)
        cost = row.pop("cost", None)
        return PublishedRow(
            metrics=metrics,
            comparison=comparison,
            cost=None if cost is None else self.named("cost", self.costs, cost, where),
            **{"base": None, "note": None, **row},
        )

    def named(self, kind: str, choices: dict[str, Any], name: str, where: str) -> Any:
        if name not in choices:
            raise unknown(kind, name, choices, where=where)
        return choices[name]
