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
    """

    GRID: ClassVar[Sequence[Any]]

    def __init__(self) -> None:
        super().__init__()
        self.chosen: dict[str, dict[str, float]] = {}
        self.models: dict[str, Any] = {}

    def learn(self, task: Any) -> None:
        """Choose the setting and fit. BenchError for a task without training or validation rows."""
        train, validation = splits(task)
        score = self.trial(task, train, validation)
        scores = {setting: score(setting) for setting in self.GRID}
        best = max(scores, key=lambda setting: scores[setting])  # the first of the best
        self.chosen[task.config.task] = {**self.named(best), "validation": scores[best]}
        self.models[task.config.task] = self.fitted(task, [*train, *validation], best)

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
            sentence("task '{task}' needs training and validation rows for a trained baseline", task=task.config.task)
        )
    return train, validation
