"""Logistic stacking (Wolpert 1992): a regression on the outputs of the parts, with the share of each in a decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from phingpt_bench.core.errors import BenchError
from phingpt_bench.hybrids.parts import Part

GRID = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)  # of C; the strongest penalty first
FOLDS, LOWEST = 5, -100.0  # of the choice of C; log-probability of a label that no validation row has


@dataclass(frozen=True, slots=True)
class Stack:
    """A fitted combination. ends: where the features of each part end.

    held_out: probabilities of its own rows (rows x labels), each row by a fit on the other folds.
    """

    names: tuple[str, ...]
    ends: tuple[int, ...]
    scale: Any
    model: Any
    labels: int
    held_out: np.ndarray

    @property
    def weights(self) -> list[object]:
        """The numbers that identify it."""
        return [self.model.coef_.tolist(), self.model.intercept_.tolist(), self.scale.mean_.tolist()]

    def scores(self, parts: Sequence[Part]) -> np.ndarray:
        """Log-probabilities of the labels (rows x labels)."""
        found = np.full((len(parts[0].features), self.labels), LOWEST)
        found[:, self.model.classes_] = self.model.predict_log_proba(self._scaled(parts))
        clipped: np.ndarray = np.maximum(found, LOWEST)
        return clipped

    def shares(self, parts: Sequence[Part], scores: np.ndarray) -> list[dict[str, float]]:
        """By row, what each part adds to the log-odds of the answer against the runner-up, in nats."""
        x, order = self._scaled(parts), np.argsort(-scores, axis=1)
        weights = np.zeros((self.labels, x.shape[1]))
        own = self.model.coef_
        weights[self.model.classes_] = np.vstack([-own, own]) / 2 if len(own) == 1 else own
        lost = (weights[order[:, 0]] - weights[order[:, 1]]) * x
        pieces = np.split(lost, self.ends[:-1], axis=1)
        return [
            {name: float(piece[row].sum()) for name, piece in zip(self.names, pieces, strict=True)}
            for row in range(len(x))
        ]

    def _scaled(self, parts: Sequence[Part]) -> np.ndarray:
        return np.asarray(self.scale.transform(np.hstack([part.features for part in parts])))


def fitted(parts: Sequence[Part], gold: Sequence[int], labels: int) -> Stack:
    """The combination for validation rows; C is chosen among GRID by the log loss of FOLDS folds of them.

    BenchError for rows of one label only.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import log_loss
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.preprocessing import StandardScaler

    if len(set(gold)) < 2:
        raise BenchError("the validation rows have one label only, so nothing can be learned from them")
    features, right = np.hstack([part.features for part in parts]), np.asarray(gold)
    scale = StandardScaler().fit(features)
    x = scale.transform(features)
    folds = max(2, min(FOLDS, int(np.bincount(right)[np.unique(right)].min())))
    split = StratifiedKFold(folds, shuffle=True, random_state=0)

    def folded(c: float) -> np.ndarray:
        model = LogisticRegression(C=c, max_iter=2000)
        return np.asarray(cross_val_predict(model, x, right, cv=split, method="predict_proba"))

    tried = {c: folded(c) for c in GRID}
    c = min(GRID, key=lambda one: float(log_loss(right, tried[one])))
    model = LogisticRegression(C=c, max_iter=2000).fit(x, right)
    ends = tuple(np.cumsum([part.features.shape[1] for part in parts]).tolist())
    held_out = np.zeros((len(x), labels))
    held_out[:, model.classes_] = tried[c]
    return Stack(tuple(part.name for part in parts), ends, scale, model, labels, held_out)
