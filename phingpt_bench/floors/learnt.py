"""The base class of trained baselines: fitted on training rows, with settings chosen on validation rows."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.sentences import sentence
from phingpt_bench.lmeval.documents import Doc, DocumentLM


class LearntLM(DocumentLM):
    """A model whose setting is the first of GRID with the best score on the validation split.

    For this choice it is fitted on the training split. The final model is fitted on both splits, like the shipped
    recipes.

    Attributes:
        chosen: by task name, the parts of the setting by name, and its score under "validation".
        models: by task name, the final model.
        on_fit: called before each fit with a text that names it; a CRF takes minutes for each.
    """

    GRID: ClassVar[Sequence[Any]]

    def __init__(self) -> None:
        super().__init__()
        self.chosen: dict[str, dict[str, float]] = {}
        self.models: dict[str, Any] = {}
        self.on_fit: Callable[[str], None] = lambda _said: None
        self._settings: dict[str, Any] = {}

    def learn(self, task: Any) -> None:
        """Choose the setting and fit. BenchError for a task without training or validation rows."""
        self._choose(task, *splits(task))
        self.learn_from_all(task)

    def learn_from_train(self, task: Any) -> None:
        """The same, fitted on the training rows alone: its answers to validation rows are then not memorised."""
        train, validation = splits(task)
        self._choose(task, train, validation)
        self._fit(task, train)

    def learn_from_all(self, task: Any) -> None:
        """Fit the setting that was chosen before on both splits."""
        self._fit(task, [row for rows in splits(task) for row in rows])

    def _choose(self, task: Any, train: Sequence[Doc], validation: Sequence[Doc]) -> None:
        score = self.trial(task, train, validation)
        scores: dict[Any, float] = {}
        for number, setting in enumerate(self.GRID, 1):
            self._say(number)
            scores[setting] = score(setting)
        best = max(scores, key=lambda setting: scores[setting])  # the first of the best
        self._settings[task.config.task] = best
        self.chosen[task.config.task] = {**self.named(best), "validation": scores[best]}

    def _fit(self, task: Any, docs: Sequence[Doc]) -> None:
        self._say(len(self.GRID) + 1)
        name = task.config.task
        self.models[name] = self.fitted(task, docs, self._settings[name])

    def _say(self, number: int) -> None:
        fits = len(self.GRID) + 1  # one for each setting, and the last with the best of them
        self.on_fit(sentence("fit {number} of {total}", number=number, total=fits))

    @abstractmethod
    def trial(self, task: Any, train: Sequence[Doc], validation: Sequence[Doc]) -> Callable[[Any], float]:
        """A function that fits a setting on `train` and returns its score on `validation`; higher is better."""

    @abstractmethod
    def named(self, setting: Any) -> dict[str, float]:
        """The parts of a setting of GRID by name."""

    @abstractmethod
    def fitted(self, task: Any, docs: Sequence[Doc], setting: Any) -> Any:
        """The model for a setting, fitted on `docs`."""


def splits(task: Any) -> tuple[list[Doc], list[Doc]]:
    """(training rows, validation rows); BenchError if a task lacks one of them."""
    train, validation = list(task.training_docs() or ()), list(task.validation_docs() or ())
    if not train or not validation:
        raise BenchError(
            "task '{task}' needs training and validation rows for a trained baseline", task=task.config.task
        )
    return train, validation
