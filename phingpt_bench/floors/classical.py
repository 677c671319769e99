"""Floor models that learn labels and scores: TF-IDF with logistic or ridge regression, and the mean.

Their one setting is chosen on the validation split, from a fixed grid, by models fitted on the training split; the
model that answers is then fitted on both, which are the rows that the shipped recipes train on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from phingpt_bench.core.errors import BenchError
from phingpt_bench.lmeval.documents import Doc, DocumentLM, gold_label, label_names

LOWEST = -100.0  # log-probability in place of minus infinity, which would be read as INVALID


class TfidfLM(DocumentLM):
    """Word 1-2-grams and character 2-5-grams within words, TF-IDF, balanced logistic regression.

    C is the first of GRID with the highest weighted F1 on the validation split (`chosen` holds it by task).
    """

    GRID = (1.0, 3.0, 10.0, 30.0, 100.0)

    def __init__(self) -> None:
        super().__init__()
        self.chosen: dict[str, dict[str, float]] = {}
        self._models: dict[str, Any] = {}

    def learn(self, task: Any) -> None:
        from sklearn.linear_model import LogisticRegression
        from sklearn.metrics import f1_score
        from sklearn.pipeline import make_pipeline

        def columns(docs: Sequence[Doc]) -> tuple[list[str], list[int]]:
            return [seen(doc) for doc in docs], [gold_label(task, doc) for doc in docs]

        def regression(c: float) -> Any:
            return LogisticRegression(C=c, class_weight="balanced", max_iter=2000)

        train, validation = splits(task)
        (texts, labels), (held_out, right) = columns(train), columns(validation)
        features = vectors()
        x_train, x_validation = features.fit_transform(texts), features.transform(held_out)
        scores = {}
        for c in self.GRID:
            predicted = regression(c).fit(x_train, labels).predict(x_validation)
            scores[c] = float(f1_score(right, predicted, average="weighted", zero_division=0))
        c = max(scores, key=lambda c: scores[c])  # the first of the best
        self.chosen[task.config.task] = {"C": c, "validation": scores[c]}
        model = make_pipeline(vectors(), regression(c))
        self._models[task.config.task] = model.fit(texts + held_out, labels + right)

    def label_scores(self, task: Any, doc: Doc) -> Sequence[float]:
        model = self._models[task.config.task]
        scores = np.full(len(label_names(task, doc)), LOWEST)  # a label without training rows keeps the lowest
        scores[model.classes_] = np.maximum(model.predict_log_proba([seen(doc)])[0], LOWEST)
        return scores.tolist()


def seen(doc: Doc) -> str:
    """What a bag of words sees of a document: the text, and the entity or question that it is asked about."""
    return " ".join(str(doc[key]) for key in ("question", "entity", "text") if doc.get(key))


def vectors() -> Any:
    """The TF-IDF features of a text."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_union

    return make_union(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True),
    )


class MeanLM(DocumentLM):
    """The mean score of the training split for every document: R2 is then about 0."""

    reads_texts = False

    def __init__(self) -> None:
        super().__init__()
        self._means: dict[str, float] = {}

    def learn(self, task: Any) -> None:
        train, validation = splits(task)
        self._means[task.config.task] = float(np.mean([doc["score"] for doc in train + validation]))

    def answer(self, task: Any, doc: Doc) -> str:
        return f"{self._means[task.config.task]:.4f}"


class RidgeLM(DocumentLM):
    """Ridge regression on the features of TfidfLM.

    alpha is the first of GRID with the least squared error on the validation split (`chosen` holds it by task).
    """

    GRID = (0.1, 0.3, 1.0, 3.0, 10.0)

    def __init__(self) -> None:
        super().__init__()
        self.chosen: dict[str, dict[str, float]] = {}
        self._models: dict[str, Any] = {}

    def learn(self, task: Any) -> None:
        from sklearn.linear_model import Ridge
        from sklearn.pipeline import make_pipeline

        def columns(docs: Sequence[Doc]) -> tuple[list[str], np.ndarray]:
            return [seen(doc) for doc in docs], np.array([doc["score"] for doc in docs])

        train, validation = splits(task)
        (texts, gold), (held_out, right) = columns(train), columns(validation)
        features = vectors()
        x_train, x_validation = features.fit_transform(texts), features.transform(held_out)
        errors = {}
        for alpha in self.GRID:
            predicted = Ridge(alpha).fit(x_train, gold).predict(x_validation)
            errors[alpha] = float(((predicted - right) ** 2).mean())
        alpha = min(errors, key=lambda a: errors[a])  # the first of the best
        self.chosen[task.config.task] = {"alpha": alpha, "validation": errors[alpha]}
        model = make_pipeline(vectors(), Ridge(alpha))
        self._models[task.config.task] = model.fit(texts + held_out, np.concatenate([gold, right]))

    def answer(self, task: Any, doc: Doc) -> str:
        return f"{np.clip(self._models[task.config.task].predict([seen(doc)])[0], -1, 1):.4f}"


def splits(task: Any) -> tuple[list[Doc], list[Doc]]:
    train, validation = list(task.training_docs() or ()), list(task.validation_docs() or ())
    if not train or not validation:
        raise BenchError(f"task '{task.config.task}' needs training and validation rows for a learnt floor model")
    return train, validation
