"""Baselines that learn labels and scores: TF-IDF with logistic or ridge regression, and the mean score."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from phingpt_bench.floors.learnt import LearntLM, splits
from phingpt_bench.lmeval.documents import Doc, DocumentLM, gold_label, label_names

LOWEST = -100.0  # log-probability instead of minus infinity, which would count as INVALID


class TfidfModel(LearntLM):
    """A linear model on word 1-2-grams and character 2-5-grams within words, TF-IDF."""

    def trial(self, task: Any, train: Sequence[Doc], validation: Sequence[Doc]) -> Callable[[Any], float]:
        """As in the base class; the features are computed once for all settings."""
        features = self.features()
        x_train = features.fit_transform([seen(doc) for doc in train])
        x_validation = features.transform([seen(doc) for doc in validation])
        y_train, y_validation = self.targets(task, train), self.targets(task, validation)

        def score(setting: float) -> float:
            predicted = self.regression(setting).fit(x_train, y_train).predict(x_validation)
            return self.quality(y_validation, predicted)

        return score

    def fitted(self, task: Any, docs: Sequence[Doc], setting: float) -> Any:
        """Features and regression as one pipeline over texts."""
        from sklearn.pipeline import make_pipeline

        model = make_pipeline(self.features(), self.regression(setting))
        return model.fit([seen(doc) for doc in docs], self.targets(task, docs))

    def features(self) -> Any:
        """The unfitted features of texts."""
        return vectors()

    @abstractmethod
    def targets(self, task: Any, docs: Sequence[Doc]) -> Any:
        """The target of each document."""

    @abstractmethod
    def regression(self, setting: float) -> Any:
        """The unfitted estimator for a setting."""

    @abstractmethod
    def quality(self, gold: Any, predicted: Any) -> float:
        """The quality of predictions; higher is better."""


class TfidfLM(TfidfModel):
    """Balanced logistic regression; C is chosen by the weighted F1."""

    GRID = (1.0, 3.0, 10.0, 30.0, 100.0)

    def named(self, setting: float) -> dict[str, float]:
        """C, the inverse strength of the L2 penalty."""
        return {"C": setting}

    def targets(self, task: Any, docs: Sequence[Doc]) -> list[int]:
        """The indices of the gold labels."""
        return [gold_label(task, doc) for doc in docs]

    def regression(self, setting: float) -> Any:
        """Logistic regression, each label weighted by the inverse of its frequency."""
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression(C=setting, class_weight="balanced", max_iter=2000)

    def quality(self, gold: Any, predicted: Any) -> float:
        """Weighted F1."""
        from sklearn.metrics import f1_score

        return float(f1_score(gold, predicted, average="weighted", zero_division=0))

    def label_scores(self, task: Any, doc: Doc) -> Sequence[float]:
        """Log-probabilities; a label without training rows gets LOWEST."""
        model = self.models[task.config.task]
        scores = np.full(len(label_names(task, doc)), LOWEST)
        scores[model.classes_] = np.maximum(model.predict_log_proba([seen(doc)])[0], LOWEST)
        return [float(score) for score in scores]


class RidgeLM(TfidfModel):
    """Ridge regression; alpha is chosen by the squared error."""

    GRID = (0.1, 0.3, 1.0, 3.0, 10.0)

    def named(self, setting: float) -> dict[str, float]:
        """alpha, the strength of the L2 penalty."""
        return {"alpha": setting}

    def targets(self, task: Any, docs: Sequence[Doc]) -> Any:
        """The gold scores."""
        return np.array([doc["score"] for doc in docs])

    def regression(self, setting: float) -> Any:
        """Ridge regression."""
        from sklearn.linear_model import Ridge

        return Ridge(setting)

    def quality(self, gold: Any, predicted: Any) -> float:
        """The negative mean squared error."""
        return -float(((predicted - gold) ** 2).mean())

    def answer(self, task: Any, doc: Doc) -> str:
        """The predicted score, within -1 and 1."""
        return f"{np.clip(self.models[task.config.task].predict([seen(doc)])[0], -1, 1):.4f}"


class MeanLM(DocumentLM):
    """The mean score of the training rows for every document, which gives an R2 of about 0."""

    reads_texts = False

    def __init__(self) -> None:
        super().__init__()
        self._means: dict[str, float] = {}

    def learn(self, task: Any) -> None:
        """Compute the mean over training and validation rows."""
        train, validation = splits(task)
        self._means[task.config.task] = float(np.mean([doc["score"] for doc in train + validation]))

    def answer(self, task: Any, doc: Doc) -> str:
        """The mean, whatever the document."""
        return f"{self._means[task.config.task]:.4f}"


def seen(doc: Doc) -> str:
    """The input of the bag of words: question, entity and text of a document."""
    return " ".join(str(doc[key]) for key in ("question", "entity", "text") if doc.get(key))


def vectors() -> Any:
    """The TF-IDF features of a text."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_union

    return make_union(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True),
    )
