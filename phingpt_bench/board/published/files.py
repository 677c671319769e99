"""The files of results/published/: their schema, read strictly, as one record for each published number.

protocols.yaml describes the test sets, claims.yaml holds claims that cannot be checked; every other file holds the
numbers of one source.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

from phingpt_bench.board.published.values import (
    Claim,
    Claims,
    Evidence,
    Published,
    PublishedCost,
    PublishedProtocol,
    PublishedScore,
    Source,
    ZeroShot,
    check_printed,
)
from phingpt_bench.core import config
from phingpt_bench.core.errors import BenchError, unknown
from phingpt_bench.core.paths import share
from phingpt_bench.core.sentences import sentence
from phingpt_bench.core.yamlfile import Key, load_with_lines

PROTOCOLS, CLAIMS = "protocols", "claims"  # file names; all others are sources


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """joins: another source that prints other metrics of the same runs. note: for all its rows."""

    title: str
    evidence: Evidence
    arxiv: str | None = None
    table: str | None = None
    repository: str | None = None
    path: str | None = None
    commit: str | None = None
    joins: str | None = None
    note: str | None = None

    def __post_init__(self) -> None:
        if self.commit is not None and len(self.commit) != 40:
            raise BenchError("commit is not a full hash: {commit}", commit=self.commit)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cost:
    evidence: Literal["printed", "derived", "secondary"]
    gpu: str | None = None
    gpu_count: int | None = None
    hours: float | None = None
    usd: float | None = None
    usd_per_gpu_hour: float | None = None
    scope: str | None = None
    doubtful: bool = False
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Model:
    name: str
    method: str
    zero_shot: ZeroShot | None = None
    size_b: float | None = None
    base: str | None = None
    shots: int | None = None
    cost: str | None = None

    def __post_init__(self) -> None:
        if self.zero_shot is not None and self.shots:
            raise BenchError("zero_shot is given, and shots is {shots}", shots=self.shots)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """A score of a model. shots, evidence: replace those of the model and of the source.

    same_rows: false if it was measured on other rows than the protocol's, although the source lists it there; its note
    says so.
    """

    model: str
    value: float
    printed: str
    shots: int | None = None
    evidence: Evidence | None = None
    same_rows: Literal[False] | None = None
    note: str | None = None

    def __post_init__(self) -> None:
        check_printed(self.value, self.printed)
        if self.same_rows is False and not self.note:
            raise BenchError("same_rows is false, and note does not say which rows it was measured on")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Result:
    protocol: str
    rows: list[_Row]
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _SourceFile:
    source: _Source
    models: dict[str, _Model]
    results: list[_Result]
    costs: dict[str, _Cost] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _ClaimsFile:
    source: _Source
    model: _Model
    baseline: str
    claims: tuple[Claim, ...]
    caveats: tuple[str, ...]
    costs: dict[str, _Cost] = field(default_factory=dict)


def read(folder: Path | None = None) -> Published:
    """The files of `folder`, by default the shipped ones. Sources are sorted by name, scores as in the files.

    BenchError with file and line for an unknown key or name, a missing key, a value of the wrong type or out of range,
    a value that differs from the printed one, and a number or a protocol that is given twice.
    """
    folder = share("results", "published") if folder is None else Path(folder)
    known = _protocols(folder / f"{PROTOCOLS}.yaml")
    paths = {path.stem: path for path in sorted(folder.glob("*.yaml")) if path.stem not in (PROTOCOLS, CLAIMS)}
    sources, scores = [], []
    for name, path in paths.items():
        file = config.load(path, _SourceFile)
        if file.source.joins is not None:
            _check(sentence("source"), file.source.joins, paths, path, ("source", "joins"))
        sources.append(_source(file.source, name))
        scores += _scores(file, path, sources[-1], known)
    return Published(
        protocols=tuple(entry for id, entry in known.items() if id == entry.key),
        sources=tuple(sources),
        scores=tuple(scores),
        claims=_claims(folder / f"{CLAIMS}.yaml"),
    )


def _protocols(path: Path) -> dict[str, PublishedProtocol]:
    """The protocols by published id; one with several metrics is listed under each of their ids."""
    found: dict[str, PublishedProtocol] = {}
    for name, entry in config.load(path, dict[str, PublishedProtocol]).items():
        if entry.key != name:
            raise _error(
                sentence("the first of its metrics is '{key}', not '{name}'", key=entry.key, name=name),
                path,
                (name, "metrics"),
            )
        for id in entry.metrics:
            if id in found:
                raise _error(sentence("'{id}' is given twice", id=id), path, (name, "metrics", id))
            found[id] = entry
    return found


def _scores(file: _SourceFile, path: Path, source: Source, known: dict[str, PublishedProtocol]) -> list[PublishedScore]:
    costs = _costs(file.costs, source.key)
    for name, model in file.models.items():
        if model.cost is not None:
            _check(sentence("cost"), model.cost, costs, path, ("models", name, "cost"))
    scores, seen = [], set()
    for i, result in enumerate(file.results):
        _check(sentence("published protocol"), result.protocol, known, path, ("results", i, "protocol"))
        protocol = known[result.protocol]
        bounded = not protocol.metrics[result.protocol].lower_is_better
        for j, row in enumerate(result.rows):
            place: Key = ("results", i, "rows", j)
            _check(sentence("model"), row.model, file.models, path, (*place, "model"))
            model = file.models[row.model]
            shots = model.shots if row.shots is None else row.shots
            if bounded and row.value > 1:
                raise _error(sentence("value is not a fraction: {value:g}", value=row.value), path, (*place, "value"))
            if (result.protocol, row.model, shots) in seen:
                raise _error(
                    sentence("'{model}' is given twice for {protocol}", model=row.model, protocol=result.protocol),
                    path,
                    (*place, "model"),
                )
            seen.add((result.protocol, row.model, shots))
            notes = (row.note, result.note, file.source.note)
            scores.append(
                PublishedScore(
                    id=result.protocol, protocol=protocol, source=source, runs=file.source.joins or source.key,
                    model=model.name, size_b=model.size_b, base=model.base, method=model.method,
                    zero_shot=model.zero_shot, shots=shots, value=row.value, printed=row.printed,
                    evidence=row.evidence or file.source.evidence,
                    same_rows=protocol.same_rows and row.same_rows is None,
                    cost=None if model.cost is None else costs[model.cost],
                    note="; ".join(note for note in notes if note) or None,
                )
            )  # fmt: skip
    return scores


def _claims(path: Path) -> Claims:
    file = config.load(path, _ClaimsFile)
    costs = _costs(file.costs, path.stem)
    if file.model.cost is not None:
        _check(sentence("cost"), file.model.cost, costs, path, ("model", "cost"))
    return Claims(
        source=_source(file.source, path.stem), model=file.model.name, method=file.model.method,
        baseline=file.baseline, cost=None if file.model.cost is None else costs[file.model.cost],
        claims=file.claims, caveats=file.caveats,
    )  # fmt: skip


def _source(entry: _Source, key: str) -> Source:
    kept = {name: value for name, value in asdict(entry).items() if name not in ("evidence", "joins", "note")}
    return Source(key=key, **kept)


def _costs(entries: dict[str, _Cost], source: str) -> dict[str, PublishedCost]:
    """The costs by name. Their keys include the source, since two sources may use one name."""
    return {name: PublishedCost(key=f"{source}/{name}", **asdict(entry)) for name, entry in entries.items()}


def _check(kind: str, name: str, choices: Iterable[str], path: Path, key: Key) -> None:
    if name not in choices:
        raise unknown(kind, name, choices, where=_where(path, key))


def _error(message: str, path: Path, key: Key) -> BenchError:
    return BenchError(message, where=_where(path, key))


def _where(path: Path, key: Key) -> str:
    """File and line of a key. Lines are only looked up here, since they need the slow loader."""
    line = load_with_lines(path)[1].get(key)
    return f"{path}:{line}" if line else str(path)
