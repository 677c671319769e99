"""What the baselines that learn have in common: fitted on training rows, with settings chosen on validation rows."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.sentences import sentence
from phingpt_bench.lmeval.documents import Doc, DocumentLM


class LearntLM(DocumentLM):
    """A model whose setting is the first of GRID with the best score on the validation split.

    For that choice it is fitted on the training split; the model that answers is then fitted on both splits, which are
    the rows that the shipped recipes train on.

    Attributes:
        chosen: by task name, the setting by its names, and its score under "validation".
        models: by task name, what answers.
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
        """A function that fits a setting on `train` and gives its score on `validation`; higher is better."""

    @abstractmethod
    def named(self, setting: Any) -> dict[str, float]:
        """A setting of GRID by the names of its parts."""

    @abstractmethod
    def fitted(self, task: Any, docs: Sequence[Doc], setting: Any) -> Any:
        """The model of a setting, fitted on `docs`."""


def splits(task: Any) -> tuple[list[Doc], list[Doc]]:
    """(training rows, validation rows); BenchError where a task lacks one of them."""
    train, validation = list(task.training_docs() or ()), list(task.validation_docs() or ())
    if not train or not validation:
        raise BenchError(
            sentence("task '{task}' needs training and validation rows for a learnt baseline", task=task.config.task)
        )
    return train, validation
