"""The two baselines that read no text: the most frequent label, and one drawn at random."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Sequence
from typing import Any

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.fingerprint import digest
from phingpt_bench.lmeval.documents import Doc, DocumentLM, gold_label, label_names
from phingpt_bench.scoring.formats import answer_format


class MajorityLM(DocumentLM):
    """The most frequent label of the training split for every document; no entity in NER."""

    reads_texts = False

    def __init__(self) -> None:
        super().__init__()
        self._scores: dict[str, list[float]] = {}

    def learn(self, task: Any) -> None:
        """Count the labels of the training rows. BenchError without training rows."""
        docs = list(task.training_docs() or ())
        if not docs:
            raise BenchError("task '{task}' has no training rows for the majority baseline", task=task.config.task)
        if task.OUTPUT_TYPE == "multiple_choice" or "gold" in docs[0]:
            counts, k = Counter(gold_label(task, doc) for doc in docs), len(label_names(task, docs[0]))
            # Laplace's estimate: finite for a label without training rows
            self._scores[task.config.task] = [math.log((counts[i] + 1) / (len(docs) + k)) for i in range(k)]

    def label_scores(self, task: Any, doc: Doc) -> Sequence[float]:
        """The logarithm of each label's share of the training rows."""
        return self._scores[task.config.task]

    def answer(self, task: Any, doc: Doc) -> str:
        """No entity, or the most frequent label."""
        if "entities" in doc:
            return answer_format(doc["format"]).write(doc["text"], (), doc["labels"])
        return super().answer(task, doc)


class RandomLM(DocumentLM):
    """A label drawn uniformly, seeded by the document, so that the order of documents does not matter."""

    reads_texts = False

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        self.seed = seed

    def label_scores(self, task: Any, doc: Doc) -> Sequence[float]:
        """Drawn uniformly from -1 to 0 for each label."""
        generator = random.Random(f"{self.seed}:{doc.get('id') or digest(dict(doc))}")
        return [-generator.random() for _ in label_names(task, doc)]
