"""A suite: bases, adapters and floors, and the tasks for them. A YAML under adapters/suites, read strictly."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from phingpt_bench.core import config
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.overrides import Override
from phingpt_bench.core.paths import is_name, is_path, share
from phingpt_bench.core.records import variant_text
from phingpt_bench.models.load import BaseSpec
from phingpt_bench.served.spec import ServedSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """How a task is put to a model: `shots` solved examples before each document, with or without the chat template."""

    shots: int = 0
    chat_template: bool = False

    def __post_init__(self) -> None:
        if self.shots < 0:
            raise BenchError("shots is at least 0")

    def __str__(self) -> str:
        return variant_text(self.shots, self.chat_template)


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterEntry:
    """One adapter: a `recipe` (trained first where its adapter is missing) or the `path` of an adapter folder.

    path: a folder or a Hub id ("org/name", "org/name/sub-folder", "org/name@revision"). An adapter without card.json
        was trained elsewhere: its prompt and its rows are unknown.
    name: what it is called; null is the name on its card, or that of its folder.
    base: the one of the suite's bases, by its `model`, that an adapter from elsewhere goes on; null is the one that its
        configuration names, or the only one there is.
    trained_on: what an adapter from elsewhere was trained on, as for bases; null is unknown.
    tasks: tasks or groups it is evaluated on; null is every task of the suite.
    variants: prompts under which it is evaluated; null is the suite's first variant.
    """

    recipe: str | None = None
    path: Path | None = None
    name: str | None = None
    base: str | None = None
    trained_on: list[str] | None = None
    tasks: list[str] | None = None
    variants: list[Variant] | None = None

    def __post_init__(self) -> None:
        if (self.recipe is None) == (self.path is None):
            raise BenchError("give either 'recipe' or 'path'")
        if self.recipe is not None and (self.name or self.base or self.trained_on is not None):
            raise BenchError("name, base and trained_on go with 'path': a recipe says all of them")
        if self.tasks is not None and not self.tasks:
            raise BenchError("tasks names at least one task, or is null for all")
        if self.variants is not None and not self.variants:
            raise BenchError("variants names at least one, or is null for the suite's first")


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """What one `phingpt-bench run` does.

    bases: each is loaded once, for its own rows and for those of every adapter that was trained on it; one with an
        `engine` is served, with adapters of its own. Where none is given, those that the adapters name.
    variants: the prompts under which the bases are evaluated; adapters run under the first
        unless they name their own.
    floors: whether the cheap models (majority, TF-IDF, CRF ...) run too.
    checks: whether the answers whose worth is known (the gold ones, none, the text itself) are scored too.
    trained_on: for a base, named as its `model`, what it was trained on: data sets ("fpb", "fpb:train+test"), protocol
        ids, files of row hashes; an empty list says none that is known here. A base that is not named, and is not among
        the published models of results/training-sets.yaml either, stands as unknown.
    limit: rows per task, the first ones; null is all. A limited run is never ranked beside a whole one.
    results: folder of the run records, `results/<name>` where it is not given.
    """

    name: str
    tasks: list[str]
    bases: list[BaseSpec | ServedSpec] = field(default_factory=list)
    variants: list[Variant] = field(default_factory=lambda: [Variant()])
    adapters: list[AdapterEntry] = field(default_factory=list)
    floors: bool = True
    checks: bool = False
    trained_on: dict[str, list[str]] = field(default_factory=dict)
    limit: int | None = None
    batch_size: int = 16
    seed: int = 0
    results: Path | None = None

    def __post_init__(self) -> None:
        for good, rule in (
            (re.fullmatch(r"[\w.-]+", self.name), "name holds only letters, digits, '.', '_' and '-'"),
            (is_name(self.name), "name is that of a folder: not '.' or '..', at most 200 characters, no device's name"),
            (self.results is None or is_path(self.results), "results is no path that a system takes"),
            (0 <= self.seed < 2**32, "seed is a number from 0 to 4294967295"),
            (self.tasks, "tasks names at least one task"),
            (
                self.bases or self.adapters or self.floors or self.checks,
                "there is nothing to evaluate: name a base, or set floors: true or checks: true",
            ),
            (
                self.bases or all(entry.path is not None for entry in self.adapters),
                "adapters need the base that they were trained on under 'bases'",
            ),
            (len(set(self.bases)) == len(self.bases), "the same base is given twice"),
            (
                not self.bases or set(self.trained_on) <= {spec.model for spec in self.bases},
                "trained_on names a model that is not among the bases",
            ),
            (self.variants, "variants names at least one"),
            (len(set(self.variants)) == len(self.variants), "the same variant is given twice"),
            (self.limit is None or self.limit >= 1, "limit is at least 1, or null for all rows"),
            (self.batch_size >= 1, "batch_size is at least 1"),
        ):
            if not good:
                raise BenchError(rule)

    @property
    def results_folder(self) -> Path:
        """Where the runs of this suite go."""
        return self.results or Path("results") / self.name


def load_suite(name_or_path: str, overrides: Sequence[Override] = ()) -> Suite:
    """A shipped suite by name, or any other by path; BenchError with the nearest name, or with file and line.

    overrides: values in the place of the file's; a mistake in one names it.
    """
    return config.load_shipped("suite", share("adapters", "suites"), name_or_path, Suite, overrides)
