"""The parts of a hybrid for labels: what each says about a row, as numbers that a combination can weigh."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from phingpt_bench.core.records import COMBINED
from phingpt_bench.floors import lexicon
from phingpt_bench.lmeval.documents import Doc
from phingpt_bench.scoring.answered import DIGITS
from phingpt_bench.scoring.calibration import probabilities

MODEL = "model"
TFIDF, LEXICON, CRF = COMBINED
LEAST = 10.0**-DIGITS  # of a stored probability, which is 0 below it


class Part(NamedTuple):
    """A part by name, with its features (rows x features)."""

    name: str
    features: np.ndarray


def of_model(probs: Sequence[Sequence[float]]) -> Part:
    """Log-odds of each label against the mean of all, from probabilities as records store them."""
    logs = np.log(np.clip(np.round(np.asarray(probs, dtype=float), DIGITS), LEAST, 1.0))
    return Part(MODEL, logs - logs.mean(1, keepdims=True))


def of_likelihoods(scores: Sequence[Sequence[float]]) -> Part:
    """The same from log-likelihoods, rounded as records round: so validation and test rows have equal features."""
    return of_model(probabilities(np.asarray(scores, dtype=float)).tolist())


def of_floor(model: Any, task: Any, rows: Sequence[Doc]) -> Part:
    """Log-probabilities of a fitted TF-IDF baseline, in the same form."""
    logs = np.asarray([model.label_scores(task, row) for row in rows], dtype=float)
    return Part(TFIDF, logs - logs.mean(1, keepdims=True))


def of_rules(rows: Sequence[Doc]) -> Part:
    """The hits of the lexicon."""
    return Part(LEXICON, np.asarray([lexicon.counts(row["text"]) for row in rows], dtype=float))
