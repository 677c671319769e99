"""A suite: bases, adapters and floors, and the tasks for them. A YAML file under adapters/suites, read strictly."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from phingpt_bench.core import config
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.overrides import Override
from phingpt_bench.core.paths import is_name, is_path, share
from phingpt_bench.core.sentences import sentence
from phingpt_bench.data.prompt_file import OURS
from phingpt_bench.evaluate.variant import Variant
from phingpt_bench.models.base_spec import BaseSpec
from phingpt_bench.models.dtype import Dtype
from phingpt_bench.served.spec import ServedSpec

SEEDS = 2**32  # seeds are below it
A_SEED = sentence("seed is a number from 0 to 4294967295")
A_TAG = sentence("a tag holds only letters, digits, '.', '_' and '-'")


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterEntry:
    """One adapter: a `recipe` (trained first if its adapter is missing) or the `path` of an adapter folder.

    path: a folder or a Hub id ("org/name", "org/name/sub-folder", "org/name@revision"). An adapter without card.json
        was trained elsewhere: its prompt and its rows are unknown.
    name: its name; null means the name on its card, or that of its folder.
    base: for an adapter from elsewhere, the suite's base that it belongs to, by its `model`; null means the base in its
        configuration, or the only one.
    trained_on: the training data of an adapter from elsewhere, as for bases; null means unknown.
    seed: the seed that the recipe is trained with; null means the recipe's own, or one adapter for each of the suite's
        `seeds`.
    tasks: the tasks or groups to evaluate it on; null means every task of the suite.
    variants: the prompt settings to evaluate it with; null means the suite's first variant.
    """

    recipe: str | None = None
    """Name or file of a recipe; its adapter is trained first where it is missing."""
    seed: int | None = None
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
        if self.seed is not None and self.recipe is None:
            raise BenchError("seed goes with 'recipe': a folder holds an adapter that is trained already")
        if self.seed is not None and not 0 <= self.seed < SEEDS:
            raise BenchError(A_SEED)
        if self.tasks is not None and not self.tasks:
            raise BenchError("tasks must list at least one task, or be null for all")
        if self.variants is not None and not self.variants:
            raise BenchError("variants must list at least one, or be null for the suite's first")


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """The input of one `phingpt-bench run`.

    bases: the base models; each is loaded once, for its own runs and for those of every adapter that was trained on it.
        A base with an `engine` is served, with its own adapters. The default is the bases that the adapters name.
    variants: the prompt settings of the bases; adapters use the first one unless they name their own.
    prompts: the wordings of each variant, for every task that a prompt fits; bases and adapters run under all of them
        ("ours" is the task file's, "query" is FLARE's own, anything else is a file).
    floors: whether to run the baselines (majority, TF-IDF, CRF ...) too.
    checks: whether to also score gold answers, empty answers and the text itself, to test the scoring.
    trained_on: the training data of a base, named as its `model`: datasets ("fpb", "fpb:train+test"), protocol ids,
        files of row hashes. An empty list means none of the known datasets. A base that is neither listed here nor in
        results/training-sets.yaml counts as unknown.
    limit: the number of rows of each task, from the first; null means all. A limited run is not ranked with a full one.
    skip_long: whether rows that are longer than the model reads are not asked; they count as an unreadable answer does.
        Otherwise their prompts lose their beginning. The board shows the number in both cases.
    results: the folder of the run records; `results/<name>` by default.
    """

    name: str
    """Name of the suite and of its results folder: letters, digits, '.', '_' and '-'."""
    tasks: list[str]
    """Tasks, groups or tags; `phingpt-bench tasks` lists them."""
    bases: list[BaseSpec | ServedSpec] = field(default_factory=list)
    variants: list[Variant] = field(default_factory=lambda: [Variant()])
    prompts: list[str] = field(default_factory=lambda: [OURS])
    adapters: list[AdapterEntry] = field(default_factory=list)
    """Adapters to evaluate, each by its recipe or its folder."""
    seeds: list[int] = field(default_factory=list)
    """Each recipe is trained and evaluated under each of them; the board shows the mean. Empty: its own seed alone."""
    paraphrases: bool = False
    """Whether to ask the shipped paraphrases too, to see how much a score depends on its prompt (docs/prompts.md)."""
    floors: bool = True
    checks: bool = False
    trained_on: dict[str, list[str]] = field(default_factory=dict)
    limit: int | None = None
    skip_long: bool = False
    batch_size: int | None = None
    """Documents per batch; null is 16 on a CPU, and on a GPU 128 (32 of written answers). Less needs less memory."""
    seed: int = 0
    """Random seed of the runs."""
    results: Path | None = None
    tags: list[str] = field(default_factory=list)
    """Words for the records of its runs, such as "week-3"; `leaderboard --tag` shows the runs that have one."""

    def __post_init__(self) -> None:
        for good, rule in (
            (re.fullmatch(r"[\w.-]+", self.name), sentence("name holds only letters, digits, '.', '_' and '-'")),
            (
                is_name(self.name),
                sentence(
                    "name must be a valid folder name: not '.' or '..', at most 200 characters, "
                    "not a reserved device name"
                ),
            ),
            (self.results is None or is_path(self.results), sentence("results is not a valid path")),
            (0 <= self.seed < SEEDS, A_SEED),
            (all(0 <= seed < SEEDS for seed in self.seeds), A_SEED),
            (len(set(self.seeds)) == len(self.seeds), sentence("the same seed is given twice")),
            (
                not self.seeds or any(entry.recipe is not None for entry in self.adapters),
                sentence("seeds are for training: no adapter of the suite has a recipe"),
            ),
            (self.tasks, sentence("tasks must list at least one task")),
            (
                self.bases or self.adapters or self.floors or self.checks,
                sentence("there is nothing to evaluate: name a base, or set floors: true or checks: true"),
            ),
            (
                self.bases or all(entry.path is not None for entry in self.adapters),
                sentence("adapters need the base that they were trained on under 'bases'"),
            ),
            (len(set(self.bases)) == len(self.bases), sentence("the same base is given twice")),
            (
                not self.bases or set(self.trained_on) <= {spec.model for spec in self.bases},
                sentence("trained_on names a model that is not among the bases"),
            ),
            (self.variants, sentence("variants must list at least one")),
            (len(set(self.variants)) == len(self.variants), sentence("the same variant is given twice")),
            (self.prompts, sentence("prompts must list at least one; 'ours' is that of the task file")),
            (len(set(self.prompts)) == len(self.prompts), sentence("the same prompt is given twice")),
            (
                not (self.paraphrases and any(isinstance(spec, ServedSpec) for spec in self.bases)),
                sentence("paraphrases are asked of models that are loaded here, not of served ones"),
            ),
            (
                not (self.skip_long and any(isinstance(spec, ServedSpec) for spec in self.bases)),
                sentence("skip_long is for models that are loaded here: a server says itself what is too long"),
            ),
            (self.limit is None or self.limit >= 1, sentence("limit is at least 1, or null for all rows")),
            (all(map(is_tag, self.tags)), A_TAG),
            (self.batch_size is None or self.batch_size >= 1, sentence("batch_size is at least 1, or null")),
        ):
            if not good:
                raise BenchError(rule)

    def asked(self, variants: Sequence[Variant]) -> list[Variant]:
        """The variants under each prompt of the suite; a variant with its own prompt keeps it."""
        found = [
            replace(variant, prompt=prompt) if variant.prompt == OURS else variant
            for variant in variants
            for prompt in self.prompts
        ]
        return list(dict.fromkeys(found))

    @property
    def results_folder(self) -> Path:
        """Where the runs of this suite go."""
        return self.results or Path("results") / self.name


def is_tag(text: str) -> bool:
    """Whether a text can be a tag of runs."""
    return re.fullmatch(r"[\w.-]{1,100}", text) is not None


def placed(suite: Suite, device: str | None, dtype: Dtype | None) -> Suite:
    """The suite with its loaded bases on another device and in another dtype; None keeps what each base says."""
    bases = [
        replace(base, device=device or base.device, compute_dtype=dtype or base.compute_dtype)
        if isinstance(base, BaseSpec)
        else base
        for base in suite.bases
    ]
    return replace(suite, bases=bases)


def load_suite(name_or_path: str, overrides: Sequence[Override] = ()) -> Suite:
    """A shipped suite by name, or any other by path; BenchError with the nearest name, or with file and line.

    overrides: values in place of the file's; a mistake in one names it.
    """
    return config.load_shipped(sentence("suite"), share("adapters", "suites"), name_or_path, Suite, overrides)
