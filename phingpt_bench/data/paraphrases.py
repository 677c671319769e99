"""Paraphrases: the shipped ways to put a kind of task to a model, to see how much a score depends on its prompt.

A family (adapters/prompts/NAME.yaml) has wordings and orders of the labels; each wording in each order is a prompt.
None of them is chosen by its scores: the headline score is that of the task's own prompt.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from phingpt_bench.core import config
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.fingerprint import digest
from phingpt_bench.core.outcomes import Kind
from phingpt_bench.core.paths import share
from phingpt_bench.data.passport import Passport
from phingpt_bench.data.prompt_file import PromptFile

FIELDS = {"text", "entity", "question"}  # what of a row a prompt may be about


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Prompts for the tasks with these labels (or types of entities), about these fields of a row, in this language.

    orders: of the labels. wordings: Jinja templates in which {1} is the first label of an order, {2} the second ...
    answers: how a label is written, where that is not the label itself.
    """

    language: str
    kind: Kind
    labels: list[str]
    about: list[str]
    orders: list[list[str]]
    wordings: list[str]
    answers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for order in self.orders:
            if sorted(order) != sorted(self.labels):
                raise BenchError("orders: one does not hold each label once")
        for text in self.wordings:
            if any(f"{{{at}}}" not in text for at in range(1, len(self.labels) + 1)):
                raise BenchError("wordings: one does not name every label")

    def prompts(self) -> list[PromptFile]:
        """Every wording in every order."""
        return [self._prompt(wording, order) for wording in self.wordings for order in self.orders]

    @property
    def digest(self) -> str:
        """The digest of all its prompts in order."""
        return digest([prompt.digest for prompt in self.prompts()])

    def fits(self, passport: Passport, fields: Collection[str]) -> bool:
        """Whether it asks for what a dataset's labels say. fields: those of its rows."""
        return (
            self.kind == passport.kind
            and self.language == passport.language.split()[0]
            and set(self.labels) == set(passport.labels)
            and set(self.about) == FIELDS & set(fields)
        )

    def _prompt(self, wording: str, order: list[str]) -> PromptFile:
        for at, label in enumerate(order, start=1):
            wording = wording.replace(f"{{{at}}}", self.answers.get(label, label))
        return PromptFile(text=wording, kind=self.kind, labels=self.labels, answers=self.answers)


def family_of(passport: Passport, fields: Collection[str]) -> tuple[str, Family] | None:
    """The name of the family that fits a dataset, and the family; None where none is shipped."""
    return next(((name, family) for name, family in families().items() if family.fits(passport, fields)), None)


def families() -> dict[str, Family]:
    """The shipped families by name."""
    return {path.stem: read_family(path) for path in sorted(share("adapters", "prompts").glob("*.yaml"))}


def read_family(path: Path) -> Family:
    """The family in a file. BenchError with file and line for a bad one."""
    return config.load(path, Family)
