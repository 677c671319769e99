"""Floor and check models: lm-eval LMs without weights, which a tuned model must beat or a task must be right about.

They see documents, not prompts: each is told its task by `fit(task)` beforehand and answers for the documents of the
requests. "Floor" models stand in boards; "check" models (oracle, null, echo) test the plumbing. A label that a task
wants written is the one with the highest score.
"""

from __future__ import annotations

import math
import random
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lm_eval.api.instance import Instance
from lm_eval.api.model import LM

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.fingerprint import digest
from phingpt_bench.harness import manager
from phingpt_bench.scoring.formats import answer_format

Doc = Mapping[str, Any]


class FloorLM(LM):
    """Answers by document. A subclass gives `label_scores`, `answer` or both, and learns in `learn`.

    fit_seconds: by task name, wall time of `fit`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.tasks: dict[str, Any] = {}
        self.fit_seconds: dict[str, float] = {}

    def fit(self, task: Any) -> FloorLM:
        """Learn a task from its training split (its validation split chooses settings); returns itself."""
        start = time.perf_counter()
        self.tasks[task.config.task] = task
        self.learn(task)
        self.fit_seconds[task.config.task] = time.perf_counter() - start
        return self

    def learn(self, task: Any) -> None:
        """What `fit` does beyond remembering the task; nothing by default."""

    def label_scores(self, task: Any, doc: Doc) -> Sequence[float]:
        """A finite score for each label, in the order of the task's labels; the highest wins."""
        raise BenchError(f"{type(self).__name__} does not choose labels")

    def answer(self, task: Any, doc: Doc) -> str:
        """The generated answer: of a labels task the best label."""
        if "gold" not in doc:
            raise BenchError(f"{type(self).__name__} does not write answers")
        scores = self.label_scores(task, doc)
        return doc["labels"][max(range(len(scores)), key=lambda i: scores[i])]

    def loglikelihood(self, requests: list[Instance], disable_tqdm: bool = False) -> list[tuple[float, bool]]:
        """One (score, whether it is the best of its document) per request; `Instance.idx` says which label it is."""
        results = []
        for request in requests:
            scores = self.label_scores(self._task(request), request.doc)
            results.append((float(scores[request.idx]), scores[request.idx] == max(scores)))
        return results

    def generate_until(self, requests: list[Instance], disable_tqdm: bool = False) -> list[str]:
        return [self.answer(self._task(request), request.doc) for request in requests]

    def loglikelihood_rolling(self, requests: list[Instance], disable_tqdm: bool = False) -> list[float]:
        raise BenchError(f"{type(self).__name__} has no language model: it cannot give the likelihood of a whole text")

    def _task(self, request: Instance) -> Any:
        if request.task_name not in self.tasks:
            raise BenchError(f"{type(self).__name__} was not fitted to task '{request.task_name}'")
        return self.tasks[request.task_name]


def label_names(task: Any, doc: Doc) -> Sequence[str]:
    """The labels of a task: of ours as the document has them, of another as `doc_to_choice` does."""
    return doc["labels"] if "gold" in doc else task.doc_to_choice(doc)


def gold_label(task: Any, doc: Doc) -> int:
    """The right label's place among `label_names`."""
    return doc["gold"] if "gold" in doc else manager.gold_index(task, doc)


class MajorityLM(FloorLM):
    """The most frequent label of the training split for every document; no entity in NER."""

    def __init__(self) -> None:
        super().__init__()
        self._scores: dict[str, list[float]] = {}

    def learn(self, task: Any) -> None:
        docs = list(task.training_docs() or ())
        if not docs:
            raise BenchError(f"task '{task.config.task}' has no training rows to take the majority of")
        if task.OUTPUT_TYPE == "multiple_choice" or "gold" in docs[0]:
            counts, k = Counter(gold_label(task, doc) for doc in docs), len(label_names(task, docs[0]))
            # Laplace's estimate: finite for a label without training rows
            self._scores[task.config.task] = [math.log((counts[i] + 1) / (len(docs) + k)) for i in range(k)]

    def label_scores(self, task: Any, doc: Doc) -> Sequence[float]:
        return self._scores[task.config.task]

    def answer(self, task: Any, doc: Doc) -> str:
        if "entities" in doc:
            return answer_format(doc["format"]).write(doc["text"], (), doc["labels"])
        return super().answer(task, doc)


class RandomLM(FloorLM):
    """A label drawn uniformly, from a generator that is seeded by the document: the order of documents is no matter."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        self.seed = seed

    def label_scores(self, task: Any, doc: Doc) -> Sequence[float]:
        generator = random.Random(f"{self.seed}:{doc.get('id') or digest(dict(doc))}")
        return [-generator.random() for _ in label_names(task, doc)]


class OracleLM(FloorLM):
    """The gold answer. It scores 1 on every task."""

    def label_scores(self, task: Any, doc: Doc) -> Sequence[float]:
        gold = gold_label(task, doc)
        return [0.0 if i == gold else -1.0 for i in range(len(label_names(task, doc)))]

    def answer(self, task: Any, doc: Doc) -> str:
        return str(task.doc_to_target(doc))


class NullLM(FloorLM):
    """The same for every document: equal scores (so the first label wins), or an empty answer."""

    def label_scores(self, task: Any, doc: Doc) -> Sequence[float]:
        return [0.0] * len(label_names(task, doc))

    def answer(self, task: Any, doc: Doc) -> str:
        return ""


class EchoLM(NullLM):
    """The text itself as its answer; with labels, as null."""

    def answer(self, task: Any, doc: Doc) -> str:
        return doc["text"]


def floor_models(kind: str, seed: int = 0) -> dict[str, Callable[[], FloorLM]]:
    """The floor models of a task kind (labels, spans, scores) by name, each made without arguments; fit before use.

    seed: of those that draw.
    """
    from phingpt_bench.harness.classical import MeanLM, RidgeLM, TfidfLM
    from phingpt_bench.harness.crf import CrfLM

    if kind == "labels":
        return {"majority": MajorityLM, "random": lambda: RandomLM(seed), "tfidf-lr": TfidfLM}
    if kind == "spans":
        return {"crf": CrfLM}
    if kind == "scores":
        return {"mean": MeanLM, "tfidf-ridge": RidgeLM}
    raise BenchError(f"no floor models for tasks of kind '{kind}'", hint="known kinds: labels, spans, scores")
