"""Models without weights that answer by document: the base class of the floors, and the checks of a task.

They see documents, not prompts: each gets its task by `fit(task)` beforehand and answers for the documents of the
requests. A label that a task wants written is the one with the highest score.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from lm_eval.api.instance import Instance
from lm_eval.api.model import LM

from phingpt_bench.core.errors import BenchError
from phingpt_bench.lmeval import manager

Doc = Mapping[str, Any]


class DocumentLM(LM):
    """Answers by document. A subclass gives `label_scores`, `answer` or both, and learns in `learn`.

    fit_seconds: by task name, wall time of `fit`. reads_texts: whether `learn` learns from the texts of training and
    validation rows, so that a copy among the test rows helps it; labels alone do not identify a row.
    """

    reads_texts = True

    def __init__(self) -> None:
        super().__init__()
        self.tasks: dict[str, object] = {}
        self.fit_seconds: dict[str, float] = {}

    def fit(self, task: Any) -> DocumentLM:
        """Learn a task from its training split (its validation split chooses settings); returns itself."""
        start = time.perf_counter()
        self.tasks[task.config.task] = task
        self.learn(task)
        self.fit_seconds[task.config.task] = time.perf_counter() - start
        return self

    def learn(self, task: Any) -> None:
        """The training in `fit`; nothing by default."""

    def label_scores(self, task: Any, doc: Doc) -> Sequence[float]:
        """A finite score for each label, in the order of the task's labels; the highest wins."""
        raise BenchError("{type} does not choose labels", type=type(self).__name__)

    def answer(self, task: Any, doc: Doc) -> str:
        """The generated answer: of a labels task the best label."""
        if "gold" not in doc:
            raise BenchError("{type} does not write answers", type=type(self).__name__)
        scores = self.label_scores(task, doc)
        best: str = doc["labels"][max(range(len(scores)), key=lambda i: scores[i])]
        return best

    def loglikelihood(self, requests: list[Instance], disable_tqdm: bool = False) -> list[tuple[float, bool]]:
        """One (score, whether it is the best of its document) per request; `Instance.idx` says which label it is."""
        results = []
        for request in requests:
            scores = self.label_scores(self._task(request), request.doc)
            results.append((float(scores[request.idx]), scores[request.idx] == max(scores)))
        return results

    def generate_until(self, requests: list[Instance], disable_tqdm: bool = False) -> list[str]:
        """The answer to each request's document."""
        return [self.answer(self._task(request), request.doc) for request in requests]

    def loglikelihood_rolling(self, requests: list[Instance], disable_tqdm: bool = False) -> list[float]:
        """BenchError: these models know no language."""
        raise BenchError(
            "{type} has no language model: it cannot give the likelihood of a whole text", type=type(self).__name__
        )

    def _task(self, request: Instance) -> Any:
        if request.task_name not in self.tasks:
            raise BenchError("{type} was not fitted to task '{task}'", type=type(self).__name__, task=request.task_name)
        return self.tasks[request.task_name]


def label_names(task: Any, doc: Doc) -> Sequence[str]:
    """The labels of a task: from the document for our tasks, otherwise from `doc_to_choice`."""
    names: Sequence[str] = doc["labels"] if "gold" in doc else task.doc_to_choice(doc)
    return names


def gold_label(task: Any, doc: Doc) -> int:
    """The index of the right label in `label_names`."""
    return int(doc["gold"]) if "gold" in doc else manager.gold_index(task, doc)


class OracleLM(DocumentLM):
    """The gold answer. It scores 1 on every task."""

    def label_scores(self, task: Any, doc: Doc) -> Sequence[float]:
        """0 for the right label, -1 for the others."""
        gold = gold_label(task, doc)
        return [0.0 if i == gold else -1.0 for i in range(len(label_names(task, doc)))]

    def answer(self, task: Any, doc: Doc) -> str:
        """The target, as the task writes it."""
        return str(task.doc_to_target(doc))


class NullLM(DocumentLM):
    """The same for every document: equal scores (so the first label wins), or an empty answer."""

    def label_scores(self, task: Any, doc: Doc) -> Sequence[float]:
        """0 for every label."""
        return [0.0] * len(label_names(task, doc))

    def answer(self, task: Any, doc: Doc) -> str:
        """Nothing."""
        return ""


class EchoLM(NullLM):
    """The text itself as its answer; with labels, as null."""

    def answer(self, task: Any, doc: Doc) -> str:
        """The text."""
        return str(doc["text"])


CHECKS: dict[str, type[DocumentLM]] = {"oracle": OracleLM, "null": NullLM, "echo": EchoLM}  # by the name in records
