"""Baselines with the lexicon: the rules alone, and as features in addition to TF-IDF."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from phingpt_bench.floors.classical import TfidfLM, vectors
from phingpt_bench.floors.lexicon import counts, hits
from phingpt_bench.lmeval.documents import Doc, DocumentLM, label_names


class LexiconLM(DocumentLM):
    """The rules of `lexicon` for negative, neutral and positive; it learns nothing."""

    reads_texts = False

    def label_scores(self, task: Any, doc: Doc) -> Sequence[float]:
        """The sum of the hits for positive, minus it for negative, and 1/2 for neutral, so that 0 is neutral."""
        total = float(sum(hit.value for hit in hits(str(doc["text"]))))
        by_label = {"negative": -total, "neutral": 0.5, "positive": total}
        return [by_label[name] for name in label_names(task, doc)]


class TfidfLexiconLM(TfidfLM):
    """Logistic regression on TF-IDF features and the hits of the lexicon."""

    def features(self) -> Any:
        """The features of TF-IDF, and three of the lexicon."""
        from sklearn.pipeline import make_union
        from sklearn.preprocessing import FunctionTransformer

        return make_union(vectors(), FunctionTransformer(_counts))


def _counts(texts: Sequence[str]) -> list[list[float]]:
    return [counts(text) for text in texts]
