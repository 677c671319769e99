"""Calibrated label scores: what a prompt makes probable whatever the text says is divided out, without any label.

A model that answers "negative" to everything may still give a bad text a higher probability of it than a good one. Both
methods divide the probabilities of the labels by a prior and scale them to the sum 1 again; the answer is the label
with the highest result. They differ in where the prior comes from:

    batch       the mean of the probabilities over all test rows (Zhou et al. 2023, arXiv:2309.17249)
    contextual  the mean of the probabilities for prompts without content: "N/A", "[MASK]" and nothing in place of the
                text (Zhao et al. 2021, arXiv:2102.09690, with b = 0 and W = diag(prior)^-1)

The batch prior looks at the texts of the other test rows, but at no label. It assumes that the labels are about equally
frequent, so it costs score where they are not and the model knows.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

Method = Literal["batch", "contextual"]
METHODS: tuple[Method, ...] = get_args(Method)
CONTENT_FREE = ("N/A", "[MASK]", "")  # in place of the text, as in Zhao et al.


def batch_prior(probs: np.ndarray) -> np.ndarray:
    """The mean of probabilities (n, k) over the rows, (k,); rows with nan are left out. nan if none is left."""
    known = probs[~np.isnan(probs).any(axis=1)]
    return known.mean(axis=0) if len(known) else np.full(probs.shape[1], np.nan)


def divided(probs: np.ndarray, prior: np.ndarray) -> np.ndarray:
    """Probabilities (n, k) divided by a prior (k,), each row scaled to the sum 1.

    A label with a prior of 0 has probability 0 in each row and keeps it. A row that is nan stays so; one in which
    nothing is left (its only labels have a prior of 0) stays as it is.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        weights = np.where(prior > 0, probs / prior, 0.0)
        sums = weights.sum(axis=1, keepdims=True)
        found = np.where(sums > 0, weights / sums, probs)
    return np.where(np.isnan(probs).any(axis=1, keepdims=True), np.nan, found)
