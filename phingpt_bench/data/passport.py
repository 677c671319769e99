"""A passport: one protocol's dataset, split, labels and known faults, in a small versioned YAML file.

The files are tasks/passports/NAME.yaml. A passport is never edited, it is superseded: other rows are another protocol,
with a new id. Everything that can be counted in it (rows, digests, label counts) is counted again by a test.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.outcomes import Kind

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where the rows come from. `folder` is their place in a mirror (see data/sources.py).

    hub: the Hub dataset, or None where the rows are on no Hub. revision: its commit; where it is None, `unpinned` says
    why, and the digests of the passport are what pins the content.
    """

    folder: str
    paper: str
    licence: str
    hub: str | None = None
    revision: str | None = None
    unpinned: str | None = None

    def __post_init__(self) -> None:
        if self.revision is None and not self.unpinned:
            raise BenchError("unpinned says why there is no revision")


@dataclass(frozen=True, slots=True, kw_only=True)
class Passport:
    """One protocol's rows.

    kind: "labels" (one label a row), "spans" (entities by offset) or "scores" (a number a row, regression).
    labels: the label set in its fixed order; entity types for "spans"; empty for "scores".
    reader: a name in data/readers; `options` are its keyword arguments.
    split: the rule that makes the splits, in words. rows, ids, digests, counts: by split: the number of rows, the
        SHA-256 of their ids, the digest of ids and labels, the number of rows (entities) of each label (type).
    metric: the headline metric. shots: as published, where the papers give examples.
    published_by: who prints results under this protocol. noise: known faults of the rows, one sentence each.
    comparable: what may stand beside a new run, and what may not.
    documents: how many documents the test rows are of, where that is known and no row says which one it is of.
    synthetic: whether the rows are made up, so that a score on them says nothing of any model.
    """

    name: str
    protocol: str
    title: str
    kind: Kind
    language: str
    labels: tuple[str, ...] = ()
    origin: Origin
    reader: str
    options: dict[str, object] = field(default_factory=dict)
    split: str
    rows: dict[str, int]
    ids: dict[str, str]
    digests: dict[str, str]
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    metric: str
    shots: list[int] = field(default_factory=lambda: [0])
    published_by: list[str] = field(default_factory=list)
    noise: list[str] = field(default_factory=list)
    comparable: str
    documents: int | None = None
    synthetic: bool = False

    def __post_init__(self) -> None:
        for good, rule in (
            (self.kind == "scores" or self.labels, "labels names at least one, unless kind is scores"),
            (len(set(self.labels)) == len(self.labels), "labels names one twice"),
            (set(self.rows) <= set(SPLITS) and "test" in self.rows, "rows has a test split, and train and validation"),
            (self.documents is None or self.documents >= 1, "documents is at least 1, or null"),
            (set(self.rows) == set(self.ids) == set(self.digests), "rows, ids and digests name the same splits"),
        ):
            if not good:
                raise BenchError(rule)

    @property
    def licence(self) -> str:
        """The licence of the dataset, as its source names it."""
        return self.origin.licence
