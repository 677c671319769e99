"""HELM's finance scenarios (stanford-crfm/helm, Apache-2.0): the normalised answer is a label; four exact matches."""

from __future__ import annotations

import re
import string
from typing import Any

import numpy as np

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.sentences import sentence
from phingpt_bench.rivals import metrics
from phingpt_bench.rivals.base import Answers, Docs, Labels, Rival, counter, each, reader
from phingpt_bench.scoring.classification import INVALID

_MATCHES = ("exact_match", "quasi_exact_match", "prefix_exact_match", "quasi_prefix_exact_match")
_ARTICLE = re.compile(r"\b(?:a|an|the)\b")
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalise(text: str) -> str:
    """Lower case, without ASCII punctuation, runs of white space as one space."""
    return " ".join(text.lower().translate(_NO_PUNCTUATION).split())


def _without_articles(normalised: str) -> str:
    """A normalised text without the English articles."""
    return " ".join(_ARTICLE.sub(" ", normalised).split())


def _judge(answers: Answers, docs: Docs, labels: Labels) -> list[int]:
    place = {normalise(label): i for i, label in enumerate(labels)}
    if len(place) < len(labels):
        raise BenchError("HELM's rule cannot tell the labels {names} apart", names=", ".join(labels))
    return each(lambda answer: place.get(normalise(answer), INVALID), answers)


def _forms(text: str) -> tuple[str, str]:
    """What the matches compare: the stripped text, and the normalised one without articles."""
    return text.strip(), _without_articles(normalise(text))


def _count(answers: Answers, docs: Docs, labels: Labels) -> np.ndarray:
    """Confusion (n, k, k + 1), and four more columns: the matches, in the line of the gold label.

    An answer that is empty after stripping matches nothing, one that is empty after normalising no more than that.
    """
    k = len(labels)
    confusion = counter(_judge)(answers, docs, labels)
    wanted = {label: _forms(label) for label in labels}
    matches = np.zeros((len(confusion), len(_MATCHES)), dtype=np.int64)
    for row, doc, (plain, short) in zip(matches, docs, each(_forms, answers), strict=True):
        label, short_label = wanted[doc["label"]]
        if plain.startswith(label):
            row[2], row[0] = 1, plain == label
        if plain and short.startswith(short_label):
            row[3], row[1] = 1, short == short_label
    rows = np.zeros((len(confusion), k, k + 1 + len(_MATCHES)), dtype=np.int64)
    rows[..., : k + 1] = confusion
    rows[np.arange(len(rows)), confusion.sum(-1).argmax(-1), k + 1 :] = matches
    return rows


def _match(column: int) -> Any:
    def function(counts: np.ndarray) -> np.ndarray:
        counts = np.asarray(counts)
        n = metrics.confusion(counts).sum((-2, -1))
        matched = counts[..., counts.shape[-2] + 1 + column].sum(-1)
        return np.where(n > 0, matched / np.where(n > 0, n, 1), np.nan)

    return function


HELM = Rival(
    name="helm",
    kind="labels",
    source="stanford-crfm/helm src/helm/benchmark/metrics/classification_metrics.py @ 01c987df, "
    "evaluate_reference_metrics.py @ 039cb53e; run specs of financial_phrasebank and gold_commodity_news",
    rule=sentence(
        "The answer, lower-cased and without punctuation, must equal a label (F1); 'exact_match' "
        "wants the very label but for white space around it. HELM lets the model write up to the "
        "first line break; answers are not cut here."
    ),
    primary="f1_weighted",
    functions={
        "f1_weighted": metrics.f1_weighted,
        "precision_weighted": metrics.precision_weighted,
        "acc": metrics.accuracy,
        **{name: _match(column) for column, name in enumerate(_MATCHES)},
    },
    counter=_count,
    reader=reader(_judge),
)
