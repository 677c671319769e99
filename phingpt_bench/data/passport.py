"""A passport: one protocol's dataset, split, labels and known faults, in a small versioned YAML file.

The files are tasks/passports/NAME.yaml. A passport is not edited but replaced: other rows are another protocol,
with a new id. A test counts again everything in it that can be counted (rows, digests, label counts).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.outcomes import Kind
from phingpt_bench.core.sentences import sentence

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where the rows come from. `folder` is their place in a mirror (see data/sources.py).

    hub: the Hub dataset, or None if it is not on the Hub. revision: its commit; if None, `unpinned` says why, and the
    digests of the passport pin the content.
    """

    folder: str
    """Folder of the rows in the mirror that PHINGPT_BENCH_DATA names."""
    paper: str
    """Where the data are described; "none" where they are not."""
    licence: str
    """The licence of the data, as their owners name it."""
    hub: str | None = None
    revision: str | None = None
    unpinned: str | None = None
    """Why there is no revision, where there is none."""

    def __post_init__(self) -> None:
        if self.revision is None and not self.unpinned:
            raise BenchError("unpinned says why there is no revision")


@dataclass(frozen=True, slots=True, kw_only=True)
class Passport:
    """One protocol's rows.

    kind: "labels" (one label per row), "spans" (entities by offset) or "scores" (one number per row, regression).
    labels: the label set in its fixed order; entity types for "spans"; empty for "scores".
    reader: a name in data/readers; `options` are its keyword arguments.
    split: the rule that makes the splits, in words. rows, ids, digests, counts: by split, the number of rows, the
        SHA-256 of their ids, the digest of ids and labels, the number of rows (entities) of each label (type).
    metric: the headline metric. shots: the number of few-shot examples in the papers, if any.
    published_by: who prints results under this protocol. noise: known faults of the rows, one sentence each.
    comparable: which published results are comparable with a new run, and which are not.
    documents: the number of documents of the test rows, if it is known but the rows do not say their document.
    synthetic: whether the rows are made up, so that a score on them says nothing about any model.
    """

    name: str
    """The name of the dataset, as task files give it, which is also that of the file."""
    protocol: str
    """The id that scores are comparable under: dataset/rule/version."""
    title: str
    """For people, in a few words."""
    kind: Kind
    language: str
    """Code of the rows' language: en, es."""
    labels: tuple[str, ...] = ()
    origin: Origin
    """Where the rows come from."""
    reader: str
    options: dict[str, object] = field(default_factory=dict)
    """Arguments of the reader, such as the names of files and columns."""
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
            (self.kind == "scores" or self.labels, sentence("labels must list at least one, unless kind is scores")),
            (len(set(self.labels)) == len(self.labels), sentence("labels names one twice")),
            (
                set(self.rows) <= set(SPLITS) and "test" in self.rows,
                sentence("rows has a test split, and train and validation"),
            ),
            (self.documents is None or self.documents >= 1, sentence("documents is at least 1, or null")),
            (
                set(self.rows) == set(self.ids) == set(self.digests),
                sentence("rows, ids and digests name the same splits"),
            ),
        ):
            if not good:
                raise BenchError(rule)

    @property
    def licence(self) -> str:
        """The licence of the dataset, as its source names it."""
        return self.origin.licence
